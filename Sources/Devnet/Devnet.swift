public import Daemon
import FlowClient

/// The devnet as others see it: a node behind the real gRPC Access API on loopback. The node lives as long as this object,
/// so a server that was stopped can be followed by another one over the same chain (`restart`).
public final class Devnet: Service {
    public let name = "devnet"
    public let node: DevnetNode
    private let server: AccessServer

    /// - Parameter port: 0 takes any free one; `start` tells which.
    public init(node: DevnetNode, host: String = "127.0.0.1", port: Int = 0, logger: Logger = .silent) {
        self.node = node
        server = AccessServer(api: node, host: host, port: port, logger: logger)
    }

    public convenience init(
        configuration: DevnetConfiguration, host: String = "127.0.0.1", port: Int = 0, logger: Logger = .silent
    ) throws {
        self.init(
            node: try DevnetNode(configuration: configuration, logger: logger), host: host, port: port, logger: logger)
    }

    /// Listens, and returns the port. Throws where it is taken.
    @discardableResult
    public func start() throws -> Int { try server.start() }

    /// Nil before `start` and after the end.
    public var port: Int? { server.port }

    /// Makes blocks and answers calls until it is cancelled or asked to shut down.
    public func run() async throws {
        try start()
        try await withThrowingTaskGroup(of: Void.self) { [node, server] group in
            group.addTask { try await server.run() }
            group.addTask { try await node.run() }
            if let shutdown = GracefulShutdown.current {
                group.addTask {
                    try await shutdown.requested()
                    await server.stop()
                }
            }
            // Whichever ends first ends all: the server when it is stopped or can't go on.
            defer { group.cancelAll() }
            try await group.next()
        }
    }
}
