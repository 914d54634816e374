import Cadence
import FlowClient
import Postgres
import TestSupport
import Testing

@testable import Indexer

@Suite(.timeLimit(.minutes(2))) struct BatchWriterTests {
    private let source: @Sendable (TestNode) -> BlockSource = {
        BlockSource(api: $0, reader: EventReader(Nova.contracts))
    }

    private func lease(
        _ pool: PostgresPool, holder: String = "one", duration: Duration = .seconds(60)
    ) async throws -> IngestLease? {
        try await pool.withConnection {
            try await IngestLease.take(BatchWriter.cursorName, holder: holder, start: 0, duration: duration, on: $0)
        }
    }

    private func writer(_ pool: PostgresPool, _ lease: IngestLease) -> BatchWriter {
        BatchWriter(pool: pool, lease: lease, leaseDuration: .seconds(60))
    }

    /// The projections' rows, as a first start makes them.
    private func enter(_ lease: IngestLease, _ pool: PostgresPool) async throws {
        _ = try await pool.withConnection {
            try await ProjectionProgress.stale(allProjections, lease: lease, on: $0)
        }
    }

    /// A chain in which a batch touches every table.
    private func chain() async throws -> ([IngestedBlock], TestNode) {
        let chain = RandomChain(seed: 42, blocks: 120)
        let blocks = try await source(chain.node).blocks(0...chain.node.last)
        return (blocks, chain.node)
    }

    @Test func `a batch that fails at any statement leaves nothing behind, and succeeds when tried again`() async throws
    {
        let (blocks, _) = try await chain()
        try await TestPostgres.withDatabase { pool in
            try await enter(try #require(try await lease(pool)), pool)
            var writer = writer(pool, try #require(try await lease(pool)))
            try await writer.commit(Array(blocks[..<1]))
            let before = try await Tables.dump(pool)
            try await pool.withConnection {
                try await $0.script(
                    """
                    create function fail() returns trigger language plpgsql as
                        $$ begin raise exception 'pulled the plug'; end $$;
                    """)
            }
            for table in Tables.names + ["ingest_cursors"] {
                // Each statement for rows, and the commit itself.
                for trigger in [
                    "create trigger fails after insert or update on \(table) for each row execute function fail()",
                    "create constraint trigger fails after insert or update on \(table) initially deferred for each row execute function fail()",
                ] {
                    try await pool.execute(trigger)
                    await #expect(throws: PostgresError.self, "\(table)") {
                        try await writer.commit(Array(blocks[1...]))
                    }
                    try await pool.execute("drop trigger fails on \(table)")
                    #expect(try await Tables.dump(pool) == before, "\(table)")
                }
            }
            try await writer.commit(Array(blocks[1...]))
            let after = try await Tables.dump(pool)

            try await TestPostgres.withDatabase { other in
                var writer = self.writer(other, try #require(try await self.lease(other)))
                try await enter(writer.lease, other)
                for block in blocks { try await writer.commit([block]) }
                #expect(try await Tables.dump(other) == after)
            }
        }
    }

    @Test func `rewound and read again, all tables are as they were`() async throws {
        let (blocks, node) = try await chain()
        try await TestPostgres.withDatabase { pool in
            try await ChainIndexer(node, pool).ingestOnce()
            let whole = try await Tables.dump(pool)
            for height in [119, 77, 40, 3, 0] as [BlockHeight] {
                try await Rewind(to: height).run(on: pool)
                let rewound = try await Tables.dump(pool)
                // What a chain that ends there would have given.
                try await TestPostgres.withDatabase { other in
                    var writer = self.writer(other, try #require(try await self.lease(other)))
                    try await enter(writer.lease, other)
                    try await writer.commit(blocks.filter { $0.link.height <= height })
                    #expect(try await Tables.dump(other) == rewound, "height \(height)")
                }
                try await ChainIndexer(node, pool).ingestOnce()
                #expect(try await Tables.dump(pool) == whole, "height \(height)")
            }
        }
    }

    @Test func `a rewind to a height that is not there is refused`() async throws {
        let (_, node) = try await chain()
        try await TestPostgres.withDatabase { pool in
            try await ChainIndexer(node, pool).ingestOnce()
            let error = await #expect(throws: IndexerError.self) { try await Rewind(to: 121).run(on: pool) }
            #expect(error?.code == .notIndexedYet)
            #expect(try await SyncStatus.read(from: pool).height == 120)
        }
    }

    @Test func `a former writer can't commit, however late it comes`() async throws {
        let (blocks, _) = try await chain()
        try await TestPostgres.withDatabase { pool in
            var former = writer(pool, try #require(try await lease(pool, duration: .zero)))
            try await former.commit([blocks[0]])
            try await pool.execute("update ingest_cursors set lease_until_at = '-infinity'")
            var latter = writer(pool, try #require(try await lease(pool, holder: "two")))
            let error = await #expect(throws: IndexerError.self) { try await former.commit([blocks[1]]) }
            #expect(error?.code == .fenced)
            try await latter.commit([blocks[1]])
            await #expect(throws: IndexerError.self) { try await former.commit([blocks[2]]) }
            await #expect(throws: IndexerError.self) {
                try await pool.withConnection { try await former.lease.extend("chain", duration: .seconds(1), on: $0) }
            }
            #expect(try await pool.query("select count(*) from blocks").one(Int.self) == 2)
        }
    }

    @Test func `a lease is had by one, and by the next when it ends`() async throws {
        try await TestPostgres.withDatabase { pool in
            let first = try #require(try await lease(pool))
            #expect(try await lease(pool, holder: "two") == nil)
            try await pool.withConnection { try await first.release(BatchWriter.cursorName, on: $0) }
            #expect(try await lease(pool, holder: "two")?.epoch == first.epoch + 1)
        }
    }

    @Test func `a process that starts again under its name has its lease at once`() async throws {
        try await TestPostgres.withDatabase { pool in
            let first = try #require(try await lease(pool))
            #expect(try await lease(pool)?.epoch == first.epoch + 1)
        }
    }

    @Test func `of many that reach for a lease at once, one has it`() async throws {
        try await TestPostgres.withDatabase { pool in
            let taken = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<16 {
                    group.addTask {
                        try await pool.withConnection {
                            try await IngestLease.take(
                                BatchWriter.cursorName, holder: "\(number)", start: 0, duration: .seconds(60), on: $0)
                        } != nil
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(taken == 1)
        }
    }

    @Test func `two writers of one epoch can't write one block twice`() async throws {
        let (blocks, _) = try await chain()
        try await TestPostgres.withDatabase { pool in
            let lease = try #require(try await lease(pool))
            let outcomes = await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<6 {
                    group.addTask {
                        var writer = BatchWriter(pool: pool, lease: lease, leaseDuration: .seconds(60))
                        do {
                            try await writer.commit(Array(blocks[..<50]))
                            return true
                        } catch {
                            return false
                        }
                    }
                }
                return await group.reduce(into: [Bool]()) { $0.append($1) }
            }
            #expect(outcomes.count { $0 } == 1)
            #expect(try await pool.query("select count(*) from blocks").one(Int.self) == 50)
        }
    }

    @Test func `a cancelled commit is whole or not there`() async throws {
        let (blocks, _) = try await chain()
        try await TestPostgres.withDatabase { pool in
            let lease = try #require(try await lease(pool))
            for attempt in 0..<20 {
                let task = Task {
                    var writer = BatchWriter(pool: pool, lease: lease, leaseDuration: .seconds(60))
                    try await writer.commit(Array(blocks[..<100]))
                }
                for _ in 0..<(attempt * 40) { await Task.yield() }
                task.cancel()
                _ = await task.result
                let count = try await pool.query("select count(*) from blocks").one(Int.self)
                let cursor = try await SyncStatus.read(from: pool).height
                #expect(count == 0 && cursor == nil || count == 100 && cursor == 99)
                if count == 100 { return }
            }
        }
    }

    @Test func `a projection of another version is built again from the events that are kept`() async throws {
        let (_, node) = try await chain()
        try await TestPostgres.withDatabase { pool in
            try await ChainIndexer(node, pool).ingestOnce()
            let whole = try await Tables.dump(pool)
            for projection in allProjections {
                try await pool.execute(
                    "update projections set version = version - 1 where name = $1", [.text(projection.name)])
                try await ChainIndexer(node, pool).ingestOnce()
                #expect(try await Tables.dump(pool) == whole, "\(projection.name)")
            }
            try await pool.execute("delete from projections")
            try await pool.execute(
                "truncate tokens, lockers, token_owners, ownership_history, listings, operation_events, claims, vault_spans, account_links, contract_changes"
            )
            try await ChainIndexer(node, pool).ingestOnce()
            #expect(try await Tables.dump(pool) == whole)
        }
    }

    @Test func `events of far-away heights lie in partitions of their own`() async throws {
        let chain = RandomChain(seed: 3, blocks: 8, root: 999_996)
        try await TestPostgres.withDatabase { pool in
            try await ChainIndexer(chain.node, pool).ingestOnce()
            let partitions = try await pool.query(
                "select distinct tableoid::regclass::text as name from events order by 1"
            ).map { try $0.decode(String.self, "name") }
            #expect(partitions == ["events_0", "events_1"])
        }
    }
}
