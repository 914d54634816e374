import CMicroHTTPD
import Daemon
import Synchronization

/// The chunks of a streamed body on their way from the task that makes them to libmicrohttpd's thread. Holds at most
/// `highWater` bytes and one chunk more; then the task waits.
final class OutgoingStream: @unchecked Sendable {
    // @unchecked: everything that changes is in `state`, but for `onHangUp`, which is set before anybody else knows of the
    // stream, and `connection`, which is used on the daemon's thread or while `isSuspended` says that it is suspended.
    static let highWater = 64 << 10

    private enum End { case open, finished, failed }

    private struct State {
        var chunks: [[UInt8]] = []
        /// How much of the first chunk is gone already.
        var taken = 0
        var bytes = 0
        var end = End.open
        var isSuspended = false
        var isAbandoned = false
        var watch: UInt64?
        var room: CheckedContinuation<Void, Never>?
    }

    private let connection: OpaquePointer
    private let state = Mutex(State())
    var onHangUp: @Sendable () -> Void = {}

    init(connection: OpaquePointer) { self.connection = connection }

    // MARK: In the task

    /// Sends the whole body. Returns when it is all handed over, or nobody takes it any more.
    func pump(_ body: HTTPServerResponse.BodyStream) async {
        do {
            try await withTaskCancellationHandler {
                try await body.forEach { if !$0.isEmpty { try await offer($0) } }
            } onCancel: {
                wakeTask()
            }
            finish(.finished)
        } catch {
            finish(.failed)
        }
    }

    /// What is there is still sent; then the body ends as if it were whole.
    func endEarly() { finish(.finished) }

    private func offer(_ chunk: [UInt8]) async throws {
        resumeIfSuspended { state in
            state.chunks.append(chunk)
            state.bytes += chunk.count
        }
        while try isFull() {
            await withCheckedContinuation { continuation in
                let goesOn = state.withLock { state in
                    if state.bytes < Self.highWater || state.isAbandoned { return true }
                    state.room = continuation
                    return false
                }
                if goesOn { continuation.resume() }
                // Cancelled before the continuation was there to be woken.
                if Task.isCancelled { wakeTask() }
            }
        }
    }

    private func isFull() throws -> Bool {
        try Task.checkCancellation()
        return try state.withLock { state in
            if state.isAbandoned { throw CancellationError() }
            return state.bytes >= Self.highWater
        }
    }

    private func finish(_ end: End) { resumeIfSuspended { if $0.end == .open { $0.end = end } } }

    private func wakeTask() {
        let room = state.withLock { state in
            defer { state.room = nil }
            return state.room
        }
        room?.resume()
    }

    private func resumeIfSuspended(_ change: (inout State) -> Void) {
        let (resumes, watch) = state.withLock { state in
            change(&state)
            defer { (state.isSuspended, state.watch) = (false, nil) }
            return (state.isSuspended, state.watch)
        }
        guard resumes else { return }
        if let watch { ReadinessPoller.shared.callOff(shim_mhd_socket(connection), watch) }
        MHD_resume_connection(connection)
    }

    /// The request is over, or is to be: the task is not to wait for room, nor libmicrohttpd for chunks.
    func abandon() {
        resumeIfSuspended { state in
            state.isAbandoned = true
            if state.end == .open { state.end = .failed }
        }
        wakeTask()
    }

    // MARK: On the daemon's thread

    static let read: MHD_ContentReaderCallback = { cls, _, buffer, room in
        Unmanaged<OutgoingStream>.fromOpaque(cls!).takeUnretainedValue().read(buffer!, room)
    }

    static let free: MHD_ContentReaderFreeCallback = { cls in Unmanaged<OutgoingStream>.fromOpaque(cls!).release() }

    private func read(_ buffer: UnsafeMutablePointer<CChar>, _ room: Int) -> Int {
        let (count, waiting) = state.withLock { state -> (Int, CheckedContinuation<Void, Never>?) in
            guard state.chunks.isEmpty else { return take(&state, buffer, room) }
            switch state.end {
            case .finished: return (-1, nil)  // MHD_CONTENT_READER_END_OF_STREAM
            case .failed: return (-2, nil)  // MHD_CONTENT_READER_END_WITH_ERROR
            case .open:
                state.isSuspended = true
                MHD_suspend_connection(connection)
                state.watch = ReadinessPoller.shared.watch(shim_mhd_socket(connection), for: .hangUp) {
                    [weak self] ready in
                    if ready { self?.onHangUp() }
                }
                return (0, nil)
            }
        }
        waiting?.resume()
        return count
    }

    private func take(
        _ state: inout State, _ buffer: UnsafeMutablePointer<CChar>, _ room: Int
    ) -> (Int, CheckedContinuation<Void, Never>?) {
        var written = 0
        while written < room, let chunk = state.chunks.first {
            let count = min(room - written, chunk.count - state.taken)
            chunk.withUnsafeBytes { bytes in
                UnsafeMutableRawPointer(buffer + written).copyMemory(
                    from: bytes.baseAddress! + state.taken, byteCount: count)
            }
            written += count
            state.taken += count
            if state.taken == chunk.count {
                state.chunks.removeFirst()
                state.taken = 0
            }
        }
        state.bytes -= written
        guard state.bytes < Self.highWater else { return (written, nil) }
        defer { state.room = nil }
        return (written, state.room)
    }
}
