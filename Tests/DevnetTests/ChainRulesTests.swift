import Cadence
import FlowClient
import Foundation
import Signer
import TestSupport
import Testing

@testable import Devnet

/// What things cost, by the rules of the hour.
struct ChainRulesTests {
    private struct Row: Decodable {
        var recipe: String
        var items: Int
        var computation: Double
        var error: String
        var refused: String
    }

    @Test(arguments: [
        ("computation.table.json", ExecutionWeights.flip346), ("computation-370.table.json", .flip370),
    ])
    func `a recipe costs what was measured, within a fifth, and what did not fit does not`(
        _ file: String, _ weights: ExecutionWeights
    ) throws {
        let rows = try JSONDecoder().decode([Row].self, from: Fixtures.read("recordings/\(file)"))
        var compared = 0
        for row in rows where row.refused.isEmpty {
            let name = String(row.recipe.prefix { $0 != " " })
            let cost = try #require(Recipe.all[name]).cost(by: weights)
            let item = cost.perItem + (row.recipe.hasSuffix("lockers") ? cost.perLocker : 0)
            let modelled = cost.base + item * Double(row.items)
            if row.error.isEmpty {
                // A batch of one differs by what is set up once; what decides is what a batch costs.
                guard row.items >= 5 else { continue }
                #expect(abs(modelled - row.computation) / row.computation < 0.2, "\(row.recipe), \(row.items)")
            } else if row.error.contains("1110") {
                #expect(modelled > 9999, "\(row.recipe), \(row.items): \(modelled)")
            }
            compared += 1
        }
        #expect(compared > 80)
    }

    @Test func `fees are those of their schedule, times the surge factor`() {
        var rules = ChainRules()
        #expect(rules.fee(for: 9999) == 0)
        rules.fees = .emulator
        #expect(rules.fee(for: 1) == 1000 && rules.fee(for: 9999) == 1000)
        rules.fees = .flip351
        #expect(rules.fee(for: 0) == 10_000)
        // 0.0001 and 0.00004 a unit: a failed batch pays 0.4 FLOW.
        #expect(rules.fee(for: 9999) == 40_006_000)
        rules.surgeFactor = 250_000_000
        #expect(rules.fee(for: 9999) == 100_015_000)
        rules.fees = .before351
        rules.surgeFactor = 100_000_000
        #expect(rules.fee(for: 1000) == 25_050)
    }

    @Test func `weights and fees change between two blocks, and the fee's event says so`() async throws {
        let chain = try await TestChain.withRelease(supply: 1)
        func fee() async throws -> (amount: UInt64, effort: UInt64) {
            let result = try await chain.client.run(
                chain.client.transaction(
                    "set_brand_status", [.string("o"), .string("b"), .uint8(2)], by: chain.platform))
            #expect(result.errorMessage.isEmpty)
            let event = try #require(result.events.last { $0.type.hasSuffix("FlowFees.FeesDeducted") })
            let fields = try #require(try JSONCDC.decode(event.payload).asComposite)
            return (fields["amount"]?.asUFix64?.rawValue ?? 0, fields["executionEffort"]?.asUFix64?.rawValue ?? 0)
        }
        chain.node.changeRules { $0.fees = .flip351 }
        let before = try await fee()
        #expect(before.amount == 10_000 + 4000 * before.effort)
        chain.node.changeRules { $0.weights = .flip370 }
        let after = try await fee()
        #expect(after.effort == 5 * before.effort)
        chain.node.changeRules { $0.surgeFactor = 300_000_000 }
        #expect(try await fee().amount == 3 * (10_000 + 4000 * after.effort))
    }

    @Test func `everything that happened from outside is in the journal`() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "devnet-\(UUID()).journal").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let chain = try await TestChain.withRelease(supply: 3) { $0.journalPath = path }
        let node = chain.node
        node.changeRules {
            $0.weights = .flip370
            $0.fees = .flip351
            $0.surgeFactor = 200_000_000
            $0.restrictedAccounts = [Address(rawValue: 0x01cf_0e2f_f2d1_c6de)]
        }
        node.setBalance(of: chain.platform.address, to: 123_456_789_000)
        node.useKey(0, of: chain.service.address, times: 4)
        try await chain.client.succeed("create_brands", Arguments.brand("after"), by: chain.platform)
        let gone = node.makeBlock()
        try node.rollBack(to: BlockHeight(gone.rawValue - 1))
        node.makeBlocks(2)
        node.fillStorage(of: chain.platform.address)
        // Whatever it is started with: what is in the journal was executed by the journal's rules.
        let again = try TestChain(configure: {
            $0.journalPath = path
            $0.rules.fees = .emulator
        })
        #expect(again.node.rules == node.rules)
        #expect(again.node.finalizedHeight == node.finalizedHeight)
        #expect(again.node.blockID(at: again.node.finalizedHeight) == node.blockID(at: node.finalizedHeight))
        for address in [chain.platform.address, chain.service.address] {
            let (a, b) = (
                try await again.node.account(address, at: .latest).value,
                try await node.account(address, at: .latest).value
            )
            #expect(a == b)
        }
        let storage = [again.node, node].map { node in
            node.shared.withLock { $0.chain.blocks.last?.state?.accounts[chain.platform.address]?.storageUsed }
        }
        #expect(storage[0] != nil && storage[0] == storage[1])
    }

    @Test(arguments: [
        "rules 1 flip346 none 1", "rollback x", "balance 1 2 3", "dance", "fill zz", "use_key 01 x 1", "",
    ])
    func `words that are no change are none`(_ words: String) {
        #expect(OutsideChange(words.split(separator: " ")) == nil)
    }
}
