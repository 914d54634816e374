import Cadence
import Postgres
import Submitter

extension Sweeper {
    /// Those paid by a wallet are compared with what the chain sealed, those paid off chain become items to deliver, and
    /// what nobody paid within its lock is let go.
    func purchases(_ limit: Int, for operation: Accepted, on connection: PostgresConnection) async throws -> [NewItem] {
        let tenant = PostgresValue.text(operation.tenant)
        let decided = try await connection.query(Self.decidePaidByWallet, [tenant, .int8(Int64(limit))])
        let released = try await connection.query(Self.release, [tenant, .int8(Int64(limit))])
        try await remember(operation, "compared with the chain", decided.count, on: connection)
        try await remember(operation, "lock let go", released.count, on: connection)
        let rows = try await connection.query(
            Self.pickPaid, [tenant, .int8(Int64(limit)), .text(operation.id.rawValue)])
        return try rows.map { row in
            NewItem(
                .deliverPurchase(
                    id: try row.decode(UInt64.self, "token_id"),
                    recipient: try row.decode(String?.self, "buyer").flatMap { Address($0) },
                    holder: try row.decode(String?.self, "holder")))
        }
    }

    /// Purchases whose delivery has ended are settled, or failed with its reason.
    package func settleDelivered() async throws {
        _ = try await pool.query(Self.settleDelivered)
    }

    /// Every change of a purchase is told.
    private static let tell = """
        insert into outbox (tenant, topic, key, body)
        select tenant, 'purchase.' || state, purchase_id, jsonb_build_object('purchase_id', purchase_id,
            'token_id', token_id::text, 'state', state, 'reason', reason, 'height', settled_height)
        from changed returning id
        """

    private static let settleDelivered = """
        with changed as (
            update purchases p set state = case i.state when 'done' then 'settled' else 'failed' end,
                reason = case when i.state = 'done' then null else coalesce(i.reason, i.state) end,
                settled_height = i.height, updated_at = now()
            from operation_items i
            where p.state = 'delivering' and i.operation_id = p.operation_id and i.ordinal = p.ordinal
                and i.state in ('done', 'rejected', 'failed', 'cancelled')
            returning p.*
        ) \(tell)
        """

    /// The sale that the transaction made of the token, as indexed: who sold, who has it since, for how much.
    private static let decidePaidByWallet = """
        with open as (
            select * from purchases where tenant = $1 and state = 'pending' and transaction_id is not null
            order by purchase_id limit $2 for update skip locked
        ), seen as (
            select p.purchase_id, t.height, case
                when t.status_code <> 0 then 'its transaction failed: ' || left(t.error_message, 300)
                when l.id is null then 'its transaction did not buy token ' || p.token_id || ' from a storefront'
                when l.price <> p.price then 'price: ' || l.price || ' was paid, not ' || p.price
                when p.seller is not null and l.storefront <> p.seller then 'seller: it was bought from 0x' || l.storefront
                when s.owner_kind is distinct from 'wallet' then 'buyer: the token went to no wallet'
                when p.buyer is not null and s.owner <> p.buyer then 'buyer: the token went to 0x' || s.owner
                end as wrong
            from open p
            join transactions t on t.id = p.transaction_id and not t.is_system
            left join listings l on l.token_id = p.token_id and l.ended = 'purchased' and l.to_height = t.height
                and l.to_transaction_index = t.transaction_index
            left join lateral (
                select o.owner_kind, o.owner from token_owners o
                where o.token_id = int64(l.token_id) and o.token_type = l.token_type and o.from_height = t.height
                    and o.from_transaction_index = t.transaction_index
                union all
                select h.owner_kind, h.owner from ownership_history h
                where h.token_id = int64(l.token_id) and h.token_type = l.token_type and h.from_height = t.height
                    and h.from_transaction_index = t.transaction_index) s on true
        ), changed as (
            update purchases p set state = case when wrong is null then 'settled' else 'failed' end, reason = wrong,
                settled_height = height, updated_at = now()
            from seen where p.tenant = $1 and p.purchase_id = seen.purchase_id
            returning p.*
        ) \(tell)
        """

    /// By the chain's own clock where a transaction is waited for: what is not indexed yet may still be there.
    private static let release = """
        with open as (
            select tenant, purchase_id from purchases
            where tenant = $1 and state = 'pending' and paid_at is null and locked_until <= case
                when transaction_id is null then now()
                else (select max(block_produced_at) from ingest_cursors) end
            order by purchase_id limit $2 for update skip locked
        ), changed as (
            update purchases p set state = 'released', updated_at = now(), reason = case
                when transaction_id is null then 'nobody paid while it was locked'
                else 'its transaction was not on the chain while it was locked' end
            from open where p.tenant = open.tenant and p.purchase_id = open.purchase_id
            returning p.*
        ) \(tell)
        """

    private static let pickPaid = """
        with due as (
            select tenant, purchase_id, row_number() over (order by purchase_id) - 1 as ordinal
            from (select tenant, purchase_id from purchases
                  where tenant = $1 and state = 'pending' and paid_at is not null
                  order by purchase_id limit $2 for update skip locked) as locked
        ), picked as (
            update purchases p set state = 'delivering', operation_id = $3, ordinal = due.ordinal, updated_at = now()
            from due where p.tenant = due.tenant and p.purchase_id = due.purchase_id
            returning p.token_id, p.buyer, p.holder, p.ordinal
        )
        select * from picked order by ordinal
        """
}
