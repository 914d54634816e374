import Foundation
import Postgres
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ConnectionTests {
    @Test func `a statement with parameters answers rows`() async throws {
        try await TestPostgres.withDatabase { pool async throws in
            let rows = try await pool.query("select $1::int8 as a, $2 as b", [7, "seven"])
            #expect(rows.columns == ["a", "b"])
            #expect(try rows[0].decode(Int.self, "a") == 7)
            #expect(try rows[0].decode("b") == "seven")
        }
    }

    @Test func `sessions carry the schema and the name of the program`() async throws {
        try await TestPostgres.withDatabase(adjust: {
            $0.schema = "odd \"name\\"; $0.applicationName = "weir test"
        }) { pool async throws in
            let row = try await pool.query(
                "select current_setting('search_path') as s, current_setting('application_name') as a"
            ).one()
            #expect(try row.decode("s") == "\"odd \"\"name\\\"")
            #expect(try row.decode("a") == "weir test")
        }
    }

    @Test func `an error tells what the server said, and its description no value`() async throws {
        try await TestPostgres.withDatabase(migrated: false) { pool async throws in
            try await pool.query("create table t (a text constraint one_of_each unique)")
            try await pool.query("insert into t values ('secret')")
            let error = try await #require(throws: PostgresError.self) {
                try await pool.query("insert into t values ($1)", ["secret"])
            }
            #expect(error.sqlState == .uniqueViolation)
            #expect(error.constraint == "one_of_each")
            #expect(error.table == "t")
            #expect("\(error)".contains("one_of_each") && "\(error)".contains("23505"))
            #expect(!"\(error)".contains("secret"))
            #expect(error.debugDescription.contains("secret"))
            #expect(!error.isRetryable)
            let bad = try await #require(throws: PostgresError.self) {
                try await pool.query("select $1::text::int8", ["secret"])
            }
            #expect(bad.sqlState?.classCode == "22")
            #expect(!"\(bad)".contains("secret") && "\(bad)".contains("invalid input syntax for type bigint"))
        }
    }

    @Test func `errors match by class and by code`() async throws {
        try await TestPostgres.withDatabase(migrated: false) { pool async throws in
            try await pool.query("create table t (a int8 primary key check (a > 0))")
            func kind(_ sql: String) async throws -> String {
                do {
                    try await pool.query(sql)
                    return "none"
                } catch SQLState.uniqueViolation {
                    return "unique"
                } catch PostgresError.integrityViolation {
                    return "integrity"
                } catch PostgresError.syntaxOrAccess {
                    return "syntax"
                } catch PostgresError.dataException {
                    return "data"
                }
            }
            #expect(try await kind("insert into t values (1)") == "none")
            #expect(try await kind("insert into t values (1)") == "unique")
            #expect(try await kind("insert into t values (0)") == "integrity")
            #expect(try await kind("selec") == "syntax")
            #expect(try await kind("select 1/0") == "data")
            await #expect(throws: PostgresError.self) { try await kind("do $$ begin raise exception 'own'; end $$") }
        }
    }

    @Test func `a connection goes on after an error`() async throws {
        try await TestPostgres.withDatabase(migrated: false) { pool async throws in
            try await pool.withConnection { connection async throws in
                for _ in 0..<3 {
                    await #expect(throws: PostgresError.self) { try await connection.query("select * from missing") }
                    await #expect(throws: PostgresError.self) { try await connection.query("select 1/$1::int8", [0]) }
                    await #expect(throws: PostgresError.self) {
                        try await connection.script("select 1; select 1/0; select 2")
                    }
                    #expect(try await connection.query("select 1").one(Int.self) == 1)
                }
            }
            #expect(pool.statistics == .init(open: 1, idle: 1, leased: 0, waiting: 0))
        }
    }

    @Test func `a script runs several statements, and one that asks for data fails`() async throws {
        try await TestPostgres.withDatabase(migrated: false) { pool async throws in
            try await pool.withConnection { connection async throws in
                try await connection.script("create table a (x int); insert into a values (1), (2); create table b ()")
                #expect(try await connection.query("select count(*) from a").one(Int.self) == 2)
                await #expect(throws: PostgresError.self) { try await connection.script("copy a from stdin") }
                #expect(try await connection.query("select count(*) from a").one(Int.self) == 2)
                try await connection.script("")
            }
        }
    }

    @Test func `statements from many tasks on one connection take turns`() async throws {
        try await TestPostgres.withDatabase(migrated: false) { pool async throws in
            try await pool.withConnection { connection async throws in
                let sum = try await withThrowingTaskGroup(of: Int.self) { group in
                    for i in 1...200 {
                        group.addTask {
                            if i % 10 == 0 { try await connection.script("select 1") }
                            return try await connection.query("select $1::int8", [.int8(Int64(i))]).one()
                        }
                    }
                    return try await group.reduce(0, +)
                }
                #expect(sum == 20100)
            }
        }
    }

    @Test func `a prepared statement survives a change of its table`() async throws {
        try await TestPostgres.withDatabase(migrated: false) { pool async throws in
            try await pool.query("create table t (a int)")
            try await pool.withConnection { connection async throws in
                #expect(try await connection.query("select * from t").columns == ["a"])
                try await connection.query("alter table t add b int")
                #expect(try await connection.query("select * from t").columns == ["a", "b"])
                try await connection.query("deallocate all")
                #expect(try await connection.query("select * from t").columns == ["a", "b"])
                try await connection.query("discard all")
                #expect(try await connection.query("select 1").one(Int.self) == 1)
                #expect(try await connection.query("select * from t").columns == ["a", "b"])
            }
        }
    }

    @Test func `the server keeps no more prepared statements than the cache`() async throws {
        try await TestPostgres.withDatabase(migrated: false, adjust: { $0.statementCacheSize = 5 }) {
            pool async throws in
            try await pool.withConnection { connection async throws in
                for i in 0..<50 { try await connection.query("select \(i)") }
                let count = "select count(*) from pg_prepared_statements"
                #expect(try await connection.query(count).one(Int.self) <= 6)
                // The same text with other types is another statement, and both work.
                let values: [PostgresValue] = [1, nil, .int4(2), .numeric(3)]
                for value in values {
                    #expect(
                        try await connection.query("select $1::text is null", [value]).one(Bool.self)
                            == (value == .null))
                }
            }
        }
    }

    @Test func `a statement that is refused is not prepared, and may work later`() async throws {
        try await TestPostgres.withDatabase(migrated: false) { pool async throws in
            try await pool.withConnection { connection async throws in
                await #expect { try await connection.query("select * from later") } throws: {
                    SQLState.undefinedTable ~= $0
                }
                try await connection.query("create table later (a int)")
                #expect(try await connection.query("select * from later").isEmpty)
            }
        }
    }

    @Test func `what may not share a transaction runs alone`() async throws {
        try await TestPostgres.withDatabase(migrated: false, adjust: { $0.statementCacheSize = 1 }) {
            pool async throws in
            try await pool.query("create table t (a int)")
            for _ in 0..<3 {
                try await pool.query("select 1")
                try await pool.query("create index concurrently t_a on t (a)")
                try await pool.query("drop index concurrently t_a")
                try await pool.query("vacuum t")
            }
        }
    }

    @Test func `closing fails what is under way and what waits`() async throws {
        try await TestPostgres.withDatabase(migrated: false) { pool async throws in
            try await pool.withConnection { connection async throws in
                let first = Task { try await connection.query("select pg_sleep(600)") }
                // Only once the first is under way: the other order would let this one through.
                try await untilRunning(pool, "pg_sleep(600)")
                let second = Task { try await connection.query("select 1") }
                connection.close()
                await #expect(throws: PostgresError.self) { try await first.value }
                await #expect(throws: PostgresError.self) { try await second.value }
                await #expect(throws: PostgresError.self) { try await connection.query("select 1") }
                #expect(connection.isClosed)
            }
            // The session is gone from the server too.
            try await until(
                pool,
                "select not exists (select from pg_stat_activity where datname = current_database() and query = 'select pg_sleep(600)')"
            )
        }
    }
}
