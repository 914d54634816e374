import Cadence
import Devnet
import FlowClient
import Foundation
import Indexer
import Postgres
import Synchronization
import Testing

@testable import Submitter

/// The whole path on a devnet and a real index, step by step.
@Suite(.timeLimit(.minutes(3))) struct SubmissionTests {
    @Test func `a thousand airdrops are four transactions, and each is done once`() async throws {
        try await Bench.with { bench in
            try await bench.prepareChain()
            let submitter = try await bench.submitter()
            let id = try await bench.enqueue("airdrop_pass", bench.airdrops(1000))
            let status = try await bench.finish(id, submitter)
            #expect(status.outcome == .done && status.items.done == 1000)
            #expect(status.attempts == 4)
            #expect(try await bench.events("Held", id) == 1000)
            let items = try await bench.operations.items(of: id)
            #expect(Set(items.compactMap(\.tokenID)).count == 1000)
            #expect(Set(items.compactMap(\.transactionID)).count == 4)
            #expect(try await bench.expectTidy() == [])
            let history = try await bench.operations.history(id).map(\.what)
            #expect(history.first == "enqueued" && history.filter { $0 == "batched" }.count == 4)
        }
    }

    @Test func `all sends of a slot ask for one node, each slot for its own`() async throws {
        try await Bench.with(proposalKeys: 3) { bench in
            try await bench.prepareChain()
            let watched = WatchedSends(bench.node)
            let submitter = try bench.makeSubmitter(api: watched)
            try await submitter.takeOver()
            try await bench.enqueue("airdrop_pass", bench.airdrops(600))
            let made = try await submitter.dispatch()
            #expect(made.count > 1)
            for attempt in made + made { try await submitter.send(attempt) }
            let sends = watched.sends.withLock { $0 }
            #expect(sends.count == 2 * made.count)
            for (transaction, affinity) in sends {
                let key = transaction.proposalKey
                #expect(affinity == "\(key.address.hex)/\(key.keyIndex)")
            }
            #expect(Set(sends.map(\.affinity)).count == made.count)
        }
    }

    @Test func `a release's tokens are minted in batches side by side, when the release is there`()
        async throws
    {
        try await Bench.with { bench in
            try await bench.prepareChain()
            let submitter = try await bench.submitter()
            let release = NewItem(
                .scheduleRelease(
                    id: "rel-2", passID: Bench.pass, supply: 450, price: 100_000_000, startsAt: 1, endsAt: nil))
            let mints = (0..<450).map {
                NewItem(.mintToken(releaseID: "rel-2", number: $0, expiry: 4_102_444_800), dependsOn: [0])
            }
            let id = try await bench.enqueue("schedule_release", [release] + mints)
            let status = try await bench.finish(id, submitter)
            #expect(status.outcome == .done && status.items.done == 451)
            #expect(try await bench.events("Minted", id) == 450)
            #expect(try await bench.count("listings where custom_id = 'rel-2'") == 450)
            #expect(status.attempts == 4)
            #expect(try await bench.expectTidy() == [])
        }
    }

    @Test func `what depends on an item that was rejected is not sent at all`() async throws {
        try await Bench.with { bench in
            try await bench.prepareChain()
            let submitter = try await bench.submitter()
            let release = NewItem(
                .scheduleRelease(id: Bench.release, passID: Bench.pass, supply: 5, price: 0, startsAt: 1, endsAt: nil))
            let mints = (0..<5).map {
                NewItem(.mintToken(releaseID: Bench.release, number: $0, expiry: 1), dependsOn: [0])
            }
            let id = try await bench.enqueue("schedule_release", [release] + mints)
            let status = try await bench.finish(id, submitter)
            #expect(status.outcome == .failed && status.reason == "exists")
            #expect(status.items.rejected == 1 && status.items.failed == 5)
            #expect(try await bench.events("Minted", id) == 0)
        }
    }

    @Test func `one bad row is rejected with its reason, and the others are done`() async throws {
        try await Bench.with { bench in
            try await bench.prepareChain()
            let submitter = try await bench.submitter()
            var items = bench.airdrops(5)
            items[2] = NewItem(.airdropPass(releaseID: Bench.release, dropID: "bad", recipient: nil, holder: nil))
            let id = try await bench.enqueue("airdrop_pass", items)
            let status = try await bench.finish(id, submitter)
            #expect(status.outcome == .partial && status.items.done == 4 && status.items.rejected == 1)
            #expect(status.attempts == 1)
            let bad = try await bench.operations.items(of: id, state: .rejected)
            #expect(bad.map(\.key) == ["bad"] && bad.map(\.reason) == ["no_collection"])
        }
    }

    @Test func `every recipe finds its outcome`() async throws {
        try await Bench.with { bench in
            let submitter = try await bench.submitter()
            func run(_ items: [NewItem], _ comment: String) async throws -> [ItemStatus] {
                let id = try await bench.enqueue(comment, items)
                let status = try await bench.finish(id, submitter)
                let all = try await bench.operations.items(of: id)
                #expect(status.outcome == .done, "\(comment): \(all.compactMap(\.reason))")
                return all
            }
            _ = try await run([NewItem(.createBrand(id: Bench.brand, name: "Nova"))], "brand")
            _ = try await run([NewItem(.setBrandStatus(id: Bench.brand, status: 2))], "status")
            _ = try await run(
                [
                    NewItem(
                        .createPass(
                            id: Bench.pass, brandID: Bench.brand, name: "P", description: "", image: "", maxSupply: 99))
                ],
                "pass")
            let minted = try await run(
                [
                    NewItem(
                        .scheduleRelease(
                            id: Bench.release, passID: Bench.pass, supply: 20, price: 1, startsAt: 1, endsAt: 2)),
                    NewItem(.mintToken(releaseID: Bench.release, number: 0, expiry: 4_102_444_800), dependsOn: [0]),
                    NewItem(.mintToken(releaseID: Bench.release, number: 1, expiry: 4_102_444_800), dependsOn: [0]),
                ], "release")
            let dropped = try await run(bench.airdrops(3), "airdrop")
            _ = try await run(
                [
                    NewItem(
                        .createCollectible(
                            id: Bench.collectible, passID: Bench.pass, brandID: Bench.brand, activation: "a", name: "C",
                            description: "", image: "", maxSupply: nil))
                ], "collectible")
            let collectibles = try await run(bench.drops(2), "drop")
            _ = try await run([NewItem(.claimToken(id: dropped[0].tokenID!, passID: Bench.pass))], "claim")
            _ = try await run(
                [
                    NewItem(
                        .createSubmission(
                            id: "s", campaignID: "c", brandID: Bench.brand, submitter: "u", contentHash: "h"))
                ], "submission")
            _ = try await run(
                [NewItem(.deliverPurchase(id: minted[1].tokenID!, recipient: nil, holder: "buyer"))], "purchase")
            let listing = try await bench.pool.query("select id from listings where to_height is null").one(UInt64.self)
            _ = try await run([NewItem(.removeListing(id: listing))], "listing")
            let wallet = try await DevnetWallet.make(bench)
            let settled = try await run(
                [
                    NewItem(.settlePass(id: dropped[0].tokenID!, holder: "usr_0", to: wallet)),
                    NewItem(.settleCollectible(id: collectibles[0].tokenID!, holder: "usr_0", to: wallet)),
                ], "settle")
            #expect(settled.map(\.tokenID) == [dropped[0].tokenID, collectibles[0].tokenID])
            #expect(try await bench.expectTidy() == [])
        }
    }

    @Test func `a row that another operation has dropped is rejected, with the contract's reason`() async throws {
        try await Bench.with { bench in
            try await bench.prepareChain()
            let submitter = try await bench.submitter()
            try await bench.finish(try await bench.enqueue("drop", bench.drops(2)), submitter)
            let second = try await bench.enqueue("drop", bench.drops(3))
            let status = try await bench.finish(second, submitter)
            #expect(status.outcome == .partial && status.items.done == 1 && status.items.rejected == 2)
            #expect(
                try await bench.operations.items(of: second, state: .rejected).map(\.reason) == [
                    "already_dropped", "already_dropped",
                ])
        }
    }

    @Test func `what is more urgent goes first`() async throws {
        try await Bench.with(proposalKeys: 0) { bench in
            try await bench.prepareChain()
            let submitter = try await bench.submitter()
            let slow = try await bench.enqueue("drop", bench.drops(1, named: "slow"), priority: 0)
            let fast = try await bench.enqueue("airdrop_pass", bench.airdrops(1, named: "fast"), priority: 5)
            try await bench.round(submitter)
            #expect(try await bench.operations.status(fast)?.state == .finished)
            #expect(try await bench.operations.status(slow)?.state == .queued)
        }
    }

    @Test func `what has a time waits for it`() async throws {
        try await Bench.with { bench in
            try await bench.prepareChain()
            let submitter = try await bench.submitter()
            let later = NewOperation(
                type: "drop", tenant: "nova", payload: "{}", idempotencyKey: "k",
                notBefore: Date(timeIntervalSinceNow: 3600),
                items: bench.drops(1))
            let id = try await bench.operations.enqueue(later).id
            #expect(try await bench.round(submitter) == 0)
            _ = try await bench.pool.execute("update operation_items set not_before_at = now() - interval '1 second'")
            #expect(try await bench.finish(id, submitter).outcome == .done)
        }
    }

    @Test func `keys out, operations wait, and none is lost`() async throws {
        try await Bench.with(proposalKeys: 1) { bench in
            try await bench.prepareChain()
            let submitter = try await bench.submitter()
            var ids: [OperationID] = []
            for number in 0..<6 {
                let item = NewItem(
                    .scheduleRelease(
                        id: "r\(number)", passID: Bench.pass, supply: 1, price: 0, startsAt: 1, endsAt: nil))
                ids.append(try await bench.enqueue("schedule_release", [item]))
            }
            #expect(try await submitter.dispatch().count == 2)
            let status = try await bench.operations.submitterStatus()
            #expect(status.lanes.map(\.state) == [.busy, .busy])
            #expect(status.queues.map(\.queued) == [4] && status.queues.map(\.underWay) == [2])
            #expect(try await submitter.dispatch().isEmpty)
            for id in ids { #expect(try await bench.finish(id, submitter).outcome == .done) }
        }
    }

    @Test func `a command adds lanes, through the same durable path`() async throws {
        try await Bench.with(proposalKeys: 0) { bench in
            let submitter = try await bench.submitter()
            let id = try await KeyProvisioner(store: bench.operations).add(6).id
            #expect(try await bench.finish(id, submitter).outcome == .done)
            let lanes = try await bench.operations.submitterStatus().lanes
            #expect(lanes.map(\.keyIndex.rawValue) == Array(0...6))
            #expect(lanes.map(\.state) == Array(repeating: .free, count: 7))
            let provisioner = KeyProvisioner(store: bench.operations)
            #expect(try await provisioner.ensure(7) == .enough)
            // However many processes ask at once: one request of two keys.
            let found = try await withThrowingTaskGroup { group in
                for _ in 0..<8 { group.addTask { try await provisioner.ensure(9) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let asked = found.compactMap { if case .asked(let id, count: 2) = $0 { id } else { nil } }
            #expect(asked.count == 1 && found.count { $0 == .underWay } == 7, "\(found)")
            #expect(try await bench.finish(try #require(asked.first), submitter).outcome == .done)
            #expect(try await provisioner.ensure(9) == .enough)
            #expect(try await bench.operations.submitterStatus().lanes.count == 9)
        }
    }

    @Test func `too much for one transaction is split, and the limit learned`() async throws {
        try await Bench.with { bench in
            try await bench.prepareChain()
            _ = try await bench.pool.execute("insert into recipe_limits (recipe, items) values ('airdrop_passes', 600)")
            let submitter = try await bench.submitter()
            let id = try await bench.enqueue("airdrop_pass", bench.airdrops(600))
            let status = try await bench.finish(id, submitter)
            #expect(status.outcome == .done && status.items.done == 600)
            #expect(try await bench.events("Held", id) == 600)
            #expect(try await bench.attempts(.failed) == 1)
            #expect(try await bench.count("attempts where error_code = 1105") == 1)
            let learned = try await bench.pool.query("select items from recipe_limits where recipe = 'airdrop_passes'")
                .one(Int.self)
            #expect(learned <= 450)
            #expect(try await bench.expectTidy() == [])
        }
    }

    @Test func `an item that fails a whole transaction is found, and alone fails`() async throws {
        try await Bench.with { bench in
            let submitter = try await bench.submitter()
            // Its event alone is larger than all events of a transaction may be.
            let items = (0..<8).map { number in
                NewItem(
                    .createBrand(id: "b\(number)", name: number == 5 ? String(repeating: "x", count: 260_000) : "n"))
            }
            let id = try await bench.enqueue("create_brand", items)
            let status = try await bench.finish(id, submitter)
            #expect(status.outcome == .partial && status.items.done == 7 && status.items.failed == 1)
            let failed = try await bench.operations.items(of: id, state: .failed)
            #expect(failed.map(\.key) == ["b5"])
            #expect(failed.first?.reason?.contains("1105") == true)
            #expect(try await bench.expectTidy() == [])
        }
    }

    @Test func `a tenant's few are done beside another's thousands, and another recipe has its turn on one lane`()
        async throws
    {
        try await Bench.with(proposalKeys: 0) { bench in
            try await bench.prepareChain()
            let submitter = try await bench.submitter()
            let many = try await bench.enqueue("drop", bench.drops(2_000, named: "many"), tenant: "large")
            let few = try await bench.enqueue("drop", bench.drops(5, named: "few"), tenant: "small")
            let brand = try await bench.enqueue(
                "create_brand", [NewItem(.createBrand(id: "LzM5bHuZ2Y8vZrXn4qBZsJ", name: "Late"))], tenant: "third")
            // One lane: the first transaction has both tenants' drops, the second is the other recipe's.
            for _ in 0..<3 { try await bench.round(submitter) }
            let (one, two) = (try await bench.operations.status(few), try await bench.operations.status(brand))
            #expect(
                one?.outcome == .done && two?.outcome == .done, "\(String(describing: one)) \(String(describing: two))")
            let rest = try await bench.operations.status(many)
            #expect(rest?.state == .running && (rest?.items.done ?? 2_000) < 1_000)
        }
    }

    @Test func `an operation that is cancelled between claim and record is not sent`() async throws {
        try await Bench.with { bench in
            try await bench.prepareChain()
            let ids = Box<[OperationID]>([])
            let submitter = try await bench.submitter(crash: { _ in })
            ids.value = [try await bench.enqueue("drop", bench.drops(3))]
            let claims = try await submitter.store.claim(try submitter.epoch, .init(keys: [0, 1, 2, 3, 4]))
            #expect(claims.isEmpty)  // No lane has been read yet.
            #expect(try await submitter.mayWork())
            let claim = try #require(
                try await submitter.store.claim(try submitter.epoch, .init(keys: [0, 1, 2, 3, 4])).first
            )
            _ = try await bench.operations.cancel(ids.value[0])
            let transaction = StoredTransactionTests.sample
            await #expect(throws: SubmissionStore.ClaimLost.self) {
                try await submitter.store.commit(
                    [(claim, transaction)], reference: ReferenceBlock(id: .zero, height: 1), expiry: 10,
                    epoch: submitter.epoch)
            }
            #expect(try await bench.count("attempts") == 0)
            #expect(try await bench.count("slots") == 0)
        }
    }

    @Test func `nothing is signed until the index has got to where the chain is`() async throws {
        try await Bench.with { bench in
            try await bench.prepareChain()
            let id = try await bench.enqueue("drop", bench.drops(1))
            bench.node.makeBlock()
            let submitter = try await bench.submitter()
            #expect(try await submitter.dispatch().isEmpty)
            try await bench.indexer.ingestOnce()
            #expect(try await bench.finish(id, submitter).outcome == .done)
        }
    }

    @Test func `after a restore from an old backup the chain is believed, and nothing is sent`() async throws {
        try await Bench.with { bench in
            try await bench.prepareChain()
            let submitter = try await bench.submitter()
            let airdrop = try await bench.enqueue("airdrop_pass", bench.airdrops(5))
            let drop = try await bench.enqueue("drop", bench.drops(5))
            let mint = try await bench.enqueue(
                "schedule_release",
                (0..<5).map { NewItem(.mintToken(releaseID: Bench.release, number: $0, expiry: 4_102_444_800)) })
            for id in [airdrop, drop, mint] { try await bench.finish(id, submitter) }
            // The backup was made when the operations had just come in.
            for statement in [
                "delete from attempts", "delete from slots", "delete from proposal_keys", "delete from leases",
                "update operation_items set state = 'queued', token_id = null, transaction_id = null, height = null, attempts = 0",
                "update operations set state = 'queued', outcome = null, finished_at = null, items_done = 0, attempts = 0",
            ] { _ = try await bench.pool.execute(statement) }
            let restored = try await bench.submitter()
            #expect(try await restored.dispatch().isEmpty)
            for id in [airdrop, drop, mint] {
                let status = try #require(try await bench.operations.status(id))
                #expect(status.outcome == .done && status.items.done == 5, "\(status)")
                #expect(
                    try await bench.operations.items(of: id).allSatisfy { $0.tokenID != nil && $0.transactionID != nil }
                )
            }
            #expect(try await bench.count("attempts") == 0)
        }
    }
}

final class Box<Value: Sendable>: @unchecked Sendable {
    // Written by one test before anything else reads it.
    var value: Value
    init(_ value: Value) { self.value = value }
}

/// A devnet's answers, and to which node each send would have gone.
private final class WatchedSends: PartialAccessAPI {
    let node: DevnetNode
    let sends = Mutex<[(transaction: Transaction, affinity: String?)]>([])
    init(_ node: DevnetNode) { self.node = node }

    func send(_ transaction: Transaction) async throws -> Reply<TransactionID> {
        sends.withLock { $0.append((transaction, NodeAffinity.key)) }
        return try await node.send(transaction)
    }
    func blockHeader(_ block: BlockReference) async throws -> Reply<BlockHeader> { try await node.blockHeader(block) }
    func account(_ address: Address, at state: StateReference) async throws -> Reply<Account> {
        try await node.account(address, at: state)
    }
    func accountKeys(_ address: Address, at state: StateReference) async throws -> Reply<[AccountKey]> {
        try await node.accountKeys(address, at: state)
    }
}
