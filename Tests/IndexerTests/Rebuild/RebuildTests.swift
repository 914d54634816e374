import Cadence
import Daemon
import FlowClient
import Postgres
import TestSupport
import Testing

@testable import Indexer

@Suite(.timeLimit(.minutes(2))) struct RebuildTests {
    @Test func `by sorting and one by one, spans come out the same`() async throws {
        for seed in [31, 32, 33] as [UInt64] {
            let chain = RandomChain(seed: seed, blocks: 250)
            try await TestPostgres.withDatabase { pool in
                let indexer = ChainIndexer(chain.node, pool)
                try await indexer.ingestOnce()
                let whole = try await Tables.dump(pool)
                _ = try await IndexJobStore(pool: pool).rebuild()
                try await indexer.performJobs()
                #expect(try await Tables.dump(pool) == whole, "seed \(seed)")
                #expect(try await IndexJobStore(pool: pool).all().map(\.state) == [.done])
            }
        }
    }

    @Test func `indexes, constraints and views are there afterwards, by their names`() async throws {
        let chain = RandomChain(seed: 34, blocks: 40)
        try await TestPostgres.withDatabase { pool in
            let indexer = ChainIndexer(chain.node, pool)
            try await indexer.ingestOnce()
            func shape() async throws -> [String] {
                try await pool.query(
                    """
                    select indexdef as line from pg_indexes where schemaname = current_schema()
                    union all select conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) from pg_constraint
                        where connamespace = current_schema()::regnamespace
                    union all select schemaname || ' ' || viewname || ' ' || definition from pg_views
                        where schemaname like current_schema() || '%'
                    union all select relname || ' ' || coalesce(reloptions::text, '') from pg_class where relkind = 'v'
                        and relnamespace::regnamespace::text like current_schema() || '%'
                    order by 1
                    """
                ).map { try $0.decode("line") }
            }
            let before = try await shape()
            for _ in 0..<2 {
                _ = try await IndexJobStore(pool: pool).rebuild()
                try await indexer.performJobs()
                #expect(try await shape() == before)
            }
            // They look at the new tables.
            try await pool.execute("update tokens set release_id = 'moved'")
            _ = try await pool.query("select * from release_tokens")
            #expect(
                try await pool.query(
                    "select count(*) from information_schema.schemata where schema_name like '%rebuild' or schema_name like '%replaced'"
                ).one(Int.self) == 0)
        }
    }

    @Test func `what is indexed while a rebuild runs is in the tables that it leaves`() async throws {
        var chain = RandomChain(seed: 35, blocks: 120)
        try await TestPostgres.withDatabase { pool in
            let indexer = ChainIndexer(chain.node, pool)
            try await indexer.ingestOnce()
            let lease = try #require(
                try await pool.withConnection {
                    try await IngestLease.take("chain", holder: "it", start: 0, duration: .seconds(60), on: $0)
                })
            chain.grow(by: 80)
            let blocks = try await indexer.source.blocks(121...200)
            let writer = Writer(BatchWriter(pool: pool, lease: lease, leaseDuration: .seconds(60)), blocks)
            var rebuild = Rebuild(pool: pool, reader: indexer.reader, lease: lease, logger: .silent)
            (rebuild.batch, rebuild.near) = (30, 5)
            rebuild.progress = { _, _ in try await writer.next(8) }
            try await rebuild.run(allProjections)
            try await writer.next(80)
            #expect(try await OwnershipReader(pool: pool).owners(at: .latest) == chain.owners[200])
            let rebuilt = try await Tables.dump(pool)
            try await TestPostgres.withDatabase { other in
                try await ChainIndexer(chain.node, other).ingestOnce()
                #expect(try await Tables.dump(other) == rebuilt)
            }
        }
    }

    /// Commits blocks as it is asked to.
    private actor Writer {
        private var writer: BatchWriter
        private var blocks: [IngestedBlock]
        init(_ writer: BatchWriter, _ blocks: [IngestedBlock]) { (self.writer, self.blocks) = (writer, blocks) }

        func next(_ count: Int) async throws {
            let some = Array(blocks.prefix(count))
            blocks.removeFirst(some.count)
            guard !some.isEmpty else { return }
            var writer = writer
            try await writer.commit(some)
            self.writer = writer
        }
    }

    @Test func `while it runs, readers have the tables as they were`() async throws {
        let chain = RandomChain(seed: 36, blocks: 60)
        try await TestPostgres.withDatabase { pool in
            let indexer = ChainIndexer(chain.node, pool)
            try await indexer.ingestOnce()
            let lease = try #require(
                try await pool.withConnection {
                    try await IngestLease.take("chain", holder: "it", start: 0, duration: .seconds(60), on: $0)
                })
            let reader = OwnershipReader(pool: pool)
            let owners = try #require(chain.owners[60])
            var rebuild = Rebuild(pool: pool, reader: indexer.reader, lease: lease, logger: .silent)
            rebuild.batch = 20
            rebuild.progress = { step, _ in
                let now = try await reader.owners(at: .latest)
                #expect(now == owners, "\(step)")
            }
            try await rebuild.run(allProjections)
            #expect(try await reader.owners(at: .latest) == owners)
        }
    }

    @Test func `a process that is no longer the writer changes nothing`() async throws {
        let chain = RandomChain(seed: 37, blocks: 40)
        try await TestPostgres.withDatabase { pool in
            let indexer = ChainIndexer(chain.node, pool)
            try await indexer.ingestOnce()
            let whole = try await Tables.dump(pool)
            let lease = try #require(
                try await pool.withConnection {
                    try await IngestLease.take("chain", holder: "it", start: 0, duration: .seconds(60), on: $0)
                })
            try await pool.execute("update ingest_cursors set epoch = epoch + 1")
            let rebuild = Rebuild(pool: pool, reader: indexer.reader, lease: lease, logger: .silent)
            let error = await #expect(throws: IndexerError.self) {
                try await rebuild.run(allProjections)
            }
            #expect(error?.code == .fenced)
            #expect(try await Tables.dump(pool) == whole)
        }
    }

    @Test func `an event that was set aside is tried again, and taken where it can be read by then`() async throws {
        let node = TestNode()
        node.addBlock([[.deposited(Nova.pass(1), to: Nova.wallet(1), collection: 5)]])
        // A field that is missing: nothing follows from it.
        var broken = TestEvent.deposited(Nova.pass(2), to: Nova.wallet(1), collection: 5)
        broken.fields.removeLast()
        node.addBlock([[broken]])
        try await TestPostgres.withDatabase { pool in
            let indexer = ChainIndexer(node, pool)
            try await indexer.ingestOnce()
            #expect(try await SyncStatus.read(from: pool).poisonEvents == 1)
            _ = try await IndexJobStore(pool: pool).rebuild()
            try await indexer.performJobs()
            #expect(try await SyncStatus.read(from: pool).poisonEvents == 1)
            // A program that can read it, by what the tables have.
            let whole = TestEvent.deposited(Nova.pass(2), to: Nova.wallet(1), collection: 5)
            try await pool.execute("update events set payload = $1 where height = 2", [.bytea(whole.payload)])
            _ = try await IndexJobStore(pool: pool).rebuild()
            try await indexer.performJobs()
            #expect(try await SyncStatus.read(from: pool).poisonEvents == 0)
            #expect(
                try await OwnershipReader(pool: pool).owner(of: Nova.pass(2)).value?.owner == .wallet(Nova.wallet(1)))
        }
    }

    @Test func `what the tables do not take is set aside while everything else is built`() async throws {
        let node = TestNode()
        // Minted twice: the second is no mint, and one batch has both.
        node.addBlock([
            [
                .minted(1, pass: "p", release: "r", serial: 1, "o"),
                .deposited(Nova.pass(1), to: Nova.platform, collection: 7),
            ]
        ])
        node.addBlock([[.listed(9, Nova.pass(1), by: Nova.platform), .listed(9, Nova.pass(1), by: Nova.platform)]])
        node.addBlock([[.deposited(Nova.pass(1), to: Nova.wallet(1), collection: 5)]])
        try await TestPostgres.withDatabase { pool in
            let indexer = ChainIndexer(node, pool)
            try await indexer.ingestOnce()
            let whole = try await Tables.dump(pool)
            #expect(try await SyncStatus.read(from: pool).poisonEvents == 1)
            _ = try await IndexJobStore(pool: pool).rebuild()
            try await indexer.performJobs()
            #expect(try await Tables.dump(pool) == whole)
            #expect(try await SyncStatus.read(from: pool).poisonEvents == 1)
        }
    }
}
