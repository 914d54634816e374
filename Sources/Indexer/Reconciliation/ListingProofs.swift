import Cadence
package import FlowClient
import Postgres

/// Where the platform's storefront and the index differ about what is for sale.
package struct ListingDrift: Hashable, Sendable {
    package var id: UInt64
    package var tokenID: UInt64
    package var height: BlockHeight
    /// Whether it is open in the index, and on the chain: one of the two.
    package var isIndexed: Bool
    package var isOnChain: Bool { !isIndexed }
}

extension Reconciler {
    /// What a look at the storefront came to.
    package struct ListingRound: Sendable {
        package var height: BlockHeight
        package var proven: Int
        package var drifts: [ListingDrift]
    }

    /// The platform's own storefront, whole, by the chain's own script at the index's height; what it says otherwise, twice, is
    /// a drift. Nil where nobody could look: nothing is indexed, there is no storefront to ask about, or it is too large for a
    /// script. Throws what the node says.
    package func listings() async throws -> ListingRound? {
        guard let storefront = contracts.pass,
            let row = try await pool.query(Self.cursor, [.text(BatchWriter.cursorName)]).first
        else { return nil }
        let height = try row.height("height") as BlockHeight
        let indexed = try await open(in: storefront, at: height)
        let word = ChainWord(api: api, scripts: scripts, contracts: contracts, height: height)
        let first: [UInt64: UInt64]
        do { first = try await word.listings(of: storefront) } catch let error as AccessError
            where error.verdict == .split
        { return nil }
        var drifts = Self.differences(indexed, first, height)
        if !drifts.isEmpty {
            let again = Set(Self.differences(indexed, try await word.listings(of: storefront), height))
            drifts = drifts.filter(again.contains)
        }
        let (found, proven) = (drifts, indexed.count - drifts.count { $0.isIndexed })
        try await pool.withTransaction { connection in
            _ = try await connection.execute(
                "delete from listing_drifts where listing_id <> all($1::numeric[])", [.numericArray(found.map(\.id))])
            _ = try await connection.execute(
                Self.remember,
                [
                    .numericArray(found.map(\.id)), .numericArray(found.map(\.tokenID)), .height(height),
                    .textArray(found.map { "\($0.isIndexed)" }),
                ])
        }
        return ListingRound(height: height, proven: proven, drifts: drifts)
    }

    private func open(in storefront: Address, at height: BlockHeight) async throws -> [UInt64: UInt64] {
        try await pool.query(Self.selectOpen, [.text(storefront.hex), .height(height)]).reduce(into: [:]) {
            $0[try $1.decode(UInt64.self, "id")] = try $1.decode(UInt64.self, "token_id")
        }
    }

    private static func differences(
        _ indexed: [UInt64: UInt64], _ chain: [UInt64: UInt64], _ height: BlockHeight
    ) -> [ListingDrift] {
        let missing = indexed.filter { chain[$0.key] != $0.value }
            .map { ListingDrift(id: $0.key, tokenID: $0.value, height: height, isIndexed: true) }
        let unknown = chain.filter { indexed[$0.key] == nil }
            .map { ListingDrift(id: $0.key, tokenID: $0.value, height: height, isIndexed: false) }
        return (missing + unknown).sorted { $0.id < $1.id }
    }

    private static let cursor = "select height from ingest_cursors where name = $1 and height is not null"

    private static let selectOpen = """
        select id, token_id from listings where storefront = $1 and from_height <= $2 and (to_height is null or to_height > $2)
        """

    private static let remember = """
        insert into listing_drifts (listing_id, token_id, height, indexed)
        select id, token, $3, indexed::boolean from unnest($1::numeric[], $2::numeric[], $4::text[]) as n (id, token, indexed)
        on conflict (listing_id) do update set height = excluded.height, indexed = excluded.indexed
        """
}

extension DriftStore {
    /// As the last look at the storefront found them: what agrees again is not here any more.
    package func listings() async throws -> [ListingDrift] {
        try await pool.query(
            "select listing_id, token_id, height, indexed from listing_drifts order by listing_id limit 1000"
        ).map {
            ListingDrift(
                id: try $0.decode(UInt64.self, "listing_id"), tokenID: try $0.decode(UInt64.self, "token_id"),
                height: try $0.height("height"), isIndexed: try $0.decode(Bool.self, "indexed"))
        }
    }
}
