import Daemon
import FlowClient
import Foundation
import Postgres

/// Watches the sealed head apart from ingest, so that a stuck ingest shows as a growing lag and not as a fresh number.
/// Polls: it works with every node. A call that fails is logged and tried again.
struct TipObserver: Sendable {
    let source: BlockSource
    let pool: PostgresPool
    let interval: Duration
    let clock: any Clock<Duration>
    let board: ProgressBoard
    let logger: Logger

    private static let record = """
        update ingest_cursors set sealed_height = $2, sealed_seen_at = now() where name = $1
        """
    /// The head is told to other processes this often; ours knows it at once.
    private static let recordInterval = Duration.seconds(1)

    /// Yields heads as they rise, and falls too; runs until it is cancelled.
    func run(into tips: AsyncStream<BlockMark>.Continuation) async throws {
        var last: BlockMark?
        var failures = 0
        var recorded: Duration = .zero
        var elapsed = Self.recordInterval
        while !Task.isCancelled {
            do {
                let tip = try await source.tip()
                failures = 0
                board.update {
                    $0.tip = tip.height
                    $0.tipSeenAt = Date()
                }
                // The same head again is yielded too: it is what a block that was not given is asked for again at.
                tips.yield(tip)
                if elapsed - recorded >= Self.recordInterval || last == nil {
                    _ = try await pool.query(Self.record, [.text(BatchWriter.cursorName), .height(tip.height)])
                    recorded = elapsed
                }
                last = tip
            } catch let error where !(error is CancellationError) {
                if Task.isCancelled { throw CancellationError() }
                failures += 1
                logger.warning("the sealed head can't be read: \(error)")
            }
            let pause = failures == 0 ? interval : min(interval * (1 << min(failures, 6)), .seconds(10))
            try await clock.sleep(for: pause)
            elapsed += pause
        }
    }
}
