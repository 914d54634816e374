import Daemon
import Synchronization

/// One end of a websocket. Frames are read when `receive` is called and not before, so a peer is held back by whoever
/// does not ask; pings and closes are answered meanwhile. One task receives; any number may send.
public final class WebSocket: Sendable {
    public enum Message: Sendable, Hashable {
        case text(String)
        case binary([UInt8])
    }

    /// Why it ended (RFC 6455, section 7.4).
    public struct Closing: Sendable, Hashable {
        /// 1005 where the peer named none, 1006 where it just went away.
        public var code: UInt16
        public var reason: String
        public var isByPeer: Bool
    }

    private struct State {
        let codec: WebSocketCodec
        var inbox: [Message] = []
        var outgoing: [UInt8] = []
        var written = 0
        /// In all, so that a sender knows when its own bytes are gone.
        var totalQueued: UInt64 = 0
        var totalWritten: UInt64 = 0
        var closing: Closing?
        var isEnded = false
        var lastHeard = ContinuousClock.now
    }

    /// Unread answers to a peer's pings beyond this end the connection.
    private static let maximumControlBytes = 1 << 20

    private let transport: any WebSocketTransport
    // The codec is a class without Sendable; it never leaves the lock.
    private let state: Mutex<UncheckedBox<State>>

    struct UncheckedBox<Value>: @unchecked Sendable {
        // Only ever inside the mutex above.
        var value: Value
    }

    /// - Parameter early: bytes that came with the handshake.
    init(_ transport: any WebSocketTransport, role: WebSocketCodec.Role, maximumMessageBytes: Int, early: [UInt8] = [])
        throws
    {
        self.transport = transport
        state = Mutex(
            UncheckedBox(value: State(codec: WebSocketCodec(role, maximumMessageBytes: maximumMessageBytes))))
        if !early.isEmpty { try locked { state in try early.withUnsafeBytes { try take($0, &state) } } }
    }

    deinit { end() }

    /// Nil while it is open.
    public var closing: Closing? { locked { $0.closing } }

    /// The next message; nil when either side has closed in order.
    /// - Throws: `HTTPError.connectionLost` where the peer went away without a word, `.protocolViolation` where it broke
    ///   the protocol or the size limit, `CancellationError`; after that last one the socket is still good.
    public func receive() async throws -> Message? {
        while true {
            switch try advance() {
            case .message(let message): return message
            case .ended: return nil
            case .wait(let interest): try await ReadinessPoller.shared.wait(transport.descriptor, for: interest)
            }
        }
    }

    /// Returns when the kernel has taken all of it.
    public func send(_ message: Message) async throws {
        switch message {
        case .text(let text): try await send(event: .text(text))
        case .binary(let bytes): try await send(event: .binary(bytes))
        }
    }

    public func ping(_ payload: [UInt8] = []) async throws { try await send(event: .ping(payload)) }

    /// Says good-bye, waits so long for the peer's, and hangs up, also where the task is cancelled. What was not received
    /// is lost.
    public func close(code: UInt16 = 1000, reason: String = "", timeout: Duration = .seconds(5)) async {
        let isNew = locked { state in
            guard state.closing == nil, !state.isEnded else { return false }
            state.closing = Closing(code: code, reason: reason, isByPeer: false)
            return (try? queue(.close(code, reason), &state)) != nil && (try? flush(&state)) != nil
        }
        if isNew { await within(timeout) { while (try? await $0.receive()) != nil {} } }
        end()
    }

    /// After the last frame of ours to a peer that broke the rules: what it still sends is read and thrown away, for so
    /// long, and then hung up on. Closing a socket with bytes unread resets it, and the peer would not learn why.
    func hangUpGently(timeout: Duration = .seconds(2)) async {
        transport.finishWriting()
        await within(timeout) { socket in
            while try socket.discard() {
                try await ReadinessPoller.shared.wait(socket.transport.descriptor, for: .readable)
            }
        }
        end()
    }

    /// Some of it; false at the end.
    private func discard() throws -> Bool {
        try locked { state in
            guard !state.isEnded else { return false }
            return try withUnsafeTemporaryAllocation(byteCount: 64 << 10, alignment: 16) { buffer in
                for _ in 0..<16 {
                    guard let count = try transport.read(into: buffer) else { return true }
                    if count == 0 { return false }
                }
                return true
            }
        }
    }

    /// Whatever becomes of the task that calls: it is a task of its own that works.
    private func within(_ timeout: Duration, _ body: @escaping @Sendable (WebSocket) async throws -> Void) async {
        await Task {
            await withTaskGroup { group in
                group.addTask { try? await body(self) }
                group.addTask { try? await Task.sleep(for: timeout) }
                await group.next()
                group.cancelAll()
            }
        }.value
    }

