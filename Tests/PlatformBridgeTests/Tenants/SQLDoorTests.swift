import Daemon
import Encoding
import FoundationEssentials
import PlatformBridge
import Postgres
import Submitter
import TestSupport
import Testing

/// As the platform comes in: with a role of its own, from plain SQL.
@Suite struct SQLDoorTests {
    struct Platform: Sendable {
        let door: Door
        let intake: Intake
        /// Logged in as a role that may do nothing but what it was granted.
        let own: PostgresPool
        let role: String
    }

    static func with(tenant: String = "nova", _ body: (Platform) async throws -> Void) async throws {
        let role = "platform_\(UInt32.random(in: 0...UInt32.max))"
        try await TestPostgres.withDatabase { pool in
            let door = Door(pool: pool)
            let intake = Intake(pool: pool, operations: door.operations, planner: door.planner, logger: .silent)
            try await intake.publishSchemas()
            try await pool.execute("create role \(role) login")
            #expect(try await TenantRoles(pool: pool).grant(role, tenant: tenant))
            var configuration = pool.configuration
            configuration.connectionString = configuration.connectionString + " user=\(role)"
            configuration.schema = nil
            let own = PostgresPool(configuration)
            do {
                try await body(Platform(door: door, intake: intake, own: own, role: role))
            } catch {
                own.close()
                throw error
            }
            own.close()
            try await own.run()
            #expect(try await TenantRoles(pool: pool).revoke(role))
            try await pool.execute("drop role \(role)")
        }
    }

    static let brand = #"{"brand_id": "7kX9mPqR2sTvWxYzA3bCdE", "name": "Nova"}"#
    static let enqueue = "select weir.enqueue($1, $2::jsonb, $3)"

    @Test func `the operation is there if and only if the platform's own rows are`() async throws {
        try await Self.with { platform in
            struct Undone: Error {}
            try? await platform.own.withTransaction { connection in
                _ = try await connection.query(Self.enqueue, ["create_brand", .text(Self.brand), "rolled back"])
                throw Undone()
            }
            try await platform.own.withTransaction { connection in
                _ = try await connection.query(Self.enqueue, ["create_brand", .text(Self.brand), "kept"])
            }
            #expect(try await platform.intake.takeIn() == 1)
            let seen = try await platform.own.query("select key, type, state, items_total from weir_api.operations")
            #expect(try seen.map { try $0.decode(String.self, "key") } == ["kept"])
            #expect(try seen[0].decode(Int.self, "items_total") == 1)
            // The platform hears of it, by the outbox.
            let told = try await platform.own.query("select topic, key, body ->> 'id' as id from weir_api.outbox")
            #expect(try told.map { try $0.decode(String.self, "topic") } == ["operation.accepted"])
            let id = try await platform.own.query("select id from weir_api.operations").one().decode(String.self, "id")
            #expect(try told[0].decode(String.self, "id") == id)
            #expect(try await platform.door.pool.query("select from inbox").isEmpty)
        }
    }

