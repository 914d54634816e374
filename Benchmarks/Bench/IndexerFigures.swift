import Cadence
import Daemon
import Devnet
import FlowClient
import Glibc
import Indexer
import Postgres
import Signer

/// The index on a durable Postgres of its own, against a chain in this process that serves as fast as it is asked.
enum IndexerFigures {
    static let all: [Figure] = [
        Figure(
            "indexer.ingest", "events of transfers followed into tables with all indexes, beside bare COPY of the same rows",
            target: .percent(80), cores: .all
        ) { _ in
            try await IndexBench.with(tokens: 50_000, transfers: 150_000) { bench in
                let start = Rounds.seconds(of: CLOCK_MONOTONIC)
                try await bench.indexer().ingestOnce()
                let ours = Double(bench.events) / (Rounds.seconds(of: CLOCK_MONOTONIC) - start)
                return .rates(ours: ours, peer: Double(bench.events) / (try await bench.copied()), of: "COPY")
            }
        },
        Figure(
            "indexer.latency", "from a sealed block of 10 transfers to its rows, 99 of 100", target: .within(seconds: 0.1),
            cores: .all
        ) { _ in .seconds(try await IndexBench.latency()) },
        Figure(
            "indexer.backfill", "blocks filled in below the index, times event types, from a node without limits",
            target: .rate(25_000), cores: .all
        ) { _ in
            try await IndexBench.with(tokens: 10_000, transfers: 40_000, perBlock: 5) { bench in
                let (types, seconds) = try await bench.backfill()
                return .rate(Double(bench.blocks * types) / seconds)
            }
        },
        Figure("indexer.rebuild", "rows of history worked out anew from events, a second", target: .rate(55_556),
            cores: .all
        ) { _ in
            try await IndexBench.with(tokens: 100_000, transfers: 400_000) { bench in
                try await bench.indexer().ingestOnce()
                let seconds = try await bench.rebuild()
                return .rate(500_000 / seconds)
            }
        },
        Figure(
            "indexer.gate", "gates asked in SQL at 50,000 tokens, 8 connections of pgbench, beside a select of one row by its key",
            target: .percent(80), cores: .all
        ) { _ in
            try await IndexBench.with(tokens: 50_000, transfers: 0) { bench in
                try await bench.indexer().ingestOnce()
                return try await bench.gates()
            }
        },
    ]
}

/// A chain of generated transfers, and a database for its index.
struct IndexBench: Sendable {
    let node: DevnetNode
    let database: BenchDatabase
    var pool: PostgresPool { database.pool }
    let events: Int
    let blocks: Int

    private static let nft = "A.179b6b1cb6755e31.NovaPass.NFT"
    /// The pass that generated tokens are of.
    private static let group = "generated"

    static func with<R>(
        tokens: UInt64, transfers: UInt64, perBlock: UInt64 = 100, _ body: (IndexBench) async throws -> R
    ) async throws -> R {
        let node = try makeNode()
        try node.generate(HistoryPlan("tokens=\(tokens),transfers=\(transfers),per-block=\(perBlock)"))
        // As the daemon's own sessions are.
        let settings = Dictionary(uniqueKeysWithValues: ["hashjoin", "mergejoin", "seqscan"].map { ("enable_" + $0, "off") })
        return try await BenchDatabase.with(settings: settings) { database in
            defer { _ = system("rm -rf '\(copies)'") }
            return try await body(
                IndexBench(
                    node: node, database: database, events: Int(3 * tokens + 2 * transfers),
                    blocks: Int(node.finalizedHeight.rawValue)))
        }
    }

    private static let copies = "/tmp/weir-bench-copies-\(getpid())"

    private static func makeNode() throws -> DevnetNode {
        let key = try PrivateKey(algorithm: .ecdsaP256, scalar: [UInt8](repeating: 7, count: 32))
        return try DevnetNode(configuration: .init(servicePublicKey: key.publicKey, blockMaking: .onDemand))
    }

