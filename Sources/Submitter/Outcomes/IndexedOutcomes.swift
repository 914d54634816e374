package import FlowClient
package import Postgres

/// The index in the same database, read by SQL: tables of v0001_chain, which the indexer writes.
package struct IndexedOutcomes: OutcomeSource {
    private let pool: PostgresPool
    private let cursor: String

    /// `cursor` is the name under which the indexer keeps how far it is.
    package init(pool: PostgresPool, cursor: String = "chain") {
        self.pool = pool
        self.cursor = cursor
    }

    package func indexedHeight() async throws -> BlockHeight? {
        try await pool.query(Self.selectHeight, [.text(cursor)]).first?.decode(Int64?.self, "height")
            .map { BlockHeight(UInt64($0)) }
    }

    package func events(of transactions: [TransactionID]) async throws -> [OperationEvent] {
        guard !transactions.isEmpty else { return [] }
        return try await pool.query(Self.selectOfTransactions, [.byteaArray(transactions.map(\.bytes))]).map(Self.event)
    }

    package func events(naming operations: [OperationID]) async throws -> [OperationEvent] {
        guard !operations.isEmpty else { return [] }
        return try await pool.query(Self.selectNaming, [.textArray(operations.map(\.rawValue))]).map(Self.event)
    }

    package func results(of transactions: [TransactionID]) async throws -> [IndexedResult] {
        guard !transactions.isEmpty else { return [] }
        return try await pool.query(Self.selectResults, [.byteaArray(transactions.map(\.bytes))]).map { row in
            IndexedResult(
                transactionID: TransactionID(bytes: try row.decode([UInt8].self, "id")) ?? .zero,
                height: BlockHeight(UInt64(try row.decode(Int64.self, "height"))),
                errorMessage: try row.decode(String?.self, "error_message"))
        }
    }

    package func strangers() async throws -> [TransactionID: Set<OperationID>] {
        var found: [TransactionID: Set<OperationID>] = [:]
        for row in try await pool.query(Self.selectStrangers) {
            guard let transaction = TransactionID(bytes: try row.decode([UInt8].self, "transaction_id")),
                let operation = OperationID(rawValue: try row.decode(String.self, "operation"))
            else { continue }
            found[transaction, default: []].insert(operation)
        }
        return found
    }

    private static func event(_ row: PostgresRow) throws -> OperationEvent {
        OperationEvent(
            contract: try row.decode(String.self, "contract"), kind: try row.decode(String.self, "kind"),
            operation: try row.decode(String.self, "operation"), item: try row.decode(String.self, "item"),
            reason: try row.decode(String?.self, "reason"), tokenID: try row.decode(UInt64?.self, "token_id"),
            transactionID: TransactionID(bytes: try row.decode([UInt8].self, "transaction_id")) ?? .zero,
            height: BlockHeight(UInt64(try row.decode(Int64.self, "height"))),
            transactionIndex: UInt32(try row.decode(Int.self, "transaction_index")),
            eventIndex: UInt32(try row.decode(Int.self, "event_index")))
    }

    /// A projection that is being built again says nothing about heights that it has not got to.
    private static let selectHeight = """
        select least(c.height, (select min(p.height) from projections p where p.name in ('operation_events', 'tokens'))) as height
        from ingest_cursors c where c.name = $1
        """

    private static let columns = """
        select height, transaction_index, event_index, transaction_id, operation, contract, kind, item, reason, token_id
        from operation_events

        """

    private static let selectOfTransactions =
        columns + """
            where operation in (
                select i.operation_id from attempts a join slot_items i on i.slot_id = a.slot_id where a.transaction_id = any($1))
                and transaction_id = any($1)
            order by height, transaction_index, event_index
            """

    private static let selectNaming =
        columns + """
            where operation = any($1) order by height, transaction_index, event_index
            """

    private static let selectResults = """
        select id, height, error_message from transactions where not is_system and id = any($1)
        """

    private static let selectStrangers = """
        select distinct e.transaction_id, e.operation
        from operations o join operation_events e on e.operation = o.id
        where o.state <> 'finished' and not exists (select from attempts a where a.transaction_id = e.transaction_id)
        """
}
