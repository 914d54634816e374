public import Daemon
public import FlowClient
public import GRPC

/// Serves any `AccessAPI` over gRPC, as an access node does: the devnet's face, and a recording's.
public final class AccessServer: Service {
    public let name = "access api over grpc"
    private let server: GRPCServer

    /// - Parameters:
    ///   - port: 0 takes any free one; `start` tells which.
    public init(
        api: any AccessAPI, host: String = "127.0.0.1", port: Int = 0, credentials: GRPCServerCredentials = .cleartext,
        options: GRPCServer.Options = .init(), manners: AccessManners = .accessNode, logger: Logger = .silent
    ) {
        let service = AccessService(api, manners: manners)
        server = GRPCServer(
            host: host, port: port, credentials: credentials, name: name, options: options, logger: logger,
            route: service.handler(for:))
    }

    /// Listens, and returns the port. Throws `GRPCError` `unavailable` where the port is taken.
    @discardableResult
    public func start() throws(GRPCError) -> Int { try server.start() }

    /// Nil before `start` and after the end.
    public var port: Int? { server.port }

    /// Answers until `stop`, or until its task is cancelled.
    public func run() async throws { try await server.run() }

    /// Takes no new calls; those in flight may end within the grace that the options give.
    public func stop() async { await server.stop() }
}

/// Whose manners the serving side has where nodes differ.
public enum AccessManners: Sendable {
    case accessNode
    /// SubscribeEvents without a start, or from height 0, begins at the first block and not at the latest; a range that is
    /// upside down holds nothing.
    case emulator
}
