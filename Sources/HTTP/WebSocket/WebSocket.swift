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

    private let transport: any WebSocketTransport
    // The machine's codec is a class without Sendable; it never leaves the lock.
    private let machine: Mutex<UncheckedBox>

    private struct UncheckedBox: @unchecked Sendable {
        // Only ever inside the mutex above.
        var value: StateMachine
    }

    /// - Parameter early: bytes that came with the handshake.
    init(_ transport: any WebSocketTransport, role: WebSocketCodec.Role, maximumMessageBytes: Int, early: [UInt8] = [])
        throws
    {
        self.transport = transport
        let codec = WebSocketCodec(role, maximumMessageBytes: maximumMessageBytes)
        machine = Mutex(UncheckedBox(value: StateMachine(codec, now: .now)))
        if !early.isEmpty { try locked { machine in try early.withUnsafeBytes { try machine.received($0, at: .now) } } }
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
            case .message(let message)?: return message
            case .ended?: return nil
            case .lost?: throw HTTPError(.connectionLost, "the peer went away")
            case .violated(let code)?: throw HTTPError(.protocolViolation, "the peer was told to go (\(code))")
            case .read?: continue
            case nil:
                let interest = locked { machine -> ReadinessPoller.Interest in
                    machine.listens(true, at: .now)
                    return machine.hasUnsent ? [.readable, .writable] : .readable
                }
                defer { locked { $0.listens(false, at: .now) } }
                try await ReadinessPoller.shared.wait(transport.descriptor, for: interest)
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
        let isNew = locked { machine in
            (try? machine.beginClosing(code, reason)) == true && (try? flush(&machine)) != nil
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
        try locked { machine in
            guard !machine.isEnded else { return false }
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
        guard locked({ $0.end() }) else { return }
        giveBack()
    }

    private func giveBack() {
        ReadinessPoller.shared.forget(transport.descriptor)
        transport.close()
    }

    /// Pings every so often, and hangs up where nothing at all comes back for an interval after one, though somebody has been
    /// waiting for it. A ping stands behind what was sent before it; that it could not be written yet is no silence of the
    /// peer's while its answers to earlier words come in. Returns when the socket ends.
    public func keepAlive(every interval: Duration, clock: any Clock<Duration> = ContinuousClock()) async throws {
        while closing == nil {
            try await clock.sleep(for: interval)
            guard closing == nil else { return }
            let asked = ContinuousClock.now
            let mark = try locked { machine in
                let mark = try machine.queue(.ping([]))
                try flush(&machine)
                return mark
            }
            // Somebody must write what the kernel would not take, and nobody waits for it longer than for the answer.
            await withTaskGroup { group in
                group.addTask { try? await self.written(upTo: mark) }
                group.addTask { try? await clock.sleep(for: interval) }
                await group.next()
                if !locked({ $0.totalWritten >= mark }) { group.cancelAll() } else { await group.next() }
                group.cancelAll()
            }
            try Task.checkCancellation()
            let isDead = locked { machine in
                machine.isSilent(since: asked)
                    && machine.end(Closing(code: 1006, reason: "no answer to pings", isByPeer: true))
            }
            if isDead { giveBack() }
        }
    }

    private func locked<Result>(_ body: (inout StateMachine) throws -> Result) rethrows -> Result {
        try machine.withLock { box in try body(&box.value) }
    }

    /// Nil where there is nothing to read now.
    private func advance() throws -> StateMachine.Step? {
        var isOver = false
        defer { if isOver { giveBack() } }
        return try locked { machine in
            while true {
                if !machine.isEnded { try flush(&machine) }
                let step = machine.next()
                guard step == .read else { return step }
                let count = try withUnsafeTemporaryAllocation(byteCount: 64 << 10, alignment: 16) { buffer in
                    let count = try transport.read(into: buffer)
                    if let count, count > 0 {
                        try machine.received(UnsafeRawBufferPointer(rebasing: buffer[..<count]), at: .now)
                    }
                    return count
                }
                guard let count else { return nil }
                if count == 0 {
                    isOver = !machine.isEnded
                    machine.receivedEnd()
                }
            }
        }
    }

    // MARK: Sending

    private func send(event: WebSocketCodec.Event) async throws {
        let mark = try locked { machine in
            let mark = try machine.queue(event)
            try flush(&machine)
            return mark
        }
        try await written(upTo: mark)
    }

    /// Returns when the kernel has taken what was queued up to there.
    private func written(upTo mark: UInt64) async throws {
        while true {
            let isWritten = try locked { machine in
                if machine.totalWritten >= mark { return true }
                guard !machine.isEnded else { throw HTTPError(.closed, "the websocket was closed") }
                try flush(&machine)
                return machine.totalWritten >= mark
            }
            if isWritten { return }
            try await ReadinessPoller.shared.wait(transport.descriptor, for: .writable)
        }
    }

    private func flush(_ machine: inout StateMachine) throws {
        while machine.hasUnsent {
            guard let count = try machine.withUnsent({ try transport.write($0) }) else { return }
            machine.wrote(count)
        }
    }
}
