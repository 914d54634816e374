public import Daemon
public import FlowClient
import HTTP

/// Serves any `AccessAPI` over HTTP, as an access node does: the devnet's other face.
public final class HTTPAccessServer: StartableService {
    public let name = "access api over http"
    private let server: HTTPServer

    /// - Parameter port: 0 takes any free one; `start` tells which.
    public init(
        api: any AccessAPI, host: String = "127.0.0.1", port: Int = 0, manners: AccessManners = .accessNode,
        logger: Logger = .silent
    ) {
        let service = HTTPAccessService(api, manners: manners, logger: logger)
        server = HTTPServer(
            address: .tcp(host: host, port: port), name: "access api over http", logger: logger,
            refusing: HTTPAccessService.refusing
        ) { request in try await service.respond(to: request) }
    }

    /// Listens. Throws `HTTPError` `cannotListen` where the port is taken; called again it does nothing.
    public func start() async throws { try await server.start() }

    /// Nil before `start`.
    public var port: Int? { server.port == 0 ? nil : server.port }

    /// Answers until `stop`, graceful shutdown, or its task's cancellation.
    public func run() async throws { try await server.run() }

    /// Takes no new requests; those in flight may end within the grace.
    public func stop(grace: Duration? = nil) async { await server.stop(grace: grace) }
}
