package import Daemon
package import Postgres
package import Submitter
import Synchronization

/// Wakes whoever waits for an operation's end. One connection listens for all.
///
/// A waiter first takes a ticket, then looks at the operation, then waits: an end between the look and the wait finds the
/// ticket there. After a lost connection everybody is woken, since an end may have been missed.
package final class OutcomeHub: Service {
    package let name = "outcomes"
    private let pool: PostgresPool
    private let logger: Logger

    private struct Waiter {
        var operation: String
        var wake: AsyncStream<Void>.Continuation
    }

    private let waiters = Mutex<(next: UInt64, all: [UInt64: Waiter])>((0, [:]))

    package init(pool: PostgresPool, logger: Logger) {
        self.pool = pool
        self.logger = logger
    }

    package func run() async throws {
        do {
            try await withCancellationOnGracefulShutdown { [self] in
                for try await notification in pool.listen(OperationStore.outcomeChannel) {
                    wake(notification.payload)
                }
            }
        } catch is CancellationError {
            wake(nil)
        }
    }

    /// Ticks whenever the operation may have ended. Dropping it gives the ticket back.
    package func ticks(for operation: OperationID) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let ticket = waiters.withLock { waiters in
            waiters.next += 1
            waiters.all[waiters.next] = Waiter(operation: operation.rawValue, wake: continuation)
            return waiters.next
        }
        continuation.onTermination = { [weak self] _ in
            self?.waiters.withLock { _ = $0.all.removeValue(forKey: ticket) }
        }
        return stream
    }

    /// Of one operation, or of all.
    private func wake(_ operation: String?) {
        let woken = waiters.withLock { waiters in
            waiters.all.values.filter { operation == nil || $0.operation == operation }.map(\.wake)
        }
        for waiter in woken { waiter.yield() }
    }
}
