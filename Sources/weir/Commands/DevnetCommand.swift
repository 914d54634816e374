import Daemon
import Devnet
import FlowClient
import Foundation
import Signer

extension Weir {
    static let devnetCommand = Command(
        "devnet", summary: "the embedded Flow access node alone, on loopback",
        discussion: """
            Speaks the Access API over gRPC, and over HTTP with its websocket topics; checks signatures, weights, sequence
            numbers, reference blocks and expiry as a node does, and runs the project's own transactions and scripts. Prints a
            line for each of its two addresses, the first with the service account's key: of a toy chain, worth nothing.
            """,
        options: [
            .value("port", "PORT", "where to listen for gRPC; any free port by default"),
            .value("http-port", "PORT", "where to listen for HTTP; any free port by default"),
            .value("block-time", "DURATION", "between blocks, empty ones too (default 250ms)"),
            .value("journal", "PATH", "keep the chain in this file, and go on from it"),
            .value(
                "service-key-file", "PATH",
                "the service account's private key (P-256), as hex or PEM; a new one by default"),
            .flag("public-node", "the manners of a public node where it and the emulator differ"),
        ],
        examples: [
            .init("weir devnet --port 3569 --http-port 8888 --block-time 1s", "where the real emulator would be")
        ]
    ) { context in
        let key = try context.option("service-key-file").map { path in
            try PrivateKey.importing(SecretInput.read(path: path), algorithm: .ecdsaP256)
        }
        let blockTime = try context.option("block-time", as: .duration(.milliseconds(1) ... .seconds(3600)))
        let service = key ?? PrivateKey.generate(.ecdsaP256)
        var configuration = DevnetConfiguration(
            servicePublicKey: service.publicKey, blockMaking: .paced(blockTime ?? .milliseconds(250)))
        configuration.journalPath = context.option("journal")
        if context.flag("public-node") { configuration.style = .publicNode }
        let logger = Logger(sink: StandardErrorLogSink())
        let devnet = try Devnet(
            configuration: configuration, port: try context.option("port", as: .port) ?? 0,
            httpPort: try context.option("http-port", as: .port) ?? 0, logger: logger)
        let port = try devnet.start()
        let httpPort = try await devnet.startHTTP()
        context.print("grpc://127.0.0.1:\(port) service account f8d6e0586b0a20c7, public key \(service.publicKey.hex)")
        context.print("http://127.0.0.1:\(httpPort)/v1")
        try await ServiceGroup([devnet], logger: logger).run()
    }
}
