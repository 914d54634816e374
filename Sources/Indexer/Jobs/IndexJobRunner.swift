import Daemon
import FlowClient
import FoundationEssentials
import Postgres

/// Does the jobs, one after the other, for as long as this process leads.
struct IndexJobRunner: Sendable {
    let pool: PostgresPool
    let api: any AccessAPI
    let reader: EventReader
    let encoding: EventEncoding
    let lease: IngestLease
    let clock: any Clock<Duration>
    let metrics: IndexerMetrics
    let logger: Logger

    private var store: IndexJobStore { IndexJobStore(pool: pool) }

    /// Until it is cancelled.
    func run() async throws {
        while !Task.isCancelled {
            do {
                guard let job = try await store.take(epoch: lease.epoch) else {
                    try await clock.sleep(for: .seconds(1))
                    continue
                }
                try await patiently(job)
            } catch let error where !(error is CancellationError) {
                try Task.checkCancellation()
                logger.warning("jobs of the index can't be looked at: \(error)")
                try await clock.sleep(for: .seconds(2))
            }
        }
    }

    /// Those that are open now.
    func runAll() async throws {
        while let job = try await store.take(epoch: lease.epoch) { try await patiently(job) }
    }

    /// What passes by itself is tried again, as often as it takes; what does not ends the job with its reason.
    private func patiently(_ job: IndexJob) async throws {
        var failures = 0
        var job = job
        while !Task.isCancelled {
            do {
                try await perform(job)
                try await store.finish(job, epoch: lease.epoch)
                logger.info("a job of the index is done", ["job": "\(job.id)", "kind": job.kind.rawValue])
                return
            } catch let error where Self.isFinal(error) || failures >= Self.patience && !Self.passes(error) {
                logger.error("a job of the index has failed: \(error)", ["job": "\(job.id)"])
                return try await store.finish(job, epoch: lease.epoch, failed: "\(error)")
            } catch let error as IndexerError where error.code == .jobStopped {
                return
            } catch let error where !(error is CancellationError) {
                try Task.checkCancellation()
                failures += 1
                logger.warning("a job of the index was interrupted and goes on: \(error)", ["job": "\(job.id)"])
                try await store.note("\(error)", of: job, epoch: lease.epoch)
                try await clock.sleep(for: min(.milliseconds(200) * (1 << min(failures, 8)), .seconds(30)))
                guard let now = try await store.job(job.id), now.state == .running else { return }
                job = now
            }
        }
        try Task.checkCancellation()
    }

    /// So often what is nobody's absence is tried.
    private static let patience = 5

    /// Somebody is away, and will be back.
    private static func passes(_ error: any Error) -> Bool {
        if let error = error as? AccessError {
            return [.unavailable, .deadlineExceeded, .resourceExhausted].contains(error.code)
        }
        if let error = error as? PostgresError { return error.isTransient }
        return false
    }

    /// Asked again, these say the same.
    private static func isFinal(_ error: any Error) -> Bool {
        if let error = error as? IndexerError { return error.stopsIngest }
        guard let error = error as? AccessError else { return false }
        return [.notFound, .outOfRange, .invalidArgument, .unimplemented].contains(error.code)
    }

    private func perform(_ job: IndexJob) async throws {
        switch job.kind {
        case .rebuild:
            let wanted = allProjections.filter { job.projections.isEmpty || job.projections.contains($0.name) }
            try await rebuild(wanted, for: job)
        case .backfill:
            let tracks = reader.contracts.tracks.filter { job.tracks.contains($0.name) }
            guard tracks.count == job.tracks.count, let from = job.from, let to = job.to else {
                throw IndexerError(
                    .otherChain, "\(job.tracks.joined(separator: ", ")): not all of these are followed here")
            }
            let source = RangeSource(
                api: api, reader: EventReader(reader, narrowedTo: tracks),
                types: Set(tracks.flatMap(\.eventTypes)).sorted(),
                encoding: encoding)
            try await Backfill(
                pool: pool, source: source, job: job, epoch: lease.epoch, logger: logger, metrics: metrics
            ).run()
            try await rebuild(allProjections, for: job) { connection in
                try await Coverage.extend(job.tracks, from: from, to: to, on: connection)
                // Blocks below the index's beginning are in it from here on.
                _ = try await connection.execute(
                    "update ingest_cursors set start_height = $2 where name = $1 and start_height = $3 + 1",
                    [.text(BatchWriter.cursorName), .height(from), .height(to)])
            }
        }
    }

    private func rebuild(
        _ projections: [any Projection], for job: IndexJob,
        also: @escaping @Sendable (PostgresConnection) async throws -> Void = { _ in }
    ) async throws {
        let epoch = lease.epoch
        var rebuild = Rebuild(pool: pool, reader: reader, lease: lease, logger: logger)
        rebuild.progress = { [pool] step, height in
            try await pool.withConnection {
                try await IndexJobStore.advance(
                    job, epoch: epoch, to: job.kind == .rebuild ? height : nil, events: 0, step: step, on: $0)
            }
        }
        try await rebuild.run(projections, also: also)
    }
}
