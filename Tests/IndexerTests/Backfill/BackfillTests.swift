import Cadence
import Daemon
import FlowClient
import Postgres
import TestSupport
import Testing

@testable import Indexer

@Suite(.timeLimit(.minutes(2))) struct BackfillTests {
    private func indexer(
        _ node: TestNode, _ pool: PostgresPool, start: BlockHeight? = nil, isOrigin: Bool = true,
        contracts: TrackedContracts = Nova.contracts
    ) -> ChainIndexer {
        var options = ChainIndexer.Options(start: start, window: 16, concurrency: 4)
        options.startIsOrigin = isOrigin
        return ChainIndexer(api: node, pool: pool, contracts: contracts, options: options, logger: .silent)
    }

    /// What follows from events, whoever told them: rows of transactions are the follower's alone.
    private func derived(_ pool: PostgresPool) async throws -> [String: [String]] {
        try await Tables.dump(pool).filter { !["transactions", "projections"].contains($0.key) }
    }

    @Test func `an index that begins in mid-history says what it can't know`() async throws {
        let chain = RandomChain(seed: 21, blocks: 80)
        try await TestPostgres.withDatabase { pool in
            try await indexer(chain.node, pool, start: 50, isOrigin: false).ingestOnce()
            let reader = OwnershipReader(pool: pool)
            let before = Set(chain.owners[49]!.keys)
            let seen = Set(try await reader.everything(at: .latest).value.map(\.token))
            let unmoved = try #require(before.subtracting(seen).min())
            // It may have an owner, and nobody here knows.
            let error = await #expect(throws: IndexerError.self) { try await reader.owner(of: unmoved) }
            #expect(error?.code == .notCovered)
            #expect(error?.message.contains("from height 50") == true, "\(error?.message ?? "")")
            await #expect(throws: IndexerError.self) { try await reader.history(of: unmoved) }
            // What has moved since is known.
            let moved = try #require(seen.first { chain.owners[80]![$0] == .wallet(Nova.wallet(1)) })
            #expect(try await reader.owner(of: moved).value?.owner == .wallet(Nova.wallet(1)))
            let holdings = try await reader.holdings(of: .wallet(Nova.wallet(1)))
            #expect(holdings.gaps.map(\.track).contains(Nova.pass))
            #expect(holdings.gaps.allSatisfy { $0.from == 50 && !$0.isWhole })
        }
    }

    @Test func `filled in, the tables are those of an index that was there from the beginning`() async throws {
        let chain = RandomChain(seed: 22, blocks: 700)
        let whole = try await TestPostgres.withDatabase { pool in
            try await indexer(chain.node, pool).ingestOnce()
            return try await derived(pool)
        }
        try await TestPostgres.withDatabase { pool in
            let late = indexer(chain.node, pool, start: 600, isOrigin: false)
            try await late.ingestOnce()
            let store = IndexJobStore(pool: pool)
            let refused = await #expect(throws: IndexerError.self) { try await store.backfill([Nova.pass]) }
            #expect(refused?.message.contains("nobody has said where") == true)
            let names = Nova.contracts.tracks.map(\.name)
            let jobs = try await store.backfill(names, from: 0)
            #expect(jobs.map(\.tracks) == [names.sorted()])
            #expect(jobs.first?.to == 599)
            try await late.performJobs()
            let job = try #require(try await store.job(jobs[0].id))
            #expect(job.state == .done, "\(job.error ?? "")")
            #expect(job.height == 599)
            #expect(try await derived(pool) == whole)
            // Not said where it began: from 0 on is not yet all there is.
            #expect(try await Coverage.read(from: pool).allSatisfy { $0.from == 0 && $0.source == .backfill })
            let reader = OwnershipReader(pool: pool)
            for height in [0, 300, 599, 600, 700] as [BlockHeight] {
                #expect(try await reader.owners(at: .at(height)) == chain.owners[height], "\(height)")
            }
            // 700 heights are three ranges at most of each event type.
            #expect(chain.node.calls("events") <= 3 * Set(Nova.contracts.tracks.flatMap(\.eventTypes)).count)
        }
    }

    @Test func `a contract that is added later is filled in by itself, beside what is there`() async throws {
        let chain = RandomChain(seed: 23, blocks: 120)
        var fewer = Nova.contracts
        fewer.others = []
        fewer.vaults = []
        fewer.hybridCustody = nil
        try await TestPostgres.withDatabase { pool in
            try await indexer(chain.node, pool, contracts: fewer).ingestOnce()
            let reader = OwnershipReader(pool: pool)
            let passes = try await reader.owners(at: .latest)
            #expect(passes == chain.owners[120]!.filter { [Nova.pass, Nova.collectible].contains($0.key.type) })
            let kitty = try #require(chain.owners[120]!.keys.first { $0.type == Nova.kitty })

            let all = indexer(chain.node, pool)
            try await all.ingestOnce()
            let gap = await #expect(throws: IndexerError.self) { try await reader.owner(of: kitty) }
            #expect(gap?.code == .notCovered)
            let asked = try await IndexJobStore(pool: pool).all()
            #expect(asked.map(\.reason) == ["followed after it began"])
            try await all.performJobs()
            #expect(try await reader.owners(at: .latest) == chain.owners[120])
            #expect(try await reader.owner(of: kitty).value != nil)
            #expect(try await Coverage.read(from: pool).allSatisfy(\.isWhole))
            // And it is not asked for twice.
            try await all.ingestOnce()
            #expect(try await IndexJobStore(pool: pool).all().count == 1)
        }
    }

    @Test func `what is followed no longer is known to its end, and followed again it has a gap`() async throws {
        var chain = RandomChain(seed: 24, blocks: 60)
        var fewer = Nova.contracts
        fewer.others = []
        try await TestPostgres.withDatabase { pool in
            try await indexer(chain.node, pool).ingestOnce()
            chain.grow(by: 40)
            try await indexer(chain.node, pool, contracts: fewer).ingestOnce()
            let reader = OwnershipReader(pool: pool)
            let kitty = try #require(chain.owners[60]!.keys.first { $0.type == Nova.kitty })
            #expect(try await reader.owner(of: kitty, at: .at(60)).value?.owner == chain.owners[60]![kitty])
            let error = await #expect(throws: IndexerError.self) {
                try await reader.holdings(of: .wallet(Nova.wallet(1)), type: Nova.kitty)
            }
            #expect(error?.code == .notCovered)
            let again = indexer(chain.node, pool)
            try await again.ingestOnce()
            try await again.performJobs()
            for height in [30, 60, 80, 100] as [BlockHeight] {
                #expect(try await reader.owners(at: .at(height)) == chain.owners[height], "\(height)")
            }
        }
    }

    @Test func `a start height that was too high is corrected by the configuration alone`() async throws {
        let chain = RandomChain(seed: 31, blocks: 90)
        try await TestPostgres.withDatabase { pool in
            try await indexer(chain.node, pool, start: 60).ingestOnce()
            // Nothing came before 60, it said: what was never seen is nobody's.
            let lost = try #require(
                Set(chain.owners[59]!.keys).subtracting(
                    try await OwnershipReader(pool: pool).everything(at: .latest).value.map(\.token)
                ).min())
            #expect(try await OwnershipReader(pool: pool).owner(of: lost).value == nil)
            let corrected = indexer(chain.node, pool, start: 0)
            try await corrected.ingestOnce()
            await #expect(throws: IndexerError.self) { try await OwnershipReader(pool: pool).owner(of: lost) }
            try await corrected.performJobs()
            for height in [30, 59, 90] as [BlockHeight] {
                #expect(
                    try await OwnershipReader(pool: pool).owners(at: .at(height)) == chain.owners[height], "\(height)")
            }
            #expect(try await SyncStatus.read(from: pool).start == 0)
        }
    }

    @Test func `interrupted again and again, it ends whole`() async throws {
        let chain = RandomChain(seed: 25, blocks: 900)
        try await TestPostgres.withDatabase { pool in
            let late = indexer(chain.node, pool, start: 850, isOrigin: false)
            try await late.ingestOnce()
            let store = IndexJobStore(pool: pool)
            let job = try await store.backfill([], from: 0)[0]
            var random = SplitMix(state: 9)
            var before: BlockHeight = 0
            for _ in 0..<12 {
                // A node that answers so many calls and then is gone, and a process that ends there.
                let answered = Int.random(in: 0...60, using: &random)
                let calls = chain.node.calls("events")
                chain.node.change { $0.diesAfter = calls + answered }
                let task = Task { try await late.performJobs() }
                while chain.node.calls("events") <= calls + answered, try await store.job(job.id)?.state != .done {
                    await Task.yield()
                }
                task.cancel()
                _ = await task.result
                chain.node.change { $0.diesAfter = nil }
                let now = try #require(try await store.job(job.id))
                if let height = now.height {
                    #expect(height >= before)
                    before = height
                    // Whole heights from the first on, and nothing above.
                    let rows = try await pool.query(
                        "select count(*), max(height) from blocks where height < 850"
                    ).one()
                    #expect(try rows.decode(Int64.self, at: 0) == height.signed + 1)
                    #expect(try rows.decode(Int64.self, at: 1) == height.signed)
                }
                if now.state == .done { break }
            }
            try await late.performJobs()
            #expect(try await store.job(job.id)?.state == .done)
            #expect(try await OwnershipReader(pool: pool).owners(at: .latest) == chain.owners[900])
            #expect(try await pool.query("select count(*) from blocks").one(Int.self) == 901)
        }
    }

    @Test(arguments: ["cut", "gap", "twice", "other id", "other type", "far index"])
    func `what a node makes up or leaves out is not taken`(_ lie: String) async throws {
        let chain = RandomChain(seed: 26, blocks: 60)
        let reader = EventReader(Nova.contracts)
        let types = Set(Nova.contracts.tracks.flatMap(\.eventTypes)).sorted()
        let source = RangeSource(api: chain.node, reader: reader, types: types)
        let honest = try await source.range(0...40)
        #expect(honest.blocks.count == 41 && honest.events.count > 40)
        chain.node.change { state in
            state.bendsRanges = { told in
                var told = told
                let place = told.firstIndex { !$0.events.isEmpty } ?? 7
                switch lie {
                case "cut": told.removeLast(3)
                case "gap": told.remove(at: 5)
                case "twice": if !told[place].events.isEmpty { told[place].events.append(told[place].events[0]) }
                case "other id":
                    if told[place].events.isEmpty { told[place].blockID = TestNode.blockID(9, salt: 9) }
                case "other type": if !told[place].events.isEmpty { told[place].events[0].type = "A.01.X.Y" }
                default: if !told[place].events.isEmpty { told[place].events[0].eventIndex = .max }
                }
                return told
            }
        }
        let error = await #expect(throws: IndexerError.self) { try await source.range(0...40) }
        #expect([.gap, .contradiction].contains(error?.code))
    }

    @Test func `what would be too much at once is asked for in parts`() async throws {
        let chain = RandomChain(seed: 27, blocks: 60)
        let types = Set(Nova.contracts.tracks.flatMap(\.eventTypes)).sorted()
        let source = RangeSource(api: chain.node, reader: EventReader(Nova.contracts), types: types)
        let whole = try await source.range(0...60)
        chain.node.change { $0.rangeLimit = 7 }
        let parts = try await source.range(0...60)
        #expect(parts.blocks == whole.blocks)
        #expect(parts.events.map(\.event) == whole.events.map(\.event))
    }

    @Test func `a past that does not lead to what is indexed is a failure that says so`() async throws {
        let chain = RandomChain(seed: 28, blocks: 60)
        try await TestPostgres.withDatabase { pool in
            let late = indexer(chain.node, pool, start: 40, isOrigin: false)
            try await late.ingestOnce()
            // Another chain's blocks below, and ours above.
            let other = RandomChain(seed: 28, blocks: 39)
            other.node.change { $0.salt = 5 }
            let stranger = TestNode(salt: 5)
            for _ in 0..<60 { stranger.addBlock([]) }
            let store = IndexJobStore(pool: pool)
            let job = try await store.backfill([Nova.kitty], from: 0)[0]
            try await indexer(stranger, pool, start: 40, isOrigin: false).performJobs()
            let failed = try #require(try await store.job(job.id))
            #expect(failed.state == .failed)
            #expect(failed.error?.hasPrefix("fork") == true, "\(failed.error ?? "")")
            #expect(try await Coverage.read(from: pool).allSatisfy { $0.from == 40 })
        }
    }

    @Test func `a job is paused, resumed and cancelled by a word`() async throws {
        let chain = RandomChain(seed: 29, blocks: 30)
        try await TestPostgres.withDatabase { pool in
            let late = indexer(chain.node, pool, start: 20, isOrigin: false)
            try await late.ingestOnce()
            let store = IndexJobStore(pool: pool)
            let job = try await store.backfill([Nova.kitty], from: 0)[0]
            #expect(try await store.change(job.id, to: .paused)?.state == .paused)
            try await late.performJobs()
            #expect(try await store.job(job.id)?.height == nil)
            #expect(try await store.change(job.id, to: .queued)?.state == .queued)
            try await late.performJobs()
            #expect(try await store.job(job.id)?.state == .done)
            #expect(try await store.change(job.id, to: .cancelled) == nil)
        }
    }

    @Test func `what makes no sense is refused, and says why`() async throws {
        let chain = RandomChain(seed: 30, blocks: 10)
        try await TestPostgres.withDatabase { pool in
            let store = IndexJobStore(pool: pool)
            await #expect(throws: IndexerError.self) { try await store.backfill([], from: 0) }
            try await indexer(chain.node, pool).ingestOnce()
            for (tracks, from) in [(["A.nothing"], 0), ([Nova.pass], 0), ([Nova.pass], 5)] as [([String], BlockHeight)]
            {
                let error = await #expect(throws: IndexerError.self) { try await store.backfill(tracks, from: from) }
                #expect(error?.code == .badRequest)
            }
            await #expect(throws: IndexerError.self) { try await store.rebuild(["owners"]) }
            #expect(try await store.all().isEmpty)
        }
    }
}
