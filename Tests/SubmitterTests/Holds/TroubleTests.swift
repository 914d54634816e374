import Cadence
import Daemon
import Devnet
import FlowClient
import Foundation
import Indexer
import Postgres
import Testing

@testable import Submitter

/// Whose trouble it is decides who waits: the item, the recipient, the lane, the payer, the platform's account.
@Suite(.timeLimit(.minutes(3))) struct TroubleTests {
    /// Rows to wallets, of which some can take nothing more.
    static func drops(_ count: Int, to wallets: [Address]) -> [NewItem] {
        (0..<count).map { number in
            let wallet = number < wallets.count ? wallets[number] : nil
            return NewItem(
                .dropCollectible(
                    collectibleID: Bench.collectible, dropID: "row-\(number)", recipient: wallet,
                    holder: wallet == nil ? "usr_\(number)" : nil))
        }
    }

    @Test func `full recipients are set apart by name, and delay nobody`() async throws {
        try await Bench.with { bench in
            try await bench.prepareChain()
            var full: [Address] = []
            for _ in 0..<5 { full.append(try await DevnetWallet.make(bench)) }
            let submitter = try await bench.submitter()
            for wallet in full { bench.node.fillStorage(of: wallet) }
            let id = try await bench.enqueue("drop", Self.drops(200, to: full))
            let other = try await bench.enqueue("drop", bench.drops(10, named: "other"))
            var transactions = 0
            var rounds = 0
            while try await bench.operations.status(id)?.state != .finished, rounds < 40 {
                transactions += try await bench.round(submitter)
                rounds += 1
            }
            let status = try #require(try await bench.operations.status(id))
            #expect(status.items.done == 195 && status.items.failed == 5)
            #expect(status.reason?.contains("stores") == true)
            #expect(try await bench.operations.status(other)?.outcome == .done)
            #expect(transactions <= 8, "\(transactions)")
            #expect(try await bench.operations.submitterStatus().holds.isEmpty)
            #expect(try await bench.expectTidy() == [])
        }
    }

    @Test func `the platform's full account holds everything, fails nothing, and goes on when it has FLOW`()
        async throws
    {
        try await Bench.with { bench in
            try await bench.prepareChain()
            let submitter = try await bench.submitter()
            bench.node.fillStorage(of: bench.platform.address)
            let id = try await bench.enqueue("drop", bench.drops(20))
            for _ in 0..<12 {
                try await bench.round(submitter)
                bench.pass(60)
            }
            #expect(try await bench.count("attempts") == 1)
            let held = try await bench.operations.holds(of: id)
            #expect(held.map(\.scope) == [.platformAccount])
            #expect(held.first?.reason.contains(bench.platform.address.hex) == true)
            #expect(try await bench.operations.status(id)?.items.failed == 0)
            #expect(try await bench.operations.submitterStatus().estimatedSeconds == nil)

            bench.node.setBalance(of: bench.platform.address, to: 50_000_000_000_000)
            #expect(try await bench.finish(id, submitter).items.done == 20)
            #expect(try await bench.operations.submitterStatus().holds.isEmpty)
            #expect(try await bench.expectTidy() == [])
        }
    }

    @Test func `a payer without FLOW fails nothing, is tried seldom, and goes on by itself after the top-up`()
        async throws
    {
        try await Bench.with(adjust: { $0.rules.checksPayerBalance = true }) { bench in
            try await bench.prepareChain()
            let submitter = try await bench.submitter()
            bench.node.setBalance(of: bench.platform.address, to: 50_000)
            let ids = [
                try await bench.enqueue("drop", bench.drops(30)),
                try await bench.enqueue("airdrop_pass", bench.airdrops(30)),
            ]
            for _ in 0..<20 {
                try await bench.round(submitter)
                bench.pass(60)
            }
            // One a lane at first, none after it: the database's clock has not come to the first probe.
            #expect(try await bench.count("attempts") <= 2)
            for _ in 0..<5 {
                try await bench.letHoldsBeDue()
                let made = try await bench.round(submitter)
                #expect(made == 1, "one probe, whatever waits")
            }
            let status = try await bench.operations.submitterStatus()
            #expect(status.holds.map(\.scope) == [.payer])
            #expect(status.holds.first?.reason.contains("0.00100000 FLOW") == true)
            for id in ids { #expect(try await bench.operations.status(id)?.items.finished == 0) }

            bench.node.setBalance(of: bench.platform.address, to: 50_000_000_000_000)
            for id in ids { #expect(try await bench.finish(id, submitter).items.done == 30) }
            #expect(try await bench.operations.submitterStatus().holds.isEmpty)
            #expect(try await bench.expectTidy() == [])
        }
    }

    @Test func `a payer that was topped up before anyone looked is tried at once`() async throws {
        try await Bench.with(adjust: { $0.rules.checksPayerBalance = true }) { bench in
            try await bench.prepareChain()
            let submitter = try await bench.submitter()
            bench.node.setBalance(of: bench.platform.address, to: 50_000)
            let id = try await bench.enqueue("drop", bench.drops(3))
            for attempt in try await submitter.dispatch() { try await submitter.send(attempt) }
            bench.node.makeBlock()
            bench.node.setBalance(of: bench.platform.address, to: 50_000_000_000_000)
            // Nothing but rounds: no pause has passed by the database's clock.
            #expect(try await bench.finish(id, submitter, rounds: 8).items.done == 3)
            #expect(try await bench.operations.submitterStatus().holds.isEmpty)
        }
    }

    @Test func `what had been sent before a hold began is no probe, and makes nobody wait longer`() async throws {
        try await Bench.with { bench in
            let submitter = try await bench.submitter()
            for _ in 0..<8 {
                try await submitter.store.owned(submitter.epoch) {
                    try await submitter.hold(.recipe(.createBrands), because: "x", remedy: "y", on: $0)
                }
            }
            func hold() async throws -> Hold { try #require(try await submitter.store.holds().first) }
            #expect(try await hold().probes == 0)
            #expect(try await hold().until.timeIntervalSinceNow < 61)
            try await bench.letHoldsBeDue()
            #expect(try await submitter.store.takePass(.createBrands, pause: .seconds(60), epoch: submitter.epoch))
            #expect(try await !submitter.store.takePass(.createBrands, pause: .seconds(60), epoch: submitter.epoch))
            try await submitter.store.owned(submitter.epoch) {
                try await submitter.hold(.recipe(.createBrands), because: "x", remedy: "y", on: $0)
            }
            #expect(try await hold().probes == 1)
            #expect(try await hold().until.timeIntervalSinceNow > 100)
        }
    }

    @Test func `a network that allows less computation is learned from its refusal`() async throws {
        try await Bench.with { bench in
            try await bench.prepareChain()
            bench.node.setMaximumComputation(2_000)
            let submitter = try await bench.submitter()
            let id = try await bench.enqueue("drop", bench.drops(300))
            #expect(try await bench.finish(id, submitter).items.done == 300)
            #expect(try await submitter.store.maximumComputation() == 2_000)
            let refused = try await bench.attempts(.failed)
            #expect(refused <= 5, "\(refused) refused or failed")
            // A restart knows it.
            let second = try await bench.submitter()
            #expect(second.computationLimit == 2_000)
            #expect(try await bench.expectTidy() == [])
        }
    }

    @Test func `others who use one of our keys cost no item an attempt, and the work moves to other lanes`()
        async throws
    {
        try await Bench.with { bench in
            try await bench.prepareChain()
            let submitter = try await bench.submitter()
            #expect(try await submitter.mayWork())
            let id = try await bench.enqueue("drop", bench.drops(6))
            // Each time that a transaction has been made, somebody is faster with its very number.
            var strangers = 0
            for number in 0..<40 where try await bench.operations.status(id)?.state != .finished {
                let made = try await submitter.dispatch()
                for attempt in made where strangers < 15 && attempt.transaction.proposalKey.keyIndex == 1 {
                    strangers += 1
                    let strange = try await bench.client.transaction(
                        "set_brand_status", [.string("stranger-\(number)"), .string(Bench.brand), .uint8(2)],
                        by: bench.platform, proposing: 1)
                    _ = try await bench.node.send(strange)
                }
                for attempt in made { try await submitter.send(attempt) }
                try await bench.settle(submitter)
                bench.pass(5)
            }
            let status = try #require(try await bench.operations.status(id))
            #expect(status.outcome == .done && status.items.done == 6, "\(status) after \(strangers) strangers")
            #expect(strangers >= 1 && strangers <= 2)
            #expect(try await bench.operations.items(of: id).allSatisfy { $0.attempts <= 1 })
            #expect(try await bench.expectTidy() == [])
        }
    }

    @Test func `what was claimed and lost with its reply is given back by the next claim`() async throws {
        try await Bench.with { bench in
            try await bench.prepareChain()
            let submitter = try await bench.submitter()
            #expect(try await submitter.mayWork())
            let id = try await bench.enqueue("drop", bench.drops(3))
            let lost = try await submitter.store.claim(submitter.epoch, .init(keys: [0, 1, 2, 3, 4]))
            #expect(lost.count == 1)
            #expect(try await bench.count("item_claims") == 3)
            #expect(try await bench.finish(id, submitter).items.done == 3)
            #expect(try await bench.expectTidy() == [])
        }
    }

    @Test func `a quarantined lane is used again when a person has let it go`() async throws {
        try await Bench.with(proposalKeys: 0) { bench in
            try await bench.prepareChain()
            let submitter = try await bench.submitter()
            #expect(try await submitter.mayWork())
            let epoch = try submitter.epoch
            try await submitter.store.owned(epoch) { connection in
                _ = try await submitter.store.withLane(0, on: connection) { $0.receive(.quarantined(because: "odd")) }
            }
            let id = try await bench.enqueue("drop", bench.drops(1))
            #expect(try await bench.round(submitter) == 0)
            let store = bench.operations
            await #expect(throws: SubmitterError.self) { try await store.clearQuarantine(of: 7) }
            #expect(try await bench.operations.clearQuarantine(of: 0).reason == "odd")
            #expect(try await bench.finish(id, submitter).items.done == 1)
        }
    }

    @Test func `two processes never claim the same item`() async throws {
        try await Bench.with { bench in
            try await bench.prepareChain()
            let (one, two) = (try await bench.submitter("one"), try await bench.submitter("two"))
            #expect(try await one.mayWork())
            #expect(try await two.mayWork())
            _ = try await bench.enqueue("drop", bench.drops(3))
            let first = try await one.store.claim(one.epoch, .init(keys: [0, 1, 2, 3, 4]))
            #expect(first.count == 1)
            #expect(try await two.store.claim(two.epoch, .init(keys: [0, 1, 2, 3, 4])).isEmpty)
            try await one.store.unclaim(first, epoch: one.epoch)
            #expect(try await two.store.claim(two.epoch, .init(keys: [0, 1, 2, 3, 4])).count == 1)
        }
    }

    @Test func `one attempt that can't go on is named, and holds up none of the others`() async throws {
        try await Bench.with { bench in
            try await bench.prepareChain()
            let submitter = try await bench.submitter()
            let bad = try await bench.enqueue("drop", bench.drops(2, named: "bad"))
            #expect(try await submitter.dispatch().count == 1)
            let whole = try await bench.pool.query("select signed_bytes from attempts").one([UInt8].self)
            _ = try await bench.pool.execute("update attempts set signed_bytes = '\\x00'")
            let good = try await bench.enqueue("airdrop_pass", bench.airdrops(5))
            #expect(try await bench.finish(good, submitter).items.done == 5)
            for _ in 0..<2 {
                try await bench.round(submitter)
                bench.pass(5)
            }
            let troubles = try await bench.operations.submitterStatus().troubles
            #expect(troubles.count == 1)
            #expect(troubles.first?.reason.contains("is not what we write") == true)

            _ = try await bench.pool.execute(
                "update attempts set signed_bytes = $1 where octet_length(signed_bytes) = 1", [.bytea(whole)])
            bench.pass(100)
            #expect(try await bench.finish(bad, submitter).items.done == 2)
            #expect(try await bench.operations.submitterStatus().troubles.isEmpty)
            #expect(try await bench.expectTidy() == [])
        }
    }

    @Test func `a survivor uses the lanes that another process has added, at once`() async throws {
        try await Bench.with(proposalKeys: 0) { bench in
            try await bench.prepareChain()
            let (dead, survivor) = (try await bench.submitter("dead"), try await bench.submitter("survivor"))
            #expect(try await survivor.mayWork())
            let added = try await bench.enqueue("add_proposal_keys", [NewItem(.addProposalKeys(count: 3))])
            try await bench.finish(added, dead)
            _ = try await bench.pool.execute("delete from leases where worker_id = 'dead'")
            let id = try await bench.enqueue("drop", bench.drops(8))
            #expect(try await bench.finish(id, survivor, rounds: 4).items.done == 8)
        }
    }

    @Test func `an expired attempt whose key has no signer any more moves to another lane`() async throws {
        try await Bench.with(adjust: { $0.expiry = 10 }) { bench in
            try await bench.prepareChain()
            let submitter = try await bench.submitter()
            let id = try await bench.enqueue("drop", bench.drops(4))
            let made = try await submitter.dispatch()
            let index = made[0].transaction.proposalKey.keyIndex
            // Never sent, and the key is revoked before it expires.
            try await bench.client.succeed(
                "revoke_keys", [.array(CadenceArray([.int(BigInt(index.rawValue))]))], by: bench.platform)
            bench.node.misbehave { $0.dropSends = 100 }
            for _ in 0..<16 { try await bench.round(submitter) }
            bench.node.misbehave { $0.dropSends = 0 }
            #expect(try await bench.finish(id, submitter).items.done == 4)
            #expect(try await bench.events("Dropped", id) == 4)
        }
    }

    @Test func `what the chain may have done waits for a person, who says what became of it`() async throws {
        try await Bench.with { bench in
            try await bench.prepareChain()
            let submitter = try await bench.submitter()
            let id = try await bench.enqueue("drop", bench.drops(3))
            for attempt in try await submitter.dispatch() { try await submitter.send(attempt) }
            bench.node.makeBlock()
            try await bench.indexer.ingestOnce()
            // As if the contract had said nothing of one of them.
            _ = try await bench.pool.execute("delete from operation_events where item = 'row-1'")
            _ = try await submitter.observe()
            let items = try await bench.operations.items(of: id)
            #expect(items.map(\.state) == [.done, .unproven, .done])
            #expect(try await bench.operations.submitterStatus().itemsUnproven == 1)
            #expect(try await bench.expectTidy() == [])
            for _ in 0..<3 { #expect(try await bench.round(submitter) == 0) }

            let store = bench.operations
            await #expect(throws: SubmitterError.self) {
                try await store.resolve(id, as: .done, ordinals: [0], because: "x")
            }
            let status = try await bench.operations.resolve(id, as: .done, because: "seen in the block")
            #expect(status.outcome == .done && status.items.done == 3)
        }
    }

    @Test func `a projection that is being built again says nothing, and decides nothing`() async throws {
        try await Bench.with { bench in
            let outcomes = IndexedOutcomes(pool: bench.pool)
            #expect(try await outcomes.standing().height != nil)
            _ = try await bench.pool.execute("update projections set height = null where name = 'operation_events'")
            #expect(try await outcomes.standing().height == nil)
            #expect(try await outcomes.events(naming: []).height == nil)
            _ = try await bench.pool.execute("delete from projections where name = 'operation_events'")
            #expect(try await outcomes.standing().height == nil)
        }
    }
}

@Suite struct ExecutionsTests {
    static func result(_ id: UInt8, _ message: String = "") -> TransactionResult {
        var result = TransactionResult()
        result.transactionID = TransactionID(bytes: [UInt8](repeating: id, count: 32))!
        (result.errorMessage, result.statusCode) = (message, message.isEmpty ? 0 : 1)
        return result
    }

    static let again = "[Error Code: 1007] x has sequence number 8, but given 7"

    @Test func `a transaction that a block has twice was executed once, whichever is told first`() {
        for results in [
            [Self.result(1), Self.result(2), Self.result(1, Self.again)],
            [Self.result(1, Self.again), Self.result(2), Self.result(1)],
        ] {
            #expect(LaneSubmitter.executions(results).map(\.errorMessage) == ["", ""])
        }
        let failed = "[Error Code: 1101] panic"
        #expect(
            LaneSubmitter.executions([Self.result(1, failed), Self.result(1, Self.again)]).map(\.errorMessage) == [
                failed
            ]
        )
    }
}
