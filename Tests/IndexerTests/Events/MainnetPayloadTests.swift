import Cadence
import Daemon
import FlowClient
import Foundation
import Postgres
import TestSupport
import Testing

@testable import Indexer

/// Other people's contracts by what they really emitted: payloads of mainnet and testnet that others published, indexed
/// without the platform's contracts.
@Suite struct MainnetPayloadTests {
    private static let file = SharedFolder.folder("vectors")?.appendingPathComponent("events.jsonl")

    private struct Recorded: Decodable {
        var type: String
        var typeID: String?
        var payload: String
    }

    private func recorded() throws -> [Recorded] {
        try String(contentsOf: try #require(Self.file), encoding: .utf8).split(separator: "\n").compactMap { line in
            let recorded = try JSONDecoder().decode(Recorded.self, from: Data(line.utf8))
            return recorded.type == "Event" && recorded.typeID != nil ? recorded : nil
        }
    }

    private static func own(_ contract: String, burn: String? = nil) -> NFTTrack {
        NFTTrack(type: "A.\(contract).NFT", events: .own(.init(burn: burn)))
    }

    private static let topShot = own("0b2a3299cc857e29.TopShot", burn: "MomentDestroyed")
    private static let basketballs = own("eee6bdee2b2bdfc8.Basketballs")
    private static let garage = own("80102bce1de42dc4.HWGaragePack", burn: "Burn")
    private static let golazos = NFTTrack(type: "A.87ca73a41bb50ad5.Golazos.NFT")
    private static let contracts = TrackedContracts(
        nonFungibleToken: Address("1d7e57aa55817448"), storefront: Address("4eb8a10cb9f87357"),
        others: [topShot, basketballs, garage, golazos, own("1e3c78c6d580273b.LNVCT")],
        fungibleToken: Address("f233dcee88fe0abe"), vaults: ["A.1654653399040a61.FlowToken.Vault"],
        hybridCustody: Address("d8a7e05a7ac670c0"))

    @Test(.enabled(if: file != nil, "needs ../shared/vectors"))
    func `contracts of before Cadence 1.0 are followed by their own events, listings by the storefront's`() async throws
    {
        let node = TestNode()
        // Some were published twice, and several are of before Cadence 1.0.
        var seen: Set<String> = []
        for recorded in try recorded() where seen.insert(recorded.payload.filter { !$0.isWhitespace }).inserted {
            node.addRaw(recorded.typeID ?? "", Array(recorded.payload.utf8))
        }
        try await TestPostgres.withDatabase { pool in
            var options = ChainIndexer.Options(start: 0)
            options.cadence1 = node.last.advanced(by: 1)
            let indexer = ChainIndexer(
                api: node, pool: pool, contracts: Self.contracts, options: options, logger: .silent)
            try await indexer.ingestOnce()
            let poison = try await PoisonEvent.all(on: pool)
            // One listing was published in two forms: the second is set aside.
            #expect(
                poison.map(\.type) == ["A.4eb8a10cb9f87357.NFTStorefrontV2.ListingAvailable"],
                "\(poison.map { "\($0.type): \($0.error)" })")
            let reader = OwnershipReader(pool: pool)
            let moment = try #require(
                try await reader.owner(of: TokenKey(type: Self.topShot.type, id: 548_929)).value)
            #expect(moment.owner == .wallet(Address("ed8707e2ae5bba5a")!))
            // Put in by one of the payloads, taken out by another.
            let ball = try #require(try await reader.owner(of: TokenKey(type: Self.basketballs.type, id: 2)).value)
            #expect(ball.owner == .limbo)
            // Burned before it was put in: these payloads are of several transactions, in no order of time.
            let packs = try #require(try await reader.history(of: TokenKey(type: Self.garage.type, id: 2)).value)
            #expect(packs.spans.map(\.owner) == [.wallet(Address("8500afb0163a33c8")!)])
            let listings = try await reader.openListings().value.items
            #expect(listings.map(\.token.type).contains(Self.golazos.type))
            #expect(listings.allSatisfy { Self.contracts.tokenTypes.contains($0.token.type) })
            // What nobody asked for is not kept.
            let kept = try await pool.query("select distinct type from events").map {
                try $0.decode(String.self, at: 0)
            }
            #expect(kept.allSatisfy { Self.contracts.eventKinds[$0] != nil }, "\(kept)")
            #expect(kept.count >= 6)
        }
    }
}
