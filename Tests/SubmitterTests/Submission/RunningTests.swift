import Daemon
import Devnet
import FlowClient
import Foundation
import Indexer
import Postgres
import Synchronization
import Testing

@testable import Submitter

/// The service as it runs in the daemon, over real gRPC, with blocks made beside it.
@Suite(.timeLimit(.minutes(2))) struct RunningTests {
    /// Runs the submitter and the indexer against the devnet behind gRPC until `body` returns.
    static func running(_ bench: Bench, _ body: @Sendable @escaping () async throws -> Void) async throws {
        let devnet = Devnet(node: bench.node)
        let port = try devnet.start()
        let access = GRPCAccessClient(target: "127.0.0.1:\(port)")
        let submitter = try bench.makeSubmitter(
            api: access,
            adjust: { configuration in
                configuration.sweepInterval = .milliseconds(500)
                configuration.pollInterval = .milliseconds(50)
                configuration.now = { .now }
            })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await devnet.run() }
            group.addTask { try await submitter.run() }
            group.addTask { try await bench.indexer.run() }
            group.addTask {
                while true {
                    try await Task.sleep(for: .milliseconds(50))
                    bench.node.makeBlock()
                }
            }
            group.addTask { try await body() }
            try await group.next()
            group.cancelAll()
            do { try await group.waitForAll() } catch is CancellationError {}
        }
    }

    static func wait(_ bench: Bench, _ id: OperationID) async throws -> OperationStatus {
        while true {
            if let status = try await bench.operations.status(id), status.state == .finished { return status }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    @Test func `a thousand airdrops over gRPC are on chain and in the index within seconds`() async throws {
        try await Bench.with { bench in
            try await bench.prepareChain()
            try await Self.running(bench) {
                let clock = ContinuousClock()
                let start = clock.now
                let id = try await bench.enqueue("airdrop_pass", bench.airdrops(1000))
                let status = try await Self.wait(bench, id)
                let taken = clock.now - start
                print("1,000 airdrops: \(taken)")
                #expect(status.outcome == .done && status.items.done == 1000 && status.attempts == 4)
                #expect(taken < .seconds(20))
            }
            #expect(try await bench.expectTidy() == [])
        }
    }

    @Test func `a chain of operations goes through without anyone pushing it`() async throws {
        try await Bench.with(proposalKeys: 0) { bench in
            try await Self.running(bench) {
                let start = ContinuousClock().now
                _ = try await KeyProvisioner(store: bench.operations).add(3)
                let brand = try await bench.enqueue("create_brand", [NewItem(.createBrand(id: Bench.brand, name: "n"))])
                #expect(try await Self.wait(bench, brand).outcome == .done)
                let pass = try await bench.enqueue(
                    "create_pass",
                    [
                        NewItem(
                            .createPass(
                                id: Bench.pass, brandID: Bench.brand, name: "n", description: "", image: "",
                                maxSupply: nil))
                    ])
                #expect(try await Self.wait(bench, pass).outcome == .done)
                let release = try await bench.enqueue(
                    "schedule_release",
                    [
                        NewItem(
                            .scheduleRelease(
                                id: "r", passID: Bench.pass, supply: 300, price: 1, startsAt: 1, endsAt: nil))
                    ]
                        + (0..<300).map {
                            NewItem(.mintToken(releaseID: "r", number: $0, expiry: 4_102_444_800), dependsOn: [0])
                        })
                #expect(try await Self.wait(bench, release).items.done == 301)
                print("brand, pass, release of 300: \(ContinuousClock().now - start)")
            }
            #expect(try await bench.expectTidy() == [])
        }
    }

    @Test func `a database whose connections are cut is found again`() async throws {
        try await Bench.with { bench in
            try await bench.prepareChain()
            try await Self.running(bench) {
                let first = try await bench.enqueue("drop", bench.drops(3))
                _ = try await Self.wait(bench, first)
                _ = try? await bench.pool.query(
                    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
                )
                // A connection that is lent may be one that is about to be cut.
                func again<R>(_ body: () async throws -> R) async throws -> R {
                    while true {
                        do { return try await body() } catch let error as PostgresError where error.isTransient {}
                    }
                }
                let second = try await again {
                    try await bench.enqueue("drop", bench.drops(3, named: "after"), key: "after")
                }
                let done = try await again { try await Self.wait(bench, second).items.done }
                let events = try await again { try await bench.events("Dropped", second) }
                #expect(done == 3 && events == 3)
            }
        }
    }

    @Test func `a process of the same name makes the one before it stop`() async throws {
        try await Bench.with { bench in
            let first = try bench.makeSubmitter(adjust: { $0.heartbeat = .milliseconds(10) })
            let error = await refusal {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await first.run() }
                    group.addTask {
                        while try await bench.count("leases") == 0 { try await Task.sleep(for: .milliseconds(5)) }
                        _ = try await bench.submitter()
                        try await Task.sleep(for: .seconds(60))
                    }
                    defer { group.cancelAll() }
                    try await group.next()
                }
            }
            #expect(error?.code == .fenced)
        }
    }

    @Test func `a lease that others ended is taken anew`() async throws {
        try await Bench.with { bench in
            try await bench.prepareChain()
            try await Self.running(bench) {
                while try await bench.count("leases") == 0 { try await Task.sleep(for: .milliseconds(5)) }
                _ = try await bench.pool.execute("delete from leases")
                let id = try await bench.enqueue("drop", bench.drops(3))
                #expect(try await Self.wait(bench, id).items.done == 3)
            }
        }
    }

    @Test func `a graceful end gives the place up, and another process need not wait for it`() async throws {
        try await Bench.with { bench in
            let shutdown = GracefulShutdown()
            let submitter = try bench.makeSubmitter()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await GracefulShutdown.$current.withValue(shutdown) { try await submitter.run() }
                }
                while try await bench.count("leases") == 0 { try await Task.sleep(for: .milliseconds(5)) }
                shutdown.request()
                try await group.waitForAll()
            }
            #expect(try await bench.count("leases") == 0)
        }
    }
}
