import Daemon
import Devnet
import FlowClient
import Foundation
import Signer

extension Weir {
    static let devnetCommand = Command(
        "devnet", summary: "the embedded Flow access node alone, on loopback",
        discussion: """
            Speaks the gRPC Access API, checks signatures, weights, sequence numbers, reference blocks and expiry as a node
            does, and runs the project's own transactions and scripts. Prints one line with its address, and what the service
            account's key is: a key of a toy chain, worth nothing.
            """,
        options: [
            .value("port", "PORT", "where to listen; any free port by default"),
            .value("block-time", "DURATION", "between blocks, empty ones too (default 250ms)"),
            .value("journal", "PATH", "keep the chain in this file, and go on from it"),
            .value(
                "service-key-file", "PATH",
                "the service account's private key (P-256), as hex or PEM; a new one by default"),
            .flag("public-node", "the manners of a public node where it and the emulator differ"),
        ],
        examples: [.init("weir devnet --port 3569 --block-time 1s", "where the real emulator would be")]
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
            configuration: configuration, port: try context.option("port", as: .port) ?? 0, logger: logger)
        let port = try devnet.start()
        context.print("grpc://127.0.0.1:\(port) service account f8d6e0586b0a20c7, public key \(service.publicKey.hex)")
        try await ServiceGroup([devnet], logger: logger).run()
    }
}
