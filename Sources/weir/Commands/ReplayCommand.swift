import Daemon
import Encoding
import FlowClient
import FoundationEssentials
import Indexer
import Postgres
import Schema
import Secrets

extension Weir {
    static let replayCommand = Command(
        "replay", summary: "index a recording of a chain, and print who owned what at some heights",
        discussion: """
            The recording goes through the real indexer into a schema of its own, which is dropped afterwards: in the database of \
            --database or WEIR_DATABASE_URL, or else in a Postgres server of this command's own. Prints a JSON array, one answer a \
            height, with the tokens of accounts and lockers and the open listings after that block. A height beyond the recording's \
            last block is answered as of that block, which "indexed" names.
            """,
        arguments: [.required("RECORDING", "a recording, such as fixtures/recordings/story.jsonl.gz")],
        options: [
            .value("at", "H[,H…]", "heights to answer for; none: the recording's last block", repeats: true),
            .value("accounts", "FILE", "contract addresses; none: NAME.accounts.json beside NAME.jsonl.gz"),
            .value("database", "URL", "a database to use, as database.url has it"),
        ],
        examples: [
            .init("weir replay fixtures/recordings/story.jsonl.gz --at 23,92", "owners at two heights of the story")
        ]
    ) { context in
        if let url = context.option("database"), Settings.hasPassword(url) {
            throw UsageError("--database: a password on the command line is seen by everybody: use WEIR_DATABASE_URL")
        }
        let path = context.argument("RECORDING")
        let heights = try context.options("at").flatMap { try replayHeights($0) }
        let accounts = context.option("accounts") ?? replayAccountsPath(path)
        let recording = try replayFile(path)
        let contracts = try TrackedContracts(accountsFile: replayFile(accounts))
        let logger = Logger(sink: StandardErrorLogSink(), level: .warning)
        let answers = try await withReplayDatabase(
            context.option("database") ?? context.environment.secret("WEIR_DATABASE_URL")?.text, logger
        ) { database in
            try await Replay(database: database, migrations: Schema.migrations, logger: logger).run(
                recording, contracts: contracts, at: heights)
        }
        context.print(String(decoding: try ReplayAnswer.json(answers), as: UTF8.self))
    }

    private static func replayHeights(_ text: String) throws -> [BlockHeight] {
        try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
            guard let height = UInt64(part) else { throw UsageError("--at: \(part) is no height") }
            return BlockHeight(height)
        }
    }

    private static func replayAccountsPath(_ recording: String) -> String {
        for ending in [".jsonl.gz", ".jsonl"] where recording.hasSuffix(ending) {
            return recording.dropLast(ending.count) + ".accounts.json"
        }
        return recording + ".accounts.json"
    }

    private static func replayFile(_ path: String) throws -> [UInt8] {
        do { return try SigningInput.file(path) } catch { throw IndexerError(.recording, "\(error)") }
    }

    /// The user's database, or a server that lives as long as the replay does.
    private static func withReplayDatabase<R: Sendable>(
        _ connectionString: String?, _ logger: Logger, _ body: (PostgresConfiguration) async throws -> R
    ) async throws -> R {
        if let connectionString {
            return try await body(PostgresConfiguration(connectionString: connectionString, maximumConnections: 4))
        }
        var options = PrivateServer.Options()
        options.isDurable = false
        options.isTemporary = true
        options.maximumConnections = 20
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "weir-replay-\(UUID().uuidString.lowercased().prefix(13))")
        let server = try await PrivateServer.start(in: folder.path, options: options, logger: logger)
        do {
            let result = try await body(
                PostgresConfiguration(connectionString: server.connectionString(), maximumConnections: 4))
            await server.stop()
            return result
        } catch {
            await server.stop()
            throw error
        }
    }
}
