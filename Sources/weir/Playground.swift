import Cadence
import Daemon
import Devnet
import Encoding
import FlowClient
import FoundationEssentials
import HTTP
import Postgres
import Schema
import Secrets
import Signer

/// `weir up`: a private Postgres, a devnet, the daemon and the story, in one process and one folder.
struct Playground: Sendable {
    var directory: String
    var print: @Sendable (String) -> Void
    var isFresh = false
    var endsAfterStory = false
    var tellsStory = true
    var control: SocketAddress?
    var blockTime: Duration = .milliseconds(250)
    /// Of the devnet; 0 takes any free one.
    var grpcPort = 0
    var httpPort = 0
    var recording = "fixtures/recordings/story"
    var logLevel = LogLevel.warning
    var lanes = 8

    func run() async throws {
        let start = ContinuousClock.now
        let logger = Logger(sink: StandardErrorLogSink(), level: logLevel)
        let root = URL(fileURLWithPath: directory)
        do {
            try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
        } catch {
            throw StartError("\(root.path) cannot be made: choose a folder that you may write to (--directory)")
        }
        let server = try await PrivateServer.start(in: root.appendingPathComponent("postgres").path, logger: logger)
        do {
            if let note = server.note { print(note) }
            try await run(in: root, database: server.connectionString(), logger: logger, since: start)
            await server.stop()
        } catch {
            await server.stop()
            throw error
        }
    }

    private func run(in root: URL, database: String, logger: Logger, since start: ContinuousClock.Instant) async throws
    {
        let journal = root.appendingPathComponent("devnet.journal").path
        try await forget(journal: journal, database: database, logger: logger)
        let keys = try PlaygroundKeys.load(from: root.appendingPathComponent("keys.json"))

        var chain = DevnetConfiguration(servicePublicKey: keys.service.publicKey, blockMaking: .paced(blockTime))
        chain.journalPath = journal
        let devnet = try Devnet(configuration: chain, port: grpcPort, httpPort: httpPort, logger: logger)
        let port = try devnet.start()
        let http = try await devnet.startHTTP()
        print("devnet at grpc://127.0.0.1:\(port) and http://127.0.0.1:\(http)/v1")

        let platform = FlowJSON.project.addresses(network: "emulator")["NovaPass"]
        let listen = try await controlAddress()
        let configuration = try Settings.table.load(
            environment: ["WEIR_ACCOUNT_PRIVATE_KEY": keys.platformScalar],
            flags: [
                ("database-url", database), ("flow-nodes", "grpc://127.0.0.1:\(port)"),
                ("account-address", platform?.hex ?? ""), ("control-listen", listen.description),
                ("worker-id", "playground"), ("submit-lanes", String(lanes)),
                // A toy's platform is next door.
                ("webhooks-allow-private", "true"),
            ])
        let signers = try await AccountSigners.open(configuration, environment: [:])
        // A toy's receipts are good as long as it runs.
        let receipts = InMemorySigner(key: PrivateKey.generate(.ecdsaP256), hashAlgorithm: .sha2_256)
        let wiring = try Wiring(configuration, logger: logger)
        let bootstrap = DevnetBootstrap(
            api: wiring.api, serviceSigner: InMemorySigner(key: keys.service, hashAlgorithm: .sha3_256))
        let setUp = PlaygroundSetUp(
            pool: wiring.pool, bootstrap: bootstrap,
            platform: InMemorySigner(key: keys.platform, hashAlgorithm: .sha3_256), lanes: lanes)
        let story = PlaygroundStory(
            playground: self, base: "http://\(listen)", database: Weir.databaseConfiguration(of: configuration),
            bootstrap: bootstrap, start: start)
        let members: [ServiceGroup.Member] =
            [.service(devnet), .service(setUp)] + (try wiring.services(signers: signers, receipts: receipts)) + [
                .stopsGroup(story)
            ]
        try await ServiceGroup(members, name: "weir up", logger: logger).run()
    }

    /// Chain and database belong together: without one of them the other is a leftover.
    private func forget(journal: String, database: String, logger: Logger) async throws {
        let pool = PostgresPool(PostgresConfiguration(connectionString: database), logger: logger)
        defer { pool.close() }
        let hasTables = try await !pool.query("select from pg_namespace where nspname = 'weir'").isEmpty
        let hasChain = FileManager.default.fileExists(atPath: journal)
        guard isFresh || hasTables != hasChain else { return }
        if !isFresh { print("starting clean: of the chain and the database of the last run only one is there") }
        if hasChain { try FileManager.default.removeItem(atPath: journal) }
        // Its functions for others' roles lie in a schema beside it, and hang on nothing in it.
        try await pool.query("drop schema if exists weir, weir_api, weir_rebuild cascade")
    }

    /// The usual port, or any free one where somebody else has that. A port that was asked for is taken or refused.
    private func controlAddress() async throws -> SocketAddress {
        if let control { return control }
        for port in [8480, 0] {
            let probe = HTTPServer(host: "127.0.0.1", port: port, logger: .silent) { _ in .noContent }
            do { try await probe.start() } catch  where port != 0 { continue }
            let found = probe.port
            await probe.stop()
            return .tcp(host: "127.0.0.1", port: found)
        }
        return .tcp(host: "127.0.0.1", port: 8480)
    }
}

/// The keys of a toy chain, kept so that the next run can go on with it.
struct PlaygroundKeys {
    let service: PrivateKey
    let platform: PrivateKey
    let platformScalar: String

    static func load(from file: URL) throws -> PlaygroundKeys {
        if FileManager.default.fileExists(atPath: file.path) {
            // What cannot be read is not overwritten: the chain in this folder knows no other keys.
            guard let data = FileManager.default.contents(atPath: file.path) else {
                throw StartError(
                    "\(file.path) cannot be read: it belongs to another user; choose another folder (--directory)")
            }
            guard let kept = try? JSONDecoder().decode([String: String].self, from: data) else {
                throw StartError("\(file.path) does not hold the playground's keys; remove the folder to begin anew")
            }
            return try PlaygroundKeys(kept)
        }
        var made: [String: String] = [:]
        for name in ["service", "platform"] {
            var generator = SystemRandomNumberGenerator()
            made[name] = Hex.encode((0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) })
        }
        let keys = try PlaygroundKeys(made)
        try KeyFileAccess.write(Array(JSONEncoder().encode(made)), to: file.path)
        return keys
    }

    private init(_ scalars: [String: String]) throws {
        guard let service = scalars["service"].flatMap({ Hex.decode($0) }),
            let text = scalars["platform"], let platform = Hex.decode(text)
        else { throw StartError("keys.json does not hold the playground's keys; remove the folder to begin anew") }
        self.service = try PrivateKey(algorithm: .ecdsaP256, scalar: service)
        self.platform = try PrivateKey(algorithm: .ecdsaP256, scalar: platform)
        platformScalar = text
    }
}

/// Tables, contracts, the platform's account and its lanes, before the daemon looks for them.
struct PlaygroundSetUp: StartStep {
    let name = "set-up"
    let pool: PostgresPool
    let bootstrap: DevnetBootstrap
    let platform: any TransactionSigner
    let lanes: Int

    func start() async throws {
        do { try await Schema.migrator.migrate(on: pool) } catch var error as PostgresError where error.code == .schema
        {
            // What lies here is a story's, and can be told again.
            error.remedy = "begin anew: weir up --fresh, or make run FRESH=1"
            throw error
        }
        _ = try await bootstrap.platform(signer: platform, proposalKeys: lanes)
    }
}
