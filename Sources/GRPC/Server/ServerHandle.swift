import CGRPC
import Synchronization

/// Owns one server of the core. Created, listening, stopping, stopped: the core destroys a server only after its
/// shutdown has been announced by tag, so the tag holds this object and destruction is its `deinit`.
final class ServerHandle: @unchecked Sendable {
    // Safe to share: the pointer never changes, and the core's functions on a started server may be called from any thread.
    let pointer: OpaquePointer
    let queue = CompletionQueue()
    /// Comes when no call is left.
    let stopped = Gate()
    private let stopping = Mutex(false)
    private let intake = Mutex(Intake())

    private struct Intake {
        /// Tasks that wait for a call. The last one that came is the first to get one: its memory is still warm.
        var waiting: [CheckedContinuation<Request?, Never>] = []
        /// Requests for a call that lie with the core; never more than there are tasks to take what they bring.
        var asked = 0
        var isOver = false
    }

    /// Enough that a burst of calls finds a request each; more would only be walked through in turn.
    private static let askedAhead = 64

    init(_ options: GRPCServer.Options) {
        var arguments = ChannelArguments()
        arguments.set("grpc.max_receive_message_length", options.maximumMessageBytes ?? -1)
        // A port in use is an error to be told, not to be shared.
        arguments.set("grpc.so_reuseport", false)
        arguments.set("grpc.keepalive_time_ms", options.keepaliveTime)
        arguments.set("grpc.keepalive_timeout_ms", options.keepaliveTimeout)
        arguments.set("grpc.http2.max_pings_without_data", 0)
        arguments.set("grpc.enable_channelz", false)
        // Clients may ping as they like: on a devnet their keepalive is not ours to police.
        arguments.set("grpc.http2.min_ping_interval_without_data_ms", 1000)
        arguments.set("grpc.keepalive_permit_without_calls", true)
        pointer = arguments.withPointer { grpc_server_create($0, nil) }
        grpc_server_register_completion_queue(pointer, queue.pointer, nil)
    }

    deinit { grpc_server_destroy(pointer) }

    func listen(host: String, port: Int, credentials: GRPCServerCredentials) throws(GRPCError) -> Int {
        let address =
            host.contains(":") && !host.hasPrefix("[") && !host.hasPrefix("unix:")
            ? "[\(host)]:\(port)" : "\(host):\(port)"
        let bound = credentials.withPointer { $0.map { grpc_server_add_http2_port(pointer, address, $0) } ?? -1 }
        guard bound > 0 else {
            // A server that never started is shut down all the same, or it could not be destroyed.
            stop(cancelling: false)
            if bound < 0 { throw GRPCError(.invalidArgument, "the server's certificate or key cannot be read") }
            throw GRPCError(.unavailable, "cannot listen on \(address): is the port in use?")
        }
        grpc_server_start(pointer)
        return Int(bound)
    }

    /// Idempotent. Waiting requests come back empty, calls in flight go on unless they are cancelled here.
    func stop(cancelling: Bool) {
        let first = stopping.withLock { stopping in
            defer { stopping = true }
            return !stopping
        }
        if first { grpc_server_shutdown_and_notify(pointer, queue.pointer, StopTag(self).retained()) }
        if cancelling { grpc_server_cancel_all_calls(pointer) }
    }

    /// The next call; nil once the server is stopping.
    func nextCall() async -> Request? {
        await withCheckedContinuation { continuation in
            let isOver = intake.withLock { intake in
                if !intake.isOver { intake.waiting.append(continuation) }
                return intake.isOver
            }
            if isOver { continuation.resume(returning: nil) } else { ask() }
        }
    }

    private func ask() {
        while mayAsk() { RequestTag(self).start() }
    }

    private func mayAsk() -> Bool {
        intake.withLock { intake in
            guard !intake.isOver, intake.asked < min(intake.waiting.count, Self.askedAhead) else { return false }
            intake.asked += 1
            return true
        }
    }

    /// A request has come back: with a call, or with nothing because the server is stopping.
    fileprivate func arrived(_ request: Request?) {
        let taken = intake.withLock { intake in
            intake.asked -= 1
            guard request == nil else { return intake.waiting.popLast().map { [$0] } ?? [] }
            intake.isOver = true
            defer { intake.waiting = [] }
            return intake.waiting
        }
        for continuation in taken { continuation.resume(returning: request) }
        if request != nil { ask() }
    }

    struct Request: Sendable {
        let call: CallHandle
        let method: String
        let deadline: Duration?
        fileprivate let tag: RequestTag

        /// Read when it is asked for, which most handlers never do.
        var metadata: GRPCMetadata { tag.metadata }
    }
}

/// Opens once; any number may wait.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    func open() {
        let waiters = state.withLock { state in
            state.isOpen = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    func wait() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiters.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }
}

private final class StopTag: Tag, @unchecked Sendable {
    private let server: ServerHandle
    init(_ server: ServerHandle) { self.server = server }

    override func complete(_ succeeded: Bool) {
        super.complete(succeeded)
        server.stopped.open()
    }
}

/// A call that the server waits for, and where the core puts it down.
private final class RequestTag: Tag, @unchecked Sendable {
    // Written by the core until the tag comes back, and only read from then on.
    private let server: ServerHandle
    private let arrival: UnsafeMutablePointer<Arrival>

    private struct Arrival {
        var call: OpaquePointer?
        var details = grpc_call_details()
        var metadata = grpc_metadata_array()
    }

    init(_ server: ServerHandle) {
        self.server = server
        arrival = .allocate(capacity: 1)
        arrival.initialize(to: Arrival())
        grpc_call_details_init(&arrival.pointee.details)
    }

    deinit {
        grpc_call_details_destroy(&arrival.pointee.details)
        grpc_metadata_array_destroy(&arrival.pointee.metadata)
        arrival.deallocate()
    }

    /// A server that is already stopping refuses it: then it comes back at once, with nothing.
    func start() {
        let error = grpc_server_request_call(
            server.pointer, arrival.pointer(to: \.call), arrival.pointer(to: \.details),
            arrival.pointer(to: \.metadata),
            server.queue.pointer, server.queue.pointer, retained())
        if error != GRPC_CALL_OK { refused() }
    }

    override func complete(_ succeeded: Bool) {
        super.complete(succeeded)
        guard let call = arrival.pointee.call else { return server.arrived(nil) }
        server.arrived(
            ServerHandle.Request(
                call: CallHandle(adopting: call, queue: server.queue, owner: server),
                method: arrival.pointee.details.method.text,
                deadline: Duration(until: arrival.pointee.details.deadline), tag: self))
    }

    var metadata: GRPCMetadata { GRPCMetadata(copying: arrival.pointee.metadata) }
}
