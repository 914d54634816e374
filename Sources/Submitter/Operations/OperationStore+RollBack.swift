package import FlowClient
import Postgres

extension OperationStore {
    /// What is looked for again.
    package struct Reopened: Hashable, Sendable {
        package var operations: Int
        package var items: Int
    }

    /// The chain was rolled back to a height: what was found above it is open again, and whatever was on its way is given
    /// up. Nothing is signed until the new chain is past the height at which the old transactions can still be executed;
    /// then what the chain has done is done, and the rest is done again.
    package func rollBack(to height: BlockHeight) async throws -> Reopened {
        try await pool.withTransaction { connection in
            let at = PostgresValue.height(height)
            for statement in [Self.holdAll, Self.forgetServer] { _ = try await connection.execute(statement, []) }
            _ = try await connection.execute(Self.giveUpAttempts, [at])
            let rows = try await connection.query(Self.reopenItems, [at])
            let touched = Set(try rows.map { try $0.decode(String.self, "operation_id") })
            let operations = PostgresValue.textArray(touched.sorted())
            _ = try await connection.execute(Self.reopenDependents, [operations])
            _ = try await connection.execute(Self.recount, [operations])
            _ = try await connection.execute(Self.rereadLanes, [at])
            return Reopened(operations: touched.count, items: rows.count)
        }
    }

    private static let holdAll = """
        insert into holds (scope, reason, remedy, probe_at)
        select 'database', 'the chain was rolled back: what was on its way may still be executed',
            'wait: the chain is read, and it goes on by itself', now()
        where exists (select from attempts) on conflict do nothing
        """

    private static let forgetServer = "delete from server_identity"

    private static let giveUpAttempts = """
        with gone as (
            update attempts a set state = 'superseded', finished_at = coalesce(finished_at, now()), disputed = true,
                trouble = null
            where finished_at is null or executed_height > $1 returning a.slot_id
        ), closed as (
            update slot_items i set open = false from gone g where i.slot_id = g.slot_id and i.open
        )
        update slots s set state = 'released', finished_at = coalesce(finished_at, now()) from gone g where s.id = g.slot_id
        """

    private static let reopenItems = """
        with old as (
            select operation_id, ordinal from operation_items
            where state in ('batched', 'in_doubt') or (height > $1 and state in ('done', 'rejected', 'failed', 'unproven'))
                or (executed_height > $1)
            for update
        ), said as (
            insert into operation_history (operation_id, what, items, height, detail)
            select operation_id, 'rolled back', count(*), $1, 'the chain was rolled back to this height' from old
            group by operation_id
        )
        update operation_items i set state = 'queued', reason = null, token_id = null, transaction_id = null, height = null,
            executed_height = null, suspect_group = null, updated_at = now()
        from old o where i.operation_id = o.operation_id and i.ordinal = o.ordinal returning i.operation_id
        """

    /// What waits for something that is open again waits, too; what failed for its sake does not fail yet.
    private static let reopenDependents = """
        update operation_items i set state = 'waiting', reason = null, updated_at = now()
        where i.operation_id = any($1) and cardinality(i.depends_on) > 0
            and (i.state = 'queued' or i.state = 'failed' and i.height is null)
            and exists (select from operation_items d where d.operation_id = i.operation_id
                and d.ordinal = any(i.depends_on) and d.state not in ('done', 'rejected', 'failed', 'cancelled'))
        """

    private static let recount = """
        update operations o set items_done = c.done, items_rejected = c.rejected, items_failed = c.failed,
            items_cancelled = c.cancelled, updated_at = now(), outcome = null, finished_at = null, reason = null,
            state = case when c.done + c.rejected + c.failed + c.cancelled = 0 then 'queued' else 'running' end
        from (select operation_id, count(*) filter (where state = 'done') as done,
                count(*) filter (where state = 'rejected') as rejected, count(*) filter (where state = 'failed') as failed,
                count(*) filter (where state = 'cancelled') as cancelled
              from operation_items where operation_id = any($1) group by operation_id) as c
        where o.id = c.operation_id
        """

    /// The chain has taken numbers back: each is read again.
    private static let rereadLanes = """
        update proposal_keys set unread = true, next_sequence_number = 0, evidence_height = $1, lease_epoch = null,
            leased_by = null, leased_at = null, quarantined_because = null, quarantined_at = null, revoked = false
        """
}
