import Daemon
import FlowClient
import Postgres
import TestSupport
import Testing

@testable import Indexer

@Suite(.timeLimit(.minutes(2))) struct ChainIndexerTests {
    @Test(arguments: [1, 7, 64]) func `the tables say what the chain did, at every height`(_ window: Int) async throws {
        let chain = RandomChain(seed: UInt64(window) + 100, blocks: 80)
        try await TestPostgres.withDatabase { pool in
            let cursor = try await ChainIndexer(chain.node, pool, window: window).ingestOnce()
            #expect(cursor?.height == chain.node.last)
            let reader = OwnershipReader(pool: pool)
            for (height, owners) in chain.owners {
                #expect(try await reader.owners(at: .at(height)) == owners, "height \(height)")
                #expect(try await reader.listings(at: .at(height)) == chain.listings[height], "height \(height)")
            }
        }
    }

    @Test func `history that doesn't begin at 0 is indexed from its first block`() async throws {
        let chain = RandomChain(seed: 5, blocks: 10, root: 130_290_659)
        try await TestPostgres.withDatabase { pool in
            try await ChainIndexer(chain.node, pool).ingestOnce()
            let status = try await SyncStatus.read(from: pool)
            #expect(status.start == 130_290_659)
            #expect(status.height == chain.node.last)
        }
    }

    @Test func `a restart goes on at the cursor and repeats nothing`() async throws {
        var chain = RandomChain(seed: 6, blocks: 30)
        let reference = try await TestPostgres.withDatabase { pool in
            try await ChainIndexer(chain.node, pool).ingestOnce()
            try await ChainIndexer(chain.node, pool).ingestOnce()
            chain.grow(by: 25)
            try await ChainIndexer(chain.node, pool).ingestOnce()
            return try await Tables.dump(pool)
        }
        try await TestPostgres.withDatabase { pool in
            try await ChainIndexer(chain.node, pool, window: 100).ingestOnce()
            #expect(try await Tables.dump(pool) == reference)
        }
    }

    @Test func `heights that the node keeps back are not passed over`() async throws {
        let chain = RandomChain(seed: 7, blocks: 20)
        chain.node.change { $0.hidden = [9] }
        try await TestPostgres.withDatabase { pool in
            let error = await #expect(throws: IndexerError.self) {
                try await ChainIndexer(chain.node, pool).ingestOnce()
            }
            #expect(error?.code == .gap)
            #expect(error?.height == 9)
            #expect(try await SyncStatus.read(from: pool).height == 8)
            chain.node.change { $0.hidden = [] }
            try await ChainIndexer(chain.node, pool).ingestOnce()
            #expect(try await OwnershipReader(pool: pool).owners(at: .latest) == chain.owners[chain.node.last])
        }
    }

    @Test func `a fork stops before the block that doesn't fit, and what stood before it is kept`() async throws {
        let chain = RandomChain(seed: 8, blocks: 20)
        try await TestPostgres.withDatabase { pool in
            try await ChainIndexer(chain.node, pool).ingestOnce()
            let before = try await Tables.dump(pool)
            chain.node.fork(after: 15, salt: 2)
            for _ in 0..<10 { chain.node.addBlock([]) }
            let error = await #expect(throws: IndexerError.self) {
                try await ChainIndexer(chain.node, pool).ingestOnce()
            }
            #expect(error?.code == .fork)
            #expect(error?.height == 21)
            #expect(try await Tables.dump(pool) == before)
        }
    }

    @Test func `a node of another chain is told from one that lags`() async throws {
        let chain = RandomChain(seed: 9, blocks: 20)
        try await TestPostgres.withDatabase { pool in
            try await ChainIndexer(chain.node, pool).ingestOnce()
            chain.node.change { $0.tip = 4 }
            #expect(try await ChainIndexer(chain.node, pool).ingestOnce()?.height == 20)
            let other = TestNode(salt: 9)
            for _ in 0..<5 { other.addBlock([]) }
            let error = await #expect(throws: IndexerError.self) { try await ChainIndexer(other, pool).ingestOnce() }
            #expect(error?.code == .otherChain)
        }
    }

    @Test func `answers that contradict themselves stop ingest`() async throws {
        let lies: [(String, @Sendable (inout TestNode.Entry) -> Void)] = [
            ("another height", { $0.block.height = 7 }),
            ("results of another block", { $0.results[0].blockID = TestNode.blockID(1, salt: 9) }),
            ("results of another height", { $0.results[0].blockHeight = 3 }),
            ("an event of another transaction", { $0.results[0].events[0].transactionID = .zero }),
            ("a time that is none", { $0.block.timestamp = Timestamp(seconds: 1_796_023_188_828) }),
            ("an event twice", { $0.results[0].events.append($0.results[0].events[1]) }),
            ("an event at another place", { $0.results[0].events[0].transactionIndex = 1 }),
            ("bytes that are no event", { $0.results[0].events[1].payload = [0xd8, 0x82, 0xff] }),
        ]
        for (name, lie) in lies {
            let node = TestNode()
            node.addBlock([
                [
                    .minted(5, pass: "p", release: "r", serial: 1, "op"),
                    .deposited(Nova.pass(5), to: Nova.wallet(1), collection: 3),
                ]
            ])
            node.addBlock([])
            node.change { lie(&$0.chain[1]) }
            try await TestPostgres.withDatabase { pool in
                let error = await #expect(throws: IndexerError.self, "\(name)") {
                    try await ChainIndexer(node, pool).ingestOnce()
                }
                #expect(error?.stopsIngest == true, "\(name)")
                let height = try await SyncStatus.read(from: pool).height
                #expect(height == nil || height == 0, "\(name)")
            }
        }
    }

    @Test func `outcomes of transactions are kept with their reasons, system transactions only where they speak`()
        async throws
    {
        let node = TestNode()
        node.addBlock(
            [[.claimed(5, pass: "p", "op-1")], []], failing: ["[Error Code: 1007] wrong number\0"])
        try await TestPostgres.withDatabase { pool in
            try await ChainIndexer(node, pool).ingestOnce()
            let rows = try await pool.query(
                "select transaction_index, status_code, error_message, is_system, event_count from transactions order by 1"
            )
            #expect(try rows.map { try $0.decode(Int.self, "status_code") } == [0, 0, 1])
            #expect(try rows.map { try $0.decode(Int.self, "event_count") } == [1, 0, 0])
            #expect(try rows[2].decode(String.self, "error_message") == "[Error Code: 1007] wrong number\u{FFFD}")
        }
    }

    @Test func `a block that is committed is announced with its schema and height`() async throws {
        let node = TestNode()
        try await TestPostgres.withDatabase { pool in
            let indexer = ChainIndexer(node, pool)
            try await indexer.ingestOnce()
            var heights = indexer.heights().makeAsyncIterator()
            #expect(await heights.next() == 0)
            node.addBlock([])
            try await indexer.ingestOnce()
            #expect(await heights.next() == 1)
        }
    }
}
