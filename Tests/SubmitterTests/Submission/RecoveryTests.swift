import Cadence
import Devnet
import FlowClient
import Foundation
import Indexer
import Postgres
import Synchronization
import Testing

@testable import Submitter

/// What goes wrong, at each step: nothing is lost, and nothing is done twice.
@Suite(.timeLimit(.minutes(3))) struct RecoveryTests {
    /// Ends the process, as far as a test can tell, the first time that a step is reached.
    static func crashing(at point: CrashPoint) -> CrashPoint.Hook {
        let crashed = Atomic(false)
        return { reached in
            if reached == point, !crashed.exchange(true, ordering: .relaxed) { throw SimulatedCrash(at: point) }
        }
    }

    @Test(arguments: CrashPoint.allCases, [0, 2] as [UInt64])
    func `a crash at any step loses nothing and does nothing twice`(point: CrashPoint, sealLag: UInt64) async throws {
        try await Bench.with(adjust: { $0.sealLag = sealLag }) { bench in
            try await bench.prepareChain()
            let first = try await bench.submitter(crash: Self.crashing(at: point))
            let id = try await bench.enqueue("airdrop_pass", bench.airdrops(300))
            var crashed = false
            for _ in 0..<20 where !crashed {
                do { try await bench.round(first) } catch is SimulatedCrash { crashed = true }
            }
            #expect(crashed)
            bench.node.makeBlocks(3)
            let second = try await bench.submitter()
            let status = try await bench.finish(id, second)
            #expect(status.outcome == .done && status.items.done == 300)
            #expect(try await bench.events("Held", id) == 300)
            #expect(try await bench.expectTidy() == [])
            // Two transactions for 300 items, whatever happened in between.
            #expect(try await bench.count("attempts") == 2)
        }
    }

    @Test(arguments: CrashPoint.allCases)
    func `another process takes over when the lease has ended, and not before`(point: CrashPoint) async throws {
        try await Bench.with { bench in
            try await bench.prepareChain()
            let first = try await bench.submitter("one", crash: Self.crashing(at: point))
            let id = try await bench.enqueue("drop", bench.drops(5))
            var crashed = false
            for _ in 0..<20 where !crashed {
                do { try await bench.round(first) } catch is SimulatedCrash { crashed = true }
            }
            let second = try await bench.submitter("two")
            try await bench.round(second)
            #expect(try await bench.operations.status(id)?.state != .finished)
            _ = try await bench.pool.execute(
                "update leases set expires_at = now() - interval '1 second' where worker_id = 'one'")
            #expect(try await bench.finish(id, second).items.done == 5)
            #expect(try await bench.events("Dropped", id) == 5)
            #expect(try await bench.expectTidy() == [])
        }
    }

    @Test func `what was taken over can't be finished by its former owner`() async throws {
        try await Bench.with { bench in
            try await bench.prepareChain()
            let former = try await bench.submitter()
            let id = try await bench.enqueue("drop", bench.drops(2))
            let made = try await former.dispatch()
            let owner = try await bench.submitter()
            for call in [
                { try await former.send(made[0]) }, { _ = try await former.dispatch() },
                { _ = try await former.observe() },
            ] as [() async throws -> Void] {
                let error = await refusal { try await call() }
                #expect(error?.code == .fenced)
            }
            #expect(try await bench.finish(id, owner).items.done == 2)
            #expect(try await bench.events("Dropped", id) == 2)
        }
    }

    @Test func `lost replies do not make second transactions`() async throws {
        try await Bench.with { bench in
            try await bench.prepareChain()
            let submitter = try await bench.submitter()
            let id = try await bench.enqueue("drop", bench.drops(5))
            let made = try await submitter.dispatch()
            bench.node.misbehave { $0.loseReplies = 1 }
            try await submitter.send(made[0])
            #expect(try await bench.attempts(.inDoubt) == 1)
            #expect(try await bench.operations.items(of: id).allSatisfy { $0.state == .inDoubt })
            #expect(try await bench.operations.submitterStatus().attemptsInDoubt == 1)
            #expect(try await bench.finish(id, submitter).items.done == 5)
            #expect(try await bench.count("attempts") == 1)
            #expect(try await bench.events("Dropped", id) == 5)
        }
    }

    @Test func `a node that is away is asked again`() async throws {
        try await Bench.with { bench in
            try await bench.prepareChain()
            let submitter = try await bench.submitter()
            let id = try await bench.enqueue("drop", bench.drops(5))
            let made = try await submitter.dispatch()
            bench.node.misbehave { $0.unavailableCalls = 1 }
            try await submitter.send(made[0])
            #expect(try await bench.attempts(.inDoubt) == 1)
            bench.pass(3)
            #expect(try await bench.finish(id, submitter).items.done == 5)
            #expect(try await bench.count("attempts") == 1)
            #expect(try await bench.pool.query("select sends from attempts").one(Int.self) == 2)
        }
    }

    @Test func `a rate limit is waited for`() async throws {
        try await Bench.with { bench in
            try await bench.prepareChain()
            let submitter = try await bench.submitter()
            let id = try await bench.enqueue("drop", bench.drops(1))
            let made = try await submitter.dispatch()
            bench.node.misbehave { $0.rateLimitedCalls = 1 }
            try await submitter.send(made[0])
            #expect(try await bench.attempts(.signed) == 1)
            bench.pass(3)
            #expect(try await bench.finish(id, submitter).outcome == .done)
            #expect(try await bench.count("attempts") == 1)
        }
    }

    @Test func `what a node took and forgot is sent again before it expires`() async throws {
        try await Bench.with { bench in
            try await bench.prepareChain()
            let submitter = try await bench.submitter()
            let id = try await bench.enqueue("drop", bench.drops(5))
            let made = try await submitter.dispatch()
            bench.node.misbehave { $0.dropSends = 1 }
            try await submitter.send(made[0])
            #expect(try await bench.attempts(.sent) == 1)
            bench.pass(60)
            #expect(try await bench.finish(id, submitter).items.done == 5)
            #expect(try await bench.count("attempts") == 1)
        }
    }

    @Test func `what expired is signed again into the same slot`() async throws {
        try await Bench.with(adjust: { $0.expiry = 10 }) { bench in
            try await bench.prepareChain()
            let submitter = try await bench.submitter()
            let id = try await bench.enqueue("drop", bench.drops(5))
            let made = try await submitter.dispatch()
            bench.node.misbehave { $0.dropSends = 1 }
            try await submitter.send(made[0])
            bench.node.makeBlocks(11)
            try await bench.settle(submitter)
            // 13 blocks after the reference block: too old, and within the margin.
            #expect(try await bench.count("attempts") == 1)
            bench.node.makeBlocks(3)
            #expect(try await bench.finish(id, submitter).items.done == 5)
            #expect(try await bench.attempts(.expired) == 1)
            #expect(try await bench.count("attempts") == 2)
            #expect(try await bench.count("slots") == 1)
            #expect(try await bench.events("Dropped", id) == 5)
            #expect(try await bench.operations.history(id).map(\.what).contains("signed again"))
            #expect(try await bench.expectTidy() == [])
        }
    }

    @Test func `a copy with the other S executed under another id is our own doing`() async throws {
        try await Bench.with { bench in
            try await bench.prepareChain()
            let submitter = try await bench.submitter()
            let id = try await bench.enqueue("airdrop_pass", bench.airdrops(5))
            let made = try await submitter.dispatch()
            let copy = malleated(made[0].transaction)
            #expect(copy.id != made[0].transaction.id)
            _ = try await bench.node.send(copy)
            try await submitter.send(made[0])
            let status = try await bench.finish(id, submitter)
            #expect(status.items.done == 5)
            #expect(try await bench.events("Held", id) == 5)
            #expect(Set(try await bench.operations.items(of: id).map(\.transactionID)) == [copy.id])
            #expect(try await bench.attempts(.superseded) == 1)
            #expect(try await bench.count("attempts") == 1)
            let next = try await bench.enqueue("airdrop_pass", bench.airdrops(1, named: "next"))
            #expect(try await bench.finish(next, submitter).outcome == .done)
            #expect(try await bench.expectTidy() == [])
        }
    }

    @Test func `a copy of what we never managed to send is found out when it has expired`() async throws {
        try await Bench.with(adjust: { $0.expiry = 10 }) { bench in
            try await bench.prepareChain()
            let submitter = try await bench.submitter()
            let id = try await bench.enqueue("drop", bench.drops(3))
            let made = try await submitter.dispatch()
            bench.node.misbehave { $0.dropSends = 1 }
            try await submitter.send(made[0])
            let copy = malleated(made[0].transaction)
            _ = try await bench.node.send(copy)
            bench.node.makeBlocks(20)
            #expect(try await bench.finish(id, submitter).items.done == 3)
            #expect(try await bench.events("Dropped", id) == 3)
            #expect(Set(try await bench.operations.items(of: id).map(\.transactionID)) == [copy.id])
            #expect(try await bench.expectTidy() == [])
        }
    }

    @Test func `a number that a stranger used sends the items through another slot, once`() async throws {
        try await Bench.with { bench in
            try await bench.prepareChain()
            let submitter = try await bench.submitter()
            let id = try await bench.enqueue("drop", bench.drops(5))
            let made = try await submitter.dispatch()
            let index = made[0].transaction.proposalKey.keyIndex
            let strange = try await bench.client.transaction(
                "set_brand_status", [.string("stranger"), .string(Bench.brand), .uint8(2)], by: bench.platform,
                proposing: index)
            _ = try await bench.node.send(strange)
            try await submitter.send(made[0])
            #expect(try await bench.finish(id, submitter).items.done == 5)
            #expect(try await bench.events("Dropped", id) == 5)
            #expect(try await bench.attempts(.superseded) == 1)
            #expect(try await bench.count("slots") == 2)
            #expect(try await bench.expectTidy() == [])
        }
    }

    @Test func `a number that a stranger uses while the lane is idle is read from the chain`() async throws {
        try await Bench.with(proposalKeys: 0) { bench in
            try await bench.prepareChain()
            let submitter = try await bench.submitter()
            try await bench.finish(try await bench.enqueue("drop", bench.drops(1)), submitter)
            let strange = try await bench.client.transaction(
                "set_brand_status", [.string("stranger"), .string(Bench.brand), .uint8(2)], by: bench.platform)
            _ = try await bench.node.send(strange)
            let id = try await bench.enqueue("drop", bench.drops(2, named: "next"))
            #expect(try await bench.finish(id, submitter).items.done == 2)
            #expect(try await bench.expectTidy() == [])
        }
    }

    @Test func `a key that was revoked meanwhile is left, and another lane does it`() async throws {
        try await Bench.with { bench in
            try await bench.prepareChain()
            let submitter = try await bench.submitter()
            let id = try await bench.enqueue("drop", bench.drops(5))
            let made = try await submitter.dispatch()
            let index = made[0].transaction.proposalKey.keyIndex
            try await bench.client.succeed(
                "revoke_keys", [.array(CadenceArray([.int(BigInt(index.rawValue))]))], by: bench.platform)
            try await submitter.send(made[0])
            #expect(try await bench.finish(id, submitter).items.done == 5)
            #expect(try await bench.events("Dropped", id) == 5)
            bench.pass(400)
            try await bench.round(submitter)
            let lane = try await bench.operations.submitterStatus().lanes.first { $0.keyIndex == index }
            #expect(lane?.state == .revoked)
            #expect(try await bench.expectTidy() == [])
        }
    }

    @Test func `a failed transaction uses its number, and the lane goes on with the next`() async throws {
        try await Bench.with(proposalKeys: 0) { bench in
            let submitter = try await bench.submitter()
            // A brand status above 5 is rejected; a contract that does not parse fails the transaction.
            let id = try await bench.enqueue(
                "deploy", [NewItem(.deployContract(name: "Broken", code: "access(all) contract {"))])
            let status = try await bench.finish(id, submitter)
            #expect(status.outcome == .failed)
            #expect(status.reason?.contains("1101") == true)
            let next = try await bench.enqueue("create_brand", [NewItem(.createBrand(id: Bench.brand, name: "n"))])
            #expect(try await bench.finish(next, submitter).outcome == .done)
            #expect(try await bench.expectTidy() == [])
        }
    }

    @Test func `two submitters on one database share the work, and nothing is done twice`() async throws {
        try await Bench.with(proposalKeys: 6) { bench in
            try await bench.prepareChain()
            var ids: [OperationID] = []
            for number in 0..<24 { ids.append(try await bench.enqueue("drop", bench.drops(3, named: "op\(number)"))) }
            let all = ids
            let adjust: @Sendable (inout SubmitterConfiguration) -> Void = { configuration in
                configuration.claimLimit = 6
                configuration.pollInterval = .milliseconds(5)
                configuration.sweepInterval = .milliseconds(20)
                configuration.now = { .now }
            }
            let one = try bench.makeSubmitter("one", adjust: adjust)
            let two = try bench.makeSubmitter("two", adjust: adjust)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await one.run() }
                group.addTask { try await two.run() }
                group.addTask {
                    while true {
                        bench.node.makeBlock()
                        try await bench.indexer.ingestOnce()
                        try await Task.sleep(for: .milliseconds(5))
                    }
                }
                group.addTask {
                    for id in all {
                        while try await bench.operations.status(id)?.state != .finished {
                            try await Task.sleep(for: .milliseconds(5))
                        }
                    }
                }
                // The last one is the only one to return; whatever throws ends the test.
                try await group.next()
                group.cancelAll()
            }
            for id in ids {
                #expect(try await bench.operations.status(id)?.items.done == 3)
                #expect(try await bench.events("Dropped", id) == 3)
            }
        }
    }

    @Test func `a payer that can't sign holds everything, and loses nothing`() async throws {
        try await Bench.with { bench in
            let submitter = try await bench.submitter()
            let id = try await bench.enqueue("create_brand", [NewItem(.createBrand(id: Bench.brand, name: "n"))])
            #expect(try await submitter.mayWork())
            try await submitter.store.owned(submitter.epoch) {
                try await submitter.hold(.payer, because: "no funds", remedy: "fund it", on: $0)
            }
            #expect(try await submitter.dispatch().isEmpty)
            #expect(try await bench.operations.submitterStatus().holds.map(\.scope) == [.payer])
            try await bench.letHoldsBeDue()
            #expect(try await bench.finish(id, submitter).outcome == .done)
        }
    }
}
