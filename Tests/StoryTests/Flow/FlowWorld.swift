import Daemon
import Devnet
import Encoding
import FlowClient
import Foundation
import HTTP
import Signer

/// A devnet in this process, and the program run against it. What the program prints is compared with what the node itself
/// says, asked without any wire between.
struct FlowWorld: Sendable {
    /// How the program reaches the node.
    enum Transport: String, CaseIterable, Sendable {
        case grpc, http
    }

    let devnet: Devnet
    let bootstrap: DevnetBootstrap
    let port: Int
    let httpPort: Int
    /// The service account's key, as `weir` takes it from the environment.
    let serviceScalar: String
    var node: DevnetNode { devnet.node }

    /// - Parameter style: the manners of the emulator, or of a public node.
    static func with<R>(
        style: DevnetConfiguration.Style = .emulator, sealLag: UInt64 = 0, expiry: UInt64 = 600,
        blockMaking: DevnetConfiguration.BlockMaking = .everyTransaction,
        _ body: @Sendable (FlowWorld) async throws -> R
    ) async throws -> R {
        let scalar = (0..<32).map { _ in UInt8.random(in: 1...0x7f) }
        let key = try PrivateKey(algorithm: .ecdsaP256, scalar: scalar)
        var configuration = DevnetConfiguration(servicePublicKey: key.publicKey, blockMaking: blockMaking)
        configuration.style = style
        configuration.sealLag = sealLag
        configuration.expiry = expiry
        let devnet = try Devnet(configuration: configuration)
        let port = try devnet.start()
        let httpPort = try await devnet.startHTTP()
        let running = Task { try await devnet.run() }
        defer { running.cancel() }
        let signer = InMemorySigner(key: key, hashAlgorithm: .sha3_256)
        return try await body(
            FlowWorld(
                devnet: devnet, bootstrap: DevnetBootstrap(api: devnet.node, serviceSigner: signer), port: port,
                httpPort: httpPort, serviceScalar: Hex.encode(scalar)))
    }

    func url(_ transport: Transport) -> String {
        switch transport {
        case .grpc: "grpc://127.0.0.1:\(port)"
        case .http: "http://127.0.0.1:\(httpPort)"
        }
    }

    func weir(
        _ arguments: String..., over transport: Transport = .grpc, environment: [String: String] = [:]
    ) async throws -> WeirProcess.Ended {
        try await WeirProcess.run(arguments + ["--node", url(transport)], environment: environment)
    }

    /// The one line of JSON that a command printed.
    func json(_ arguments: String..., over transport: Transport = .grpc) async throws -> JSON {
        let ended = try await WeirProcess.run(arguments + ["--json", "--node", url(transport)])
        guard !ended.output.isEmpty else { throw World.Failure("\(arguments): \(ended.errors)") }
        return try JSON(parsing: Array(ended.output.utf8))
    }
}

extension JSON {
    /// Member after member.
    subscript(path names: String...) -> JSON? { names.reduce(self) { $0?[$1] } }
}