    func indexer(start: BlockHeight? = 0, window: Int = 64) -> ChainIndexer {
        let contracts = TrackedContracts(
            nonFungibleToken: Address("f8d6e0586b0a20c7"), pass: Address("179b6b1cb6755e31"))
        return ChainIndexer(
            api: node, pool: pool, contracts: contracts, options: .init(start: start, window: window), logger: .silent)
    }

    /// Seconds that COPY takes for the same rows into the same tables, with the same indexes.
    func copied() async throws -> Double {
        let tables = ["blocks", "transactions", "events", "tokens", "token_owners", "ownership_history", "operation_events"]
        // The server writes and reads them, under whatever name it runs.
        _ = system("mkdir -m 777 '\(Self.copies)'")
        for table in tables {
            try await pool.execute("create unlogged table copy_of_\(table) as table \(table)")
            try await pool.execute("copy copy_of_\(table) to '\(Self.copies)/\(table)' (format binary)")
        }
        try await pool.execute("truncate \(tables.joined(separator: ", ")), collection_places")
        try await pool.execute("checkpoint")
        let start = Rounds.seconds(of: CLOCK_MONOTONIC)
        for table in tables {
            try await pool.execute("copy \(table) from '\(Self.copies)/\(table)' (format binary)")
        }
        return Rounds.seconds(of: CLOCK_MONOTONIC) - start
    }

    /// Of 300 blocks that are sealed one after the other, the third slowest.
    static func latency() async throws -> Double {
        try await with(tokens: 2_000, transfers: 3_000, perBlock: 10) { bench in
            let (node, indexer) = (bench.node, bench.indexer())
            let last = node.finalizedHeight.rawValue
            node.misbehave { $0.sealsUpTo = BlockHeight(last - 300) }
            return try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await indexer.run() }
                defer { group.cancelAll() }
                try await indexer.committed(through: BlockHeight(last - 300))
                var taken: [Double] = []
                for height in last - 299...last {
                    let start = Rounds.seconds(of: CLOCK_MONOTONIC)
                    node.misbehave { $0.sealsUpTo = BlockHeight(height) }
                    try await indexer.committed(through: BlockHeight(height))
                    taken.append(Rounds.seconds(of: CLOCK_MONOTONIC) - start)
                }
                return taken.sorted()[296]
            }
        }
    }

    func backfill() async throws -> (types: Int, seconds: Double) {
        let late = indexer(start: node.finalizedHeight)
        try await late.ingestOnce()
        let job = try await IndexJobStore(pool: pool).backfill([Self.nft], from: 0)[0]
        let start = Rounds.seconds(of: CLOCK_MONOTONIC)
        async let done: Void = late.performJobs()
        var seconds = 0.0
        while let now = try await IndexJobStore(pool: pool).job(job.id), now.state != .done {
            if now.step == "fetching" || now.step == nil { seconds = Rounds.seconds(of: CLOCK_MONOTONIC) - start }
            try await Task.sleep(for: .milliseconds(5))
        }
        try await done
        let types = Set(late.trackedEventTypes).count
        return (types, seconds)
    }

    func rebuild() async throws -> Double {
        _ = try await IndexJobStore(pool: pool).rebuild()
        let start = Rounds.seconds(of: CLOCK_MONOTONIC)
        try await indexer().performJobs()
        return Rounds.seconds(of: CLOCK_MONOTONIC) - start
    }

    /// By pgbench, which has nothing of ours in it: prepared statements over the socket, in turns.
    func gates() async throws -> Outcome {
        let row = try await pool.query("select token_id, owner from token_owners limit 1").one()
        let (id, owner): (Int64, String) = (try row.decode(at: 0), try row.decode(at: 1))
        var best = (ours: 0.0, peer: 0.0)
        for _ in 0..<3 {
            guard let ours = database.pgbench("select open from weir_api.gate('\(Self.group)', '\(owner)', 1);"),
                let peer = database.pgbench(
                    "select owner from weir.token_owners where token_id = \(id) and token_type = '\(Self.nft)';")
            else { return .noPeer(ours: nil, why: "pgbench is not on this machine") }
            best = (max(best.ours, ours), max(best.peer, peer))
        }
        return .rates(ours: best.ours, peer: best.peer, of: "one row")
    }
}
