import AccessServing
public import Daemon
import FlowClient
import GRPC

/// The devnet as others see it: a node behind the real Access API on loopback, over gRPC and over HTTP. The node lives as
/// long as this object, so a server that was stopped can be followed by another one over the same chain (`restart`).
public final class Devnet: Service {
    public let name = "devnet"
    public let node: DevnetNode
    private let server: AccessServer
    private let httpServer: HTTPAccessServer

    /// - Parameters:
    ///   - port: of gRPC; 0 takes any free one, and `start` tells which.
    ///   - httpPort: of HTTP, likewise; `startHTTP` tells which.
    public init(
        node: DevnetNode, host: String = "127.0.0.1", port: Int = 0, httpPort: Int = 0, logger: Logger = .silent
    ) {
        self.node = node
        var options = GRPCServer.Options()
        // What a node takes (onflow/flow-go:utils/grpc), and refuses with RESOURCE_EXHAUSTED beyond.
        options.maximumMessageBytes = 4 << 20
        let manners: AccessManners = node.configuration.style == .emulator ? .emulator : .accessNode
        server = AccessServer(
            api: node, host: host, port: port, options: options, manners: manners, logger: logger)
        httpServer = HTTPAccessServer(api: node, host: host, port: httpPort, manners: manners, logger: logger)
    }

    public convenience init(
        configuration: DevnetConfiguration, host: String = "127.0.0.1", port: Int = 0, httpPort: Int = 0,
        logger: Logger = .silent
    ) throws {
        self.init(
            node: try DevnetNode(configuration: configuration, logger: logger), host: host, port: port,
            httpPort: httpPort, logger: logger)
    }

    /// Listens for gRPC, and returns the port. Throws where it is taken.
    @discardableResult
    public func start() throws -> Int { try server.start() }

    /// Listens for HTTP, and returns the port. Throws where it is taken.
    @discardableResult
    public func startHTTP() async throws -> Int {
        try await httpServer.start()
        return httpServer.port ?? 0
    }

    /// Of gRPC. Nil before `start` and after the end.
    public var port: Int? { server.port }
    /// Of HTTP. Nil before `startHTTP`.
    public var httpPort: Int? { httpServer.port }

    /// Makes blocks and answers calls until it is cancelled or asked to shut down.
    public func run() async throws { try await serve(makingBlocks: true) }

    /// Answers calls alone, for a sibling of the node that makes the blocks.
    public func serve() async throws { try await serve(makingBlocks: false) }

    private func serve(makingBlocks: Bool) async throws {
        try start()
        try await startHTTP()
        try await withThrowingTaskGroup(of: Void.self) { [node, server, httpServer] group in
            group.addTask {
                // A polite stop lets both finish what they have in hand.
                async let http: Void = httpServer.run()
                try await server.run()
                try await http
            }
            if makingBlocks { group.addTask { try await node.run() } }
            if let shutdown = GracefulShutdown.current {
                group.addTask {
                    try await shutdown.requested()
                    await server.stop()
                }
            }
            // Whichever ends first ends all: the servers when they are stopped or can't go on.
            defer { group.cancelAll() }
            try await group.next()
        }
    }
}
