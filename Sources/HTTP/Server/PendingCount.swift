import Synchronization

/// How many things are under way, for whoever waits until none is.
final class PendingCount: Sendable {
    private struct State {
        var count = 0
        /// Called once, by whoever leaves last.
        var atZero: [@Sendable () -> Void] = []
    }

    private let state = Mutex(State())

    func enter() { state.withLock { $0.count += 1 } }

    /// Once for each `enter`.
    func leave() {
        let waiting = state.withLock { state in
            state.count -= 1
            precondition(state.count >= 0, "left more often than entered")
            guard state.count == 0 else { return [@Sendable () -> Void]() }
            defer { state.atZero = [] }
            return state.atZero
        }
        for wake in waiting { wake() }
    }

    /// Returns once nothing is under way, and not before: cancelling the task does not end the wait.
    func untilZero() async {
        await withCheckedContinuation { continuation in whenZero { continuation.resume() } }
    }

    /// The same, but not for longer than the limit, nor than until the task is cancelled.
    func untilZero(for limit: Duration, clock: any Clock<Duration>) async {
        guard limit > .zero else { return }
        let (reached, end) = AsyncStream.makeStream(of: Never.self)
        whenZero { end.finish() }
        await withTaskGroup { group in
            group.addTask { for await _ in reached {} }
            group.addTask { try? await clock.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
    }

    private func whenZero(_ wake: @escaping @Sendable () -> Void) {
        let isZero = state.withLock { state in
            if state.count > 0 { state.atZero.append(wake) }
            return state.count == 0
        }
        if isZero { wake() }
    }
}
