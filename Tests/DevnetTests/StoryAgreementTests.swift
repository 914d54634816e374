import Cadence
import Devnet
import FlowClient
import Foundation
import Testing

@Suite(.timeLimit(.minutes(2)))
struct StoryAgreementTests {
    @Test func `the devnet tells the recorded story with its events, types, order, fields and rejections`() async throws
    {
        let retelling = try Retelling("story")
        try await retelling.tell()
        #expect(retelling.compared == 81)
        try await expectTruth("story", retelling)
    }

    @Test func `hundreds of recorded transactions of twelve wallets end as they did`() async throws {
        let retelling = try Retelling("history")
        try await retelling.tellBlocks()
        #expect(retelling.compared == 593)
        try await expectTruth("history", retelling)
    }

    @Test func `the devnet refuses and fails what the recorded node does, in its words`() async throws {
        let retelling = try Retelling("errors")
        // Why an update does not fit is found by checking types, which the devnet does not: it says that it does not know
        // the contract. That it fails, how and where is the same.
        retelling.differing["contract update that is not compatible"] = { difference in
            let common = difference.expected.prefix { $0 != "^" }
            return difference.found.hasPrefix(common) && difference.found.contains("does not know this NovaBrand")
        }
        try await retelling.tell()
        #expect(retelling.compared >= 70)
    }

    @Test func `a transaction is taken ten blocks after its reference and refused after twelve, with an expiry of ten`()
        async throws
    {
        let retelling = try Retelling("expiry") { $0.expiry = 10 }
        try await retelling.tell()
        #expect(retelling.compared == 14)
    }

    @Test func `fees are paid by the payer, by failures too, with the recorded events`() async throws {
        let retelling = try Retelling("fees") { $0.takesFees = true }
        // What a transaction computed is near the recorded effort, not the same.
        retelling.ignoredFields = ["executionEffort"]
        try await retelling.tell()
        #expect(retelling.compared == 24)
    }

    @Test func `events in CCF have the recorded types, and the recorded bytes where no id is in them`() async throws {
        let retelling = try Retelling("story")
        try await retelling.tell()
        let (same, exact) = try await retelling.compareCCF()
        #expect(same > 330)
        #expect(exact > 100)
    }

    /// What the scripts say at each height that was asked about, against what they said on the recorded chain.
    private func expectTruth(_ name: String, _ retelling: Retelling) async throws {
        let truths = try JSONDecoder().decode(
            [Truth].self, from: Data(contentsOf: Recorded.folder.appending(path: "\(name).truth.json")))
        #expect(truths.count >= 12)
        let client = DevnetClient(api: retelling.node)
        for truth in truths {
            while retelling.node.finalizedHeight.rawValue < truth.height { retelling.makeBlock() }
            let height = BlockReference.height(BlockHeight(truth.height))
            let addresses = truth.accounts.keys.compactMap { Address($0) }.sorted()
            let holdings = try await client.script(
                "holdings", [.array(CadenceArray(addresses.map { .address($0) }))], at: height)
            for holding in holdings.asArray ?? [] {
                let composite = try #require(holding.asComposite)
                let expected = truth.accounts[composite["address"]!.asAddress!.hex]!
                #expect(Truth.ids(composite["passes"]!) == retelling.ours(expected.passes), "\(truth.height)")
                #expect(
                    Truth.ids(composite["collectibles"]!) == retelling.ours(expected.collectibles), "\(truth.height)")
            }
            let lockers = try await client.script(
                "lockers", [.array(CadenceArray(truth.lockers.keys.map { .string($0) }))], at: height)
            guard case .dictionary(let byHolder) = lockers else { throw TruthError() }
            for pair in byHolder.pairs {
                let expected = truth.lockers[pair.key.asString!]!
                let held = pair.value.asArray!.map { Set($0.asArray!.map { $0.asUInt64! }) }
                #expect(held == [retelling.ours(expected.passes)!, retelling.ours(expected.collectibles)!])
            }
            let listings = try await client.script(
                "listings", [.address(Address(rawValue: 0x179b_6b1c_b675_5e31))], at: height)
            guard case .dictionary(let open) = listings else { throw TruthError() }
            let found = Dictionary(uniqueKeysWithValues: open.pairs.map { ($0.key.asUInt64!, $0.value.asUInt64!) })
            let expected = truth.listings.map { (retelling.ours(UInt64($0.key)!), retelling.ours($0.value)) }
            #expect(found == Dictionary(uniqueKeysWithValues: expected), "\(truth.height)")
        }
    }
}

struct TruthError: Error {}

/// What the recorded node's scripts said at a height.
struct Truth: Decodable {
    struct Held: Decodable {
        var passes: [UInt64]?
        var collectibles: [UInt64]?
    }
    var height: UInt64
    var accounts: [String: Held]
    var lockers: [String: Held]
    var listings: [String: UInt64]

    static func ids(_ value: CadenceValue) -> Set<UInt64>? {
        guard case .optional(let inner?) = value else { return nil }
        return Set(inner.asArray!.map { $0.asUInt64! })
    }
}

extension Retelling {
    func ours(_ numbers: [UInt64]?) -> Set<UInt64>? { numbers.map { Set($0.map(ours)) } }

    /// Compares the events of our blocks with the recorded ones as CCF: how many agree in types and values, and how many
    /// of them to the byte, which all must whose values are the same.
    func compareCCF() async throws -> (same: Int, exact: Int) {
        var agreeing = (same: 0, exact: 0)
        for exchange in recorded.exchanges where exchange.method.hasSuffix("/GetTransactionResultsByBlockID") {
            let request = Wire(exchange.requestBytes)
            guard request[number: 2] == 1, exchange.code ?? 0 == 0 else { continue }
            let results = Wire(exchange.responseBytes)[all: 1].map(Wire.init)
            guard let height = results.first?[number: 8], let id = node.blockID(at: BlockHeight(height)) else {
                continue
            }
            let ours = try await node.transactionResults(inBlock: id, encoding: .ccf).value
            for (theirs, ours) in zip(results, ours) {
                for (recorded, event) in zip(theirs[all: 4].map(Wire.init), ours.events)
                where !event.type.hasSuffix("EVM.BlockExecuted") {
                    let bytes = recorded[bytes: 5]!
                    let (a, b) = (try CCF.decode(bytes), try CCF.decode(event.payload))
                    #expect(a.asComposite?.fieldTypes == b.asComposite?.fieldTypes, "\(event.type)")
                    #expect(same(a, b), "\(event.type)")
                    agreeing.same += 1
                    if a == b {
                        #expect(bytes == event.payload, "\(event.type)")
                        agreeing.exact += 1
                    }
                }
            }
        }
        return agreeing
    }
}
