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

    @Test(arguments: ["all", "the last", "one in the middle", "one too many", "unknown"])
    func `results that leave something out are asked for again, and never taken for all there are`(what: String)
        async throws
    {
        let node = TestNode()
        node.addBlock((0..<5).map { [.claimed(UInt64($0), pass: "p", "op-\($0)")] })
        node.addBlock([])
        let whole = node.entries[1]
        node.change { state in
            switch what {
            case "all": state.chain[1].results.removeFirst(5)
            case "the last": state.chain[1].results.remove(at: 4)
            case "one in the middle": state.chain[1].results.remove(at: 2)
            case "one too many": state.chain[1].results.insert(state.chain[1].results[0], at: 1)
            default: state.chain[1].results[3].status = .unknown
            }
        }
        try await TestPostgres.withDatabase { pool in
            let indexer = ChainIndexer(node, pool)
            let error = await #expect(throws: AccessError.self) { try await indexer.ingestOnce() }
            #expect(error?.code == .dataLoss)
            #expect(try await pool.query("select from claims").isEmpty)
            node.change { $0.chain[1] = whole }
            try await indexer.ingestOnce()
            #expect(try await pool.query("select from claims").count == 5)
        }
    }

    @Test func `an event that can't be read is set aside and told, and the rest goes on`() async throws {
        let node = TestNode()
        node.addBlock([
            [
                .minted(5, pass: "p", release: "r", serial: 1, "op"),
                .deposited(Nova.pass(5), to: Nova.wallet(1), collection: 3),
                .claimed(5, pass: "p", "op-1"),
            ]
        ])
        node.addBlock([])
        node.change { $0.chain[1].results[0].events[2].payload = [0xd8, 0x82, 0xff] }
        try await TestPostgres.withDatabase { pool in
            let indexer = ChainIndexer(node, pool)
            try await indexer.ingestOnce()
            let status = try await SyncStatus.read(from: pool)
            #expect(status.height == 2 && status.poisonEvents == 1 && status.error == nil)
            #expect(try await pool.query("select payload from events where event_index = 2").count == 1)
            #expect(try await pool.query("select from tokens").count == 1)
            try await Rewind(to: 0).run(on: pool)
            #expect(try await SyncStatus.read(from: pool).poisonEvents == 0)
        }
    }

    @Test func `a listing whose free text is of any length stops nobody`() async throws {
        let node = TestNode()
        node.addBlock([[.listed(1, Nova.pass(5), by: Nova.wallet(1), customID: String(repeating: "x", count: 900_000))]]
        )
        node.addBlock([])
        try await TestPostgres.withDatabase { pool in
            try await ChainIndexer(node, pool).ingestOnce()
            #expect(try await SyncStatus.read(from: pool).height == 2)
            #expect(try await pool.query("select from listings").count == 1)
        }
    }

    @Test func `what the tables do not take is one event's trouble, found among all others`() async throws {
        let node = TestNode()
        for block in 0..<10 {
            node.addBlock([
                (0..<6).map { .claimed(UInt64(block * 10 + $0), pass: "p", "op-\(block)-\($0)") }
            ])
        }
        // The same token claimed again: a second row of one key, of which there can be none.
        node.addBlock([[.claimed(34, pass: "p", "again"), .claimed(1_000, pass: "p", "fine")]])
        node.addBlock([])
        try await TestPostgres.withDatabase { pool in
            try await ChainIndexer(node, pool).ingestOnce()
            let status = try await SyncStatus.read(from: pool)
            #expect(status.height == 12 && status.poisonEvents == 1)
            #expect(try await pool.query("select from claims").count == 61)
        }
    }

    @Test func `a start height that was wrong is corrected as long as nothing is indexed`() async throws {
        try await TestPostgres.withDatabase { pool in
            let first = try await pool.withConnection {
                try await IngestLease.take("chain", holder: "a", start: 900, duration: .zero, on: $0)
            }
            #expect(first?.start == 900)
            let node = TestNode()
            node.addBlock([])
            try await ChainIndexer(node, pool).ingestOnce()
            #expect(try await SyncStatus.read(from: pool).start == 0)
            #expect(try await SyncStatus.read(from: pool).height == 1)
        }
    }

    @Test(arguments: [UInt64.max, UInt64.max / 2 + 1, UInt64(Int64.max)])
    func `a node that tells of heights no chain comes to ends nothing`(height: UInt64) async throws {
        let node = TestNode()
        node.addBlock([])
        try await TestPostgres.withDatabase { pool in
            let indexer = ChainIndexer(node, pool)
            try await indexer.ingestOnce()
            node.change { $0.toldHead = BlockHeight(height) }
            await #expect(throws: AccessError.self) { try await indexer.ingestOnce() }
            #expect(try await SyncStatus.read(from: pool).height == 1)
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
