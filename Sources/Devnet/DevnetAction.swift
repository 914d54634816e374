import Cadence
import Daemon
import Encoding
import FlowClient
import HTTP
import Synchronization

/// What can be done to a devnet from outside: the admin port's bodies, and the steps of a scenario. Read whole before any
/// of it is done.
struct DevnetAction: Sendable {
    private let parts: [@Sendable (DevnetNode) throws -> Void]

    func perform(on node: DevnetNode) throws { for part in parts { try part(node) } }

    /// A step's members by name. What a step says besides (`at`, `say`) is not among them.
    /// - Throws: a problem document that names the member and its rule.
    init(step: JSON) throws {
        guard let members = step.object else { throw AdminPort.refusal("a step", "must be an object") }
        parts = try members.map { member in
            guard let read = Self.readers[member.name] else {
                let names = Self.readers.keys.sorted().joined(separator: ", ")
                throw AdminPort.refusal(member.name, "is nothing that can be done: there are \(names)")
            }
            return try read(member.value)
        }
    }

    private static let readers: [String: @Sendable (JSON) throws -> @Sendable (DevnetNode) throws -> Void] = [
        "faults": { json in
            let changes = try FaultReader.read(json)
            return { node in
                let heads = node.shared.withLock {
                    FaultReader.Heads(finalized: $0.chain.finalizedHeight, sealed: $0.chain.sealedHeight)
                }
                node.misbehave { faults in for change in changes { change(&faults, heads) } }
            }
        },
        "clear_faults": { json in
            guard json.bool == true else { throw AdminPort.refusal("clear_faults", "must be true") }
            return { $0.misbehave { $0 = Misbehaviour() } }
        },
        "blocks": { json in
            guard let count = json.uint64, (1...1_000_000).contains(count) else {
                throw AdminPort.refusal("blocks", "must be a whole number from 1 to 1000000")
            }
            return { $0.makeBlocks(Int(count)) }
        },
        "rollback": rollBack, "rules": rules, "accounts": accounts, "keys": keys,
    ]

    private static let rollBack: @Sendable (JSON) throws -> @Sendable (DevnetNode) throws -> Void = { json in
        let height = json["height"]?.uint64
        let blocks = json["blocks"]?.uint64
        guard (height == nil) != (blocks == nil), json.object?.count == 1 else {
            throw AdminPort.refusal(
                "rollback", "must have height (to which), or blocks (by how many), and nothing else")
        }
        return { node in
            let head = node.finalizedHeight.rawValue
            let target = height ?? head - min(head, blocks ?? 0)
            do { try node.rollBack(to: BlockHeight(target)) } catch { throw AdminPort.refusal("height", "\(error)") }
        }
    }

    private static let rules: @Sendable (JSON) throws -> @Sendable (DevnetNode) throws -> Void = { json in
        guard let members = json.object else { throw AdminPort.refusal("rules", "must be an object of rules") }
        let changes = try members.map { try RuleReader.read($0.name, $0.value) }
        return { node in node.changeRules { rules in for change in changes { change(&rules) } } }
    }

    private static let accounts: @Sendable (JSON) throws -> @Sendable (DevnetNode) throws -> Void = { json in
        let changes = try (json.object ?? []).map { member in
            guard let address = Address(member.name) else {
                throw AdminPort.refusal("accounts", "must name accounts by their addresses, and not \(member.name)")
            }
            return (address: address, parts: try accountChanges(address, member.value))
        }
        return { node in
            for change in changes {
                guard node.hasAccount(change.address) else {
                    throw ProblemDocument(status: 404, detail: "there is no account \(change.address)")
                }
                for part in change.parts { part(node) }
            }
        }
    }