    /// Hangs up without a word.
    public func end() {
        let isFirst = locked { state in
            defer { state.isEnded = true }
            if state.closing == nil { state.closing = Closing(code: 1006, reason: "", isByPeer: false) }
            return !state.isEnded
        }
        guard isFirst else { return }
        ReadinessPoller.shared.forget(transport.descriptor)
        transport.close()
    }

    /// Pings every so often, and hangs up where nothing at all comes back for two of these. Returns when the socket ends.
    public func keepAlive(every interval: Duration, clock: any Clock<Duration> = ContinuousClock()) async throws {
        while closing == nil {
            let before = locked { $0.lastHeard }
            try await clock.sleep(for: interval)
            guard closing == nil else { return }
            try await ping()
            try await clock.sleep(for: interval)
            if locked({ $0.lastHeard }) == before, closing == nil {
                locked { $0.closing = Closing(code: 1006, reason: "no answer to pings", isByPeer: true) }
                end()
            }
        }
    }

    private func locked<Result>(_ body: (inout State) throws -> Result) rethrows -> Result {
        try state.withLock { box in try body(&box.value) }
    }

    // MARK: Receiving

    private enum Step { case message(Message), ended, wait(ReadinessPoller.Interest) }

    private func advance() throws -> Step {
        try locked { state in
            if !state.inbox.isEmpty { return .message(state.inbox.removeFirst()) }
            while true {
                if state.isEnded { return try ended(state) }
                try flush(&state)
                if state.codec.isCloseReceived || !state.codec.wantsInput { return try ended(state) }
                guard try read(&state) else {
                    return .wait(state.outgoing.isEmpty ? .readable : [.readable, .writable])
                }
                if !state.inbox.isEmpty { return .message(state.inbox.removeFirst()) }
            }
        }
    }

    private func ended(_ state: State) throws -> Step {
        switch state.closing {
        case let closing? where closing.code == 1006: throw HTTPError(.connectionLost, "the peer went away")
        case nil where !state.codec.isCloseReceived:
            throw HTTPError(.protocolViolation, "the peer was told to go (\(state.codec.codeSent))")
        default: return .ended
        }
    }

    /// False where there is nothing to read now.
    private func read(_ state: inout State) throws -> Bool {
        try withUnsafeTemporaryAllocation(byteCount: 64 << 10, alignment: 16) { buffer in
            guard let count = try transport.read(into: buffer) else { return false }
            guard count > 0 else {
                if state.closing == nil { state.closing = Closing(code: 1006, reason: "", isByPeer: true) }
                state.isEnded = true
                ReadinessPoller.shared.forget(transport.descriptor)
                transport.close()
                return true
            }
            try take(UnsafeRawBufferPointer(rebasing: buffer[..<count]), &state)
            return true
        }
    }

    private func take(_ bytes: UnsafeRawBufferPointer, _ state: inout State) throws {
        state.lastHeard = .now
        for event in try state.codec.receive(bytes) {
            switch event {
            case .text(let text): state.inbox.append(.text(text))
            case .binary(let bytes): state.inbox.append(.binary(bytes))
            case .ping, .pong: break
            case .close(let code, let reason):
                if state.closing == nil { state.closing = Closing(code: code ?? 1005, reason: reason, isByPeer: true) }
            }
        }
        collect(&state)
        guard state.outgoing.count < Self.maximumControlBytes + 65536 else {
            throw HTTPError(.protocolViolation, "the peer does not read the answers to its pings")
        }
    }

    // MARK: Sending

    private func send(event: WebSocketCodec.Event) async throws {
        let mark = try locked { state in
            guard !state.isEnded, state.closing == nil else { throw HTTPError(.closed, "the websocket is closed") }
            try queue(event, &state)
            try flush(&state)
            return state.totalQueued
        }
        while try !isWritten(upTo: mark) {
            try await ReadinessPoller.shared.wait(transport.descriptor, for: .writable)
        }
    }

    private func isWritten(upTo mark: UInt64) throws -> Bool {
        try locked { state in
            if state.totalWritten >= mark { return true }
            guard !state.isEnded else { throw HTTPError(.closed, "the websocket was closed") }
            try flush(&state)
            return state.totalWritten >= mark
        }
    }

    private func queue(_ event: WebSocketCodec.Event, _ state: inout State) throws {
        try state.codec.send(event)
        collect(&state)
    }

    private func collect(_ state: inout State) {
        let bytes = state.codec.takeOutput()
        state.outgoing += bytes
        state.totalQueued += UInt64(bytes.count)
    }

    private func flush(_ state: inout State) throws {
        while state.written < state.outgoing.count {
            let count = try state.outgoing.withUnsafeBytes {
                try transport.write(UnsafeRawBufferPointer(rebasing: $0[state.written...]))
            }
            guard let count else { return }
            state.written += count
            state.totalWritten += UInt64(count)
        }
        (state.outgoing, state.written) = ([], 0)
    }
}
