package import Postgres

extension OperationStore {
    /// Takes back what has not been signed yet. What is on its way to the chain can't be: those items go on, and the
    /// operation is finished when they are. Returns the status after. Throws `unknownOperation`, `wrongState`.
    package func cancel(_ id: OperationID, because reason: String = "cancelled") async throws -> OperationStatus {
        try await pool.withTransaction { try await cancel(id, because: reason, on: $0) }
    }

    /// The same inside the caller's transaction, which must be rolled back when this throws.
    package func cancel(
        _ id: OperationID, because reason: String, on connection: PostgresConnection
    ) async throws -> OperationStatus {
        // Items before the operation, as everyone locks them.
        let items = try await connection.query(Self.cancelItems, [.text(id.rawValue), .text(reason)])
        let before = try await lock(id, on: connection)
        guard before.state != .finished else {
            throw SubmitterError(.wrongState, "the operation is finished", operation: id)
        }
        _ = try await connection.execute(
            Self.settleCancelled,
            [
                .text(id.rawValue), .int4(Int32(items.count)), .text(reason),
            ])
        try await remember(id, "cancelled", items: items.count, detail: reason, on: connection)
        return try await lock(id, on: connection)
    }

    /// Puts the items that were rejected, failed or cancelled back into the queue. Items that were done stay done.
    /// Throws `unknownOperation`, and `wrongState` where there is nothing to try again.
    package func retry(_ id: OperationID) async throws -> OperationStatus {
        try await pool.withTransaction { connection in
            let items = try await connection.query(Self.retryItems, [.text(id.rawValue)])
            _ = try await lock(id, on: connection)
            guard !items.isEmpty else {
                throw SubmitterError(
                    .wrongState, "no item of the operation was rejected, failed or cancelled", operation: id)
            }
            _ = try await connection.execute(Self.reopen, [.text(id.rawValue)])
            try await remember(id, "retried", items: items.count, detail: nil, on: connection)
            try await Self.tellOfWork(on: connection)
            return try await lock(id, on: connection)
        }
    }

    /// What a person says of items that the chain may have done.
    package enum Resolution: String, CaseIterable, Sendable {
        case done, failed
        /// It was not done: try again.
        case retry
    }

    /// Ends the state `unproven` of an operation's items, of all or of those given. Returns the status after. Throws
    /// `unknownOperation`, and `wrongState` where none of them is unproven.
    package func resolve(
        _ id: OperationID, as resolution: Resolution, ordinals: [Int]? = nil, because reason: String
    ) async throws -> OperationStatus {
        try await pool.withTransaction { connection in
            let items = try await connection.query(
                Self.selectUnproven,
                [.text(id.rawValue), ordinals.map { .int8Array($0.map(Int64.init)) } ?? .null]
            ).map { ItemReference(id, try $0.decode(Int.self, "ordinal")) }
            switch resolution {
            case .retry: try await ItemOutcomes.retryUnproven(items, on: connection)
            case .done, .failed:
                let state: ItemStatus.State = resolution == .done ? .done : .failed
                try await ItemOutcomes.finish(
                    items.map { ItemResult(reference: $0, state: state, reason: state == .failed ? reason : nil) },
                    on: connection)
            }
            let status = try await lock(id, on: connection)
            guard !items.isEmpty else {
                throw SubmitterError(
                    .wrongState, "none of these items is unproven: the chain says what became of the others",
                    operation: id)
            }
            try await remember(
                id, "resolved as \(resolution.rawValue)", items: items.count, detail: reason, on: connection)
            return status
        }
    }

    private static let selectUnproven = """
        select ordinal from operation_items
        where operation_id = $1 and state = 'unproven' and ($2::bigint[] is null or ordinal = any($2)) for update
        """

    private func lock(_ id: OperationID, on connection: PostgresConnection) async throws -> OperationStatus {
        guard
            let row = try await connection.query(Self.selectStatus + " where id = $1 for update", [.text(id.rawValue)])
                .first
        else { throw SubmitterError(.unknownOperation, "there is no such operation", operation: id) }
        return try Self.status(row)
    }

    private func remember(
        _ id: OperationID, _ what: String, items: Int, detail: String?, on connection: PostgresConnection
    ) async throws {
        _ = try await connection.execute(
            "insert into operation_history (operation_id, what, items, detail) values ($1, $2, $3, $4)",
            [.text(id.rawValue), .text(what), .int4(Int32(items)), detail.map(PostgresValue.text) ?? .null])
    }

    private static let cancelItems = """
        update operation_items set state = 'cancelled', reason = $2, updated_at = now()
        where operation_id = $1 and state in ('waiting', 'scheduled', 'queued')
        returning ordinal
        """

    private static let settleCancelled = """
        update operations set cancel_requested_at = now(), updated_at = now(), items_cancelled = items_cancelled + $2,
            reason = coalesce(reason, $3),
            state = case when left_over = 0 then 'finished' else state end,
            finished_at = case when left_over = 0 then now() end,
            outcome = case when left_over > 0 then null when items_done > 0 then 'partial' else 'cancelled' end
        from (select items_total - items_done - items_rejected - items_failed - items_cancelled - $2 as left_over
              from operations where id = $1) as rest
        where id = $1
        """

    /// An item that depends on another waits again; one whose dependency was done is let go by the submitter.
    private static let retryItems = """
        update operation_items i set reason = null, state = case when exists (
                select from operation_items d where d.operation_id = i.operation_id and d.ordinal = any(i.depends_on)
                    and d.state <> 'done') then 'waiting' when i.not_before_at > now() then 'scheduled' else 'queued' end,
            arguments = case when recipe = 'mint_and_list' and state = 'rejected'
                then jsonb_set(arguments, '{mintToken,round}',
                    to_jsonb(coalesce((arguments #>> '{mintToken,round}')::int, 0) + 1))
                else arguments end,
            attempts = 0, suspect_group = null, executed_height = null, transaction_id = null, height = null, updated_at = now()
        where operation_id = $1 and state in ('rejected', 'failed', 'cancelled')
        returning ordinal
        """

    private static let reopen = """
        update operations set state = 'running', outcome = null, reason = null, finished_at = null, cancel_requested_at = null,
            items_rejected = 0, items_failed = 0, items_cancelled = 0, updated_at = now()
        where id = $1
        """
}
