import Cadence
package import Daemon
package import FlowClient
import FoundationEssentials
package import Postgres

/// Follows the chain into Postgres: one process at a time, every block once, in height order.
///
/// `run` waits for the lease, catches up, follows, and lets another process take over when it stops. What passes by
/// itself (a node that is away, a database that restarts) is logged and tried again from the cursor. What contradicts the
/// chain as it was committed (a fork, a lying node, an event that can't be read) stops ingest: it is logged, written to
/// the cursor for all to see, and nobody commits anything until someone has looked and cleared it (`IngestStop.clear`):
/// neither a restart nor another process goes on by itself.
package final class ChainIndexer: Service {
    package struct Options: Sendable {
        /// Where history begins, for an index that is empty. Nil: the node's own first block.
        package var start: BlockHeight?
        /// Whether all that is followed began at `start` or later: what was never seen from there on is not there.
        package var startIsOrigin: Bool
        /// Heights fetched and committed together when behind.
        package var window: Int
        /// Calls to the node under way at once.
        package var concurrency: Int
        /// Between two looks at the sealed head.
        package var pollInterval: Duration
        /// A writer that is not heard of for so long may be replaced.
        package var leaseDuration: Duration
        package var encoding: EventEncoding
        /// Where Cadence 1.0 began: below it events have older forms.
        package var cadence1: BlockHeight = 0
        /// How the chain is asked about what is indexed; nil: it is not.
        package var reconciliation: Reconciliation?
        /// Whether a person lets ingest rest.
        package var isPaused: @Sendable () async throws -> Bool = { false }
        /// Unique to this process, and readable: host and process id.
        package var holder: String

        package init(
            start: BlockHeight? = nil, window: Int = 64, concurrency: Int = 8,
            pollInterval: Duration = .milliseconds(100),
            leaseDuration: Duration = .seconds(3), encoding: EventEncoding = .ccf, holder: String = UUID().uuidString
        ) {
            self.start = start
            startIsOrigin = start != nil
            self.window = window
            self.concurrency = concurrency
            self.pollInterval = pollInterval
            self.leaseDuration = leaseDuration
            self.encoding = encoding
            self.holder = holder
        }
    }

    package struct Reconciliation: Sendable {
        var scripts: ReconciliationScripts
        /// So many scripts a second, at most: the budget is the submitter's and the platform's, too.
        var scriptsPerSecond: Double

        package init(scripts: ReconciliationScripts, scriptsPerSecond: Double) {
            (self.scripts, self.scriptsPerSecond) = (scripts, scriptsPerSecond)
        }
    }

    package let name = "indexer"
    let pool: PostgresPool
    let reader: EventReader
    let source: BlockSource
    let options: Options
    let clock: any Clock<Duration>
    let logger: Logger
    let board: ProgressBoard
    let metrics: IndexerMetrics

    package init(
        api: any AccessAPI, pool: PostgresPool, contracts: TrackedContracts, options: Options = Options(),
        clock: any Clock<Duration> = ContinuousClock(), metrics: Metrics = Metrics(), logger: Logger
    ) {
        self.pool = pool
        reader = EventReader(contracts, cadence1: options.cadence1)
        source = BlockSource(
            api: api, reader: reader, encoding: options.encoding, concurrency: options.concurrency)
        self.options = options
        self.clock = clock
        self.logger = logger
        board = ProgressBoard()
        self.metrics = IndexerMetrics(metrics, board: board)
    }

    package var trackedEventTypes: [String] { Set(reader.contracts.tracks.flatMap(\.eventTypes)).sorted() }
    package var progress: IngestProgress { board.current }

    /// Heights as they are committed by this process: where it stands now, then each new one, the latest where the reader
    /// is slow. Other processes listen on the channel `BatchWriter.channel`.
    package func heights() -> AsyncStream<BlockHeight> { board.heights() }

    /// Returns when this process has committed the height.
    package func committed(through height: BlockHeight) async throws {
        for await done in heights() where done >= height { return }
        throw CancellationError()
    }

    package func run() async throws {
        var (failures, suspicions) = (0, 0)
        var reached: BlockHeight?
        while !gracefulShutdownRequested {
            do {
                if try await options.isPaused() {
                    board.update { $0.phase = .paused }
                    try await pause(options.leaseDuration / 3)
                    continue
                }
                guard let lease = try await takeLease() else {
                    let stop = try await IngestStop.read(from: pool)
                    board.update { $0.phase = stop.map { .stopped($0.reason) } ?? .standby }
                    try await pause(options.leaseDuration / 3)
                    continue
                }
                // Who gets no further waits longer and longer.
                if lease.cursor?.height != reached { (failures, suspicions, reached) = (0, 0, lease.cursor?.height) }
                logger.info("indexing", ["epoch": "\(lease.epoch)", "from": "\(lease.next)"])
                try await lead(lease)
                try await pool.withConnection { try await lease.release(BatchWriter.cursorName, on: $0) }
            } catch is CancellationError {
                if Task.isCancelled { throw CancellationError() }
                return
            } catch let error as IndexerError where error.stopsIngest && suspicions >= Self.suspicions {
                await stop(error)
            } catch {
                if let error = error as? IndexerError, error.stopsIngest { suspicions += 1 }
                failures += 1
                metrics.interruptions.increment()
                board.update { $0.phase = .retrying("\(error)") }
                let level: LogLevel = (error as? IndexerError)?.code == .gap ? .error : .warning
                logger.log(level, "ingest was interrupted and goes on from the cursor: \(error)")
                await record("\(error)")
                try await pause(min(.milliseconds(100) * (1 << min(failures, 5)), .seconds(2)))
            }
        }
    }

    /// Does the jobs of the index that are open, where no process ingests, and returns.
    /// - Throws: `fenced` where one does: it does the jobs.
    package func performJobs() async throws {
        guard let lease = try await takeLease() else {
            if let stop = try await IngestStop.read(from: pool) { throw stop.error }
            throw IndexerError(.fenced, "another process is indexing")
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.keepLease(lease) }
            group.addTask {
                try await self.prepare(lease)
                try await self.jobs(lease).runAll()
            }
            defer { group.cancelAll() }
            try await group.next()
        }
        try await pool.withConnection { try await lease.release(BatchWriter.cursorName, on: $0) }
    }

    /// Catches up to the node's sealed head as it is now, and returns the cursor. For replays, back-fills and tests.
    @discardableResult
    package func ingestOnce() async throws -> BlockMark? {
        guard let lease = try await takeLease() else {
            if let stop = try await IngestStop.read(from: pool) { throw stop.error }
            throw IndexerError(.fenced, "another process is indexing")
        }
        var follower = try await makeFollower(lease)
        do {
            try await follower.observed(source.tip())
            while let tip = follower.machine.tip, follower.machine.expected <= tip { try await follower.catchUp() }
        } catch {
            try? await pool.withConnection { try await lease.release(BatchWriter.cursorName, on: $0) }
            throw error
        }
        try await pool.withConnection { try await lease.release(BatchWriter.cursorName, on: $0) }
        return follower.writer.cursor
    }
}

