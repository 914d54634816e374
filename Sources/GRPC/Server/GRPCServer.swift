import CGRPC
public import Daemon
import Synchronization

/// What answers one method.
public enum GRPCHandler: Sendable {
    /// One request, one answer.
    case unary(@Sendable (GRPCServerCall, GRPCMessage) async throws -> [UInt8])
    /// One request, any number of answers through `GRPCServerCall.send`; returning ends the stream with status ok.
    case serverStream(@Sendable (GRPCServerCall, GRPCMessage) async throws -> Void)
}

/// A gRPC server: handlers are found by the full path of a method, and an unknown one answers `unimplemented`.
///
/// A handler runs in a task that is cancelled when its client goes away, its deadline passes or the server stops. What
/// it throws becomes the status: a `GRPCError` its own, a cancellation `cancelled`, anything else `unknown`. At most
/// `maximumConcurrentCalls` run at a time; further calls wait in the core, as long as their deadlines let them.
public final class GRPCServer: Service {
    public struct Options: Sendable {
        public var maximumConcurrentCalls = 1000
        /// Of these, how many may be streams; further ones are refused with `resourceExhausted`, so that unary calls, which are
        /// short, always find room.
        public var maximumConcurrentStreams = 900
        /// Largest message taken, in bytes; nil is no limit.
        public var maximumMessageBytes: Int?
        /// Pings on a silent connection, by which calls of a client whose machine has gone come to an end.
        public var keepaliveTime: Duration = .seconds(60)
        public var keepaliveTimeout: Duration = .seconds(20)
        /// How long calls in flight may go on after `stop`, before they are cancelled.
        public var grace: Duration = .seconds(5)
        public init() {}
    }

    public let name: String
    let logger: Logger
    private let host: String
    private let wantedPort: Int
    private let credentials: GRPCServerCredentials
    private let options: Options
    private let route: @Sendable (String) -> GRPCHandler?
    private let state = Mutex(State.created)
    private let streams = Atomic<Int>(0)

    /// created -> listening -> stopped; created -> stopped.
    private enum State {
        case created
        case listening(ServerHandle, port: Int)
        case stopped
    }

    /// - Parameter port: 0 takes any free one; `start` tells which.
    public init(
        host: String = "127.0.0.1", port: Int = 0, credentials: GRPCServerCredentials = .cleartext,
        name: String = "grpc server",
        options: Options = Options(), logger: Logger = .silent, route: @escaping @Sendable (String) -> GRPCHandler?
    ) {
        self.host = host
        wantedPort = port
        self.credentials = credentials
        self.name = name
        self.options = options
        self.logger = logger
        self.route = route
    }

    deinit {
        state.withLock { if case .listening(let handle, _) = $0 { handle.stop(cancelling: true) } }
    }

    /// Listens, and returns the port. Calls are answered as soon as `run` runs. Throws `unavailable` where the port is
    /// taken or the host is not this machine's.
    @discardableResult
    public func start() throws(GRPCError) -> Int {
        try state.withLock { state throws(GRPCError) in
            switch state {
            case .listening(_, let port): return port
            case .stopped: throw GRPCError(.failedPrecondition, "the server has been stopped")
            case .created:
                let handle = ServerHandle(options)
                let port = try handle.listen(host: host, port: wantedPort, credentials: credentials)
                state = .listening(handle, port: port)
                return port
            }
        }
    }

    /// Nil before `start` and after the end.
    public var port: Int? {
        state.withLock { if case .listening(_, let port) = $0 { port } else { nil } }
    }

    /// Answers calls until `stop` is called or graceful shutdown asked for, and the last call has ended; or until its task
    /// is cancelled, which ends them all.
    public func run() async throws {
        try start()
        guard case .listening(let handle, let port) = state.withLock({ $0 }) else { return }
        logger.info("listening", ["grpc.address": "\(host):\(port)"])
        await withTaskGroup { group in
            group.addTask {
                guard let shutdown = GracefulShutdown.current, (try? await shutdown.requested()) != nil else { return }
                await self.stop()
            }
            await self.answer(handle)
            group.cancelAll()
        }
        state.withLock { $0 = .stopped }
    }

    private func answer(_ handle: ServerHandle) async {
        await withTaskCancellationHandler {
            await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<options.maximumConcurrentCalls {
                    group.addTask(executorPreference: handle.queue) { await self.answerCalls(of: handle) }
                }
                // One that was cancelled with its call takes no further ones: another comes in its place.
                while await group.next() == true {
                    group.addTask(executorPreference: handle.queue) { await self.answerCalls(of: handle) }
                }
            }
        } onCancel: {
            handle.stop(cancelling: true)
        }
        handle.stop(cancelling: true)
        await handle.stopped.wait()
    }

    /// One call after the other, until the server stops, or until one is cancelled and with it this task: true.
    private func answerCalls(of handle: ServerHandle) async -> Bool {
        await withUnsafeCurrentTask { task in
            while let request = await handle.nextCall() {
                let watch = CallWatch(request.call, cancelling: task!)
                if (try? watch.start()) != nil {
                    await answer(GRPCServerCall(request))
                } else {
                    request.call.cancel(.internal, "the call could not be begun")
                }
                if watch.end() { return true }
            }
            return false
        }
    }

    /// Takes no new calls, lets those in flight end, and cancels what has not ended after the grace. Returns when all have.
    public func stop() async {
        guard case .listening(let handle, _) = state.withLock({ $0 }) else { return }
        handle.stop(cancelling: false)
        await withTaskGroup { group in
            group.addTask { await handle.stopped.wait() }
            group.addTask { [grace = options.grace] in
                // Ends early when the calls have, and then there is nothing to cancel.
                try? await Task.sleep(for: grace)
                handle.stop(cancelling: true)
            }
            await group.next()
            group.cancelAll()
        }
    }

    private func answer(_ call: GRPCServerCall) async {
        guard let handler = route(call.method) else {
            return await call.end(.unimplemented, "unknown method \(call.method)")
        }
        do {
            let message = try await call.receive()
            switch handler {
            case .unary(let body): await call.end(answering: try await body(call, message))
            case .serverStream(let body):
                defer { streams.subtract(1, ordering: .relaxed) }
                guard streams.add(1, ordering: .relaxed).newValue <= options.maximumConcurrentStreams else {
                    throw GRPCError(
                        .resourceExhausted,
                        "\(options.maximumConcurrentStreams) streams are open already: try again later")
                }
                try await body(call, message)
                await call.end(.ok, "")
            }
        } catch let error as GRPCError {
            await call.end(error.code, error.message, adding: error.trailingMetadata)
        } catch is CancellationError {
            await call.end(.cancelled, "the call was cancelled")
        } catch {
            logger.error("a handler failed", ["grpc.method": call.method, "error": "\(error)"])
            await call.end(.unknown, "\(error)")
        }
    }
}
