package import Cadence
package import Encoding
package import FlowClient
package import FoundationEssentials
package import Postgres
import Submitter

/// What the platform tells ahead, for its scheduled operations to find: rows of drop tables, purchases, claims.
/// What is told again is not changed where it has been acted on.
package struct PlatformRecords: Sendable {
    let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    package struct DropRow: Sendable {
        package var dropID: String
        package var address: Address?
        package var holder: String?
        package var at: Date?
    }

    /// How many were new or changed; rows that are picked already stay as they are.
    package func putDrops(
        _ rows: [DropRow], tenant: String, kind: Sweep.DropKind, subject: String
    ) async throws -> Int {
        try await pool.query(
            Self.putDrops,
            [
                .text(tenant), .text(kind.rawValue), .text(subject), .textArray(rows.map(\.dropID)),
                .textArrayNullable(rows.map { $0.address?.hex }), .textArrayNullable(rows.map(\.holder)),
                .textArrayNullable(rows.map { $0.at.map { RFC3339.format($0) } }),
            ]
        ).count
    }

    package struct Purchase: Sendable {
        package var id: String
        package var tokenID: UInt64
        /// UFix64, scaled by 1e8.
        package var price: UInt64
        package var seller: Address?
        package var buyer: Address?
        package var holder: String?
        package var transactionID: TransactionID?
        package var isPaid: Bool
    }

    /// False where the purchase is decided already and stays as it is. Throws `wrongState` where the token is being sold to
    /// somebody else.
    package func put(_ purchase: Purchase, tenant: String) async throws -> Bool {
        do {
            return try await !pool.query(
                Self.putPurchase,
                [
                    .text(tenant), .text(purchase.id), .numeric(purchase.tokenID),
                    .decimal(UFix64(rawValue: purchase.price).description),
                    .optional(purchase.seller?.hex, PostgresValue.text),
                    .optional(purchase.buyer?.hex, PostgresValue.text), .optional(purchase.holder, PostgresValue.text),
                    .optional(purchase.transactionID.map { Array($0.bytes) }, PostgresValue.bytea),
                    .bool(purchase.isPaid),
                ]
            ).isEmpty
        } catch let error as PostgresError where error.sqlState == .uniqueViolation {
            throw SubmitterError(.wrongState, "token \(purchase.tokenID) is being sold to somebody else")
        }
    }

    package func putClaimant(_ person: String, claimedAt: Date, signedUpAt: Date?, tenant: String) async throws {
        _ = try await pool.query(
            """
            insert into claimants (tenant, person, claimed_at, signed_up_at) values ($1, $2, $3, $4)
            on conflict (tenant, person) do update set claimed_at = excluded.claimed_at,
                signed_up_at = coalesce(excluded.signed_up_at, claimants.signed_up_at)
            """,
            [
                .text(tenant), .text(person), .timestamptz(claimedAt), .optional(signedUpAt, PostgresValue.timestamptz),
            ])
    }

    /// Rows of a drop table with the platform's own status numbers, as what carries them out says at this moment.
    package func drops(tenant: String, subject: String, after: String, limit: Int) async throws -> [JSON] {
        try await pool.query(Self.selectDrops, [.text(tenant), .text(subject), .text(after), .int8(Int64(limit))])
            .map { try $0.json("row") }
    }

    package func purchase(tenant: String, id: String) async throws -> JSON? {
        try await pool.query(Self.selectPurchase, [.text(tenant), .text(id)]).first
            .map { try $0.json("row") }
    }

    private static let putDrops = """
        insert into drop_rows (tenant, kind, subject_id, drop_id, address, holder, drop_at)
        select $1, $2, $3, drop_id, address, holder, coalesce(at::timestamptz, now())
        from unnest($4::text[], $5::text[], $6::text[], $7::text[]) as new (drop_id, address, holder, at)
        order by drop_id
        on conflict (tenant, drop_id) do update set kind = excluded.kind, subject_id = excluded.subject_id,
            address = excluded.address, holder = excluded.holder, drop_at = excluded.drop_at
        where drop_rows.operation_id is null and drop_rows.campaign is null
        returning drop_id
        """

    private static let putPurchase = """
        insert into purchases (tenant, purchase_id, token_id, price, seller, buyer, holder, transaction_id, paid_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, case when $9 then now() end)
        on conflict (tenant, purchase_id) do update set token_id = excluded.token_id, price = excluded.price,
            seller = excluded.seller, buyer = excluded.buyer, holder = excluded.holder,
            transaction_id = excluded.transaction_id, paid_at = coalesce(purchases.paid_at, excluded.paid_at),
            updated_at = now()
        where purchases.state = 'pending'
        returning purchase_id
        """

    private static let selectDrops = """
        select jsonb_build_object('drop_id', drop_id, 'kind', kind, 'subject_id', subject_id, 'address', address,
            'holder', holder, 'drop_at', drop_at, 'operation', operation_id, 'reason', reason, 'token_id', token_id::text,
            'status', status)::text as row
        from drops where tenant = $1 and subject_id = $2 and drop_id > $3
        order by drop_id limit $4
        """

    private static let selectPurchase = """
        select jsonb_build_object('purchase_id', purchase_id, 'token_id', token_id::text, 'price', price::text,
            'seller', seller, 'buyer', buyer, 'holder', holder, 'transaction_id', encode(transaction_id, 'hex'),
            'locked_until', locked_until, 'state', state, 'reason', reason, 'operation', operation_id,
            'settled_height', settled_height)::text as row
        from purchases where tenant = $1 and purchase_id = $2
        """
}