extension ChainIndexer {
    /// So often a contradiction must be seen, each time by asking anew, before it stops ingest.
    private static let suspicions = 2

    private func takeLease() async throws -> IngestLease? {
        let start = try await firstHeight()
        return try await pool.withConnection { connection in
            try await IngestLease.take(
                BatchWriter.cursorName, holder: options.holder, start: start, duration: options.leaseDuration,
                on: connection)
        }
    }

    private func firstHeight() async throws -> BlockHeight {
        if let start = options.start { return start }
        let known = try await pool.query(
            "select start_height from ingest_cursors where name = $1 and height is not null",
            [.text(BatchWriter.cursorName)])
        if let row = known.first { return try row.height("start_height") }
        // All zero on the emulator, whose chain begins at 0.
        return try await source.api.nodeVersionInfo().value.nodeRootBlockHeight
    }

    func makeFollower(_ lease: IngestLease) async throws -> ChainFollower {
        try await prepare(lease)
        if let cursor = lease.cursor { board.update { $0.height = cursor.height } }
        return ChainFollower(
            machine: IngestStateMachine(start: lease.start, after: lease.cursor),
            writer: BatchWriter(pool: pool, lease: lease, leaseDuration: options.leaseDuration), source: source,
            window: options.window, board: board, metrics: metrics, logger: logger)
    }

    /// Projections as this program makes them, and the coverage of what it follows.
    private func prepare(_ lease: IngestLease) async throws {
        let stale = try await pool.withConnection {
            try await ProjectionProgress.stale(allProjections, lease: lease, on: $0)
        }
        if !stale.isEmpty {
            board.update { $0.phase = .rebuilding }
            try await Rebuild(pool: pool, reader: reader, lease: lease, logger: logger).run(stale)
        }
        // As the configuration says it now, also where the index began later. A chain that begins at 0 is there from the
        // beginning, and so is what is followed on it.
        let origin = options.startIsOrigin ? options.start ?? lease.start : lease.start == 0 ? lease.start : nil
        let tracks = reader.contracts.tracks
        try await pool.withTransaction { connection in
            try await lease.check(BatchWriter.cursorName, on: connection)
            try await Coverage.follow(tracks, after: lease, origin: origin, on: connection)
        }
        try await IndexJobStore(pool: pool).fillGaps(of: tracks)
    }