    @Test func `what breaks the schema is refused where it is asked, and the transaction may go on`() async throws {
        try await Self.with { platform in
            for (type, payload, key, fault) in [
                ("dance", "{}", "k", "type is not an operation type"),
                ("create_brand", #"{"name": "x"}"#, "k", "payload.brand_id is required"),
                ("create_brand", #"{"brand_id": "short", "name": "x"}"#, "k", "payload.brand_id must match"),
                (
                    "create_brand", #"{"brand_id": "7kX9mPqR2sTvWxYzA3bCdE", "name": 3}"#, "k",
                    "payload.name must be string"
                ),
                (
                    "create_brand", #"{"brand_id": "7kX9mPqR2sTvWxYzA3bCdE", "name": "x", "colour": "red"}"#, "k",
                    "payload.colour is not a field"
                ),
                ("create_brand", "[]", "k", "payload must be object"),
                ("create_brand", Self.brand, "", "key must have 1 to 255"),
                ("airdrop_pass", #"{"limit": "many", "x": 1}"#, "k", "payload."),
                ("claim_token", #"{"tokens": []}"#, "k", "payload.tokens must have an entry"),
                ("claim_token", #"{"tokens": [{"token_id": 1}]}"#, "k", "payload.tokens[0].pass_id is required"),
            ] {
                let error = try await #require(throws: PostgresError.self) {
                    try await platform.own.query(Self.enqueue, [.text(type), .text(payload), .text(key)])
                }
                #expect(error.sqlState?.rawValue == "23514", "\(error)")
                #expect(error.debugDescription.contains(fault), "\(fault): \(error.debugDescription)")
            }
            #expect(try await platform.door.pool.query("select from inbox").isEmpty)
        }
    }

    @Test func `what only the program can see is told by the outbox, and harms no other`() async throws {
        try await Self.with { platform in
            for (payload, key) in [
                // A list's end is not looked at in the database; a repeated row nowhere but here.
                (
                    #"{"tokens": [{"token_id": 1, "pass_id": "7kX9mPqR2sTvWxYzA3bCdE"}, {"token_id": 1, "pass_id": "7kX9mPqR2sTvWxYzA3bCdE"}]}"#,
                    "twice"
                ),
                (#"{"tokens": [{"token_id": 2, "pass_id": "7kX9mPqR2sTvWxYzA3bCdE"}]}"#, "good"),
                (#"{"tokens": [{"token_id": 3, "pass_id": "7kX9mPqR2sTvWxYzA3bCdE"}]}"#, "good"),
                (#"{"tokens": [{"token_id": 2, "pass_id": "7kX9mPqR2sTvWxYzA3bCdE"}]}"#, "good"),
            ] {
                _ = try await platform.own.query(Self.enqueue, ["claim_token", .text(payload), .text(key)])
            }
            #expect(try await platform.intake.takeIn() == 4)
            let told = try await platform.own.query("select topic, key, body from weir_api.outbox order by id").map {
                "\(try $0.decode(String.self, "topic")) \(try $0.decode(String.self, "key"))"
            }
            // The second body under a key that is taken is a conflict, the same body again is the same operation.
            #expect(
                told == [
                    "operation.refused twice", "operation.accepted good", "operation.refused good",
                    "operation.accepted good",
                ])
            #expect(try await platform.own.query("select from weir_api.operations").count == 1)
        }
    }

    @Test func `the role sees its tenant alone and can do nothing else`() async throws {
        try await Self.with { platform in
            _ = try await platform.door.send(
                "POST", "/v1/operations", ["type": "signup_reminder", "payload": [:], "idempotency_key": "of default"])
            _ = try await platform.door.send("PUT", "/v1/purchases/p", ["token_id": 1, "price": "1.0", "holder": "u"])
            for view in ["operations", "items", "outbox", "drops", "purchases"] {
                #expect(try await platform.own.query("select from weir_api.\(view)").isEmpty, "\(view)")
            }
            for statement in [
                "select from weir.operations",
                "insert into weir.inbox (tenant, type, payload, key) values ('default', 'x', '{}', 'k')",
                "select from weir.tenant_roles", "update weir.tenant_roles set tenant = 'default'",
                "select from weir.tokens_of_access",
                "select from weir.webhook_endpoints", "delete from weir_api.operations",
                "update weir_api.purchases set state = 'settled'",
                "create table weir.mine (x int)", "create table weir_api.mine (x int)",
            ] {
                let error = try await #require(throws: PostgresError.self, "\(statement)") {
                    try await platform.own.execute(statement)
                }
                #expect(["42501", "55000"].contains(error.sqlState?.rawValue ?? ""), "\(statement): \(error)")
            }
            // Set what it likes: whose role it is decides.
            _ = try await platform.own.query("select set_config('weir.tenant', 'default', false)")
            #expect(try await platform.own.query("select from weir_api.operations").isEmpty)
            _ = try await TenantRoles(pool: platform.door.pool).revoke(platform.role)
            await #expect(throws: PostgresError.self) {
                try await platform.own.query(Self.enqueue, ["create_brand", .text(Self.brand), "k"])
            }
            _ = try await TenantRoles(pool: platform.door.pool).grant(platform.role, tenant: "nova")
        }
    }

    @Test func `one transaction that takes long makes no other wait`() async throws {
        try await Self.with { platform in
            let (asked, over) = (AsyncStream.makeStream(of: Never.self), AsyncStream.makeStream(of: Never.self))
            async let slow: Void = platform.own.withTransaction { connection in
                _ = try await connection.query(Self.enqueue, ["create_brand", .text(Self.brand), "same key"])
                asked.continuation.finish()
                for await _ in over.stream {}
            }
            for await _ in asked.stream {}
            try await platform.own.withTransaction { connection in
                _ = try await connection.query("set local lock_timeout = '100ms'")
                _ = try await connection.query(Self.enqueue, ["create_brand", .text(Self.brand), "same key"])
            }
            #expect(try await platform.intake.takeIn() == 1)
            over.continuation.finish()
            try await slow
            #expect(try await platform.intake.takeIn() == 1)
            #expect(try await platform.own.query("select from weir_api.operations").count == 1)
        }
    }

    @Test func `every type can be asked for, and no other`() async throws {
        try await Self.with { platform in
            let types = try await platform.door.pool.query("select type from operation_schemas").map {
                try $0.decode(String.self, "type")
            }
            #expect(Set(types) == Set(OperationType.allCases.map(\.rawValue)))
        }
    }

    @Test func `a role that is not there is not made`() async throws {
        try await Door.with { door async throws in
            let roles = TenantRoles(pool: door.pool)
            let isGranted = try await roles.grant("nobody_of_that_name", tenant: "nova")
            let isRevoked = try await roles.revoke("nobody_of_that_name")
            #expect(!isGranted && !isRevoked)
        }
    }
}
