import Daemon
import FlowClient
import FoundationEssentials
import Postgres
import Synchronization

/// Watches the sealed head apart from ingest, so that a stuck ingest shows as a growing lag and not as a fresh number.
///
/// Polling works with every node and always goes on; a stream of headers, where the node offers one, only makes it
/// sooner. So a stream may stall, skip, repeat or end: nothing depends on it, and while it brings heads the poll is slow.
struct TipObserver: Sendable {
    let source: BlockSource
    let pool: PostgresPool
    let interval: Duration
    let clock: any Clock<Duration>
    let board: ProgressBoard
    let logger: Logger
    private let streamed = Streamed()

    /// Whether a stream brings heads at the moment.
    private final class Streamed: Sendable {
        let isFlowing = Atomic(false)
    }

    init(
        source: BlockSource, pool: PostgresPool, interval: Duration, clock: any Clock<Duration>, board: ProgressBoard,
        logger: Logger
    ) {
        self.source = source
        self.pool = pool
        self.interval = interval
        self.clock = clock
        self.board = board
        self.logger = logger
    }

    private static let record = """
        update ingest_cursors set sealed_height = $2, sealed_seen_at = now(),
            sealed_below_since_at = case when $2 < height then coalesce(sealed_below_since_at, now()) end
        where name = $1
        """
    /// The head is told to other processes this often, and polled this often while a stream brings it; ours knows it at once.
    private static let slowly = Duration.seconds(1)

    /// Yields heads as they rise, and falls too; runs until it is cancelled.
    func run(into tips: AsyncStream<BlockMark>.Continuation) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await poll(into: tips) }
            group.addTask { try await stream(into: tips) }
            try await group.waitForAll()
        }
    }

    private func observed(_ tip: BlockMark, _ tips: AsyncStream<BlockMark>.Continuation) {
        board.update {
            $0.tip = tip.height
            $0.tipSeenAt = Date()
        }
        // The same head again is yielded too: it is what a block that was not given is asked for again at.
        tips.yield(tip)
    }

    private func poll(into tips: AsyncStream<BlockMark>.Continuation) async throws {
        var failures = 0
        var sinceRecord = Self.slowly
        while !Task.isCancelled {
            do {
                let tip = try await source.tip()
                failures = 0
                observed(tip, tips)
                if sinceRecord >= Self.slowly {
                    try await pool.execute(Self.record, [.text(BatchWriter.cursorName), .height(tip.height)])
                    sinceRecord = .zero
                }
            } catch let error where !(error is CancellationError) {
                try Task.checkCancellation()
                failures += 1
                logger.warning("the sealed head can't be read: \(error)")
            }
            let usual = streamed.isFlowing.load(ordering: .relaxed) ? max(interval, Self.slowly) : interval
            let pause = failures == 0 ? usual : min(interval * (1 << min(failures - 1, 5)), .seconds(2))
            try await clock.sleep(for: pause)
            sinceRecord += pause
        }
    }

    private func stream(into tips: AsyncStream<BlockMark>.Continuation) async throws {
        var failures = 0
        while !Task.isCancelled {
            do {
                for try await header in source.api.subscribeBlockHeaders(from: .latest, status: .sealed) {
                    failures = 0
                    streamed.isFlowing.store(true, ordering: .relaxed)
                    observed(BlockMark(height: header.height, id: header.id), tips)
                }
            } catch let error as AccessError where error.code == .unimplemented {
                return
            } catch {
                try Task.checkCancellation()
                logger.debug("the stream of headers has ended: \(error)")
            }
            streamed.isFlowing.store(false, ordering: .relaxed)
            failures += 1
            try await clock.sleep(for: min(.seconds(1) * (1 << min(failures, 5)), .seconds(30)))
        }
    }
}