    /// Until shutdown is asked for, the lease is lost, a person lets ingest rest or something fails.
    private func lead(_ lease: IngestLease) async throws {
        let (tips, continuation) = AsyncStream.makeStream(of: BlockMark.self, bufferingPolicy: .bufferingNewest(1))
        let observer = TipObserver(
            source: source, pool: pool, interval: options.pollInterval, clock: clock, board: board, logger: logger)
        // The first to end ends all: ingest when it is asked to stop, the keeper when the lease is lost.
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await observer.run(into: continuation) }
            group.addTask { try await self.keepLease(lease) }
            group.addTask { try await self.untilPaused() }
            let (prepared, isPrepared) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
            group.addTask { try await self.follow(tips, lease) { isPrepared.yield() } }
            // Not beside what the start builds anew: that has the same place to build in.
            group.addTask { for await _ in prepared { try await self.jobs(lease).run() } }
            if let reconciliation = options.reconciliation {
                group.addTask { try await self.reconcile(reconciliation) }
            }
            defer { group.cancelAll() }
            try await withGracefulShutdownHandler {
                try await group.next()
            } onGracefulShutdown: {
                continuation.finish()
            }
        }
        try Task.checkCancellation()
    }

    private func follow(
        _ tips: AsyncStream<BlockMark>, _ lease: IngestLease, prepared: () -> Void
    ) async throws {
        var follower = try await makeFollower(lease)
        prepared()
        var isSaid = false
        for await tip in tips {
            try await follower.observed(tip)
            try await follower.catchUp()
            if !isSaid {
                // What interrupted it is over, also where there was nothing to commit since.
                isSaid = true
                try await clearInterruption()
            }
            if gracefulShutdownRequested { break }
        }
    }

    private static let listingsEvery: Duration = .seconds(600)

    /// Goes on asking the chain about what is indexed, until it is cancelled.
    private func reconcile(_ reconciliation: Reconciliation) async throws {
        let reconciler = Reconciler(
            api: source.api, pool: pool, contracts: reader.contracts, scripts: reconciliation.scripts)
        var failures = 0
        var lookedAtListings: ContinuousClock.Instant?
        while !Task.isCancelled {
            var scripts = 1
            do {
                let round = try await reconciler.round(limit: 500)
                (failures, scripts) = (0, max(1, round.scripts))
                if lookedAtListings.map({ ContinuousClock.now - $0 > Self.listingsEvery }) ?? true {
                    lookedAtListings = .now
                    scripts += 1
                    let listings = try await reconciler.listings()
                    if let listings, !listings.drifts.isEmpty {
                        logger.error(
                            "the chain's storefront says something else than the index",
                            [
                                "listings": "\(listings.drifts.count)", "height": "\(listings.height)",
                                "remedy": "weir drift list",
                            ])
                    }
                }
                for drift in round.drifts {
                    logger.error(
                        "the chain says something else than the index",
                        [
                            "token": "\(drift.token)", "height": "\(drift.height)", "cause": drift.cause,
                            "remedy": "weir drift list",
                        ])
                }
            } catch let error where !(error is CancellationError) {
                try Task.checkCancellation()
                failures += 1
                // Asked at a height whose state is no longer kept, or while the node is away: nothing is known by it.
                logger.log(failures == 1 ? .debug : .info, "the chain could not be asked about the index: \(error)")
            }
            let pause = max(1, Double(scripts) / reconciliation.scriptsPerSecond) * Double(1 << min(failures, 6))
            try await clock.sleep(for: .seconds(pause))
        }
    }

    private func jobs(_ lease: IngestLease) -> IndexJobRunner {
        IndexJobRunner(
            pool: pool, api: source.api, reader: reader, encoding: options.encoding, lease: lease, clock: clock,
            metrics: metrics, logger: logger)
    }

    private func untilPaused() async throws {
        while try await !options.isPaused() { try await clock.sleep(for: options.leaseDuration / 3) }
        logger.info("ingest is paused, until weir parts resume ingest")
    }

    /// A quiet chain commits nothing, and an idle writer is alive all the same.
    private func keepLease(_ lease: IngestLease) async throws {
        while !Task.isCancelled {
            try await clock.sleep(for: options.leaseDuration / 3)
            try await pool.withConnection {
                try await lease.extend(BatchWriter.cursorName, duration: options.leaseDuration, on: $0)
            }
        }
    }

    /// Ends early, and without a word, when shutdown is asked for.
    private func pause(_ duration: Duration) async throws {
        let clock = clock
        do {
            try await withCancellationOnGracefulShutdown { try await clock.sleep(for: duration) }
        } catch is CancellationError {
            try Task.checkCancellation()
        }
    }

    private func clearInterruption() async throws {
        _ = try await pool.query(
            """
            update ingest_cursors set error = null, error_at = null
            where name = $1 and error is not null and stopped_by is null
            """, [.text(BatchWriter.cursorName)])
    }

    /// For the status that all processes see; the next commit takes it back.
    private func record(_ error: String) async {
        do {
            _ = try await pool.query(
                "update ingest_cursors set error = $2, error_at = now() where name = $1",
                [.text(BatchWriter.cursorName), .text(error)])
        } catch {
            logger.warning("the status can't be written: \(error)")
        }
    }

    /// Says it in the log and at the cursor, where all processes see it and none goes on.
    private func stop(_ error: IndexerError) async {
        board.update { $0.phase = .stopped(error.description) }
        logger.error(
            "ingest has stopped: \(error)",
            [
                "height": error.height?.description ?? "",
                "remedy": "see with weir chain which of the two is right, then weir chain clear",
            ])
        do { try await IngestStop.record(error, on: pool) } catch {
            // Not written: the next look finds the same contradiction, and stops again.
            logger.warning("the stop can't be written: \(error)")
        }
    }
}

extension IngestLease {
    var next: BlockHeight { cursor.map { $0.height.advanced(by: 1) } ?? start }
}
