import Postgres

/// What transactions of one recipe have cost.
package struct RecipeFees: Hashable, Sendable {
    package var recipe: String
    package var transactions: Int
    /// Of these, how many failed: they pay, too.
    package var failed: Int
    package var items: Int
    /// Units, together.
    package var computation: Int64
    /// In FLOW, scaled by 1e8, together.
    package var paid: Int64
}

extension OperationStore {
    /// What the transactions of an operation have cost so far, in FLOW scaled by 1e8: of each that it shared with others,
    /// as large a part as it had of the items.
    package func feesPaid(by id: OperationID) async throws -> Int64 {
        try await feesPaid(by: [id])
    }

    /// Of all of them together.
    package func feesPaid(by ids: [OperationID]) async throws -> Int64 {
        try await pool.query(Self.selectPaid, [.textArray(ids.map(\.rawValue))]).one(Int64.self)
    }

    /// Of the transactions that were executed within so long, the dearest recipe first. Of a tenant: as large a part of each
    /// as its items had; of all of them where it is nil.
    package func fees(within span: Duration, tenant: String?) async throws -> [RecipeFees] {
        try await pool.query(
            Self.selectFees, [.int8(span.components.seconds), tenant.map(PostgresValue.text) ?? .null]
        ).map { row in
            RecipeFees(
                recipe: try row.decode(String.self, "recipe"), transactions: try row.decode(Int.self, "transactions"),
                failed: try row.decode(Int.self, "failed"), items: try row.decode(Int.self, "items"),
                computation: try row.decode(Int64.self, "computation"), paid: try row.decode(Int64.self, "paid"))
        }
    }

    private static let selectPaid = """
        select coalesce(round(sum(a.fee * own.items / whole.items)), 0)::bigint as paid
        from (select slot_id, count(*)::numeric as items from slot_items where operation_id = any ($1::text[]) group by slot_id) own
        join attempts a on a.slot_id = own.slot_id and a.fee is not null
        cross join lateral (select count(*) as items from slot_items w where w.slot_id = own.slot_id) whole
        """

    private static let selectFees = """
        select recipe, count(*) as transactions, count(error_text) as failed, sum(own)::bigint as items,
            coalesce(round(sum(computation * own / whole)), 0)::bigint as computation,
            round(sum(fee * own / whole))::bigint as paid
        from (
            select a.id, s.recipe, a.fee, a.computation, a.error_text, count(*)::numeric as whole,
                (count(*) filter (where $2::text is null or o.tenant = $2))::numeric as own
            from attempts a join slots s on s.id = a.slot_id join slot_items i on i.slot_id = s.id
            join operations o on o.id = i.operation_id
            where a.fee is not null and a.executed_at > now() - $1 * interval '1 second'
            group by a.id, s.recipe
        ) shared
        where own > 0 group by recipe order by paid desc, recipe
        """
}
