package import Daemon
package import Postgres
import Synchronization

/// Hot standbys that answer in the primary's place: each is compared with it every second, and passed over while it is too
/// far behind, or away.
package final class StandbyReads: Service {
    /// A standby that may be asked, and how many blocks it was behind when it was last looked at.
    struct Standby: Sendable {
        var place: Int
        var pool: PostgresPool
        var lag: UInt64
    }

    private struct State {
        /// By place; nil: not to be asked.
        var lags: [UInt64?]
        var next = 0
    }

    package let name = "standbys"
    private let primary: PostgresPool
    private let pools: [PostgresPool]
    private let tolerated: UInt64
    private let clock: any Clock<Duration>
    private let logger: Logger
    private let state: Mutex<State>

    /// - Parameter tolerated: in blocks.
    package init(
        primary: PostgresPool, standbys: [PostgresPool], tolerated: UInt64 = 5,
        clock: any Clock<Duration> = ContinuousClock(), logger: Logger
    ) {
        (self.primary, pools, self.tolerated) = (primary, standbys, tolerated)
        (self.clock, self.logger) = (clock, logger)
        state = Mutex(State(lags: standbys.map { _ in nil }))
    }

    /// In turns. Nil where none is near enough.
    func next() -> Standby? {
        state.withLock { state in
            for step in 0..<pools.count {
                let place = (state.next + step) % pools.count
                guard let lag = state.lags[place] else { continue }
                state.next = place + 1
                return Standby(place: place, pool: pools[place], lag: lag)
            }
            return nil
        }
    }

    /// It is not asked until it has been looked at again.
    func failed(_ standby: Standby, _ error: PostgresError) {
        state.withLock { $0.lags[standby.place] = nil }
        logger.warning(
            "a standby did not answer, its primary did", ["standby": "\(standby.place + 1)", "error": "\(error)"])
    }

    /// Looks at each of them until shutdown is asked for, and closes their connections then.
    package func run() async throws {
        defer { for pool in pools { pool.close() } }
        do {
            try await withCancellationOnGracefulShutdown {
                while true {
                    await self.look()
                    try await self.clock.sleep(for: .seconds(1))
                }
            }
        } catch is CancellationError {}
    }

    private static let height = "select coalesce(max(height), -1) from ingest_cursors where name = $1"

    func look() async {
        let wanted: Int64
        do { wanted = try await primary.query(Self.height, [.text(BatchWriter.cursorName)]).one() } catch {
            // How far they are behind can't be said: what was known stays, for answers name their block.
            return
        }
        for (place, pool) in pools.enumerated() {
            var lag: UInt64?
            do {
                let height: Int64 = try await pool.query(
                    Self.height, [.text(BatchWriter.cursorName)], timeout: .seconds(2)
                ).one()
                let behind = UInt64(max(0, wanted - height))
                if behind <= tolerated { lag = behind }
            } catch {
                logger.debug("a standby can't be looked at", ["standby": "\(place + 1)", "error": "\(error)"])
            }
            let (isUsed, wasUsed) = state.withLock { state in
                defer { state.lags[place] = lag }
                return (lag != nil, state.lags[place] != nil)
            }
            if isUsed != wasUsed {
                logger.info(isUsed ? "a standby answers" : "a standby is passed over", ["standby": "\(place + 1)"])
            }
        }
    }
}
