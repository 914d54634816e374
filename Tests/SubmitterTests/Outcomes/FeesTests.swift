import Cadence
import Devnet
import FlowClient
import Testing

@testable import Submitter

/// What was paid is what the payer has less.
@Suite(.timeLimit(.minutes(2)))
struct FeesTests {
    @Test func `operations share what their transactions cost, to the last unit that the payer has less`() async throws
    {
        try await Bench.with(adjust: { $0.rules.fees = .flip351 }) { bench in
            try await bench.prepareChain()
            let submitter = try await bench.submitter()
            let before = try await bench.operations.fees(within: .seconds(3600), tenant: nil)
            let funds = try await bench.node.account(bench.platform.address, at: .latest).value.balance
            let ids = [
                try await bench.enqueue("drop", bench.drops(10)),
                try await bench.enqueue("drop", bench.drops(30, named: "more")),
            ]
            for id in ids { #expect(try await bench.finish(id, submitter).outcome == .done) }
            // The index told first how they ended; what they cost is looked up by the way.
            try await bench.round(submitter)
            let spent = funds - (try await bench.node.account(bench.platform.address, at: .latest).value.balance)
            #expect(spent > 0)
            var paid: [Int64] = []
            for id in ids { paid.append(try await bench.operations.feesPaid(by: id)) }
            // Each part is rounded.
            #expect(abs(paid.reduce(0, +) - Int64(spent)) <= 3, "\(paid), \(spent)")
            #expect(paid.allSatisfy { $0 > 0 })
            let after = try await bench.operations.fees(within: .seconds(3600), tenant: nil)
            func sum(_ fees: [RecipeFees]) -> Int64 { fees.reduce(0) { $0 + $1.paid } }
            #expect(sum(after) - sum(before) == Int64(spent))
            let drops = try #require(after.first { $0.recipe == "drop_collectibles" })
            #expect(drops.items == 40 && drops.failed == 0 && drops.computation > 40 * 9)
            #expect(try await bench.operations.fees(within: .seconds(3600), tenant: "nobody").isEmpty)
            let tenant = try #require(try await bench.operations.status(ids[0])).tenant
            let mine = try await bench.operations.fees(within: .seconds(3600), tenant: tenant)
            #expect(sum(mine) == sum(after))
        }
    }

    @Test func `where the chain takes no fees, none are listed`() async throws {
        try await Bench.with { bench in
            try await bench.prepareChain()
            let submitter = try await bench.submitter()
            let id = try await bench.enqueue("drop", bench.drops(3))
            #expect(try await bench.finish(id, submitter).outcome == .done)
            #expect(try await bench.operations.feesPaid(by: id) == 0)
            #expect(try await bench.operations.fees(within: .seconds(3600), tenant: nil).isEmpty)
        }
    }
}
