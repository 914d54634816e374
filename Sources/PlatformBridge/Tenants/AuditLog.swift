package import Encoding
import FoundationEssentials
package import Postgres

/// Who did what, before and after, each entry chained to the one before by its digest.
package struct AuditLog: Sendable {
    let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// In the transaction of what it tells of. `subject` is what was changed: no person by name, see `alias`.
    static func add(
        tenant: String, actor: String, action: String, subject: String, before: JSON = .null, after: JSON = .null,
        on connection: PostgresConnection
    ) async throws {
        _ = try await connection.query(
            "select add_to_audit($1, $2, $3, $4, $5::jsonb, $6::jsonb)",
            [
                .text(tenant), .text(actor), .text(action), .text(subject),
                before == .null ? .null : .text(before.text), after == .null ? .null : .text(after.text),
            ])
    }

    /// What was done from a shell, of no tenant's in particular.
    package static func note(
        _ action: String, _ subject: String, before: JSON = .null, after: JSON = .null,
        on connection: PostgresConnection
    ) async throws {
        try await add(
            tenant: Caller.owner.tenant, actor: "shell", action: action, subject: subject, before: before, after: after,
            on: connection)
    }

    /// What a person is called here, until they are erased.
    static func alias(of person: String, tenant: String, on connection: PostgresConnection) async throws -> String {
        try await connection.query(
            """
            insert into audit_subjects (tenant, person) values ($1, $2)
            on conflict (tenant, person) do update set person = excluded.person returning alias
            """, [.text(tenant), .text(person)]
        ).one().decode(String.self, "alias")
    }

    package enum Verdict: Hashable, Sendable {
        /// How many entries, and the last one's digest in hex: kept elsewhere, it shows that none was taken from the end.
        case whole(entries: Int, digest: String)
        /// The first entry that is not what it was when it was written, or does not follow the one before it.
        case broken(at: Int64)
    }

    /// Computes every digest again.
    package func verify() async throws -> Verdict {
        let broken = try await pool.query(
            """
            select id from (
                select a.*, lag(digest) over (order by id) as before_it, lag(id) over (order by id) as id_before from audit a) a
            where previous <> coalesce(before_it, ''::bytea) or id <> coalesce(id_before, 0) + 1
                or digest <> audit_digest(previous, id, at, tenant, actor, action, subject, before, after)
            order by id limit 1
            """, timeout: .seconds(600))
        if let row = broken.first { return .broken(at: try row.decode(Int64.self, "id")) }
        let last = try await pool.query(
            "select id, encode(digest, 'hex') as digest from audit order by id desc limit 1")
        guard let row = last.first else { return .whole(entries: 0, digest: "") }
        return .whole(entries: Int(try row.decode(Int64.self, "id")), digest: try row.decode(String.self, "digest"))
    }

    /// Newest first; `before` is the last id of the page before.
    package func entries(tenant: String, before: Int64, limit: Int) async throws -> [JSON] {
        try await pool.query(
            """
            select jsonb_build_object('id', id, 'at', at, 'actor', actor, 'action', action, 'subject', subject, 'before', before,
                'after', after, 'digest', encode(digest, 'hex'))::text as row
            from audit where tenant = $1 and id < $2 order by id desc limit $3
            """, [.text(tenant), .int8(before), .int8(Int64(limit))]
        ).map { try $0.json("row") }
    }
}
