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

    init(_ options: GRPCServer.Options) {
        var arguments = ChannelArguments()
        arguments.set("grpc.max_receive_message_length", options.maximumMessageBytes ?? -1)
        // A port in use is an error to be told, not to be shared.
        arguments.set("grpc.so_reuseport", false)
        arguments.set("grpc.keepalive_time_ms", options.keepaliveTime)
        arguments.set("grpc.keepalive_timeout_ms", options.keepaliveTimeout)
        arguments.set("grpc.http2.max_pings_without_data", 0)
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
        let tag = RequestTag(self)
        guard tag.start() else { return nil }
        guard await tag.wait() else { return nil }
        return tag.take()
    }

    struct Request: Sendable {
        let call: CallHandle
        let method: String
        let deadline: Duration?
        let metadata: GRPCMetadata
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
        if let call = arrival.pointee.call { grpc_call_unref(call) }
        arrival.deallocate()
    }

    /// False where the server is already stopping.
    func start() -> Bool {
        let error = grpc_server_request_call(
            server.pointer, arrival.pointer(to: \.call), arrival.pointer(to: \.details),
            arrival.pointer(to: \.metadata),
            server.queue.pointer, server.queue.pointer, retained())
        if error != GRPC_CALL_OK { refused() }
        return error == GRPC_CALL_OK
    }

    func take() -> ServerHandle.Request? {
        guard let call = arrival.pointee.call else { return nil }
        arrival.pointee.call = nil
        return ServerHandle.Request(
            call: CallHandle(adopting: call, queue: server.queue, owner: server),
            method: arrival.pointee.details.method.text,
            deadline: Duration(until: arrival.pointee.details.deadline),
            metadata: GRPCMetadata(copying: arrival.pointee.metadata))
    }
}
