import Postgres
import Schema
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct ChainSchemaTests {
    private let chain = Migrator(migrations: Array(Schema.migrations.prefix(1)))

    @Test func `the chain's tables go up, down and up again`() async throws {
        try await TestPostgres.withDatabase(migrated: false) { pool in
            #expect(try await chain.migrate(on: pool).map(\.name) == ["v0001_chain"])
            #expect(try await chain.rollback(on: pool, to: 0).count == 1)
            let left: Int = try await pool.query(
                "select count(*) from information_schema.tables where table_schema = 'weir' and table_name <> 'schema_migrations'"
            ).one()
            #expect(left == 0)
            #expect(try await chain.migrate(on: pool).count == 1)
        }
    }

    @Test func `a step back that would lose blocks is refused`() async throws {
        try await TestPostgres.withDatabase { pool in
            try await pool.execute(
                "insert into blocks values (7, $1, $1, now())", [.bytea([UInt8](repeating: 1, count: 32))])
            await #expect(throws: PostgresError.self) { try await chain.rollback(on: pool, to: 0) }
            #expect(try await pool.query("select count(*) from blocks").one(Int.self) == 1)
        }
    }

    @Test(arguments: [
        (
            "a_token_has_one_owner_at_a_time",
            "insert into token_owners values ('T', 1, 'wallet', 'a', null, null, 5, 0, 0), ('T', 1, 'wallet', 'b', null, null, 6, 0, 0)"
        ),
        (
            "a_span_ends_after_it_began",
            "insert into ownership_history values ('T', 1, 'wallet', 'a', null, null, 5, 2, 0, 5, 1, 0)"
        ),
        (
            "an_owner_is_a_wallet_the_treasury_a_locker_or_nobody",
            "insert into token_owners values ('T', 1, 'nobody', 'a', null, null, 5, 2, 0)"
        ),
        ("block_ids_are_32_bytes", "insert into blocks values (1, '\\x01', '\\x02', now())"),
        (
            "an_ended_listing_says_how",
            "insert into listings values (1, 's', 'T', 1, 1, 'F', null, now(), 1, 0, 0, 5, 0, 0)"
        ),
    ])
    func `a row that makes no sense is refused by name`(_ constraint: String, _ sql: String) async throws {
        try await TestPostgres.withDatabase { pool in
            let error = await #expect(throws: PostgresError.self) { try await pool.execute(sql) }
            #expect(error?.constraint == constraint)
        }
    }
}
