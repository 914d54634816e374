import Glibc
import Synchronization

/// A program's standard output, that remembers when writing failed: a full disk or a reader that has gone is the program's
/// failure, and no reason to work on for nobody.
final class StandardOutput: Sendable {
    private struct State {
        var failure: CInt?
        var waiting: AsyncStream<Never>.Continuation?
    }

    private let descriptor: CInt
    private let state = Mutex(State())

    /// - Parameter descriptor: 1, or a file of tests. It stays the caller's.
    init(descriptor: CInt = 1) { self.descriptor = descriptor }

    /// The error number of the first write that failed.
    var failure: CInt? { state.withLock { $0.failure } }

    /// All of it; after a failure, nothing.
    func write(_ text: String) {
        let waiting = state.withLock { state -> AsyncStream<Never>.Continuation? in
            guard state.failure == nil, !Descriptor.write(text, to: descriptor) else { return nil }
            state.failure = errno
            return state.waiting
        }
        waiting?.finish()
    }

    /// Returns when a write has failed, or the task is cancelled.
    func untilItFails() async {
        let (failed, continuation) = AsyncStream.makeStream(of: Never.self)
        let hasFailed = state.withLock { state in
            state.waiting = continuation
            return state.failure != nil
        }
        if hasFailed { continuation.finish() }
        for await _ in failed {}
    }
}
