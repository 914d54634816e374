import CMicroHTTPD
public import Daemon
import FoundationEssentials
import Glibc
import Synchronization

/// A small HTTP/1.1 server over libmicrohttpd: one thread with epoll that parses and sends, one task for each request.
/// Nothing of ours runs on that thread but handing over.
///
/// The task of a request is cancelled when its client has gone away. `GracefulShutdown.current` in it is the server's:
/// handlers that wait for long listen to it. TLS is a proxy's.
public final class HTTPServer: StartableService {
    public typealias Handler = @Sendable (HTTPServerRequest) async throws -> HTTPServerResponse
    public typealias Refusing = @Sendable (ProblemDocument) -> HTTPServerResponse
    /// What is wrong with a request whose body has not been read; nil lets it in. Called on the daemon's thread: it must not
    /// wait for anything.
    public typealias Admission = @Sendable (HTTPRequestHead) -> ProblemDocument?

    public struct Limits: Sendable {
        /// A larger body is answered with 413.
        public var bodyBytes = 4 << 20
        /// Of all bodies that are being received or answered, together; beyond it requests are answered with 503.
        public var totalBodyBytes = 64 << 20
        /// The same for bodies that are kept in files.
        public var spooledBytes = 64 << 20
        public var totalSpooledBytes = 1 << 30
        /// For a whole request, from its first line to the last byte of its body; then it is answered with 408, or cut off.
        public var requestTime = Duration.seconds(30)
        /// Of request line and headers together; more is answered with 431 or 414.
        public var headerBytes = 32 << 10
        /// Further clients wait until one of these is done.
        public var connections = 2000
        /// A connection on which nothing moves is closed; handlers may take as long as they like.
        public var idleSeconds = 60
        public init() {}
    }

    public let name: String
    let limits: Limits
    let logger: Logger
    private let wanted: SocketAddress
    private let gracePeriod: Duration
    private let clock: any Clock<Duration>
    private let handler: Handler
    /// How a problem document is answered.
    let refusing: Refusing
    let admission: Admission
    let connections = ConnectionTable()
    /// Bytes of bodies that are held.
    let bodies = Atomic<Int>(0)
    /// Bytes of bodies that lie in files.
    let spooled = Atomic<Int>(0)
    /// Which bodies are kept in a file while they come in.
    let spools: @Sendable (HTTPRequestHead) -> Bool
    private let requestSeconds: Histogram?
    private let metrics: Metrics?
    let shutdown = GracefulShutdown()

    private struct State {
        var daemon: DaemonHandle?
        var address: SocketAddress?
        var isStopped = false
        /// Past the grace period: what is not answered will not be.
        var isCut = false
        var exchanges: [ObjectIdentifier: HTTPExchange] = [:]
        /// Cuts off who is too slow, until `stop`.
        var sweeper: Task<Void, Never>?
    }

    private struct DaemonHandle: @unchecked Sendable {
        // Only start and stop touch it, and each happens once: `State` says so.
        let pointer: OpaquePointer
        let listener: CInt
    }

    private let state = Mutex(State())
    /// Exchanges that are not completed, and tasks that have not ended.
    let pending = PendingCount()
    /// Tasks that have a connection of their own, or will.
    let webSockets = PendingCount()

    /// - Parameters:
    ///   - address: port 0 has one chosen; see `address` after the start.
    ///   - gracePeriod: how long requests in flight may take when the server stops.
    ///   - admission: looks at a request's head before its body is read.
    ///   - spools: whose body is kept in a file, not in memory: see `HTTPServerRequest.spooled`.
    ///   - refusing: how refusals look, the server's own too, in an API that has a form of its own for them: bytes.
    public init(
        address: SocketAddress, name: String = "http", limits: Limits = Limits(), gracePeriod: Duration = .seconds(10),
        logger: Logger, metrics: Metrics? = nil, clock: any Clock<Duration> = ContinuousClock(),
        spools: @escaping @Sendable (HTTPRequestHead) -> Bool = { _ in false },
        refusing: @escaping Refusing = { .problem($0) }, admission: @escaping Admission = { _ in nil },
        handler: @escaping Handler
    ) {
        wanted = address
        self.name = name
        self.limits = limits
        self.gracePeriod = gracePeriod
        self.logger = logger
        self.metrics = metrics
        self.clock = clock
        self.handler = handler
        self.spools = spools
        self.refusing = refusing
        self.admission = admission
        requestSeconds = metrics?.histogram(
            "weir_http_request_seconds", help: "From the request's last byte to the answer's first.")
    }

