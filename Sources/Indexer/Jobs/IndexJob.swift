package import FlowClient
package import FoundationEssentials
package import Postgres

/// Long work on the index, as the tables have it: whoever ingests does it, and goes on with it after any kill.
package struct IndexJob: Sendable {
    package enum Kind: String, Hashable, Sendable { case backfill, rebuild }
    package enum State: String, Hashable, Sendable {
        case queued, running, paused, done, failed, cancelled

        package var isOpen: Bool { [.queued, .running, .paused].contains(self) }
    }

    package var id: Int64
    package var kind: Kind
    /// What is filled in, by `Track.name`.
    package var tracks: [String]
    /// What is built anew; empty: all.
    package var projections: [String]
    package var from: BlockHeight?
    package var to: BlockHeight?
    /// The last height that is done.
    package var height: BlockHeight?
    package var events: Int64
    package var state: State
    /// What it is about at the moment: fetching, reading, sorting, indexing, swapping.
    package var step: String?
    /// Why it failed, or what holds it up.
    package var error: String?
    package var reason: String
    package var createdAt: Date
    package var finishedAt: Date?

    static let columns = """
        id, kind, tracks, projections, from_height, to_height, height, events, state, step, error, reason, created_at, finished_at
        """

    init(_ row: PostgresRow) throws {
        id = try row.decode("id")
        kind = Kind(rawValue: try row.decode("kind")) ?? .rebuild
        (tracks, projections) = (try row.decode("tracks"), try row.decode("projections"))
        (from, to) = (try row.optionalHeight("from_height"), try row.optionalHeight("to_height"))
        height = try row.optionalHeight("height")
        events = try row.decode("events")
        state = State(rawValue: try row.decode("state")) ?? .failed
        (step, error, reason) = (try row.decode("step"), try row.decode("error"), try row.decode("reason"))
        (createdAt, finishedAt) = (try row.decode("created_at"), try row.decode("finished_at"))
    }
}

/// The jobs, for who asks for them and for who does them.
package struct IndexJobStore: Sendable {
    let pool: PostgresPool

    package init(pool: PostgresPool) {
        self.pool = pool
    }

    /// The latest first.
    package func all(limit: Int = 100) async throws -> [IndexJob] {
        try await pool.query(
            "select \(IndexJob.columns) from index_jobs order by id desc limit $1", [.int8(Int64(limit))]
        ).map { try IndexJob($0) }
    }

    package func job(_ id: Int64) async throws -> IndexJob? {
        try await pool.query("select \(IndexJob.columns) from index_jobs where id = $1", [.int8(id)]).first
            .map { try IndexJob($0) }
    }

    private static let backfill = """
        insert into index_jobs (kind, tracks, from_height, to_height, reason) values ('backfill', $1, $2, $3, $4)
        returning \(IndexJob.columns)
        """

    /// Asks that what came before a track's coverage be filled in.
    /// - Parameter from: nil: where the track began.
    /// - Throws: `badRequest` that names the track, where it is unknown, covered, or began nobody knows where.
    package func backfill(
        _ tracks: [String], from: BlockHeight? = nil, reason: String = "asked for"
    ) async throws -> [IndexJob] {
        let coverage = try await Coverage.read(from: pool)
        guard !coverage.isEmpty else {
            throw IndexerError(.notIndexedYet, "nothing is followed yet: a daemon with the role ingest begins it")
        }
        for name in tracks where !coverage.contains(where: { $0.track == name }) {
            throw IndexerError(
                .badRequest,
                "\(name) is not followed; what is: \(coverage.map(\.track).joined(separator: ", "))")
        }
        var ranges: [ClosedRange<BlockHeight>: [String]] = [:]
        for one in coverage where tracks.isEmpty ? one.missing != nil || from != nil : tracks.contains(one.track) {
            guard let first = from ?? one.since else {
                throw IndexerError(
                    .badRequest, "nobody has said where \(one.track) began: say from which height it is to be filled in"
                )
            }
            guard first < one.from else {
                if tracks.isEmpty { continue }
                throw IndexerError(.badRequest, "\(one.track) is covered from height \(one.from) on already")
            }
            ranges[first...one.from.advanced(by: -1), default: []].append(one.track)
        }
        return try await pool.withTransaction { connection in
            var jobs: [IndexJob] = []
            for (range, tracks) in ranges.sorted(by: { $0.key.lowerBound < $1.key.lowerBound }) {
                jobs += try await connection.query(
                    Self.backfill,
                    [.textArray(tracks.sorted()), .height(range.lowerBound), .height(range.upperBound), .text(reason)]
                ).map { try IndexJob($0) }
            }
            return jobs
        }
    }

    private static let unfilled = """
        select c.track from coverage c
        where c.track = any($1::text[]) and c.since_height < c.from_height and not exists (
            select from index_jobs j where j.kind = 'backfill' and c.track = any(j.tracks)
                and j.state in ('queued', 'running', 'paused', 'failed'))
        """

    /// What began before it was followed, and nobody has asked for yet.
    func fillGaps(of tracks: [Track]) async throws {
        let rows = try await pool.query(Self.unfilled, [.textArray(tracks.map(\.name))])
        let names = try rows.map { try $0.decode(String.self, "track") }
        if !names.isEmpty { _ = try await backfill(names, reason: "followed after it began") }
    }

    /// Asks that projections be built anew beside the running ones; empty: all.
    /// - Throws: `badRequest` for a name that none has.
    package func rebuild(_ projections: [String] = [], reason: String = "asked for") async throws -> IndexJob {
        let known = allProjections.map(\.name)
        for name in projections where !known.contains(name) {
            throw IndexerError(
                .badRequest, "\(name) is no projection; there are \(known.joined(separator: ", "))")
        }
        let rows = try await pool.query(
            "insert into index_jobs (kind, projections, reason) values ('rebuild', $1, $2) returning \(IndexJob.columns)",
            [.textArray(projections), .text(reason)])
        return try IndexJob(try rows.one())
    }

    /// A person's word. Nil where there is no such job, or it is not in a state that leads there.
    package func change(_ id: Int64, to state: IndexJob.State) async throws -> IndexJob? {
        let from: [IndexJob.State] =
            switch state {
            case .paused: [.queued, .running]
            case .queued: [.paused, .failed]
            case .cancelled: [.queued, .running, .paused]
            default: []
            }
        let rows = try await pool.query(
            """
            update index_jobs set state = $2, error = case when $2 = 'queued' then null else error end, updated_at = now(),
                finished_at = case when $2 = 'cancelled' then now() end
            where id = $1 and state = any($3::text[]) returning \(IndexJob.columns)
            """, [.int8(id), .text(state.rawValue), .textArray(from.map(\.rawValue))])
        return try rows.first.map { try IndexJob($0) }
    }
}

