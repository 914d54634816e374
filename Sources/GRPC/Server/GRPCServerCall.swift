import CGRPC
import Synchronization

/// One call at the server, as its handler sees it.
public final class GRPCServerCall: Sendable {
    /// The full path, `/package.Service/Method`.
    public var method: String { request.method }
    /// What the client sent before its message.
    public var metadata: GRPCMetadata { request.metadata }
    /// How long the client was ready to wait when the call arrived; nil is without end.
    public var deadline: Duration? { request.deadline }
    private var call: CallHandle { request.call }
    private let request: ServerHandle.Request
    private let state = Mutex(State())

    private struct State {
        var headers = GRPCMetadata()
        var trailers = GRPCMetadata()
        var headersSent = false
    }

    init(_ request: ServerHandle.Request) { self.request = request }

    /// Address and port of the client.
    public var peer: String { call.peer }

    /// Sent before the first message. To set it later is too late, and changes nothing.
    public var initialMetadata: GRPCMetadata {
        get { state.withLock { $0.headers } }
        set { state.withLock { $0.headers = newValue } }
    }

    /// Sent with the status.
    public var trailingMetadata: GRPCMetadata {
        get { state.withLock { $0.trailers } }
        set { state.withLock { $0.trailers = newValue } }
    }

    /// Sends one message of a stream, and returns when HTTP/2's flow control has let it out: a client that does not read
    /// holds the handler here. One at a time. Throws `CancellationError` where the client is gone. Cancelling the task that
    /// sends ends the call, whether it waits here just then or not: so a handler gives up on a client that does not read.
    public func send(_ message: [UInt8]) async throws {
        guard !Task.isCancelled else {
            call.cancel()
            throw CancellationError()
        }
        let batch = Batch(call)
        if let headers = takeHeaders() {
            try headers.validate()
            batch.sendInitialMetadata(headers)
        }
        batch.sendMessage(message)
        try batch.start()
        let sent = await withTaskCancellationHandler {
            await batch.wait()
        } onCancel: { [call] in
            call.cancel()
        }
        guard sent else { throw CancellationError() }
    }

    func receive() async throws -> GRPCMessage {
        let batch = Batch(call)
        batch.receiveMessage()
        try batch.start()
        _ = await batch.wait()
        guard let message = batch.takeMessage() else { throw GRPCError(.internal, "the call carries no request") }
        return message
    }

    func end(answering message: [UInt8]) async { await end(.ok, "", message: message) }

    /// The client may be gone by now; then nobody is left to tell.
    func end(_ code: GRPCStatusCode, _ details: String, message: [UInt8]? = nil, adding trailers: GRPCMetadata = [:])
        async
    {
        let batch = Batch(call)
        if let headers = takeHeaders() { batch.sendInitialMetadata(headers.legal) }
        if let message { batch.sendMessage(message) }
        var all = trailingMetadata
        for entry in trailers.entries { all.append(entry.key, bytes: entry.value) }
        batch.sendStatus(code, details, all.legal)
        guard (try? batch.start()) != nil else { return call.cancel(.internal, "the answer could not be sent") }
        _ = await batch.wait()
    }

    /// The headers, the first time.
    private func takeHeaders() -> GRPCMetadata? {
        state.withLock { state in
            defer { state.headersSent = true }
            return state.headersSent ? nil : state.headers
        }
    }
}

extension GRPCMetadata {
    /// Without what no header may carry: a handler's mistake there must not cost the client its answer.
    var legal: GRPCMetadata {
        var copy = GRPCMetadata()
        for entry in entries {
            var one = GRPCMetadata()
            one.append(entry.key, bytes: entry.value)
            if (try? one.validate()) != nil { copy.append(entry.key, bytes: entry.value) }
        }
        return copy
    }
}