    public convenience init(
        host: String, port: Int, limits: Limits = Limits(), logger: Logger, handler: @escaping Handler
    ) {
        self.init(address: .tcp(host: host, port: port), limits: limits, logger: logger, handler: handler)
    }

    public convenience init(address: SocketAddress, limits: Limits = Limits(), logger: Logger, router: Router) {
        self.init(address: address, limits: limits, logger: logger) { try await router.respond(to: $0) }
    }

    /// Where it listens, with the port that was chosen. Nil before the start.
    public var address: SocketAddress? { state.withLock { $0.address } }

    /// The port it listens at; 0 before the start and for a unix socket.
    public var port: Int {
        if case .tcp(_, let port) = address { port } else { 0 }
    }

    /// Binds and begins to answer. Called again it does nothing.
    /// - Throws: `HTTPError.cannotListen`, naming the address and what to do.
    public func start() async throws {
        guard state.withLock({ $0.daemon == nil && !$0.isStopped }) else { return }
        let wanted = wanted
        let socket = try await OffPool.run { try ListeningSocket.open(wanted) }
        var options = shim_mhd_options()
        options.listen_socket = socket.descriptor
        options.connection_limit = UInt32(limits.connections)
        options.timeout_seconds = UInt32(limits.idleSeconds)
        options.connection_memory = limits.headerBytes
        // Released by `stop`, when there is no thread any more that could call.
        options.cls = Unmanaged.passRetained(self).toOpaque()
        options.request_line = { cls, target, connection in
            let server = Unmanaged<HTTPServer>.fromOpaque(cls!).takeUnretainedValue()
            return server.begin(String(cString: target!), connection!)
        }
        options.accept = { cls, _, _ in
            Unmanaged<HTTPServer>.fromOpaque(cls!).takeUnretainedValue().connections.takesMore ? .YES : .NO
        }
        options.connection = { cls, connection, _, what in
            let server = Unmanaged<HTTPServer>.fromOpaque(cls!).takeUnretainedValue()
            let socket = shim_mhd_socket(connection!)
            // MHD_CONNECTION_NOTIFY_STARTED is 0.
            switch what.rawValue {
            case 0: server.connections.opened(socket, patience: server.connectionPatience)
            default: server.connections.closed(socket)
            }
        }
        options.handler = { _, connection, _, method, version, data, size, context in
            let exchange = Unmanaged<HTTPExchange>.fromOpaque(context!.pointee!).takeUnretainedValue()
            return exchange.advance(method!, version!, data, size!)
        }
        options.completed = { cls, connection, context, reason in
            guard let opaque = context?.pointee else { return }
            context?.pointee = nil
            Unmanaged<HTTPExchange>.fromOpaque(opaque).takeRetainedValue().complete()
        }
        guard let daemon = shim_mhd_start(&options) else {
            let reason = errno
            close(socket.descriptor)
            Unmanaged.passUnretained(self).release()
            throw HTTPError(
                .cannotListen, "\(socket.address): libmicrohttpd did not start: \(String(cString: strerror(reason)))")
        }
        let sweeper = Task { [connections, clock, logger, name] in
            while (try? await clock.sleep(for: .seconds(1))) != nil {
                let cut = connections.cutOverdue()
                if cut > 0 { logger.debug("cut off who was too slow", ["count": "\(cut)", "service": name]) }
            }
        }
        state.withLock {
            $0.daemon = DaemonHandle(pointer: daemon, listener: socket.descriptor)
            $0.address = socket.address
            $0.sweeper = sweeper
        }
        logger.info("listening", ["address": "\(socket.address)", "service": name])
    }

    /// Starts where that was not done, answers until graceful shutdown is asked for or the task is cancelled, then stops.
    public func run() async throws {
        try await start()
        let grace: Duration
        do {
            let (asked, continuation) = AsyncStream.makeStream(of: Never.self)
            await withGracefulShutdownHandler {
                for await _ in asked {}
            } onGracefulShutdown: {
                continuation.finish()
            }
            grace = Task.isCancelled ? .zero : gracePeriod
        }
        await stop(grace: grace)
    }

    /// Takes no new connection, lets requests in flight finish for so long, cancels the rest, and waits for it.
    public func stop(grace: Duration? = nil) async {
        await stop(grace: grace ?? gracePeriod, lastWords: .seconds(1))
    }

