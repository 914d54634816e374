import FlowClient
import FoundationEssentials
package import Postgres

extension OperationStore {
    /// Nil where there is no such operation.
    package func status(_ id: OperationID) async throws -> OperationStatus? {
        try await pool.query(Self.selectStatus + " where id = $1", [.text(id.rawValue)]).first.map(Self.status)
    }

    /// Nil where the tenant has used no such key.
    package func status(tenant: String, idempotencyKey: String) async throws -> OperationStatus? {
        try await pool.query(
            Self.selectStatus + " where tenant = $1 and idempotency_key = $2", [.text(tenant), .text(idempotencyKey)]
        ).first.map(Self.status)
    }

    /// Newest first. `before` is the last id of the page before; a tenant of nil is all of them.
    package func list(
        tenant: String?, state: OperationStatus.State? = nil, type: String? = nil, before: OperationID? = nil,
        limit: Int = 50
    ) async throws -> [OperationStatus] {
        try await pool.query(
            Self.selectStatus + """
                 where ($1::text is null or tenant = $1) and ($2::text is null or state = $2) and ($3::text is null or type = $3)
                and ($4::text is null or id < $4 collate "C") order by id desc limit $5
                """,
            [
                tenant.map(PostgresValue.text) ?? .null, (state?.rawValue).map(PostgresValue.text) ?? .null,
                type.map(PostgresValue.text) ?? .null, (before?.rawValue).map(PostgresValue.text) ?? .null,
                .int8(Int64(limit)),
            ]
        ).map(Self.status)
    }

    /// By ordinal. `after` is the last ordinal of the page before.
    package func items(
        of id: OperationID, state: ItemStatus.State? = nil, after: Int = -1, limit: Int = 1000
    ) async throws -> [ItemStatus] {
        try await pool.query(
            Self.selectItems,
            [
                .text(id.rawValue), (state?.rawValue).map(PostgresValue.text) ?? .null, .int8(Int64(after)),
                .int8(Int64(limit)),
            ]
        ).map(Self.item)
    }

    /// What happened to it, first to last.
    package func history(_ id: OperationID) async throws -> [HistoryEntry] {
        try await pool.query(Self.selectHistory, [.text(id.rawValue)]).map { row in
            HistoryEntry(
                at: try row.decode(Date.self, "at"), what: try row.decode(String.self, "what"),
                items: try row.decode(Int?.self, "items"),
                transactionID: try row.decode([UInt8]?.self, "transaction_id").flatMap { TransactionID(bytes: $0) },
                height: try row.decode(Int64?.self, "height").map { BlockHeight(UInt64($0)) },
                detail: try row.decode(String?.self, "detail"))
        }
    }

    static func status(_ row: PostgresRow) throws -> OperationStatus {
        OperationStatus(
            id: OperationID(rawValue: try row.decode(String.self, "id"))!,
            tenant: try row.decode(String.self, "tenant"),
            type: try row.decode(String.self, "type"), payload: try row.decode(String.self, "payload"),
            idempotencyKey: try row.decode(String.self, "idempotency_key"),
            priority: try row.decode(Int16.self, "priority"),
            notBefore: try row.decode(Date?.self, "not_before_at"),
            state: OperationStatus.State(rawValue: try row.decode(String.self, "state"))!,
            outcome: try row.decode(String?.self, "outcome").flatMap(OperationStatus.Outcome.init),
            reason: try row.decode(String?.self, "reason"), attempts: try row.decode(Int.self, "attempts"),
            items: OperationStatus.Counts(
                total: try row.decode(Int.self, "items_total"), done: try row.decode(Int.self, "items_done"),
                rejected: try row.decode(Int.self, "items_rejected"), failed: try row.decode(Int.self, "items_failed"),
                cancelled: try row.decode(Int.self, "items_cancelled")),
            createdAt: try row.decode(Date.self, "created_at"), updatedAt: try row.decode(Date.self, "updated_at"),
            finishedAt: try row.decode(Date?.self, "finished_at"))
    }

    static func item(_ row: PostgresRow) throws -> ItemStatus {
        ItemStatus(
            operation: OperationID(rawValue: try row.decode(String.self, "operation_id"))!,
            ordinal: try row.decode(Int.self, "ordinal"), recipe: try row.decode(String.self, "recipe"),
            key: try row.decode(String.self, "item_key"),
            state: ItemStatus.State(rawValue: try row.decode(String.self, "state"))!,
            attempts: try row.decode(Int.self, "attempts"), reason: try row.decode(String?.self, "reason"),
            tokenID: try row.decode(UInt64?.self, "token_id"),
            transactionID: try row.decode([UInt8]?.self, "transaction_id").flatMap { TransactionID(bytes: $0) },
            height: try row.decode(Int64?.self, "height").map { BlockHeight(UInt64($0)) })
    }

    static let selectStatus = """
        select id, tenant, type, payload::text as payload, idempotency_key, priority, not_before_at, state, outcome, reason,
            attempts, items_total, items_done, items_rejected, items_failed, items_cancelled, created_at, updated_at, finished_at
        from operations
        """

    private static let selectItems = """
        select operation_id, ordinal, recipe, item_key, state, attempts, reason, token_id, transaction_id, height
        from operation_items
        where operation_id = $1 and ($2::text is null or state = $2) and ordinal > $3 order by ordinal limit $4
        """

    private static let selectHistory = """
        select at, what, items, transaction_id, height, detail from operation_history where operation_id = $1 order by id
        """
}

extension OperationStore {
    /// Of those that are there.
    package func statuses(
        of ids: Set<OperationID>, on connection: PostgresConnection
    ) async throws -> [OperationID: OperationStatus] {
        let rows = try await connection.query(
            Self.selectStatus + " where id = any ($1::text[])", [.textArray(ids.map(\.rawValue))])
        return Dictionary(uniqueKeysWithValues: try rows.map(Self.status).map { ($0.id, $0) })
    }
}
