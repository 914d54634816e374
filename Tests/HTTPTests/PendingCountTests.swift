import Synchronization
import TestSupport
import Testing

@testable import HTTP

@Suite(.timeLimit(.minutes(1)))
struct PendingCountTests {
    private final class Tally: Sendable {
        private let value = Atomic(0)
        var count: Int { value.load(ordering: .sequentiallyConsistent) }
        func add() { value.add(1, ordering: .sequentiallyConsistent) }
    }

    @Test func `where nothing is under way nobody waits`() async {
        let count = PendingCount()
        await count.untilZero()
        await count.untilZero(for: .seconds(3600), clock: ManualClock())
    }

    @Test func `all who wait are woken by the last to leave, whatever became of their tasks`() async {
        let count = PendingCount()
        let left = Tally()
        for _ in 0..<100 { count.enter() }
        let waiting = (0..<10).map { _ in
            Task {
                await count.untilZero()
                return left.count
            }
        }
        // Cancelled or not: what is waited for must not be freed before.
        waiting[0].cancel()
        await withTaskGroup { group in
            for _ in 0..<100 {
                group.addTask {
                    left.add()
                    count.leave()
                }
            }
        }
        for task in waiting { #expect(await task.value == 100) }
    }

    @Test func `a wait ends with its time, and leaves the others waiting`() async {
        let (count, clock) = (PendingCount(), ManualClock())
        count.enter()
        let hasLeft = Tally()
        let patient = Task {
            await count.untilZero()
            return hasLeft.count
        }
        let limited = Task { await count.untilZero(for: .seconds(10), clock: clock) }
        await clock.waitForSleepers(1)
        clock.advance(by: .seconds(10))
        await limited.value
        let hurried = Task { await count.untilZero(for: .seconds(3600), clock: clock) }
        hurried.cancel()
        await hurried.value
        hasLeft.add()
        count.leave()
        #expect(await patient.value == 1)
        // It counts on.
        count.enter()
        let next = Task { await count.untilZero(for: .seconds(3600), clock: clock) }
        await clock.waitForSleepers(1)
        count.leave()
        await next.value
    }
}