    /// - Parameter lastWords: how long clients have to take the 503 that they are cut off with.
    func stop(grace: Duration, lastWords: Duration) async {
        let (daemon, address, sweeper) = state.withLock { state in
            defer { state.daemon = nil }
            state.isStopped = true
            return (state.daemon, state.address, state.sweeper)
        }
        guard let daemon else { return }
        // Not by MHD_quiesce_daemon: in 0.9.75 it and the daemon's thread may both take the socket out of the epoll set, and
        // the second of them aborts the process. So may closing it while the daemon is near its limit; then it stays open, and
        // whom the daemon takes is let go at once.
        if connections.stopTaking(limit: limits.connections) { shim_mhd_stop_listening(daemon.listener) }
        if case .unix(let path)? = address { unlink(path) }
        shutdown.request()
        await pending.untilZero(for: grace, clock: clock)
        let late = state.withLock { state in
            state.isCut = true
            return Array(state.exchanges.values)
        }
        if !late.isEmpty { logger.warning("cutting requests off", ["count": "\(late.count)", "service": name]) }
        for exchange in late { exchange.abandon() }
        // The daemon's thread sends what they are answered with; stopping it at once would not let it.
        if !late.isEmpty { await pending.untilZero(for: lastWords, clock: ContinuousClock()) }
        // What was lent to a websocket's task must be back: the daemon frees it, whoever still holds it.
        await webSockets.untilZero()
        // Joins the daemon's thread, which completes every exchange that is left.
        await OffPool.run { MHD_stop_daemon(daemon.pointer) }
        sweeper?.cancel()
        await sweeper?.value
        await pending.untilZero()
        Unmanaged.passUnretained(self).release()
    }

    /// How long a connection may be without a whole request line: as long as it may be idle, and as a request may take.
    var connectionPatience: Duration { .seconds(limits.idleSeconds) + limits.requestTime }

    /// On the daemon's thread: a request line has been read.
    private func begin(_ target: String, _ connection: OpaquePointer) -> UnsafeMutableRawPointer {
        pending.enter()
        let exchange = state.withLock { state in
            let exchange = HTTPExchange(
                server: self, connection: connection, target: target, isAbandoned: state.isCut)
            state.exchanges[ObjectIdentifier(exchange)] = exchange
            return exchange
        }
        // A little longer than the request itself has: who still sends is told.
        connections.wait(for: exchange.socket, patience: limits.requestTime + .seconds(2))
        return Unmanaged.passRetained(exchange).toOpaque()
    }

    /// Once for each exchange, when it is completed.
    func leave(_ exchange: HTTPExchange) {
        state.withLock { $0.exchanges[ObjectIdentifier(exchange)] = nil }
        pending.leave()
    }

    var isStopping: Bool { shutdown.isRequested }

    /// The handler's answer, or what its error means.
    func respond(to request: HTTPServerRequest) async -> HTTPServerResponse {
        let began = ContinuousClock.now
        let response = await answer(request)
        let took = began.duration(to: .now)
        requestSeconds?.observe(took)
        metrics?.counter(
            "weir_http_requests_total", help: "Requests answered, by status.", labels: ["status": "\(response.status)"]
        ).increment()
        logger.debug(
            "answered",
            [
                "method": request.method, "path": request.path, "status": "\(response.status)",
                "took": "\(took.components.seconds * 1000 + took.components.attoseconds / 1_000_000_000_000_000)ms",
            ])
        return response
    }

    private func answer(_ request: HTTPServerRequest) async -> HTTPServerResponse {
        do {
            return try await handler(request)
        } catch let problem as ProblemDocument {
            return refusing(problem)
        } catch is CancellationError {
            return refusing(ProblemDocument(status: 503, detail: "the request was cut off"))
        } catch {
            // The cause is for us, the id for both: it finds the one from the other.
            let instance = Self.makeInstance()
            logger.error(
                "a handler failed",
                [
                    "method": request.method, "path": request.path, "instance": instance,
                    "error": String(describing: error),
                ])
            return refusing(
                ProblemDocument(status: 500, detail: "this is our fault, and it was logged", instance: instance))
        }
    }

    /// A random URN (RFC 9562, version 4).
    package static func makeInstance() -> String { "urn:uuid:" + UUID().uuidString.lowercased() }
}
