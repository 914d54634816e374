import Glibc

/// The jobs of tasks that are to run on one thread, which sleeps elsewhere when there are none.
final class JobInbox: @unchecked Sendable {
    // `taken` and `position` are the thread's own; the rest lies behind the lock.
    private struct Entry {
        let job: UnownedJob
        let executor: UnownedTaskExecutor
    }

    // One that sanitizers see, which `Mutex` is not: what crosses here from thread to thread is every job of every task.
    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private var entries: [Entry] = []
    private var isAsleep = false
    private var taken: [Entry] = []
    private var position = 0

    init() {
        lock = .allocate(capacity: 1)
        pthread_mutex_init(lock, nil)
    }

    deinit {
        pthread_mutex_destroy(lock)
        lock.deallocate()
    }

    private func locked<Result>(_ body: () -> Result) -> Result {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        return body()
    }

    /// True where the thread is asleep and must be woken: the first who adds something is told so, and no other.
    func add(_ job: UnownedJob, for executor: UnownedTaskExecutor) -> Bool {
        locked {
            entries.append(Entry(job: job, executor: executor))
            defer { isAsleep = false }
            return isAsleep
        }
    }

    /// On the thread: runs the oldest job. False where there is none.
    func runOne() -> Bool {
        if position == taken.count {
            taken.removeAll(keepingCapacity: true)
            position = 0
            locked { swap(&entries, &taken) }
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
        return locked {
            isAsleep = entries.isEmpty
            return isAsleep
        }
    }

    /// On the thread, which has been woken by something else.
    func wake() { locked { isAsleep = false } }
}
