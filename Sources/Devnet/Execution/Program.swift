import Cadence
import Encoding
import FlowClient

/// A transaction's script, recognised: one of the project's own, whatever addresses it imports from, one that does nothing, or
/// one that the devnet was taught.
struct TransactionProgram: Sendable {
    var header: ScriptHeader
    var imports: [String: Address]
    /// A contract that is imported by its name alone, as no node takes it.
    var unresolved: String?
    var body: Body

    enum Body: Sendable {
        case recipe(Recipe)
        case taught(TaughtProgram)
        case unknown
    }

    init(_ script: [UInt8], taught: DevnetConfiguration.Programs) {
        let text = String(decoding: script, as: UTF8.self)
        imports = CadenceImports.unresolve(text).addresses
        unresolved = CadenceImports.unresolvedName(in: script)
        header = ScriptHeader(text) ?? ScriptHeader("transaction {}")!
        let tokens = CadenceImports.canonical(text)
        if let recipe = tokens.flatMap({ Self.names[$0] }).flatMap({ Recipe.all[$0] }) {
            body = .recipe(recipe)
        } else if let recipe = tokens.flatMap({ Recipe.ofClients[SHA3.hash256($0).hex] }) {
            body = .recipe(recipe)
        } else if let block = OneBlock.body(of: text) {
            body =
                OneBlock.doesNothing(block)
                ? .taught(TaughtProgram(run: { _ in })) : taught(block).map { .taught($0) } ?? .unknown
        } else {
            body = .unknown
        }
    }

    /// Tokens, imports by name, to the name of the source's file: how a program is laid out makes no difference.
    private static let names: [[UInt8]: String] = Dictionary(
        uniqueKeysWithValues: CadenceSources.transactions.map { (CadenceImports.canonical($0.value)!, $0.key) })
}

/// A program that whoever makes a devnet teaches it, besides the project's own (`DevnetConfiguration.programs`): tests of
/// errors, limits and sequence numbers send such.
package struct TaughtProgram: Sendable {
    /// Before anything runs, as the type checker would.
    let check: @Sendable (ProgramCall) throws -> Void
    let run: @Sendable (ProgramCall) throws -> Void

    package init(run: @escaping @Sendable (ProgramCall) throws -> Void) {
        check = { _ in }
        self.run = run
    }

    package init(check: @escaping @Sendable (ProgramCall) throws -> Void) {
        self.check = check
        run = { _ in }
    }
}

/// What a taught program can do to the ledger, and the errors that it ends with.
package struct ProgramCall {
    let execution: Execution
    /// The first authorizer.
    let signer: Address?

    /// Units of computation, by the weights of FLIP 346.
    package func spend(_ units: Double, at expression: String) throws {
        try execution.call(expression) { try execution.spend(units * execution.weights.factor) }
    }

    package func panic(_ message: String, at expression: String) -> any Error {
        execution.panic(message, at: expression)
    }

    package func mismatch(expected: String, got: String, at expression: String) -> any Error {
        ProgramErrors.mismatch(expected: expected, got: got, expression: expression, script: execution.script)
    }

    /// Bytes in the signer's storage.
    package func store(_ bytes: UInt64) {
        guard let signer else { return }
        execution.state.accounts[signer]?.storageUsed += bytes
        execution.touched.insert(signer)
    }
}

/// A transaction that has one block only.
enum OneBlock {
    /// What stands in that `prepare` or `execute` block.
    static func body(of source: String) -> String? {
        let code = source.firstRange(of: "} // ").map { source[..<$0.lowerBound] + "}" } ?? source[...]
        guard
            let match = code.wholeMatch(
                of:
                    /(?:import [A-Za-z0-9]+ from 0x[0-9a-f]+\s)*\s*transaction(?:\([^()]*\))? \{ (?:prepare\((?:[^()]|\([^()]*\))*\)|execute) \{(.*)\} \}\s*/
                    .dotMatchesNewlines())
        else { return nil }
        return match.1.trimmingPrefix(" ").description.trimmed()
    }

    /// Nothing but a line of log: what people send first.
    static func doesNothing(_ body: String) -> Bool { body.isEmpty || body.wholeMatch(of: /log\([^()]*\)/) != nil }
}
