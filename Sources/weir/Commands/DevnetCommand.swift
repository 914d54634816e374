import Daemon
import Devnet
import Encoding
import FlowClient
import FoundationEssentials
import Signer

extension Weir {
    static let devnetCommand = Command(
        "devnet", summary: "the embedded Flow access node alone, on loopback",
        discussion: """
            Speaks the Access API over gRPC, and over HTTP with its websocket topics; checks signatures, weights, sequence
            numbers, reference blocks and expiry as a node does, and runs the project's own transactions and scripts. Prints a
            line for each of its two addresses, the first with the service account's key, and where its private half is. Without
            --journal and --service-key-file that half is printed too: it is a toy chain's, and worth nothing.
            """,
        options: [
            .value("port", "PORT", "where to listen for gRPC; any free port by default"),
            .value("http-port", "PORT", "where to listen for HTTP; any free port by default"),
            .value("block-time", "DURATION", "between blocks, empty ones too (default 250ms)"),
            .value("journal", "PATH", "keep the chain in this file, and go on from it"),
            .value(
                "service-key-file", "PATH",
                "the service account's private key (P-256), as hex or PEM; made where there is none (default: PATH of --journal with .key behind it, or a new key for this run)"
            ),
            .value("admin-port", "PORT", "where to listen for faults at run time (docs/devnet.md); nowhere by default"),
            .value(
                "expiry", "BLOCKS", "blocks after its reference block in which a transaction is taken (default 600)"),
            .value("seal-lag", "BLOCKS", "how far the sealed head is behind the finalized one (default 0)"),
            .value("maximum-computation", "UNITS", "the highest computation limit of a transaction (default 9999)"),
            .flag("fees", "take fees, with their events"),
            .flag("least-balance", "a payer with less than the least balance has nothing executed (1118)"),
            .flag("public-node", "the manners of a public node where it and the emulator differ"),
        ],
        examples: [
            .init(
                "weir devnet --journal chain.log",
                "a chain that goes on where it was; the service key is in chain.log.key"),
            .init("weir devnet --port 3569 --http-port 8888 --block-time 1s", "where the real emulator would be"),
            .init(
                "weir devnet --admin-port 8889 --least-balance",
                "things can go wrong: curl -X PUT …/admin/faults -d '{…}'"),
        ]
    ) { context in
        let keyFile = context.option("service-key-file") ?? context.option("journal").map { $0 + ".key" }
        let service = try keyFile.map { try serviceKey(in: $0) } ?? PrivateKey.generate(.ecdsaP256)
        let blockTime = try context.option("block-time", as: .duration(.milliseconds(1) ... .seconds(3600)))
        var configuration = DevnetConfiguration(
            servicePublicKey: service.publicKey, blockMaking: .paced(blockTime ?? .milliseconds(250)))
        configuration.journalPath = context.option("journal")
        if context.flag("public-node") { configuration.style = .publicNode }
        let blocks = SettingKind<Int>.integer(0...1_000_000)
        if let expiry = try context.option("expiry", as: .integer(1...1_000_000)) {
            configuration.expiry = UInt64(expiry)
        }
        if let lag = try context.option("seal-lag", as: blocks) { configuration.sealLag = UInt64(lag) }
        if let most = try context.option("maximum-computation", as: .integer(1...1_000_000)) {
            configuration.maximumComputation = UInt64(most)
        }
        configuration.takesFees = context.flag("fees")
        configuration.checksPayerBalance = context.flag("least-balance")
        let logger = Logger(sink: StandardErrorLogSink())
        let devnet = try Devnet(
            configuration: configuration, port: try context.option("port", as: .port) ?? 0,
            httpPort: try context.option("http-port", as: .port) ?? 0, logger: logger)
        let port = try devnet.start()
        let httpPort = try await devnet.startHTTP()
        context.print("grpc://127.0.0.1:\(port) service account f8d6e0586b0a20c7, public key \(service.publicKey.hex)")
        context.print("http://127.0.0.1:\(httpPort)/v1")
        if let keyFile {
            context.print("the service account's private key is in \(keyFile)")
        } else {
            let scalar = service.withScalar { Hex.encode(UnsafeBufferPointer(start: $0, count: 32)) }
            context.print(
                "the service account's private key is \(scalar), P-256 with SHA3_256: of this run, worth nothing")
        }
        var services: [any Service] = [devnet]
        if let adminPort = try context.option("admin-port", as: .port) {
            let admin = AdminPort(node: devnet.node, port: adminPort, logger: logger)
            try await admin.start()
            context.print("http://127.0.0.1:\(admin.port ?? adminPort)/admin")
            services.append(admin)
        }
        try await ServiceGroup(services, logger: logger).run()
    }

    /// The key that the file holds, or a new one that it holds from now on, in hex.
    private static func serviceKey(in path: String) throws -> PrivateKey {
        if FileManager.default.fileExists(atPath: path) {
            return try PrivateKey.importing(SecretInput.read(path: path), algorithm: .ecdsaP256)
        }
        let key = PrivateKey.generate(.ecdsaP256)
        try KeyFileAccess.write(
            key.withScalar { Array((Hex.encode(UnsafeBufferPointer(start: $0, count: 32)) + "\n").utf8) }, to: path)
        return key
    }
}
