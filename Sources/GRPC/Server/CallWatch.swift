import Synchronization

/// Cancels the task that answers a call when its client goes away, or its deadline passes, before the answer is out.
final class CallWatch: Sendable {
    /// watching -> cancelled or ended; both are final.
    private enum State {
        case watching(Running)
        case cancelled
        case ended
    }

    private struct Running: @unchecked Sendable {
        // Safe to share for what is done with it: `cancel` may be called from any thread.
        let task: UnsafeCurrentTask
    }

    private let close: Batch
    private let state: Mutex<State>

    /// - Parameter task: the one that runs now, and goes on until `end`.
    init(_ call: CallHandle, cancelling task: UnsafeCurrentTask) {
        close = Batch(call)
        close.receiveClose()
        state = Mutex(.watching(Running(task: task)))
    }

    /// Throws where the core does not take the call's end to be watched.
    func start() throws(GRPCError) {
        close.whenCancelled = { [weak self] in self?.cancel() }
        try close.start()
    }

    /// Behind the lock, so that the task is still there.
    private func cancel() {
        state.withLock { state in
            guard case .watching(let running) = state else { return }
            running.task.cancel()
            state = .cancelled
        }
    }

    /// The call is answered, and its task goes on to other things. True where the task has been cancelled.
    func end() -> Bool {
        state.withLock { state in
            if case .cancelled = state { return true }
            state = .ended
            return false
        }
    }
}
