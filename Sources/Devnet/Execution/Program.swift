import Cadence
import Encoding
import FlowClient

/// A transaction's script, recognised: one of the project's own, whatever addresses it imports from, or one of the small
/// programs that tests are made of.
struct TransactionProgram: Sendable {
    var header: ScriptHeader
    var imports: [String: Address]
    /// A contract that is imported by its name alone, as no node takes it.
    var unresolved: String?
    var body: Body

    enum Body: Sendable {
        case recipe(Recipe)
        case small(SmallProgram)
        case unknown
    }

    init(_ script: [UInt8]) {
        let text = String(decoding: script, as: UTF8.self)
        imports = CadenceImports.unresolve(text).addresses
        unresolved = CadenceImports.unresolvedName(in: script)
        header = ScriptHeader(text) ?? ScriptHeader("transaction {}")!
        if let name = CadenceImports.canonical(text).flatMap({ Self.names[$0] }), let recipe = Recipe.all[name] {
            body = .recipe(recipe)
        } else if let program = SmallProgram(text) {
            body = .small(program)
        } else {
            body = .unknown
        }
    }

    /// Tokens, imports by name, to the name of the source's file: how a program is laid out makes no difference.
    private static let names: [[UInt8]: String] = Dictionary(
        uniqueKeysWithValues: CadenceSources.transactions.map { (CadenceImports.canonical($0.value)!, $0.key) })
}

/// Programs of one line that do one thing: what tests of errors, limits and sequence numbers send. Anything else that is
/// not the project's own is not run.
enum SmallProgram: Hashable, Sendable {
    case nothing
    case panic(String, expression: String)
    /// `while i < n { i = i + 1 }`
    case count(to: UInt64, expression: String)
    /// Saves so many texts of so many bytes.
    case store(texts: UInt64, bytesEach: UInt64)
    /// `let x: Int = "a"`
    case mismatch(expected: String, got: String, expression: String)

    init?(_ source: String) {
        guard let body = Self.body(of: source) else { return nil }
        if body.isEmpty {
            self = .nothing
        } else if let match = body.wholeMatch(of: /panic\("([^"]*)"\)/) {
            self = .panic(String(match.1), expression: body)
        } else if let match = body.wholeMatch(of: /var i = 0; while i < ([0-9]{1,12}) \{ i = i \+ 1 \}/) {
            self = .count(to: UInt64(match.1) ?? 0, expression: "i = i + 1")
        } else if body.wholeMatch(of: /log\([^()]*\)/) != nil {
            self = .nothing
        } else if let match = body.wholeMatch(of: /let [a-z]+: Int = ("[^"]*")/) {
            self = .mismatch(expected: "Int", got: "String", expression: String(match.1))
        } else if let match = body.wholeMatch(
            of:
                /var i = 0; let s: \[String\] = \[\]; while i < ([0-9]{1,9}) \{ s\.append\("([^"]*)"\); i = i \+ 1 \}; a\.storage\.save\(s, to: \/storage\/[a-z]+\)/
        ) {
            self = .store(texts: UInt64(match.1) ?? 0, bytesEach: UInt64(match.2.utf8.count))
        } else {
            return nil
        }
    }

    func run(in execution: Execution, signer: Address?) throws {
        switch self {
        case .nothing: break
        case .panic(let message, let expression): throw execution.panic(message, at: expression)
        case .count(let n, let expression):
            try execution.call(expression) { try execution.spend(Double(n) * Self.loopCost) }
        case .store(let texts, let bytes):
            try execution.spend(Double(texts) * Self.loopCost)
            guard let signer else { return }
            execution.state.accounts[signer]?.storageUsed += texts * (bytes + 6) + 2844
            execution.touched.insert(signer)
        case .mismatch: break
        }
    }

    /// One statement and one round, 1,569 parts of 65,536 each (the weights of the chain's execution effort).
    private static let loopCost = 2 * 1569.0 / 65_536

    /// What stands in the `prepare` or `execute` block of a transaction that has one block only.
    private static func body(of source: String) -> String? {
        let code = source.firstRange(of: "} // ").map { source[..<$0.lowerBound] + "}" } ?? source[...]
        guard
            let match = code.wholeMatch(
                of:
                    /(?:import [A-Za-z0-9]+ from 0x[0-9a-f]+\s)*\s*transaction(?:\([^()]*\))? \{ (?:prepare\((?:[^()]|\([^()]*\))*\)|execute) \{(.*)\} \}\s*/
                    .dotMatchesNewlines())
        else { return nil }
        return match.1.trimmingPrefix(" ").description.trimmed()
    }
}