    private static func accountChanges(
        _ address: Address, _ json: JSON
    ) throws -> [@Sendable (DevnetNode) -> Void] {
        try (json.object ?? []).map { member in
            switch (member.name, member.value) {
            case ("balance", .string(let text)):
                guard let flow = UFix64(text) else { break }
                return { $0.setBalance(of: address, to: flow.rawValue) }
            case ("full", .bool(true)): return { $0.fillStorage(of: address) }
            default: break
            }
            throw AdminPort.refusal(
                "accounts.\(address.hex).\(member.name)",
                "is nothing that an account can be told: balance is an amount of FLOW in text, full is true")
        }
    }

    private static let keys: @Sendable (JSON) throws -> @Sendable (DevnetNode) throws -> Void = { json in
        let uses = try (json.object ?? []).map { member in
            let parts = member.name.split(separator: "/")
            guard parts.count == 2, let address = Address(String(parts[0])), let index = UInt32(parts[1]),
                let times = member.value.uint64, (1...1_000_000).contains(times)
            else {
                throw AdminPort.refusal("keys", "must name keys as ADDRESS/INDEX, each with how often others used it")
            }
            return (address: address, index: KeyIndex(index), times: times)
        }
        return { node in
            for use in uses {
                guard node.hasKey(use.index, of: use.address) else {
                    throw ProblemDocument(status: 404, detail: "there is no key \(use.index) on account \(use.address)")
                }
                node.useKey(use.index, of: use.address, times: use.times)
            }
        }
    }
}

/// What governs the chain, by name.
enum RuleReader {
    typealias Change = @Sendable (inout ChainRules) -> Void

    static func read(_ name: String, _ json: JSON) throws -> Change {
        switch name {
        case "maximum_computation":
            guard let value = json.uint64, (1...1_000_000).contains(value) else { break }
            return { $0.maximumComputation = value }
        case "weights":
            guard let weights = json.string.flatMap({ ExecutionWeights(rawValue: $0) }) else { break }
            return { $0.weights = weights }
        case "fees":
            if json == "none" || json.isNull { return { $0.fees = nil } }
            guard let fees = json.string.flatMap({ FeeSchedule(rawValue: $0) }) else { break }
            return { $0.fees = fees }
        case "surge_factor":
            let text: String? = if case .number(let digits) = json { digits } else { json.string }
            guard let factor = text.flatMap({ UFix64($0.contains(".") ? $0 : $0 + ".0") }),
                factor.rawValue >= 100_000_000
            else { break }
            return { $0.surgeFactor = factor.rawValue }
        case "least_balance":
            guard let checks = json.bool else { break }
            return { $0.checksPayerBalance = checks }
        case "restricted_accounts":
            guard let addresses = json.array?.map({ $0.string.flatMap { Address($0) } }),
                addresses.allSatisfy({ $0 != nil })
            else { break }
            let restricted = Set(addresses.compactMap { $0 })
            return { $0.restrictedAccounts = restricted }
        default:
            throw AdminPort.refusal(name, "is no rule: there are \(rules.map(\.name).joined(separator: ", "))")
        }
        throw AdminPort.refusal(name, rules.first { $0.name == name }?.rule ?? "can't be that")
    }

    private static let rules = [
        (name: "maximum_computation", rule: "must be a whole number from 1 to 1000000"),
        (name: "weights", rule: "must be " + ExecutionWeights.allCases.map(\.rawValue).joined(separator: " or ")),
        (name: "fees", rule: "must be none, " + FeeSchedule.allCases.map(\.rawValue).joined(separator: " or ")),
        (name: "surge_factor", rule: "must be a number from 1 on, such as 2.5"),
        (name: "least_balance", rule: "must be true or false"),
        (name: "restricted_accounts", rule: "must be an array of addresses"),
    ]

    static func json(_ rules: ChainRules) -> JSON {
        [
            "maximum_computation": JSON(rules.maximumComputation), "weights": JSON(rules.weights.rawValue),
            "fees": JSON(rules.fees?.rawValue ?? "none"),
            "surge_factor": JSON(UFix64(rawValue: rules.surgeFactor).description),
            "least_balance": JSON(rules.checksPayerBalance),
            "restricted_accounts": .array(rules.restrictedAccounts.sorted().map { JSON($0.hex) }),
        ]
    }
}
