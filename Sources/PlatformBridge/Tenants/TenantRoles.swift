package import Postgres

/// Roles of Postgres that speak for a tenant: they may enqueue and look at what is theirs, and nothing else.
package struct TenantRoles: Sendable {
    let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    package func list() async throws -> [(role: String, tenant: String)] {
        try await pool.query("select role::text as role, tenant from tenant_roles order by role").map {
            (try $0.decode(String.self, "role"), try $0.decode(String.self, "tenant"))
        }
    }

    /// The role must be there already: who may log in is not for Weir to say. False where it is not.
    package func grant(_ role: String, tenant: String) async throws -> Bool {
        try await pool.withTransaction { connection in
            guard try await Self.exists(role, on: connection) else { return false }
            try await connection.execute(
                """
                insert into tenant_roles (role, tenant) values ($1, $2)
                on conflict (role) do update set tenant = excluded.tenant
                """, [.text(role), .text(tenant)])
            try await change("grant", "to", role, on: connection)
            return true
        }
    }

    /// False where it spoke for nobody.
    package func revoke(_ role: String) async throws -> Bool {
        try await pool.withTransaction { connection in
            guard
                try await !connection.query("delete from tenant_roles where role = $1 returning role", [.text(role)])
                    .isEmpty
            else { return false }
            if try await Self.exists(role, on: connection) { try await change("revoke", "from", role, on: connection) }
            return true
        }
    }

    private static func exists(_ role: String, on connection: PostgresConnection) async throws -> Bool {
        try await !connection.query("select from pg_roles where rolname = $1", [.text(role)]).isEmpty
    }

    private func change(_ verb: String, _ word: String, _ role: String, on connection: PostgresConnection) async throws
    {
        let own = try await connection.query("select current_schema()::text as own").one().decode(String.self, "own")
        let (schema, api, name) = (quoted(own), quoted(own + "_api"), quoted(role))
        for what in [
            "usage on schema \(schema), \(api)", "select on all tables in schema \(api)",
            "execute on all functions in schema \(api)",
            "execute on function \(schema).enqueue(text, jsonb, text, integer, timestamptz)",
            "execute on function \(schema).tenant_of_session()",
        ] {
            try await connection.execute("\(verb) \(what) \(word) \(name)")
        }
    }

    private func quoted(_ name: String) -> String { "\"\(name.replacing("\"", with: "\"\""))\"" }
}
