package import Daemon
package import Postgres
import Submitter

/// Notes the changes of entities' numbers: what became of their items, in order, and what no operation changes: a release's
/// start and end, a collectible's drop table. Any number of processes may run one.
package struct EntityClock: Sendable {
    let pool: PostgresPool
    let logger: Logger

    /// In one transaction: whoever else changes one of them waits for all of it.
    private static let atOnce = 200

    package init(pool: PostgresPool, logger: Logger) { (self.pool, self.logger) = (pool, logger) }

    package func service() -> RecurringWork {
        RecurringWork(name: "entities", pool: pool, channels: [OperationStore.outcomeChannel], logger: logger) {
            try await self.note()
            return .seconds(5)
        }
    }

    /// Everything that there is to note by now. Returns how many numbers changed.
    @discardableResult
    package func note() async throws -> Int {
        var changed = 0
        while case let (taken, noted) = try await noteItems(), taken > 0 { changed += noted }
        while true {
            let noted = try await count(Self.byTheClock)
            changed += noted
            if noted < Self.atOnce { return changed }
        }
    }

    /// What is registered stays so, whatever a later attempt comes to: 2 and more is not changed by an item.
    private func noteItems() async throws -> (taken: Int, noted: Int) {
        try await pool.withTransaction { connection in
            // One after another: of one entity, the order in which it was said counts.
            _ = try await connection.execute("select pg_advisory_xact_lock(7211)")
            let rows = try await connection.query(Self.byItems)
            return (rows.count, try rows.count { try $0.decode(Bool.self, "noted") })
        }
    }

    private func count(_ sql: String) async throws -> Int {
        try await pool.query(sql).count { try $0.decode(Bool.self, "noted") }
    }

    private static let byItems = """
        with taken as (
            delete from entity_changes where id in (select id from entity_changes order by id limit \(atOnce)) returning *
        )
        select note_entity(o.tenant,
            case c.recipe when 'create_brands' then 'brand' when 'create_passes' then 'pass' when 'schedule_release' then 'release'
                else 'collectible' end,
            c.entity_id, c.status, case when c.status = 0 then c.reason end, c.operation_id, 2) as noted
        from (select t.*, case when state = 'done' then 2 when state in ('rejected', 'failed', 'cancelled') then 0 else 1 end as status
            from taken t) c
        join operations o on o.id = c.operation_id
        order by c.id
        """

    /// Where the views, which say what is, differ from the number that was noted last.
    private static let byTheClock = """
        select note_entity(e.tenant, e.kind, e.id, e.status, null, e.operation_id) as noted from (
            select tenant, 'release' as kind, release_id as id, status, operation_id from releases where status > 2
            union all
            select tenant, 'collectible', collectible_id, status, operation_id from collectibles where status > 2) e
        join entity_states s on s.tenant = e.tenant and s.kind = e.kind and s.entity_id = e.id
        where s.status <> e.status limit \(atOnce)
        """
}
