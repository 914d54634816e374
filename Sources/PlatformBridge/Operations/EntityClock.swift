package import Daemon
package import Postgres

/// Notes the changes of entities' numbers that no operation makes: a release's start and end, a collectible's drop table.
package struct EntityClock: Sendable {
    let pool: PostgresPool
    let logger: Logger

    package init(pool: PostgresPool, logger: Logger) { (self.pool, self.logger) = (pool, logger) }

    package func service() -> RecurringWork {
        RecurringWork(name: "entities", pool: pool, channels: [], logger: logger) {
            try await self.note()
            return .seconds(5)
        }
    }

    /// How many changed.
    @discardableResult
    package func note() async throws -> Int {
        try await pool.query(Self.changes).reduce(0) { $0 + (try $1.decode(Bool.self, "noted") ? 1 : 0) }
    }

    /// Where the views, which say what is, differ from the number that was noted last.
    private static let changes = """
        select note_entity(e.tenant, e.kind, e.id, e.status, null, e.operation_id) as noted from (
            select tenant, 'release' as kind, release_id as id, status, operation_id from releases where status > 2
            union all
            select tenant, 'collectible', collectible_id, status, operation_id from collectibles where status > 2) e
        cross join lateral (select h.status from entity_history h
            where h.tenant = e.tenant and h.kind = e.kind and h.entity_id = e.id order by h.id desc limit 1) last
        where last.status <> e.status
        """
}
