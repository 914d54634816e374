import CGRPC
import Synchronization

/// A server's stream of messages. The next one is received when `next` is called and not before; what the server sends
/// meanwhile waits in HTTP/2's window, and then at the server. Dropping the stream cancels the call.
public final class GRPCServerStream: Sendable {
    /// opening (headers not read) -> receiving -> idle -> receiving ... -> ended. One `next` at a time.
    private enum State {
        case opening
        case idle
        case receiving
        case ended(GRPCError?)
    }

    private struct Storage {
        var state = State.opening
        var initialMetadata = GRPCMetadata()
        var trailingMetadata = GRPCMetadata()
    }

    private let call: CallHandle
    private let status: Batch
    private let storage = Mutex(Storage())

    init(_ call: CallHandle, request: [UInt8], metadata: GRPCMetadata, waitForReady: Bool) throws(GRPCError) {
        self.call = call
        status = Batch(call)
        status.receiveStatus()
        try status.start()
        let open = Batch(call)
        open.sendInitialMetadata(metadata, waitForReady: waitForReady)
        open.sendMessage(request)
        open.sendClose()
        try open.start()
    }

    deinit { call.cancel() }

    /// Headers; empty until the first message has come.
    public var initialMetadata: GRPCMetadata { storage.withLock { $0.initialMetadata } }
    /// Trailers; empty until the stream has ended.
    public var trailingMetadata: GRPCMetadata { storage.withLock { $0.trailingMetadata } }

    /// Ends the call at both sides; `next` then throws `cancelled`.
    public func cancel() { call.cancel() }

    /// The next message; nil when the server has ended the stream with status ok. Throws `GRPCError` for any other
    /// status, `CancellationError` where the task was cancelled, which cancels the call.
    public func next() async throws -> GRPCMessage? {
        let isFirst: Bool
        switch begin() {
        case .ended(nil): return nil
        case .ended(let error?): throw error
        case .opening: isFirst = true
        case .idle: isFirst = false
        case .receiving: preconditionFailure("two tasks ask one stream for its next message")
        }
        let batch = Batch(call)
        if isFirst { batch.receiveInitialMetadata() }
        batch.receiveMessage()
        try batch.start()
        _ = await withTaskCancellationHandler {
            await batch.wait()
        } onCancel: { [call] in
            call.cancel()
        }
        let message = batch.takeMessage()
        storage.withLock {
            if isFirst { $0.initialMetadata = batch.initialMetadata }
            if message != nil { $0.state = .idle }
        }
        if let message { return message }
        return try await end()
    }

    /// What the state was; `receiving` is entered from `opening` and `idle`.
    private func begin() -> State {
        storage.withLock { storage in
            defer { if case .ended = storage.state {} else { storage.state = .receiving } }
            return storage.state
        }
    }

    /// No message came: the status has, or is about to.
    private func end() async throws -> GRPCMessage? {
        _ = await status.wait()
        let code = status.statusCode
        let error =
            code == .ok
            ? nil
            : GRPCError(
                code, status.statusMessage, initialMetadata: initialMetadata, trailingMetadata: status.trailingMetadata)
        storage.withLock {
            $0.trailingMetadata = status.trailingMetadata
            $0.state = .ended(error)
        }
        guard let error else { return nil }
        if code == .cancelled, Task.isCancelled { throw CancellationError() }
        throw error
    }
}

extension GRPCServerStream: AsyncSequence {
    public typealias Element = GRPCMessage
    public func makeAsyncIterator() -> Iterator { Iterator(stream: self) }

    /// All iterators draw from the one stream.
    public struct Iterator: AsyncIteratorProtocol {
        let stream: GRPCServerStream
        public func next() async throws -> GRPCMessage? { try await stream.next() }
    }
}
