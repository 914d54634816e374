package import Daemon
package import Postgres
import Synchronization

/// Wakes whoever waits for what one channel of Postgres tells. One connection listens for all.
///
/// A waiter first takes a ticket, then looks, then waits: what happens between the look and the wait finds the ticket
/// there. After a lost connection everybody is woken, since a word may have been missed.
package final class NotificationHub: Service {
    package let name: String
    private let channel: String
    private let pool: PostgresPool
    private let logger: Logger

    private struct Waiter {
        /// Nil: whatever is told.
        var payload: String?
        var wake: AsyncStream<Void>.Continuation
    }

    private let waiters = Mutex<(next: UInt64, all: [UInt64: Waiter])>((0, [:]))

    package init(channel: String, pool: PostgresPool, logger: Logger) {
        name = "listening to \(channel)"
        self.channel = channel
        self.pool = pool
        self.logger = logger
    }

    package func run() async throws {
        do {
            try await withCancellationOnGracefulShutdown { [self] in
                for try await notification in pool.listen(channel) {
                    wake(notification.payload)
                }
            }
        } catch is CancellationError {
            wake(nil)
        }
    }

    /// Ticks whenever the channel may have told that, or anything where it is nil. Dropping it gives the ticket back.
    package func ticks(for payload: String? = nil) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let ticket = waiters.withLock { waiters in
            waiters.next += 1
            waiters.all[waiters.next] = Waiter(payload: payload, wake: continuation)
            return waiters.next
        }
        continuation.onTermination = { [weak self] _ in
            self?.waiters.withLock { _ = $0.all.removeValue(forKey: ticket) }
        }
        return stream
    }

    /// Nil: everybody.
    private func wake(_ payload: String?) {
        let woken = waiters.withLock { waiters in
            waiters.all.values.filter { payload == nil || $0.payload == nil || $0.payload == payload }.map(\.wake)
        }
        for waiter in woken { waiter.yield() }
    }
}
