public import Daemon

extension PostgresPool {
    /// Listens on a connection of its own, outside of the pool's count, for as long as the result is iterated.
    public func listen(_ channels: String...) -> PostgresNotifications {
        PostgresNotifications(configuration, channels: channels, logger: logger)
    }
}

/// What is notified on some channels, in the order the server sends it, across lost connections.
///
/// The first element, and the first after each reconnect, is `mayHaveMissed`. Connecting happens in `next()`, in the task that
/// iterates; a cancelled task ends the sequence. Bound: 10,000 notifications that nobody takes; then the oldest go, and
/// `mayHaveMissed` stands in their place.
public struct PostgresNotifications: AsyncSequence, Sendable {
    public typealias Element = PostgresNotification

    private let configuration: PostgresConfiguration
    private let channels: [String]
    private let logger: Logger
    private let clock: any Clock<Duration>

    public init(
        _ configuration: PostgresConfiguration, channels: [String], logger: Logger = .silent,
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.configuration = configuration
        self.channels = channels
        self.logger = logger
        self.clock = clock
    }

    public func makeAsyncIterator() -> Iterator { Iterator(self) }

    public struct Iterator: AsyncIteratorProtocol {
        private let source: PostgresNotifications
        private var connection: PostgresConnection?
        private var pending: ArraySlice<PostgresNotification> = []
        private var failures = 0
        private var hasListened = false

        init(_ source: PostgresNotifications) { self.source = source }

        /// - Throws: what keeps the first connection from ever working (no such database, wrong password). Anything that may
        ///   pass is waited for, from 100 ms up to 5 s between attempts.
        public mutating func next() async throws -> PostgresNotification? {
            while true {
                if Task.isCancelled { return nil }
                if let first = pending.popFirst() { return first }
                do {
                    if let connection {
                        pending = try await connection.takeNotifications()[...]
                    } else {
                        connection = try await source.connect()
                        failures = 0
                        hasListened = true
                        return .mayHaveMissed
                    }
                } catch is CancellationError {
                    return nil
                } catch {
                    connection = nil
                    if !hasListened, (error as? PostgresError)?.isTransient != true { throw error }
                    source.logger.warning("listening stopped; connecting again", ["error": "\(error)"])
                    try? await source.clock.sleep(for: .milliseconds(Swift.min(100 << Swift.min(failures, 6), 5000)))
                    failures += 1
                }
            }
        }
    }

    private func connect() async throws -> PostgresConnection {
        var own = configuration
        own.statementTimeout = nil
        let connection = try await PostgresConnection.connect(own, logger: logger)
        for channel in channels { try await connection.query("listen \(quotedIdentifier(channel))") }
        return connection
    }
}
