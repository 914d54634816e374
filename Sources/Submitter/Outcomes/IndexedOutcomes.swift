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

    package func standing() async throws -> IndexStanding {
        try await pool.withConnection { try await standing(on: $0) }
    }

    package func events(of transactions: [TransactionID]) async throws -> IndexedEvents {
        try await events(Self.selectOfTransactions, .byteaArray(transactions.map(\.bytes)))
    }

    package func events(naming operations: [OperationID]) async throws -> IndexedEvents {
        try await events(Self.selectNaming, .textArray(operations.map(\.rawValue)))
    }

    private func events(_ sql: String, _ names: PostgresValue) async throws -> IndexedEvents {
        // One snapshot: a projection that is begun anew between two statements would make its emptiness look complete.
        try await pool.withTransaction(isolation: .repeatableRead, readOnly: true) { connection in
            let height = try await standing(on: connection).height
            return IndexedEvents(try await connection.query(sql, [names]).map(Self.event), height: height)
        }
    }

    private func standing(on connection: PostgresConnection) async throws -> IndexStanding {
        guard let row = try await connection.query(Self.selectStanding, [.text(cursor)]).first else {
            return IndexStanding(height: nil)
        }
        return IndexStanding(
            height: try row.decode(Int64?.self, "height").map { BlockHeight(UInt64($0)) },
            stop: try row.decode(String?.self, "stop"))
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

    /// A projection that is being built again says nothing about heights that it has not got to, and one that is not there
    /// says nothing at all. (`least` and `min` pass NULLs over.)
    private static let selectStanding = """
        select case when p.complete then least(c.height, p.height) end as height,
            case when c.stopped_by is not null then coalesce(c.error, c.stopped_by)
                -- Seen once, and being asked for again: until it is known, too.
                when c.error ~ '^(fork|contradiction|other_chain)' then c.error
                when c.sealed_below_since_at < now() - interval '5 seconds'
                then 'the sealed head ' || c.sealed_height || ' is below the indexed height ' || c.height end as stop
        from ingest_cursors c cross join (
            select count(height) = 2 as complete, min(height) as height from projections
            where name in ('operation_events', 'tokens')) as p
        where c.name = $1
        """

    private static let columns = """
        select height, transaction_index, event_index, transaction_id, operation, contract, kind, item, reason, token_id
        from operation_events

        """

    private static let selectOfTransactions =
        columns + """
            where transaction_id = any($1)
            order by height, transaction_index, event_index
            """

    private static let selectNaming =
        columns + """
            where operation = any($1) order by height, transaction_index, event_index
            """

    /// A transaction that was included twice was executed once, and failed with 1007 the other time.
    private static let selectResults = """
        select distinct on (id) id, height, error_message from transactions where not is_system and id = any($1)
        order by id, coalesce(error_message, '') like '%[Error Code: 1007]%', height, transaction_index
        """

    private static let selectStrangers = """
        select distinct e.transaction_id, e.operation
        from operations o join operation_events e on e.operation = o.id
        where o.state <> 'finished' and not exists (select from attempts a where a.transaction_id = e.transaction_id and not a.disputed)
        """
}
