import Synchronization

/// What the core is given to remember an operation by. It is retained from the operation's start until its tag comes
/// back, and with it everything that the operation points at.
///
/// pending -> waiting (someone asked first) -> completed; or pending -> completed. Completed is final.
class Tag: @unchecked Sendable {
    // Subclasses keep memory that the core writes; they may be read after `wait` has returned, and not before.
    private enum State {
        case pending
        case waiting(CheckedContinuation<Bool, Never>)
        case completed(Bool)
    }

    private let state = Mutex(State.pending)
    /// The core orders what one thread gives it before what another gets from it, but by means that no sanitizer sees:
    /// it is said here once more.
    private let handedOver = Atomic(false)

    init() {}

    /// For the core. Balanced by the queue's thread, or by `refused` where the core refused the operation.
    final func retained() -> UnsafeMutableRawPointer {
        handedOver.store(true, ordering: .releasing)
        return Unmanaged.passRetained(self).toOpaque()
    }

    /// The tag of an event of the core's, to be completed.
    static func returned(_ pointer: UnsafeMutableRawPointer) -> Tag {
        let tag = Unmanaged<Tag>.fromOpaque(pointer).takeRetainedValue()
        let wasHandedOver = tag.handedOver.load(ordering: .acquiring)
        precondition(wasHandedOver, "a tag came back that was never handed over")
        return tag
    }

    /// The core did not take the operation: no tag will come.
    final func refused() {
        complete(false)
        Unmanaged.passUnretained(self).release()
    }

    /// Called on the queue's thread.
    func complete(_ succeeded: Bool) {
        let waiter: CheckedContinuation<Bool, Never>? = state.withLock { state in
            switch state {
            case .pending:
                state = .completed(succeeded)
                return nil
            case .waiting(let continuation):
                state = .completed(succeeded)
                return continuation
            case .completed:
                preconditionFailure("a tag came back twice")
            }
        }
        waiter?.resume(returning: succeeded)
    }

    /// Returns when the tag has come back: whether the operation succeeded. One waiter at a time; may be asked again
    /// afterwards. Cancelling the task does not end the wait: cancel the call, and the tag comes.
    final func wait() async -> Bool {
        await withCheckedContinuation { continuation in
            let known: Bool? = state.withLock { state in
                switch state {
                case .pending:
                    state = .waiting(continuation)
                    return nil
                case .waiting:
                    preconditionFailure("two tasks wait for one tag")
                case .completed(let succeeded):
                    return succeeded
                }
            }
            if let known { continuation.resume(returning: known) }
        }
    }
}
