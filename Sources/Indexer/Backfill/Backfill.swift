import Daemon
import FlowClient
import Postgres

/// Fills in what came before a track's coverage, beside the running index: raw events and blocks by ranges, several under way
/// and published in order of their heights, each publication with the job's progress in one transaction. A kill at any
/// instant leaves whole heights behind, and the next one goes on from them.
struct Backfill: Sendable {
    let pool: PostgresPool
    let source: RangeSource
    let job: IndexJob
    let epoch: Int64
    let logger: Logger
    let metrics: IndexerMetrics
    /// Ranges under way at once; what they hold is bounded by `bytes` too.
    var concurrency = 12
    var bytes = 32 << 20

    /// Returns when every height of the job is in the tables.
    /// - Throws: `fork` where what was told does not lead to what is indexed; what nodes and Postgres said.
    func run() async throws {
        guard let from = job.from, let to = job.to else { return }
        var next = job.height.map { $0.advanced(by: 1) } ?? from
        guard next <= to else { return }
        var published = next
        var last = try await id(below: next)
        try await withThrowingTaskGroup(of: FilledRange.self) { group in
            var waiting: [BlockHeight: FilledRange] = [:]
            var underWay = 0
            func start() {
                while underWay < concurrency, next <= to,
                    waiting.values.reduce(0, { $0 + $1.bytes }) < bytes || underWay == 0
                {
                    let range = next...min(to, next.advanced(by: RangeSource.window - 1))
                    next = range.upperBound.advanced(by: 1)
                    underWay += 1
                    group.addTask { try await source.range(range) }
                }
            }
            start()
            while let range = try await group.next() {
                underWay -= 1
                waiting[range.heights.lowerBound] = range
                var ready: [FilledRange] = []
                while let range = waiting.removeValue(forKey: published) {
                    ready.append(range)
                    published = range.heights.upperBound.advanced(by: 1)
                }
                start()
                guard !ready.isEmpty else { continue }
                try await link(ready, after: last)
                try await publish(ready)
                last = ready.last?.blocks.last?.id
            }
        }
        try await checkEnd(to, last)
    }

    /// The id of the block below, where that is in the tables.
    private func id(below height: BlockHeight) async throws -> BlockID? {
        guard height > 0 else { return nil }
        let rows = try await pool.query("select id from blocks where height = $1", [.height(height.advanced(by: -1))])
        return try rows.first?.blockID("id")
    }

    /// Each range stands on the one before it: its first header says so.
    private func link(_ ranges: [FilledRange], after last: BlockID?) async throws {
        var below = last
        for range in ranges {
            if let below, let parent = try await source.parent(of: range.heights.lowerBound), parent != below {
                throw IndexerError(
                    .fork, "the block stands on \(parent), and the one before it is \(below)",
                    height: range.heights.lowerBound)
            }
            below = range.blocks.last?.id
        }
    }

    /// What is filled in ends at a block that what is indexed stands on.
    private func checkEnd(_ to: BlockHeight, _ last: BlockID?) async throws {
        let rows = try await pool.query("select parent_id from blocks where height = $1", [.height(to.advanced(by: 1))])
        guard let row = rows.first, let last else { return }
        let parent = try row.blockID("parent_id")
        guard parent == last || parent == .zero else {
            throw IndexerError(.fork, "what is indexed stands on \(parent), and the node says \(last)", height: to)
        }
    }

    private static let stage = """
        create temp table if not exists backfill_events (height bigint, transaction_index integer, event_index integer,
            transaction_id bytea, type text, payload bytea) on commit delete rows
        """
    // What is there already was kept for another track, or by an earlier attempt.
    private static let events = """
        insert into events (height, transaction_index, event_index, transaction_id, type, payload)
        select height, transaction_index, event_index, transaction_id, type, payload from backfill_events on conflict do nothing
        """
    private static let blocks = """
        insert into blocks (height, id, parent_id, produced_at)
        select * from unnest($1::bigint[], $2::bytea[], $3::bytea[], $4::timestamptz[]) on conflict (height) do nothing
        """
    private static let others = """
        select b.height from unnest($1::bigint[], $2::bytea[]) as told (height, id)
        join blocks b on b.height = told.height where b.id <> told.id limit 1
        """

    private func publish(_ ranges: [FilledRange]) async throws {
        guard let end = ranges.last?.heights.upperBound else { return }
        let events = ranges.flatMap(\.events)
        try await makePartitions(events.map(\.height))
        let parents = try await parents(of: ranges)
        let started = ContinuousClock.now
        try await pool.withTransaction { connection in
            try await IndexJobStore.advance(
                job, epoch: epoch, to: end, events: events.count, step: "fetching", on: connection)
            let heights = ranges.flatMap { range in range.heights.map(\.signed) }
            let blocks = ranges.flatMap(\.blocks)
            let ids = PostgresValue.byteaArray(blocks.map(\.id.bytes))
            let unlike = try await connection.query(Self.others, [.int8Array(heights), ids])
            if let row = unlike.first {
                throw IndexerError(
                    .fork, "the node tells of another block than the one that is indexed",
                    height: try row.height("height"))
            }
            _ = try await connection.execute(
                Self.blocks,
                [
                    .int8Array(heights), ids, .byteaArray(parents.map(\.bytes)),
                    .array(of: .timestamptz, blocks.map { .time($0.producedAt) }),
                ])
            try await PoisonEvent.write(ranges.flatMap(\.poison), on: connection)
            guard !events.isEmpty else { return }
            try await connection.script(Self.stage)
            try await EventRows.write(events, to: "backfill_events", on: connection)
            _ = try await connection.execute(Self.events, [])
        }
        metrics.backfilled.increment(by: UInt64(ranges.reduce(0) { $0 + $1.heights.count }))
        logger.debug(
            "filled in",
            ["to": "\(end)", "events": "\(events.count)", "seconds": "\((ContinuousClock.now - started).seconds)"])
    }

    /// Of each block the one below; of the first, the one that its header names.
    private func parents(of ranges: [FilledRange]) async throws -> [BlockID] {
        guard let first = ranges.first?.heights.lowerBound else { return [] }
        let below: BlockID
        if let known = try await id(below: first) {
            below = known
        } else {
            below = try await source.parent(of: first) ?? .zero
        }
        return [below] + ranges.flatMap(\.blocks).dropLast().map(\.id)
    }

    /// Before the rows, and for themselves: a partition's lock is held for no longer than it takes to make it.
    private func makePartitions(_ heights: [BlockHeight]) async throws {
        for number in Set(heights.map { $0.signed / BatchWriter.partitionSize }).sorted() {
            try await pool.withConnection { try await BatchWriter.makePartition(number, on: $0) }
        }
    }
}
