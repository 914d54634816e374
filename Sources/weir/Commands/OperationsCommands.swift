import Daemon
import Encoding
import FoundationEssentials
import PlatformBridge
import Postgres
import Submitter

extension Weir {
    static let operationsCommands = [operationsShowCommand, operationsResolveCommand]

    private static let operationsShowCommand = Command(
        "operations show", summary: "an operation: its state, its items that are not done, what happened to it",
        discussion: "Reads the database and nothing else.",
        arguments: [.required("ID", "the operation")],
        examples: [.init("weir operations show 1r6mq5bfts7crtq0mbg91y15", "why it is not finished")],
        usesConfiguration: true
    ) { context in
        try await withOperation(context) { store, id in
            guard let status = try await store.status(id) else { throw FlowFailure("there is no operation \(id)") }
            context.print("\(status.type), \(words(of: status))")
            for state in ItemStatus.State.allCases where state != .done {
                for item in try await store.items(of: id, state: state, limit: 20) {
                    let reason = item.reason.map { ": \($0)" } ?? ""
                    context.print("  item \(item.ordinal) \(item.key), \(state.rawValue)\(reason)")
                }
            }
            for hold in try await store.holds(of: id) {
                context.print("  held (\(hold.scope.name)): \(hold.reason); do: \(hold.remedy)")
            }
            for entry in try await store.history(id) {
                let what = [entry.what, entry.items.map { "\($0) items" }, entry.detail].compactMap { $0 }
                context.print("  \(RFC3339.format(entry.at)) \(what.joined(separator: ", "))")
            }
        }
    }

    private static let operationsResolveCommand = Command(
        "operations resolve", summary: "say what became of items that the chain may have done",
        discussion: """
            An item is unproven where its transaction succeeded and no event says what became of it, or where the transaction \
            that may have done it can't be read any more. It waits for a person: look at the chain, then say done, failed or retry \
            (it was not done: do it). Other states end by themselves.
            """,
        arguments: [.required("ID", "the operation")],
        options: [
            .value("as", "WORD", "done, failed or retry"),
            .value("item", "N[,N…]", "ordinals; none: every item that is unproven", repeats: true),
            .value("reason", "TEXT", "what was seen, for the history"),
        ],
        examples: [
            .init(
                "weir operations resolve 1r6mq5bfts7crtq0mbg91y15 --as done --reason 'seen in block 812'",
                "a person has looked at the chain")
        ],
        usesConfiguration: true
    ) { context in
        let word = context.option("as") ?? ""
        guard let resolution = OperationStore.Resolution(rawValue: word) else {
            throw UsageError("--as: done, failed or retry, and not \(word.isEmpty ? "nothing" : word)")
        }
        let ordinals = try context.options("item").flatMap { text in
            try text.split(separator: ",").map { part in
                guard let ordinal = Int(part), ordinal >= 0 else { throw UsageError("--item: \(part) is no ordinal") }
                return ordinal
            }
        }
        try await withOperation(context) { store, id in
            let status = try await store.resolve(
                id, as: resolution, ordinals: ordinals.isEmpty ? nil : ordinals,
                because: context.option("reason") ?? "resolved by a person")
            context.print(words(of: status))
        }
    }

    private static func words(of status: OperationStatus) -> String {
        let items = status.items
        return "\(status.outcome?.rawValue ?? status.state.rawValue): \(items.done) of \(items.total) items done, "
            + "\(items.rejected) rejected, \(items.failed) failed, \(items.cancelled) cancelled"
    }

    private static func withOperation(
        _ context: CommandContext, _ body: (OperationStore, OperationID) async throws -> Void
    ) async throws {
        let text = context.argument("ID")
        guard let id = OperationID(rawValue: text) else { throw UsageError("\(text) is no operation's id") }
        try await withTables(context) { pool, _ in try await body(OperationStore(pool: pool, logger: .silent), id) }
    }
}
