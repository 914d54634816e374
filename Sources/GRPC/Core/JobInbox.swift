import Synchronization

/// The jobs of tasks that are to run on one thread, which sleeps elsewhere when there are none.
final class JobInbox: @unchecked Sendable {
    // `running` is the thread's own; the rest lies behind the lock.
    private struct Entry {
        let job: UnownedJob
        let executor: UnownedTaskExecutor
    }

    private struct State {
        var entries: [Entry] = []
        var isAsleep = false
    }

    private let state = Mutex(State())
    private var running: [Entry] = []

    /// True where the thread is asleep and must be woken: the first who adds something is told so, and no other.
    func add(_ job: UnownedJob, for executor: UnownedTaskExecutor) -> Bool {
        state.withLock { state in
            state.entries.append(Entry(job: job, executor: executor))
            defer { state.isAsleep = false }
            return state.isAsleep
        }
    }

    /// On the thread: runs what there is, and not what comes of it.
    func runThoseThere() {
        state.withLock { swap(&$0.entries, &running) }
        for entry in running { entry.job.runSynchronously(on: entry.executor) }
        running.removeAll(keepingCapacity: true)
    }

    /// On the thread: whether there is nothing to do, and it may sleep.
    func sleepUnlessBusy() -> Bool {
        state.withLock { state in
            state.isAsleep = state.entries.isEmpty
            return state.isAsleep
        }
    }

    /// On the thread, which has been woken by something else.
    func wake() { state.withLock { $0.isAsleep = false } }
}
