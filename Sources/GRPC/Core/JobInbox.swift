import Synchronization

/// The jobs of tasks that are to run on one thread, which sleeps elsewhere when there are none.
final class JobInbox: @unchecked Sendable {
    // `taken` is the thread's own; the rest lies behind the lock.
    private struct Entry {
        let job: UnownedJob
        let executor: UnownedTaskExecutor
    }

    private struct State {
        var entries: [Entry] = []
        var isAsleep = false
    }

    private let state = Mutex(State())
    private var taken: [Entry] = []
    private var position = 0

    /// True where the thread is asleep and must be woken: the first who adds something is told so, and no other.
    func add(_ job: UnownedJob, for executor: UnownedTaskExecutor) -> Bool {
        state.withLock { state in
            state.entries.append(Entry(job: job, executor: executor))
            defer { state.isAsleep = false }
            return state.isAsleep
        }
    }

    /// On the thread: runs the oldest job. False where there is none.
    func runOne() -> Bool {
        if position == taken.count {
            taken.removeAll(keepingCapacity: true)
            position = 0
            state.withLock { swap(&$0.entries, &taken) }
        }
        guard position < taken.count else { return false }
        let entry = taken[position]
        position += 1
        entry.job.runSynchronously(on: entry.executor)
        return true
    }

    /// On the thread: whether there is nothing to do, and it may sleep.
    func sleepUnlessBusy() -> Bool {
        guard position == taken.count else { return false }
        return state.withLock { state in
            state.isAsleep = state.entries.isEmpty
            return state.isAsleep
        }
    }

    /// On the thread, which has been woken by something else.
    func wake() { state.withLock { $0.isAsleep = false } }
}
