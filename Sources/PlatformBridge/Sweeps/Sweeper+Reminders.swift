import Postgres
import Submitter

extension Sweeper {
    /// No items: the platform is asked to remind them, each once, by the outbox.
    func reminders(_ limit: Int, for operation: Accepted, on connection: PostgresConnection) async throws -> [NewItem] {
        let rows = try await connection.query(
            Self.remind, [.text(operation.tenant), .int8(Int64(limit)), .text(operation.id.rawValue)])
        try await remember(operation, "reminded", rows.count, on: connection)
        return []
    }

    /// A line in the operation's history.
    func remember(_ operation: Accepted, _ what: String, _ count: Int, on connection: PostgresConnection) async throws {
        guard count > 0 else { return }
        _ = try await connection.execute(
            "insert into operation_history (operation_id, what, items) values ($1, $2, $3)",
            [.text(operation.id.rawValue), .text(what), .int4(Int32(count))])
    }

    private static let remind = """
        with due as (
            select tenant, person from claimants
            where tenant = $1 and signed_up_at is null and reminded_at is null and claimed_at <= now() - interval '3 days'
            order by claimed_at limit $2 for update skip locked
        ), reminded as (
            update claimants c set reminded_at = now() from due
            where c.tenant = due.tenant and c.person = due.person
            returning c.tenant, c.person, c.claimed_at
        )
        insert into outbox (tenant, topic, key, body)
        select tenant, 'signup.reminder', person,
            jsonb_build_object('person', person, 'claimed_at', claimed_at, 'operation', $3::text)
        from reminded
        returning id
        """
}
