import Cadence
import Daemon
import Devnet
import Encoding
import FlowClient
import Foundation
import HTTP
import PlatformBridge
import Postgres
import Signer
import TestSupport

/// A database, a devnet in this process that outlives every daemon, and the platform's account on it: what a daemon
/// under test is started against.
struct World: Sendable {
    var database: String
    let devnet: Devnet
    let port: Int
    let httpPort: Int
    let bootstrap: DevnetBootstrap
    let platform: DevnetAccount
    /// The key of full weight: P-256 and SHA3-256, in hex.
    let platformScalar: String
    let lanes: Int
    private let task: Task<Void, any Error>

    static func start(
        lanes: Int = 4, blockTime: Duration = .milliseconds(50), database: String? = nil,
        journal: String? = nil
    ) async throws -> World {
        let service = PrivateKey.generate(.ecdsaP256)
        let scalar = (0..<32).map { _ in UInt8.random(in: 0...255) }
        let signer = InMemorySigner(
            key: try PrivateKey(algorithm: .ecdsaP256, scalar: scalar), hashAlgorithm: .sha3_256)
        var configuration = DevnetConfiguration(servicePublicKey: service.publicKey, blockMaking: .paced(blockTime))
        configuration.journalPath = journal
        let devnet = try Devnet(configuration: configuration)
        let port = try devnet.start()
        let httpPort = try await devnet.startHTTP()
        let task = Task { try await devnet.run() }
        let api = GRPCAccessClient(target: "127.0.0.1:\(port)")
        let bootstrap = DevnetBootstrap(api: api, serviceSigner: InMemorySigner(key: service, hashAlgorithm: .sha3_256))
        let tables: String
        if let database { tables = database } else { tables = try await TestPostgres.makeConnectionString() }
        return World(
            database: tables, devnet: devnet, port: port, httpPort: httpPort,
            bootstrap: bootstrap,
            platform: try await bootstrap.platform(signer: signer, proposalKeys: lanes),
            platformScalar: Hex.encode(scalar), lanes: lanes, task: task)
    }

    func stop() async {
        task.cancel()
        _ = await task.result
    }

    var arguments: [String] { arguments(node: "grpc://127.0.0.1:\(port)") }

    private func arguments(node: String) -> [String] {
        [
            "--database-url", database, "--flow-nodes", node, "--account-address", platform.address.hex, "--worker-id",
            "tester", "--submit-lanes", "\(lanes)",
        ]
    }

    /// The key goes where no process list shows it.
    var environment: [String: String] { ["WEIR_ACCOUNT_PRIVATE_KEY": platformScalar] }

    /// A daemon, and its control port once it listens.
    /// - Parameters:
    ///   - keys: the environment that its key comes from, if not the usual one.
    ///   - node: the devnet over gRPC, if not said otherwise.
    func daemon(
        crashAt point: String? = nil, keys: [String: String]? = nil, options: [String] = [], node: String? = nil
    ) async throws -> (process: WeirProcess, client: ControlClient) {
        let process = try WeirProcess(
            ["run", "--control-listen", "127.0.0.1:0", "--log-format", "json"]
                + (node.map { arguments(node: $0) } ?? arguments) + options,
            environment: (keys ?? environment).merging(point.map { ["WEIR_CRASH_AT": $0] } ?? [:]) { $1 })
        guard let line = await process.line(containing: "\"listening\""),
            let address = try JSON(parsing: Array(line.utf8))["address"]?.string
        else {
            let ended = await process.end()
            throw Failure("the daemon did not come up: \(ended.errors)")
        }
        return (process, ControlClient(base: "http://\(address)"))
    }

    struct Failure: Error, CustomStringConvertible {
        var description: String
        init(_ description: String) { self.description = description }
    }
}
