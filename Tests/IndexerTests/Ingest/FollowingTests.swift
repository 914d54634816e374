import Daemon
import Devnet
import FlowClient
import Postgres
import Synchronization
import TestSupport
import Testing

@testable import Indexer

/// The indexer as the daemon runs it.
@Suite(.timeLimit(.minutes(1))) struct FollowingTests {
    /// Runs an indexer while `body` does, then asks it to stop as a service group does, and waits until it has.
    private func running(
        _ indexer: ChainIndexer, _ body: () async throws -> Void
    ) async throws {
        let shutdown = GracefulShutdown()
        try await GracefulShutdown.$current.withValue(shutdown) {
            async let run: Void = indexer.run()
            do {
                try await body()
            } catch {
                shutdown.request()
                try? await run
                throw error
            }
            shutdown.request()
            try await run
        }
    }

    @Test func `blocks are committed as they come`() async throws {
        var chain = RandomChain(seed: 21, blocks: 5)
        try await TestPostgres.withDatabase { pool in
            let indexer = ChainIndexer(chain.node, pool)
            try await running(indexer) {
                for _ in 0..<10 {
                    chain.grow(by: 7)
                    try await indexer.committed(through: chain.node.last)
                    #expect(try await OwnershipReader(pool: pool).owners(at: .latest) == chain.owners[chain.node.last])
                }
                #expect(indexer.progress.height == chain.node.last)
                let status = try await SyncStatus.read(from: pool)
                #expect(status.isHeld)
                #expect(status.error == nil)
            }
            // The lease goes with a graceful stop: the next one needs not wait.
            #expect(try await !SyncStatus.read(from: pool).isHeld)
        }
    }

    @Test func `a node that fails now and then costs nothing`() async throws {
        var chain = RandomChain(seed: 22, blocks: 5)
        try await TestPostgres.withDatabase { pool in
            let indexer = ChainIndexer(chain.node, pool)
            try await running(indexer) {
                for round in 0..<6 {
                    chain.node.change {
                        $0.failures = [
                            AccessError(.unavailable, "connection reset"), AccessError(.deadlineExceeded, "too slow"),
                            AccessError(.resourceExhausted, "rate limit"),
                        ]
                        if round == 3 { $0.tip = 2 }
                    }
                    chain.grow(by: 5)
                    chain.node.change { $0.tip = nil }
                    try await indexer.committed(through: chain.node.last)
                }
                #expect(try await OwnershipReader(pool: pool).owners(at: .latest) == chain.owners[chain.node.last])
            }
        }
    }

    @Test func `what a person lets rest commits nothing, and goes on where it stood`() async throws {
        var chain = RandomChain(seed: 26, blocks: 5)
        try await TestPostgres.withDatabase { pool in
            let isPaused = Mutex(false)
            var options = ChainIndexer.Options(pollInterval: .milliseconds(5), leaseDuration: .milliseconds(300))
            options.isPaused = { isPaused.withLock { $0 } }
            let indexer = ChainIndexer(
                api: chain.node, pool: pool, contracts: Nova.contracts, options: options, logger: .silent)
            try await running(indexer) {
                try await indexer.committed(through: chain.node.last)
                let before = chain.node.last
                isPaused.withLock { $0 = true }
                while indexer.progress.phase != .paused { try await Task.sleep(for: .milliseconds(5)) }
                chain.grow(by: 5)
                let status = try await SyncStatus.read(from: pool)
                #expect(status.height == before && !status.isHeld && status.error == nil)
                isPaused.withLock { $0 = false }
                try await indexer.committed(through: chain.node.last)
                #expect(try await OwnershipReader(pool: pool).owners(at: .latest) == chain.owners[chain.node.last])
            }
        }
    }

    @Test func `another process takes over where the first has stopped`() async throws {
        var chain = RandomChain(seed: 23, blocks: 5)
        try await TestPostgres.withDatabase { pool in
            let (first, second) = (ChainIndexer(chain.node, pool), ChainIndexer(chain.node, pool))
            try await running(first) { try await first.committed(through: chain.node.last) }
            chain.grow(by: 10)
            try await running(second) {
                try await second.committed(through: chain.node.last)
                #expect(try await OwnershipReader(pool: pool).owners(at: .latest) == chain.owners[chain.node.last])
            }
        }
    }

    @Test func `one of two writes, the other stands by and takes over when the first is cancelled`() async throws {
        var chain = RandomChain(seed: 24, blocks: 5)
        try await TestPostgres.withDatabase { pool in
            let first = ChainIndexer(
                api: chain.node, pool: pool, contracts: Nova.contracts,
                options: .init(pollInterval: .milliseconds(5), leaseDuration: .milliseconds(400)), logger: .silent)
            let second = ChainIndexer(
                api: chain.node, pool: pool, contracts: Nova.contracts,
                options: .init(pollInterval: .milliseconds(5), leaseDuration: .milliseconds(400)), logger: .silent)
            let task = Task { try await first.run() }
            try await first.committed(through: chain.node.last)
            try await running(second) {
                #expect(second.progress.height == nil)
                task.cancel()  // as a kill: nothing is handed over
                _ = await task.result
                chain.grow(by: 5)
                try await second.committed(through: chain.node.last)
                #expect(try await OwnershipReader(pool: pool).owners(at: .latest) == chain.owners[chain.node.last])
            }
        }
    }

    @Test func `two writers that both believe to be the one give one index`() async throws {
        var chain = RandomChain(seed: 25, blocks: 5)
        let pools = 4
        try await TestPostgres.withDatabase { pool in
            // A lease that has always run out: each takes over from the others all the time.
            let indexers = (0..<pools).map { _ in
                ChainIndexer(
                    api: chain.node, pool: pool, contracts: Nova.contracts,
                    options: .init(window: 3, pollInterval: .milliseconds(1), leaseDuration: .milliseconds(1)),
                    logger: .silent)
            }
            let shutdown = GracefulShutdown()
            try await GracefulShutdown.$current.withValue(shutdown) {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for indexer in indexers { group.addTask { try await indexer.run() } }
                    for _ in 0..<5 {
                        chain.grow(by: 20)
                        while try await SyncStatus.read(from: pool).height != chain.node.last { await Task.yield() }
                    }
                    shutdown.request()
                    try await group.waitForAll()
                }
            }
            let reader = OwnershipReader(pool: pool)
            for (height, owners) in chain.owners { #expect(try await reader.owners(at: .at(height)) == owners) }
            #expect(try await pool.query("select count(*) from blocks").one(Int.self) == 106)
        }
    }

    @Test func `a rewind under a running writer makes it read again from there`() async throws {
        let chain = RandomChain(seed: 26, blocks: 40)
        try await TestPostgres.withDatabase { pool in
            let indexer = ChainIndexer(chain.node, pool)
            try await running(indexer) {
                try await indexer.committed(through: 40)
                let whole = try await Tables.dump(pool)
                for height in [12, 39, 0] as [BlockHeight] {
                    try await Rewind(to: height).run(on: pool)
                    // The chain is quiet: it is the lease that tells the writer.
                    while try await SyncStatus.read(from: pool).height != 40 { await Task.yield() }
                    #expect(try await Tables.dump(pool) == whole)
                }
            }
        }
    }

    @Test func `a contradiction stops ingest, is written down for all, and is no end of the daemon`() async throws {
        let chain = RandomChain(seed: 27, blocks: 20)
        try await TestPostgres.withDatabase { pool in
            let log = RecordingLogSink()
            let indexer = ChainIndexer(chain.node, pool, logger: Logger(sink: log, level: .debug))
            try await running(indexer) {
                try await indexer.committed(through: 20)
                chain.node.fork(after: 10, salt: 7)
                for _ in 0..<20 { chain.node.addBlock([]) }
                while try await SyncStatus.read(from: pool).error == nil { await Task.yield() }
                let status = try await SyncStatus.read(from: pool)
                #expect(status.height == 20)
                #expect(status.error?.contains("fork") == true || status.error?.contains("other_chain") == true)
                #expect(!status.isCurrent(lag: 1_000))
                while true {
                    if case .stopped = indexer.progress.phase { break }
                    await Task.yield()
                }
                #expect(log.all.contains { $0.level == .error })
                #expect(try await OwnershipReader(pool: pool).owners(at: .latest) == chain.owners[20])
            }
        }
    }

    @Test func `other processes hear of a block that is committed, with its schema`() async throws {
        let node = TestNode()
        try await TestPostgres.withDatabase { pool in
            var notifications = pool.listen(BatchWriter.channel).makeAsyncIterator()
            #expect(try await notifications.next() == .mayHaveMissed)
            try await ChainIndexer(node, pool).ingestOnce()
            #expect(try await notifications.next()?.payload == "weir 0")
            node.addBlock([])
            try await ChainIndexer(node, pool).ingestOnce()
            #expect(try await notifications.next()?.payload == "weir 1")
        }
    }
}
