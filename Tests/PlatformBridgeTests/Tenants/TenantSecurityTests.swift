import Daemon
import Encoding
import FlowClient
import FoundationEssentials
import HTTP
import PlatformBridge
import Postgres
import Submitter
import TestSupport
import Testing

/// What Postgres itself keeps apart, whatever a statement forgets. Asked in plain SQL.
@Suite(.timeLimit(.minutes(1))) struct TenantSecurityTests {
    /// Two tenants with something in every table that a platform fills.
    private static func with(_ body: (PostgresPool, String) async throws -> Void) async throws {
        try await TestPostgres.withDatabase { pool in
            for tenant in ["a", "b"] {
                try await pool.execute("select add_platform_schedules($1)", [.text(tenant)])
                try await pool.execute(
                    """
                    insert into drop_rows (tenant, drop_id, kind, subject_id, holder)
                    values ($1, 'row', 'pass', 'LzM5bHuZ2Y8vZrXn4qBZsH', 'u')
                    """, [.text(tenant)])
                let planner = OperationPlanner(chain: .emulator)
                guard
                    case .items(let items) = planner.plan(
                        .createBrand,
                        payload: ["brand_id": "vytxeTZskVKR7C7WgdSP3d", "name": JSON("brand of \(tenant)")])
                else {
                    Issue.record("the brand can't be planned")
                    return
                }
                _ = try await OperationStore(pool: pool, logger: .silent).enqueue(
                    NewOperation(
                        type: "create_brand", tenant: tenant, payload: "{}", idempotencyKey: "k", priority: 0,
                        items: items))
                try await pool.execute(
                    """
                    insert into webhook_endpoints (id, tenant, url, secrets)
                    values ($1, $2, 'https://example.com', array['whsec_x'])
                    """, [.text("e-\(tenant)"), .text(tenant)])
                try await pool.execute(
                    "insert into outbox (tenant, topic, key, body) values ($1, 't', 'k', '{}')", [.text(tenant)])
                try await pool.execute("select add_to_audit($1, 'x', 'y', 'z', null, null)", [.text(tenant)])
            }
            let role = try await pool.query("select secure_tenants() as role").one().decode(String?.self, "role")
            try await body(pool, try #require(role))
        }
    }

    private static let withTenant = """
        select c.relname::text as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant'
        where c.relnamespace = 'weir'::regnamespace and c.relkind in ('r', 'v')
        """

    /// One transaction as the tenants' role.
    private static func asking<R: Sendable>(
        _ pool: PostgresPool, _ role: String, for tenant: String?,
        _ body: @Sendable (PostgresConnection) async throws -> R
    ) async throws -> R {
        try await pool.withTransaction { connection in
            try await connection.query("select set_config('role', $1, true)", [.text(role)])
            if let tenant { try await connection.query("select set_config('weir.tenant', $1, true)", [.text(tenant)]) }
            return try await body(connection)
        }
    }

    @Test func `each table and view shows a tenant its rows alone, and nobody's to nobody`() async throws {
        try await Self.with { pool, role in
            let names = try await pool.query(Self.withTenant).map { try $0.decode(String.self, "name") }
            #expect(names.count > 20 && names.contains("brands") && names.contains("drops"))
            var full = 0
            for name in names {
                let count = "select count(*) as n, count(*) filter (where tenant = 'a') as own from \(name)"
                let all = try await pool.query(count).one()
                full += try all.decode(Int64.self, "n") > all.decode(Int64.self, "own") ? 1 : 0
                for tenant in ["a", "b", "c", nil] {
                    let seen = try await Self.asking(pool, role, for: tenant) { try await $0.query(count).one() }
                    let (rows, own) = (try seen.decode(Int64.self, "n"), try seen.decode(Int64.self, "own"))
                    let wanted = tenant == "a" ? try all.decode(Int64.self, "own") : 0
                    #expect(own == wanted && (tenant == "b" || rows == own), "\(name) for \(tenant ?? "nobody")")
                }
            }
            #expect(full >= 8, "tables that have rows of another tenant")
            let open = try await pool.query(
                """
                select c.relname::text as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant'
                where c.relnamespace = 'weir'::regnamespace and c.relkind in ('r', 'p') and not c.relrowsecurity
                """
            ).map { try $0.decode(String.self, "name") }
            #expect(open.isEmpty, "tables without row-level security")
        }
    }

    @Test func `another tenant's rows can be neither made nor changed`() async throws {
        try await Self.with { pool, role in
            for statement in [
                "insert into outbox (tenant, topic, key, body) values ('b', 't', 'k', '{}')",
                "insert into drop_rows (tenant, drop_id, kind, subject_id, holder) values ('b', 'x', 'pass', 's', 'u')",
                "update schedules set tenant = 'b'", "update webhook_endpoints set tenant = 'b'",
            ] {
                let error = try await #require(throws: PostgresError.self) {
                    try await Self.asking(pool, role, for: "a") { try await $0.execute(statement) }
                }
                #expect(error.sqlState?.rawValue == "42501", "\(statement): \(error)")
            }
            let touched = try await Self.asking(pool, role, for: "a") {
                try await $0.execute("update schedules set is_on = true where tenant = 'b'")
                    + $0.execute("delete from drop_rows where tenant = 'b'")
            }
            #expect(touched == 0)
            #expect(
                try await Self.asking(pool, role, for: "a") {
                    try await $0.execute("update schedules set is_on = true")
                }
                    == 5)
            // The chain of the audit runs through all tenants, and what is added in a tenant's name goes on with it.
            try await Self.asking(pool, role, for: "a") { connection in
                _ = try await connection.query("select add_to_audit('a', 'x', 'y', 'z', null, null)")
            }
            let broken = try await pool.query(
                "select from audit x join audit y on y.id = x.id + 1 where y.previous <> x.digest")
            #expect(broken.isEmpty)
        }
    }

    @Test func `a statement that forgets its tenant is held to it, and the connection goes back as it came`()
        async throws
    {
        try await Self.with { pool, role in
            let count =
                "select count(distinct tenant) as n, current_user::text as who from schedules where tenant <> 'default'"
            let scope = SessionScope(role: role, settings: ["weir.tenant": "a"])
            for _ in 0..<20 {
                let inside = try await SessionScope.$current.withValue(scope) { try await pool.query(count).one() }
                #expect(try inside.decode(Int64.self, "n") == 1 && inside.decode(String.self, "who") == role)
                let outside = try await pool.query(count).one()
                #expect(try outside.decode(Int64.self, "n") == 2 && outside.decode(String.self, "who") != role)
            }
        }
    }

    @Test func `a tenant's token works as before, under the tenants' role`() async throws {
        try await TokenTests.with { port in
            let admin = try await port.token("nova", [.admin, .read, .enqueue, .ops]).text
            #expect(port.directory.scope(of: admin)?.settings == ["weir.tenant": "nova"])
            #expect(port.directory.scope(of: "owner") == nil && port.directory.scope(of: "weir_none") == nil)
            let taken = try await port.send("POST", "/v1/operations", admin, TokenTests.reminder)
            #expect(taken.status == 202)
            let id = taken.json["id"]?.string ?? ""
            for (method, path, body, status) in [
                ("GET", "/v1/operations", nil, 200), ("GET", "/v1/operations/\(id)", nil, 200),
                ("GET", "/v1/operations/\(id)/items", nil, 200), ("GET", "/v1/operations/\(id)/history", nil, 200),
                (
                    "POST", "/v1/operations/batch",
                    ["operations": [["type": "signup_reminder", "payload": [:], "idempotency_key": "many"]]], 202
                ),
                ("POST", "/v1/operations/\(id)/cancel", nil, 200), ("GET", "/v1/brands", nil, 200),
                ("PUT", "/v1/schedules/s", ["type": "signup_reminder", "cron": "0 12 * * *"], 201),
                ("GET", "/v1/schedules", nil, 200), ("GET", "/v1/schedules/s", nil, 200),
                ("POST", "/v1/schedules/s/off", nil, 200), ("DELETE", "/v1/schedules/s", nil, 204),
                ("POST", "/v1/webhooks", ["url": "https://example.com/hook"], 201), ("GET", "/v1/webhooks", nil, 200),
                (
                    "PUT", "/v1/drop-tables/LzM5bHuZ2Y8vZrXn4qBZsH",
                    ["kind": "pass", "rows": [["drop_id": "d", "holder": "u"]]], 200
                ),
                ("GET", "/v1/drop-tables/LzM5bHuZ2Y8vZrXn4qBZsH", nil, 200),
                ("PUT", "/v1/purchases/p", ["token_id": "1", "price": "1.0", "holder": "u", "paid": true], 200),
                ("GET", "/v1/purchases/p", nil, 200),
                ("PUT", "/v1/claimants/u", ["claimed_at": "2026-01-01T00:00:00Z"], 204),
                (
                    "PUT", "/v1/campaigns/c",
                    ["kind": "pass", "subject_id": "LzM5bHuZ2Y8vZrXn4qBZsH", "fallback": "locker"], 201
                ),
                ("POST", "/v1/campaigns/c/recipients", ["recipients": [["drop_id": "r", "holder": "u"]]], 200),
                ("GET", "/v1/campaigns/c", nil, 200), ("GET", "/v1/campaigns", nil, 200),
                ("POST", "/v1/campaigns/c/abort", nil, 200), ("GET", "/v1/feed", nil, 200),
                ("POST", "/v1/wallets/nonce", ["person": "u"], 201), ("GET", "/v1/people/u/wallets", nil, 200),
                ("DELETE", "/v1/people/u", nil, 200), ("GET", "/v1/tokens", nil, 200),
                ("POST", "/v1/tokens", ["name": "more", "scopes": ["read"]], 201), ("GET", "/v1/audit", nil, 200),
                ("GET", "/v1/summary", nil, 200), ("GET", "/v1/fees", nil, 200), ("GET", "/v1/submitter", nil, 200),
                ("GET", "/v1/sync", nil, 200),
                (
                    "POST", "/v1/operations/plan",
                    ["type": "create_brand", "payload": ["brand_id": "vytxeTZskVKR7C7WgdSP3d", "name": "n"]], 200
                ),
            ] as [(String, String, JSON?, Int)] {
                let answer = try await port.send(method, path, admin, body)
                #expect(answer.status == status, "\(method) \(path): \(answer.status) \(answer.detail)")
            }
            // Whom the audit names, it names in one chain.
            #expect(try await port.door.pool.query("select from audit where tenant = 'nova'").count > 5)
        }
    }
}
