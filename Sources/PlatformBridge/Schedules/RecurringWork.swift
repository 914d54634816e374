package import Daemon
package import Postgres
package import Submitter

/// Work that is looked for again and again: when Postgres says that there is some, and after a pause that the work itself
/// names. What fails is said and tried again.
package struct RecurringWork: Service {
    package let name: String
    private let pool: PostgresPool
    private let channels: [String]
    private let logger: Logger
    /// Does what there is to do, and says how long to wait for a signal before it looks again.
    private let work: @Sendable () async throws -> Duration
    /// What a person pauses it by; nil where nobody can.
    private let part: Part?

    private static let pauseAfterFailure: Duration = .seconds(5)
    private static let pauseWhilePaused: Duration = .seconds(10)

    package init(
        name: String, pool: PostgresPool, channels: [String], part: Part? = nil, logger: Logger,
        work: @escaping @Sendable () async throws -> Duration
    ) {
        self.name = name
        self.pool = pool
        self.channels = channels + (part == nil ? [] : [PausedParts.channel])
        self.part = part
        self.logger = logger
        self.work = work
    }

    package func run() async throws {
        do {
            try await withCancellationOnGracefulShutdown { try await self.live() }
        } catch is CancellationError {}
    }

    private func live() async throws {
        let waker = WakeUp()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for channel in channels {
                group.addTask { for try await _ in self.pool.listen(channel) { waker.signal() } }
            }
            group.addTask {
                while true {
                    try Task.checkCancellation()
                    let pause = try await self.once()
                    if pause > .zero { await waker.wait(atMost: pause) }
                }
            }
            try await group.next()
            group.cancelAll()
        }
    }

    private func once() async throws -> Duration {
        do {
            if let part, try await PausedParts(pool: pool).isPaused(part) { return Self.pauseWhilePaused }
            return try await work()
        } catch {
            guard !(error is CancellationError), !Task.isCancelled else { throw CancellationError() }
            logger.warning("\(name) failed, will try again", ["error": "\(error)"])
            return Self.pauseAfterFailure
        }
    }
}
