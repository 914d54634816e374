import Foundation
import Postgres
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct TransactionTests {
    private func withTable(_ body: (PostgresPool) async throws -> Void) async throws {
        try await TestPostgres.withDatabase(migrated: false) { pool async throws in
            try await pool.query("create table t (a int8 primary key)")
            try await body(pool)
        }
    }

    private func count(_ pool: PostgresPool) async throws -> Int {
        try await pool.query("select count(*) from t").one()
    }

    @Test func `a body that returns is committed, one that throws is rolled back`() async throws {
        try await withTable { pool async throws in
            let result = try await pool.withTransaction { connection async throws in
                try await connection.execute("insert into t values ($1)", [1])
            }
            #expect(result == 1)
            await #expect(throws: Stop.self) {
                try await pool.withTransaction { connection async throws in
                    try await connection.query("insert into t values (2)")
                    throw Stop()
                }
            }
            #expect(try await count(pool) == 1)
            #expect(pool.statistics.idle == pool.statistics.open)
        }
    }

    @Test func `a swallowed error does not pass for a commit`() async throws {
        try await withTable { pool async throws in
            let error = try await #require(throws: PostgresError.self) {
                try await pool.withTransaction { connection async throws in
                    try await connection.query("insert into t values (1)")
                    _ = try? await connection.query("select 1/0")
                }
            }
            #expect(error.code == .transactionAborted)
            #expect(try await count(pool) == 0)
        }
    }

    @Test func `a constraint that fails at commit fails the transaction`() async throws {
        try await withTable { pool async throws in
            try await pool.query("create table d (a int8 references t deferrable initially deferred)")
            await #expect {
                try await pool.withTransaction { try await $0.query("insert into d values (5)") }
            } throws: { PostgresError.integrityViolation ~= $0 }
            #expect(try await pool.query("select count(*) from d").one(Int.self) == 0)
            #expect(pool.statistics == .init(open: 1, idle: 1, leased: 0, waiting: 0))
        }
    }

    @Test func `ending the transaction from inside of it is an error`() async throws {
        try await withTable { pool async throws in
            await #expect(throws: PostgresError.self) {
                try await pool.withTransaction { try await $0.query("commit") }
            }
            #expect(try await count(pool) == 0)
        }
    }

    @Test func `a transaction left open is never handed to the next`() async throws {
        try await withTable { pool async throws in
            try await pool.withConnection { connection async throws in
                try await connection.query("begin")
                try await connection.query("insert into t values (1)")
            }
            #expect(pool.statistics.open == 0)
            #expect(try await count(pool) == 0)
        }
    }

    @Test func `a savepoint undoes only its own part`() async throws {
        try await withTable { pool async throws in
            try await pool.withTransaction { connection async throws in
                try await connection.query("insert into t values (1)")
                await #expect(throws: PostgresError.self) {
                    try await connection.withSavepoint { connection async throws in
                        try await connection.query("insert into t values (2)")
                        try await connection.query("insert into t values (1)")
                    }
                }
                try await connection.withSavepoint { try await $0.query("insert into t values (3)") }
            }
            #expect(try await pool.query("select array_agg(a order by a) from t").one([Int].self) == [1, 3])
        }
    }

    @Test func `isolation and read-only are as asked`() async throws {
        try await withTable { pool async throws in
            for isolation in [PostgresIsolation.readCommitted, .repeatableRead, .serializable] {
                let said = try await pool.withTransaction(isolation: isolation) {
                    try await $0.query("select current_setting('transaction_isolation')").one(String.self)
                }
                #expect(said == isolation.rawValue)
            }
            await #expect {
                try await pool.withTransaction(readOnly: true) { try await $0.query("insert into t values (1)") }
            } throws: { SQLState(rawValue: "25006") ~= $0 }
        }
    }

    @Test func `of two serializable transactions that cross, one is told to try again`() async throws {
        try await withTable { pool async throws in
            try await pool.query("insert into t values (1), (2)")
            let error = try await #require(throws: PostgresError.self) {
                try await pool.withTransaction(isolation: .serializable) { first in
                    try await first.query("select sum(a) from t")
                    try await pool.withTransaction(isolation: .serializable) { second in
                        try await second.query("select sum(a) from t")
                        try await second.query("insert into t values (3)")
                    }
                    try await first.query("insert into t values (4)")
                }
            }
            #expect(error.sqlState == .serializationFailure)
            #expect(error.isRetryable)
            #expect(PostgresError.transactionRollback ~= error)
        }
    }

    @Test func `a transaction that is cancelled is rolled back, and its connection lives on`() async throws {
        try await withTable { pool async throws in
            let task = Task {
                try await pool.withTransaction { connection async throws in
                    try await connection.query("insert into t values (1)")
                    try await connection.query("select pg_sleep(600)")
                }
            }
            try await untilRunning(pool, "pg_sleep(600)")
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(try await count(pool) == 0)
            #expect(pool.statistics.open == pool.statistics.idle && pool.statistics.open == 2)
        }
    }

    @Test func `losing the connection before COMMIT is known to have changed nothing`() async throws {
        try await withTable { pool async throws in
            let error = try await #require(throws: PostgresError.self) {
                try await pool.withTransaction { connection async throws in
                    try await connection.query("insert into t values (1)")
                    try await pool.query("select pg_terminate_backend($1)", [.int4(connection.processID)])
                    try await connection.query("select 1")
                    try await connection.query("select 2")
                }
            }
            #expect(error.code == .connectionLost)
            #expect(error.isRetryable && !error.isOutcomeUnknown)
            #expect(try await count(pool) == 0)
        }
    }

    @Test func `a transaction that finds its connection cut has begun nothing, and may be run again`() async throws {
        try await withTable { pool async throws in
            for _ in 0..<30 {
                try await pool.withConnection { connection async throws in
                    // Waits until the other end has gone.
                    try await pool.query("select pg_terminate_backend($1, 60000)", [.int4(connection.processID)])
                    let error = try await #require(throws: PostgresError.self) {
                        try await connection.withTransaction { try await $0.query("insert into t values (1)") }
                    }
                    #expect(error.code == .connectionLost && error.isRetryable, "\(error)")
                    #expect(!error.description.contains("out of turn"), "\(error)")
                }
            }
            #expect(try await count(pool) == 0)
        }
    }

    @Test func `losing the connection in COMMIT leaves its outcome open, and says so`() async throws {
        try await withTable { pool async throws in
            // A deferred trigger makes COMMIT itself wait, so that it can be cut off there.
            try await pool.withConnection {
                try await $0.script(
                    """
                    create function wait() returns trigger language plpgsql as $$
                        begin perform pg_advisory_xact_lock(42); return null; end $$;
                    create constraint trigger w after insert on t deferrable initially deferred
                        for each row execute function wait();
                    """)
            }
            try await pool.withConnection { holder in
                try await holder.query("select pg_advisory_lock(42)")
                let task = Task { try await pool.withTransaction { try await $0.query("insert into t values (1)") } }
                try await until(
                    pool,
                    "select coalesce(bool_or(pg_terminate_backend(pid)), false) from pg_stat_activity where wait_event = 'advisory' and datname = current_database()"
                )
                let error = try await #require(throws: PostgresError.self) { try await task.value }
                #expect(error.isOutcomeUnknown)
                #expect(!error.isRetryable)
                try await holder.query("select pg_advisory_unlock(42)")
            }
        }
    }
}
