import Daemon
import FlowClient
import Indexer
import PlatformBridge
import Postgres
import Submitter

extension Weir {
    static let chainCommands = [chainStatusCommand, chainClearCommand, chainAcceptCommand]

    private static let chainStatusCommand = Command(
        "chain status", summary: "what is indexed beside what the chain is",
        discussion: """
            Where the chain contradicts what was indexed (another block at a height, another chain behind the address, a chain \
            that was rolled back), ingest stops and nothing is signed, in every process, until a person has looked. This shows \
            why, and asks the first node for the last block that both have. Exit status 1 where they part.
            """,
        examples: [.init("weir chain status", "why ingest has stopped, and where the two part")],
        usesConfiguration: true
    ) { context in
        try await withChain(context) { pool, api in
            let sync = try await SyncStatus.read(from: pool)
            context.print("indexed   \(sync.height.map { "to height \($0)" } ?? "nothing yet")")
            if sync.isStopped { context.print("stopped   \(sync.error ?? "")") }
            let parting = try await ChainParting.find(on: pool, api: api)
            context.print("chain     \(words(of: parting))")
            if case .at = parting { throw ExitCode.failed }
            if sync.isStopped || parting == .noneInCommon { throw ExitCode.failed }
        }
    }

    private static let chainClearCommand = Command(
        "chain clear", summary: "ingest goes on from where it stands, after a person has looked",
        discussion: """
            For a contradiction that is over: a node that lied and was taken out, an address that was corrected. Where the chain \
            still differs, ingest stops again at once.
            """,
        examples: [.init("weir chain clear", "the node that lied is no longer asked")],
        usesConfiguration: true
    ) { context in
        try await withChain(context) { pool, _ in
            guard let stop = try await IngestStop.clear(on: pool) else {
                throw FlowFailure("ingest has not stopped: there is nothing to clear")
            }
            context.print("cleared: \(stop.reason)")
            context.print("ingest goes on from where it stands")
        }
    }

    private static let chainAcceptCommand = Command(
        "chain accept", summary: "go along with a chain that was rolled back",
        discussion: """
            What is indexed above the last common block is undone and indexed anew. What had been done there is looked for on the \
            new chain, and done again where that does not have it, once: not before what was on its way has expired. Without \
            --yes it only says what would be undone.
            """,
        options: [.flag("yes", "do it")],
        examples: [
            .init("weir chain accept", "what would be undone"),
            .init("weir chain accept --yes", "the network was rolled back: go along with it"),
        ],
        usesConfiguration: true
    ) { context in
        try await withChain(context) { pool, api in
            let parting = try await ChainParting.find(on: pool, api: api)
            guard case .at(let common, _) = parting else {
                throw FlowFailure("there is nothing to accept: \(words(of: parting))")
            }
            context.print(words(of: parting))
            guard context.flag("yes") else {
                throw FlowFailure("nothing was changed", remedy: "say --yes to undo everything above height \(common)")
            }
            let reopened = try await ChainAcceptance(pool: pool).accept(common)
            context.print(
                "the index stands at height \(common); \(reopened.items) items of \(reopened.operations) operations are open "
                    + "again: what the new chain does not have is done again")
        }
    }

    private static func withChain(
        _ context: CommandContext, _ body: (PostgresPool, any AccessAPI) async throws -> Void
    ) async throws {
        try await withTables(context) { pool, configuration in
            let node = try Wiring.nodes(configuration, logger: logger(of: configuration))[0]
            try await body(pool, node.api)
        }
    }

    private static func words(of parting: ChainParting) -> String {
        switch parting {
        case .none: "has what is indexed"
        case .nothingIndexed: "nothing is indexed yet"
        case .noneInCommon: "has none of the blocks that are indexed: it is another chain"
        case .at(let common, let above):
            "parts from the index above height \(common): \(above) indexed blocks are not on it"
        }
    }
}
