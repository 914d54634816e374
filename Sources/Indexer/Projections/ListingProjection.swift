import Cadence
package import FlowClient
import FoundationEssentials
package import Postgres

/// Listings of tracked tokens in NFTStorefrontV2, from when to when, and how they ended. Ghosts and expired ones say
/// nothing when they become so: they are open here until they are removed, as they are on the chain.
package struct ListingProjection: Projection {
    package static let name = "listings"
    package static let version: Int32 = 1
    package static let tables = ["listings"]
    package init() {}

    private static let columns = [
        "id", "storefront", "token_type", "token_id", "price", "payment_type", "custom_id", "expires_at", "from_height",
        "from_transaction_index", "from_event_index",
    ]
    private static let end = """
        update listings l
        set to_height = ended.height, to_transaction_index = ended.transaction_index, to_event_index = ended.event_index,
            ended = ended.how
        from unnest($1::numeric[], $2::bigint[], $3::integer[], $4::integer[], $5::text[])
            as ended (id, height, transaction_index, event_index, how)
        where l.id = ended.id and l.to_height is null
        """
    private static let remove = """
        update listings l set removed_height = gone.height
        from unnest($1::numeric[], $2::bigint[]) as gone (id, height) where l.id = gone.id and l.removed_height is null
        """

    package func execute(_ batch: EventBatch, on connection: PostgresConnection) async throws {
        var listed: [[PostgresValue]] = []
        var ended: [UInt64: (position: EventPosition, purchased: Bool)] = [:]
        var removed: [UInt64: BlockHeight] = [:]
        for event in batch.events {
            for fact in event.facts {
                switch fact {
                case .listed(let listing): listed.append(Self.row(listing, event.position))
                case .listingCompleted(let id, let purchased) where ended[id] == nil:
                    ended[id] = (event.position, purchased)
                case .listingRemoved(let id, let purchased):
                    if ended[id] == nil { ended[id] = (event.position, purchased) }
                    removed[id] = event.position.height
                default: break
                }
            }
        }
        if !listed.isEmpty { try await connection.write("listings", columns: Self.columns, rows: listed) }
        if !ended.isEmpty {
            let positions = ended.values.map(\.position)
            _ = try await connection.execute(
                Self.end,
                [
                    .numericArray(Array(ended.keys)), .int8Array(positions.map { Int64($0.height.rawValue) }),
                    .int4Array(positions.map { Int32(bitPattern: $0.transactionIndex) }),
                    .int4Array(positions.map { Int32(bitPattern: $0.eventIndex) }),
                    .textArray(ended.values.map { $0.purchased ? "purchased" : "removed" }),
                ])
        }
        if !removed.isEmpty {
            _ = try await connection.execute(
                Self.remove,
                [.numericArray(Array(removed.keys)), .int8Array(removed.values.map { Int64($0.rawValue) })])
        }
    }

    private static func row(_ listing: ChainFact.Listing, _ position: EventPosition) -> [PostgresValue] {
        [
            .numeric(listing.id), .text(listing.storefront.hex), .text(listing.token.type), .numeric(listing.token.id),
            .decimal(UFix64(rawValue: listing.price).description), .text(listing.paymentType),
            .optional(listing.customID, PostgresValue.text),
            .timestamptz(expiry(listing.expiry)), .height(position.height), .index(position.transactionIndex),
            .index(position.eventIndex),
        ]
    }

    /// A seller may write any UInt64; a timestamptz ends with the year 294276.
    private static func expiry(_ unixSeconds: UInt64) -> Date {
        Date(timeIntervalSince1970: Double(min(unixSeconds, 253_402_300_799)))
    }

    package func unwind(to height: BlockHeight, on connection: PostgresConnection) async throws {
        _ = try await connection.execute("delete from listings where from_height > $1", [.height(height)])
        _ = try await connection.execute(
            "update listings set removed_height = null where removed_height > $1", [.height(height)])
        _ = try await connection.execute(
            """
            update listings set to_height = null, to_transaction_index = null, to_event_index = null, ended = null
            where to_height > $1
            """, [.height(height)])
    }
}
