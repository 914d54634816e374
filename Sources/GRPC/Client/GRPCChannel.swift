import CGRPC
public import Daemon
import Synchronization

/// A connection to one target that the core makes, watches, and makes again. Any number of calls share it; it closes
/// with its last reference, which every call in flight is one of.
public final class GRPCChannel: Sendable {
    public struct Options: Sendable {
        /// Largest message taken or sent, in bytes; nil is no limit. Access nodes send up to 1 GiB.
        public var maximumMessageBytes: Int?
        /// Pings on a silent connection. Go servers end a connection that is pinged more often than every five minutes.
        public var keepaliveTime: Duration = .seconds(310)
        public var keepaliveTimeout: Duration = .seconds(20)
        public var keepaliveWithoutCalls = false
        /// Wait before the second attempt to connect; it grows by 1.6 each time up to `maximumBackoff`.
        public var initialBackoff: Duration = .milliseconds(100)
        public var maximumBackoff: Duration = .seconds(2)
        /// How long one attempt to connect may take.
        public var connectTimeout: Duration = .seconds(10)
        /// The name that the server's certificate must bear, where it is not the target's.
        public var serverName: String?
        public var userAgent = "weir"
        public init() {}
    }

    /// What was dialled, for logs and errors.
    public let target: String
    let handle: ChannelHandle
    let logger: Logger
    /// The last state that was worth a line of log.
    let news = Mutex(GRPCConnectivity.idle)

    /// Connects when the first call is made. `target` is `host:port`, or any of gRPC's URIs (`dns:///…`, `unix:…`).
    public init(
        target: String, credentials: GRPCClientCredentials = .cleartext, options: Options = Options(),
        logger: Logger = .silent
    ) {
        self.target = target
        self.logger = logger.with(["grpc.target": target])
        handle = ChannelHandle(target: target, credentials: credentials, options: options, queue: .shared())
        watchConnectivity(since: .idle)
    }

    /// Where the channel's answers come in. A task that mostly makes calls and waits for them runs best there, because an
    /// answer then need not wake another thread:
    ///
    ///     try await withTaskExecutorPreference(channel.executor) { … }
    ///
    /// One thread runs all such tasks, of all channels; one that computes for long belongs elsewhere.
    public var executor: any TaskExecutor { handle.queue }

    /// One request, one answer. Throws `GRPCError` for any status but ok, `CancellationError` where the task was
    /// cancelled; cancelling the task cancels the call at the server too.
    ///
    /// - Parameters:
    ///   - method: the full path, `/package.Service/Method`.
    ///   - deadline: from now; nil is none.
    ///   - waitForReady: wait for a connection as long as the deadline lets, instead of failing with `unavailable`.
    public func unary(
        _ method: String, _ request: [UInt8], deadline: Duration? = nil, metadata: GRPCMetadata = [:],
        waitForReady: Bool = false
    ) async throws -> GRPCResponse {
        try Task.checkCancellation()
        try metadata.validate()
        let call = try handle.makeCall(method, deadline: deadline)
        let batch = Batch(call)
        batch.sendInitialMetadata(metadata, waitForReady: waitForReady)
        batch.sendMessage(request)
        batch.sendClose()
        batch.receiveInitialMetadata()
        batch.receiveMessage()
        batch.receiveStatus()
        try batch.start()
        _ = await withTaskCancellationHandler {
            await batch.wait()
        } onCancel: {
            call.cancel()
        }
        try batch.throwUnlessOK(initialMetadata: batch.initialMetadata)
        guard let message = batch.takeMessage() else {
            throw GRPCError(.internal, "the server ended the call without a message")
        }
        return GRPCResponse(
            message: message, initialMetadata: batch.initialMetadata, trailingMetadata: batch.trailingMetadata)
    }

    /// One request, any number of answers. The call starts now; messages come when they are asked for.
    public func serverStream(
        _ method: String, _ request: [UInt8], deadline: Duration? = nil, metadata: GRPCMetadata = [:],
        waitForReady: Bool = false
    ) throws -> GRPCServerStream {
        try metadata.validate()
        let call = try handle.makeCall(method, deadline: deadline)
        return try GRPCServerStream(call, request: request, metadata: metadata, waitForReady: waitForReady)
    }

    /// As last seen; asking does not connect.
    public var connectivity: GRPCConnectivity { handle.connectivity }

    /// Tries to connect now, instead of after the back-off.
    public func reconnect() { grpc_channel_reset_connect_backoff(handle.pointer) }
}

/// A unary call's answer.
public struct GRPCResponse: Sendable {
    public var message: GRPCMessage
    public var initialMetadata: GRPCMetadata
    public var trailingMetadata: GRPCMetadata
}

extension GRPCMetadata {
    /// Keys and values that HTTP/2 headers may carry; the core would take the process down over some that are not.
    func validate() throws(GRPCError) {
        for entry in entries {
            let key = grpc_slice(copying: entry.key)
            let value = grpc_slice(copying: entry.value)
            defer {
                grpc_slice_unref(key)
                grpc_slice_unref(value)
            }
            guard grpc_header_key_is_legal(key) != 0 else {
                throw GRPCError(
                    .invalidArgument, "metadata key \(entry.key.debugDescription) is not a legal header name")
            }
            guard grpc_is_binary_header(key) != 0 || grpc_header_nonbin_value_is_legal(value) != 0 else {
                throw GRPCError(.invalidArgument, "the value of metadata key \(entry.key) is not printable ASCII")
            }
        }
    }
}

extension Batch {
    /// For a batch that received a status.
    func throwUnlessOK(initialMetadata: @autoclosure () -> GRPCMetadata) throws {
        let code = statusCode
        guard code != .ok else { return }
        if code == .cancelled, Task.isCancelled { throw CancellationError() }
        throw GRPCError(code, statusMessage, initialMetadata: initialMetadata(), trailingMetadata: trailingMetadata)
    }
}
