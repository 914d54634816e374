import Encoding
import FlowClient
import FoundationEssentials
import Postgres

/// What became of an item, for good.
struct ItemResult: Hashable, Sendable {
    var reference: ItemReference
    var state: ItemStatus.State
    var reason: String?
    var tokenID: UInt64?
    var transactionID: TransactionID?
    var height: BlockHeight?
}

/// Items' ends and returns, as statements of a transaction that the caller has begun.
///
/// States are compared in a way that tells the planner nothing (`state || ''`): where its statistics are of a time when all
/// items were done, it would walk through all that are not, once for each of the items given.
enum ItemOutcomes {
    /// Writes outcomes, and what follows: counts and ends of operations, the failure of what waited for a failure, the
    /// release of what waited for a success. An item that has its outcome already keeps it.
    static func finish(_ results: [ItemResult], on connection: PostgresConnection) async throws {
        guard !results.isEmpty else { return }
        let (operations, ordinals) = SubmissionStore.columns(results.map(\.reference))
        _ = try await connection.execute(
            Self.finishItems,
            [
                operations, ordinals, .textArray(results.map(\.state.rawValue)),
                .textArrayNullable(results.map { $0.reason.map(PlainText.storable) }),
                .textArrayNullable(results.map { $0.tokenID.map(String.init) }),
                .textArrayNullable(results.map { $0.transactionID?.hex }),
                .textArrayNullable(results.map { ($0.height?.rawValue).map(String.init) }),
            ])
        try await settleDependents(of: Set(results.map(\.reference.operation)), on: connection)
    }

    /// Lets items go whose dependencies have been executed, and fails those whose dependencies failed.
    static func settleDependents(of operations: Set<OperationID>, on connection: PostgresConnection) async throws {
        let ids = PostgresValue.textArray(operations.map(\.rawValue).sorted())
        // What failed may have failed others in turn; each round goes one step further.
        while try await connection.execute(Self.failDependents, [ids]) > 0 {}
        if try await connection.execute(Self.releaseDependents, [ids]) > 0 {
            try await OperationStore.tellOfWork(on: connection)
        }
    }

    /// The contract said yes to these in an executed block.
    static func markExecuted(
        _ items: [(reference: ItemReference, height: BlockHeight)], on connection: PostgresConnection
    ) async throws {
        guard !items.isEmpty else { return }
        let (operations, ordinals) = SubmissionStore.columns(items.map(\.reference))
        let waiting = try await connection.query(
            Self.executeItems,
            [operations, ordinals, .int8Array(items.map { Int64(clamping: $0.height.rawValue) })]
        ).compactMap { OperationID(rawValue: try $0.decode(String.self, "operation_id")) }
        guard !waiting.isEmpty else { return }
        try await settleDependents(of: Set(waiting), on: connection)
    }

    /// Back into the queue. Items whose operation was cancelled meanwhile are cancelled. What was no fault of the items
    /// (`blameless`) is no attempt of theirs.
    static func requeue(
        _ references: [ItemReference], suspects: Int64?, blameless: Bool, on connection: PostgresConnection
    ) async throws {
        let (operations, ordinals) = SubmissionStore.columns(references)
        _ = try await connection.execute(
            Self.requeueItems, [operations, ordinals, .optional(suspects, PostgresValue.int8), .bool(blameless)])
        let cancelled = try await connection.query(Self.selectCancelled, [operations, ordinals]).map { row in
            ItemResult(
                reference: ItemReference(
                    OperationID(rawValue: try row.decode(String.self, "operation_id"))!,
                    try row.decode(Int.self, "ordinal")),
                state: .cancelled, reason: "cancelled")
        }
        try await finish(cancelled, on: connection)
        try await OperationStore.tellOfWork(on: connection)
    }

    private static let finishItems = """
        with given as (
            select * from unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
                as g (operation_id, ordinal, state, reason, token_id, transaction_id, height)
        ), changed as (
            update operation_items i set state = g.state, reason = g.reason, token_id = g.token_id::numeric,
                transaction_id = decode(g.transaction_id, 'hex'), height = g.height::bigint, suspect_group = null,
                updated_at = now()
            from given g
            where i.operation_id = g.operation_id and i.ordinal = g.ordinal
                and i.state || '' not in ('done', 'rejected', 'failed', 'cancelled')
            returning i.operation_id, i.ordinal, i.state, i.reason, i.transaction_id, i.height
        ), \(counting)
        """

    private static let failDependents = """
        with changed as (
            update operation_items i set state = 'failed', updated_at = now(),
                reason = 'item ' || d.ordinal || ', which it waits for, was not done: ' || d.reason
            from operation_items d
            where i.operation_id = any($1) and i.state = 'waiting' and d.operation_id = i.operation_id
                and d.state in ('rejected', 'failed', 'cancelled')
                and d.ordinal = (select min(e.ordinal) from operation_items e where e.operation_id = i.operation_id
                    and e.ordinal = any(i.depends_on) and e.state in ('rejected', 'failed', 'cancelled'))
            returning i.operation_id, i.ordinal, i.state, i.reason, i.transaction_id, i.height
        ), \(counting)
        """

