import Daemon
import Encoding
package import FoundationEssentials
package import Postgres

/// Tokens of tenants, as the database has them.
package struct TokenStore: Sendable {
    let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    package static let channel = "weir_tokens"

    package struct Entry: Sendable {
        package var id: String
        package var tenant: String
        package var name: String
        package var scopes: Set<Scope>
        package var requestsPerSecond: Int?
        package var createdAt: Date
        package var expiresAt: Date?
        package var revokedAt: Date?
    }

    /// The token is in this answer and nowhere else. The tenant gets the platform's crons with its first token.
    package func create(
        tenant: String, name: String, scopes: Set<Scope>, lifetime: Duration?, requestsPerSecond: Int?
    ) async throws -> (id: String, token: AccessToken) {
        let token = AccessToken.generate()
        var random = SystemRandomNumberGenerator()
        let id = "tok_" + Hex.encode((0..<8).map { _ in UInt8.random(in: 0...255, using: &random) })
        try await pool.withTransaction { connection in
            try await connection.execute(
                """
                insert into tokens_of_access (id, tenant, name, scopes, digest, requests_per_second, expires_at)
                values ($1, $2, $3, $4, $5, $6, now() + make_interval(secs => $7))
                """,
                [
                    .text(id), .text(tenant), .text(name), .textArray(scopes.map(\.rawValue).sorted()),
                    .bytea(AccessToken.digest(of: token.text)),
                    .optional(requestsPerSecond) { .int4(Int32($0)) }, .optional(lifetime) { .float8($0.seconds) },
                ])
            _ = try await connection.query("select add_platform_schedules($1)", [.text(tenant)])
        }
        return (id, token)
    }

    /// Nil is every tenant.
    package func list(tenant: String?) async throws -> [Entry] {
        try await pool.query(
            Self.select + " where $1::text is null or tenant = $1 order by created_at, id",
            [.optional(tenant, PostgresValue.text)]
        ).map(Self.entry)
    }

    /// False where there is no such token, or it is revoked already.
    package func revoke(_ id: String, tenant: String?) async throws -> Bool {
        try await !pool.query(
            """
            update tokens_of_access set revoked_at = now()
            where id = $1 and ($2::text is null or tenant = $2) and revoked_at is null returning id
            """, [.text(id), .optional(tenant, PostgresValue.text)]
        ).isEmpty
    }

    /// Those that are good, by their digests.
    func good() async throws -> [[UInt8]: Entry] {
        let rows = try await pool.query(
            Self.select
                + " where revoked_at is null and (expires_at is null or expires_at > now())")
        return Dictionary(
            uniqueKeysWithValues: try rows.map { (try $0.decode([UInt8].self, "digest"), try Self.entry($0)) })
    }

    /// Whether there ever was one.
    func hasAny() async throws -> Bool {
        try await !pool.query("select from tokens_of_access limit 1").isEmpty
    }

    private static func entry(_ row: PostgresRow) throws -> Entry {
        Entry(
            id: try row.decode(String.self, "id"), tenant: try row.decode(String.self, "tenant"),
            name: try row.decode(String.self, "name"),
            scopes: Set(try row.decode([String].self, "scopes").compactMap(Scope.init)),
            requestsPerSecond: try row.decode(Int?.self, "requests_per_second"),
            createdAt: try row.decode(Date.self, "created_at"), expiresAt: try row.decode(Date?.self, "expires_at"),
            revokedAt: try row.decode(Date?.self, "revoked_at"))
    }

    private static let select = """
        select id, digest, tenant, name, scopes, requests_per_second, created_at, expires_at, revoked_at from tokens_of_access
        """
}
