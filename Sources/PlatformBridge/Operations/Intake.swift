package import Daemon
import Encoding
import FoundationEssentials
package import Postgres
package import Submitter

/// Takes in what was asked inside the platform's own transactions (`select weir.enqueue(…)`), in their order. Each row comes
/// to an operation, or to a message that says what is wrong with it; either with the row's removal, in one transaction.
package struct Intake: Sendable {
    let pool: PostgresPool
    let operations: OperationStore
    let planner: OperationPlanner
    let logger: Logger

    /// Looked for by polling: a NOTIFY would make the platform's commits wait for each other.
    private static let pause: Duration = .milliseconds(250)
    private static let atOnce = 500

    package init(pool: PostgresPool, operations: OperationStore, planner: OperationPlanner, logger: Logger) {
        self.pool = pool
        self.operations = operations
        self.planner = planner
        self.logger = logger
    }

    package func service() -> RecurringWork {
        let hasSchemas = OnceFlag()
        return RecurringWork(name: "inbox", pool: pool, channels: [], part: .inbox, logger: logger) {
            if !hasSchemas.isSet {
                try await self.publishSchemas()
                hasSchemas.set()
            }
            while try await self.takeIn() == Self.atOnce {}
            return Self.pause
        }
    }

    /// The database refuses by the same description that /openapi.json shows.
    package func publishSchemas() async throws {
        let schemas = OpenAPI.payloads
        let flat = schemas.map { FlatSchema($0.1) }
        try await pool.execute(
            """
            insert into operation_schemas (type, schema, fields, fits)
            select type, schema::jsonb, fields::text[], fits::jsonpath
            from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as new (type, schema, fields, fits)
            on conflict (type) do update set schema = excluded.schema, fields = excluded.fields, fits = excluded.fits
            where (operation_schemas.schema, operation_schemas.fits::text) is distinct from (excluded.schema, excluded.fits::text)
            """,
            [
                .textArray(schemas.map(\.0.rawValue)), .textArray(schemas.map(\.1.text)),
                .textArrayNullable(flat.map { $0.map { "{\($0.fields.joined(separator: ","))}" } }),
                .textArrayNullable(flat.map { $0?.fits }),
            ])
    }

    /// How many rows were taken.
    package func takeIn() async throws -> Int {
        try await pool.withTransaction { connection in
            let rows = try await connection.query(Self.select, [.int8(Int64(Self.atOnce))]).map(Row.init)
            guard !rows.isEmpty else { return 0 }
            var good: [(row: Row, operation: NewOperation)] = []
            for row in rows {
                switch EnqueueRequest.read(row.body, idempotencyKey: row.key, tenant: row.tenant, planner: planner) {
                case .operation(let operation): good.append((row, operation))
                case .invalid(let violations): try await refuse(row, violations, on: connection)
                }
            }
            try await enqueue(good, on: connection)
            try await connection.execute(
                "delete from inbox where id = any ($1::bigint[])", [.int8Array(rows.map(\.id))])
            return rows.count
        }
    }

    /// All at once; where that is refused, one by one, so that one row's conflict is its own.
    private func enqueue(
        _ all: [(row: Row, operation: NewOperation)], on connection: PostgresConnection
    ) async throws {
        guard !all.isEmpty else { return }
        do {
            let results = try await connection.withSavepoint {
                try await operations.enqueue(all.map(\.operation), on: $0)
            }
            for (entry, result) in zip(all, results) { try await accept(entry.row, result.id, on: connection) }
        } catch let error as SubmitterError {
            guard all.count > 1 else {
                return try await refuse(all[0].row, [Violation("key", error.message)], on: connection)
            }
            for entry in all { try await enqueue([entry], on: connection) }
        }
    }

    private func accept(_ row: Row, _ id: OperationID, on connection: PostgresConnection) async throws {
        try await tell(
            row, "operation.accepted", ["id": JSON(id.rawValue), "key": JSON(row.key), "type": JSON(row.type)],
            on: connection)
    }

    private func refuse(_ row: Row, _ violations: [Violation], on connection: PostgresConnection) async throws {
        try await tell(
            row, "operation.refused",
            [
                "key": JSON(row.key), "type": JSON(row.type),
                "violations": .array(
                    violations.prefix(20).map(\.json)),
            ], on: connection)
    }

    private func tell(_ row: Row, _ topic: String, _ body: JSON, on connection: PostgresConnection) async throws {
        try await connection.execute(
            "insert into outbox (tenant, topic, key, body) values ($1, $2, $3, $4::jsonb)",
            [.text(row.tenant), .text(topic), .text(row.key), .text(body.text)])
    }

    private struct Row {
        var id: Int64
        var tenant: String
        var type: String
        var key: String
        var body: JSON

        init(_ row: PostgresRow) throws {
            id = try row.decode(Int64.self, "id")
            tenant = try row.decode(String.self, "tenant")
            type = try row.decode(String.self, "type")
            key = try row.decode(String.self, "key")
            var members: [JSON.Member] = [
                .init("type", JSON(type)),
                .init("payload", try row.json("payload")),
                .init("priority", JSON(try row.decode(Int.self, "priority"))),
            ]
            if let notBefore = try row.decode(Date?.self, "not_before_at") {
                members.append(.init("not_before", JSON(RFC3339.format(notBefore))))
            }
            body = .object(members)
        }
    }

    private static let select = """
        select id, tenant, type, payload::text as payload, key, priority, not_before_at from inbox
        order by id limit $1 for update skip locked
        """
}