    /// Counts what `changed` holds into the operations, ends those that have no item left, and writes their history.
    private static let counting = """
        sums as (
            select operation_id, count(*) filter (where state = 'done') as done,
                count(*) filter (where state = 'rejected') as rejected, count(*) filter (where state = 'failed') as failed,
                count(*) filter (where state = 'cancelled') as cancelled,
                (array_agg(reason order by ordinal) filter (where state <> 'done'))[1] as reason
            from changed group by operation_id
        ), remembered as (
            insert into operation_history (operation_id, what, items, transaction_id, height, detail)
            select operation_id, state, count(*), transaction_id, height, reason from changed
            group by operation_id, state, transaction_id, height, reason
        )
        update operations o set items_done = o.items_done + s.done, items_rejected = o.items_rejected + s.rejected,
            items_failed = o.items_failed + s.failed, items_cancelled = o.items_cancelled + s.cancelled,
            reason = coalesce(o.reason, s.reason), updated_at = now(),
            state = case when o.items_total = o.items_done + o.items_rejected + o.items_failed + o.items_cancelled
                + s.done + s.rejected + s.failed + s.cancelled then 'finished' else 'running' end,
            finished_at = case when o.items_total = o.items_done + o.items_rejected + o.items_failed + o.items_cancelled
                + s.done + s.rejected + s.failed + s.cancelled then now() end,
            outcome = case when o.items_total > o.items_done + o.items_rejected + o.items_failed + o.items_cancelled
                + s.done + s.rejected + s.failed + s.cancelled then null
                when o.items_total = o.items_done + s.done then 'done'
                when o.items_done + s.done > 0 then 'partial'
                when o.items_failed + s.failed > 0 then 'failed'
                when o.items_rejected + s.rejected > 0 then 'rejected'
                else 'cancelled' end
        from sums s where o.id = s.operation_id
        """

    private static let releaseDependents = """
        update operation_items i set updated_at = now(),
            state = case when i.not_before_at > now() then 'scheduled' else 'queued' end
        where i.operation_id = any($1) and i.state = 'waiting' and not exists (
            select from operation_items d where d.operation_id = i.operation_id and d.ordinal = any(i.depends_on)
                and d.state <> 'done' and d.executed_height is null)
        """

    private static let executeItems = """
        update operation_items i set executed_height = c.height, updated_at = now()
        from unnest($1::text[], $2::bigint[], $3::bigint[]) as c (operation_id, ordinal, height)
        where i.operation_id = c.operation_id and i.ordinal = c.ordinal and i.state || '' in ('batched', 'in_doubt')
            -- Nobody else asks: what waits for nothing need not be written.
            and exists (select from operation_items w where w.operation_id = i.operation_id and w.state = 'waiting')
        returning i.operation_id
        """

    private static let requeueItems = """
        update operation_items i set state = 'queued', suspect_group = $3, executed_height = null, updated_at = now(),
            attempts = case when $4 then greatest(0, i.attempts - 1) else i.attempts end
        from unnest($1::text[], $2::bigint[]) as c (operation_id, ordinal)
        where i.operation_id = c.operation_id and i.ordinal = c.ordinal and i.state || '' in ('batched', 'in_doubt')
        """

    private static let selectCancelled = """
        select i.operation_id, i.ordinal from operation_items i
        join unnest($1::text[], $2::bigint[]) as c (operation_id, ordinal)
            on i.operation_id = c.operation_id and i.ordinal = c.ordinal
        join operations o on o.id = i.operation_id
        where i.state || '' = 'queued' and o.cancel_requested_at is not null
        """

    /// What the chain may have done: nothing more is tried until a person has decided.
    static func leaveUnproven(
        _ references: [ItemReference], because reason: String, on connection: PostgresConnection
    ) async throws {
        let (operations, ordinals) = SubmissionStore.columns(references)
        _ = try await connection.execute(Self.unprovenItems, [operations, ordinals, .text(PlainText.storable(reason))])
    }

    /// A person says that it was not done.
    static func retryUnproven(_ references: [ItemReference], on connection: PostgresConnection) async throws {
        let (operations, ordinals) = SubmissionStore.columns(references)
        _ = try await connection.execute(Self.retryItems, [operations, ordinals])
        try await OperationStore.tellOfWork(on: connection)
    }

    private static let retryItems = """
        update operation_items i set state = 'queued', reason = null, updated_at = now()
        from unnest($1::text[], $2::bigint[]) as c (operation_id, ordinal)
        where i.operation_id = c.operation_id and i.ordinal = c.ordinal and i.state || '' = 'unproven'
        """

    private static let unprovenItems = """
        with changed as (
            update operation_items i set state = 'unproven', reason = $3, suspect_group = null, updated_at = now()
            from unnest($1::text[], $2::bigint[]) as c (operation_id, ordinal)
            where i.operation_id = c.operation_id and i.ordinal = c.ordinal
                and i.state || '' in ('waiting', 'scheduled', 'queued', 'batched', 'in_doubt')
            returning i.operation_id
        )
        insert into operation_history (operation_id, what, items, detail)
        select operation_id, 'unproven', count(*), $3 from changed group by operation_id
        """
}
