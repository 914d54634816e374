import Postgres
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ReadOnlySessionTests {
    @Test func `a session that became read-only is given up, and the next one writes`() async throws {
        try await TestPostgres.withDatabase(migrated: false, adjust: { $0.maximumConnections = 2 }) {
            pool async throws in
            try await pool.query("create table t (x int)")
            // As after a failover behind a proxy: the open session may not write, new ones may.
            let old = try await pool.withConnection { connection in
                try await connection.query("set session characteristics as transaction read only")
                return connection.processID
            }
            let error = await #expect(throws: PostgresError.self) { try await pool.execute("insert into t values (1)") }
            #expect(error?.sqlState?.rawValue == "25006" && error?.isTransient == true)
            #expect(try await pool.execute("insert into t values (1)") == 1)
            let new = try await pool.withConnection { $0.processID }
            #expect(new != old)
        }
    }

    @Test func `a transaction that met a read-only session leaves it behind too`() async throws {
        try await TestPostgres.withDatabase(migrated: false, adjust: { $0.maximumConnections = 1 }) {
            pool async throws in
            try await pool.query("create table t (x int)")
            _ = try await pool.withConnection {
                try await $0.query("set session characteristics as transaction read only")
            }
            await #expect(throws: PostgresError.self) {
                try await pool.withTransaction { try await $0.execute("insert into t values (1)") }
            }
            #expect(try await pool.withTransaction { try await $0.execute("insert into t values (1)") } == 1)
        }
    }
}