extension IndexJobStore {
    // One at a time, the oldest first; another writer's job is taken over with the lease.
    private static let take = """
        update index_jobs set state = 'running', epoch = $1, started_at = coalesce(started_at, now()), updated_at = now()
        where id = (select id from index_jobs where state in ('queued', 'running') order by id limit 1)
        returning \(IndexJob.columns)
        """
    private static let advance = """
        update index_jobs set height = coalesce($3, height), events = events + $4, step = $5, error = null, updated_at = now()
        where id = $1 and epoch = $2 and state = 'running'
        """
    private static let finish = """
        update index_jobs set state = $3, error = $4, step = null, updated_at = now(), finished_at = now()
        where id = $1 and epoch = $2 and state = 'running'
        """
    private static let trouble = """
        update index_jobs set error = $3, updated_at = now() where id = $1 and epoch = $2 and state = 'running'
        """

    func take(epoch: Int64) async throws -> IndexJob? {
        try await pool.query(Self.take, [.int8(epoch)]).first.map { try IndexJob($0) }
    }

    /// - Throws: `jobStopped` where a person has paused or cancelled it, or another process has taken it over.
    static func advance(
        _ job: IndexJob, epoch: Int64, to height: BlockHeight?, events: Int, step: String,
        on connection: PostgresConnection
    ) async throws {
        let touched = try await connection.execute(
            advance,
            [
                .int8(job.id), .int8(epoch), .optional(height, PostgresValue.height), .int8(Int64(events)), .text(step),
            ])
        guard touched == 1 else { throw IndexerError(.jobStopped, "job \(job.id) is no longer this process's") }
    }

    func finish(_ job: IndexJob, epoch: Int64, failed error: String? = nil) async throws {
        try await pool.execute(
            Self.finish,
            [
                .int8(job.id), .int8(epoch), .text(error == nil ? "done" : "failed"),
                .optional(error, PostgresValue.text),
            ])
    }

    func note(_ error: String, of job: IndexJob, epoch: Int64) async throws {
        try await pool.execute(Self.trouble, [.int8(job.id), .int8(epoch), .text(error)])
    }
}
