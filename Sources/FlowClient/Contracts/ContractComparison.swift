public import Cadence
import Encoding

/// This project's contracts beside those that an account has.
public struct ContractComparison: Hashable, Sendable {
    public enum State: Hashable, Sendable {
        case missing
        /// The same program: layout and comments make no difference, whose contracts it imports does.
        case same
        /// With the first line that is not the same, from 1, as it stands here and as it stands there.
        case differs(line: Int, here: String, there: String)
    }

    public var name: String
    public var state: State
    /// What should be deployed, imports resolved.
    public var code: String
    /// What an update from what is there would be refused for.
    public var refusals: [String]

    /// The project's contracts, each behind those that it imports.
    public static let names: [String] = {
        var ordered: [String] = []
        func add(_ name: String) {
            guard let source = CadenceSources.contracts[name], !ordered.contains(name) else { return }
            for declaration in CadenceImports.declarations(in: source) {
                if case .text(let imported) = declaration.location { add(imported) }
            }
            ordered.append(name)
        }
        for name in CadenceSources.contracts.keys.sorted() { add(name) }
        return ordered
    }()

    /// All of them, in the order of deployment. Throws where an import has no address on that network.
    public static func all(
        of account: Account, network: String, overrides: [String: Address] = [:]
    ) throws(FlowJSONError) -> [ContractComparison] {
        var addresses = overrides
        for name in names { addresses[name] = account.address }
        var all: [ContractComparison] = []
        for name in names {
            let code = try FlowJSON.project.resolveImports(
                CadenceSources.contracts[name] ?? "", network: network, overrides: addresses)
            all.append(ContractComparison(name: name, code: code, deployed: account.contracts[name]))
        }
        return all
    }

    init(name: String, code: String, deployed: [UInt8]?) {
        self.name = name
        self.code = code
        refusals = []
        guard let deployed else {
            state = .missing
            return
        }
        let there = String(decoding: deployed, as: UTF8.self)
        let tokens = CadenceImports.canonical(code)
        if tokens != nil, tokens == CadenceImports.canonical(there),
            CadenceImports.unresolve(code).addresses == CadenceImports.unresolve(there).addresses
        {
            state = .same
            return
        }
        let lines = (
            code.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline),
            there.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        )
        let line =
            zip(lines.0, lines.1).enumerated().first { $0.element.0 != $0.element.1 }?.offset
            ?? min(lines.0.count, lines.1.count)
        state = .differs(
            line: line + 1, here: line < lines.0.count ? String(lines.0[line]) : "",
            there: line < lines.1.count ? String(lines.1[line]) : "")
        do throws(CadenceCodingError) {
            refusals = try ContractOutline(of: code).refusals(from: ContractOutline(of: there))
        } catch {
            refusals = ["what is deployed can't be read: \(error.reason)"]
        }
    }

    /// In one line, for people.
    public var words: String {
        switch state {
        case .missing: "\(name) is missing"
        case .same: "\(name) is the same"
        case .differs(let line, let here, let there):
            "\(name) differs from line \(line) on: `\(here.trimmed())` here, `\(there.trimmed())` there"
        }
    }
}
