public import Cadence
import FoundationEssentials

/// What flow.json says: networks, where each contract lives on each, accounts and deployments. Of its format
/// (https://developers.flow.com/tools/flow-cli/flow.json) the parts that resolving imports takes.
public struct FlowJSON: Hashable, Sendable {
    public struct Contract: Hashable, Sendable {
        /// Path of the source, relative to flow.json; nil for a contract that others deployed.
        public var source: String?
        /// Network name to address.
        public var aliases: [String: Address]
    }

    /// Network name to host and port.
    public var networks: [String: String]
    public var contracts: [String: Contract]
    public var accounts: [String: Address]
    /// Network name, account name, contract names in the order of deployment.
    public var deployments: [String: [String: [String]]]

    /// The project's own, from cadence/flow.json.
    public static let project: FlowJSON = {
        do {
            return try FlowJSON(parsing: Array(CadenceSources.flowJSON.utf8))
        } catch {
            preconditionFailure("cadence/flow.json: \(error)")
        }
    }()

    /// Accounts whose address stands in a variable that is not set, and the variable: only who needs one misses it.
    public var unsetAccounts: [String: String]

    /// - Parameter environment: where `$NAME` in an address is looked up, as the Flow command line does.
    /// - Throws: `FlowJSONError` that names the entry at fault.
    public init(parsing bytes: [UInt8], environment: [String: String] = [:]) throws(FlowJSONError) {
        let file: File
        do {
            file = try JSONDecoder().decode(File.self, from: Data(bytes))
        } catch {
            throw FlowJSONError(.malformed, "not a flow.json: \(error)")
        }
        networks = (file.networks ?? [:]).mapValues(\.host)
        deployments = (file.deployments ?? [:]).mapValues { $0.mapValues { $0.map(\.name) } }
        accounts = [:]
        unsetAccounts = [:]
        for (name, account) in file.accounts ?? [:] {
            let text = Self.expanded(account.address, environment)
            if let variable = Self.variable(in: text) {
                unsetAccounts[name] = variable
            } else {
                accounts[name] = try Self.address(text, of: "account \(name)")
            }
        }
        contracts = [:]
        // A dependency is a contract of somebody else's; where both sections name one, the project's own comes first.
        for (name, entry) in (file.dependencies ?? [:]).merging(file.contracts ?? [:], uniquingKeysWith: { $1 }) {
            var aliases: [String: Address] = [:]
            for (network, text) in entry.aliases ?? [:] {
                let text = Self.expanded(text, environment)
                guard Self.variable(in: text) == nil else { continue }
                aliases[network] = try Self.address(text, of: "contract \(name) on \(network)")
            }
            if let (network, address) = entry.source.flatMap(Self.remote), aliases[network] == nil {
                aliases[network] = address
            }
            contracts[name] = Contract(source: entry.source, aliases: aliases)
        }
    }

    /// `mainnet://1654653399040a61.FlowToken`: where a dependency was taken from, and where it lives there.
    private static func remote(_ source: String) -> (network: String, Address)? {
        guard let scheme = source.firstRange(of: "://"), let dot = source.lastIndex(of: "."), scheme.upperBound < dot,
            let address = Address(source[scheme.upperBound..<dot])
        else { return nil }
        return (String(source[..<scheme.lowerBound]), address)
    }

    /// With `$NAME` and `${NAME}` replaced by what the environment has; what it has not stays.
    private static func expanded(_ text: String, _ environment: [String: String]) -> String {
        text.replacing(/\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))/) { match in
            let name = String(match.1 ?? match.2 ?? "")
            return environment[name] ?? String(match.0)
        }
    }

    private static func variable(in text: String) -> String? {
        text.firstMatch(of: /\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?/).map { String($0.1) }
    }

    /// Where each contract lives on a network: by deployment, then by alias, then by `overrides`, the last word winning.
    public func addresses(network: String, overrides: [String: Address] = [:]) -> [String: Address] {
        var found: [String: Address] = [:]
        for (account, names) in deployments[network] ?? [:] {
            for name in names { found[name] = accounts[account] }
        }
        for (name, contract) in contracts {
            if let alias = contract.aliases[network] { found[name] = alias }
        }
        return found.merging(overrides) { $1 }
    }

    /// The source with each `import "Name"` turned into `import Name from 0x…`, as a node takes it. Nothing else changes.
    /// Throws `unknownContract` where a name has no address on that network.
    public func resolveImports(
        _ source: String, network: String, overrides: [String: Address] = [:]
    ) throws(FlowJSONError) -> String {
        guard networks[network] != nil else {
            throw FlowJSONError(.unknownNetwork, "flow.json has no network \(network)")
        }
        for (account, names) in deployments[network] ?? [:] {
            guard let variable = unsetAccounts[account] else { continue }
            let isWanted = CadenceImports.declarations(in: source).contains { declaration in
                if case .text(let text) = declaration.location {
                    names.contains(text) && overrides[text] == nil
                } else {
                    false
                }
            }
            if isWanted {
                throw FlowJSONError(
                    .malformed,
                    "account \(account) has its address in $\(variable), which is not set in the environment")
            }
        }
        do {
            return try CadenceImports.resolve(source, addresses: addresses(network: network, overrides: overrides))
        } catch {
            throw FlowJSONError(.unknownContract, "\(error) on \(network)")
        }
    }

    private static func address(_ text: String, of what: String) throws(FlowJSONError) -> Address {
        guard let address = Address(text) else { throw FlowJSONError(.malformed, "\(what): \(text) is not an address") }
        return address
    }
}

/// What is wrong with a flow.json, or with a source that asks it for an address.
public struct FlowJSONError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: Sendable { case malformed, unknownNetwork, unknownContract }
    public var code: Code
    public var message: String
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
    public var description: String { message }
}

extension FlowJSON {
    /// The file's own shape. A network is a host or an object with one; a deployment is a name or an object with one.
    private struct File: Decodable {
        var networks: [String: Network]?
        var contracts: [String: Entry]?
        var dependencies: [String: Entry]?
        var accounts: [String: Account]?
        var deployments: [String: [String: [Deployment]]]?

        struct Account: Decodable { var address: String }
    }

    private struct Network: Decodable {
        var host: String
        enum Keys: CodingKey { case host }
        init(from decoder: any Decoder) throws {
            if let text = try? decoder.singleValueContainer().decode(String.self) {
                host = text
            } else {
                host = try decoder.container(keyedBy: Keys.self).decode(String.self, forKey: .host)
            }
        }
    }

    private struct Entry: Decodable {
        var source: String?
        var aliases: [String: String]?
        enum Keys: CodingKey { case source, aliases }
        init(from decoder: any Decoder) throws {
            if let text = try? decoder.singleValueContainer().decode(String.self) {
                source = text
            } else {
                let object = try decoder.container(keyedBy: Keys.self)
                source = try object.decodeIfPresent(String.self, forKey: .source)
                aliases = try object.decodeIfPresent([String: String].self, forKey: .aliases)
            }
        }
    }

    private struct Deployment: Decodable {
        var name: String
        enum Keys: CodingKey { case name }
        init(from decoder: any Decoder) throws {
            if let text = try? decoder.singleValueContainer().decode(String.self) {
                name = text
            } else {
                name = try decoder.container(keyedBy: Keys.self).decode(String.self, forKey: .name)
            }
        }
    }
}
