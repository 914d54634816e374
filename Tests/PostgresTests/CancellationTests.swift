import Foundation
import Postgres
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct CancellationTests {
    @Test func `cancelling the task cancels the statement at the server, and the connection stays`() async throws {
        try await TestPostgres.withDatabase(migrated: false) { pool async throws in
            try await pool.withConnection { connection async throws in
                for _ in 0..<5 {
                    await withThrowingTaskGroup(of: Void.self) { group in
                        group.addTask { try await connection.query("select pg_sleep(600)") }
                        try? await untilRunning(pool, "pg_sleep(600)")
                        group.cancelAll()
                        await #expect(throws: CancellationError.self) { try await group.waitForAll() }
                    }
                    // It is over there when it is over here.
                    let active: Bool = try await pool.query(
                        "select exists (select from pg_stat_activity where pid = $1 and state = 'active')",
                        [.int4(connection.processID)]
                    ).one()
                    #expect(!active)
                    #expect(try await connection.query("select 1").one(Int.self) == 1)
                }
            }
        }
    }

    @Test func `a cancelled task sends nothing`() async throws {
        try await TestPostgres.withDatabase(migrated: false) { pool async throws in
            try await pool.query("create table t (a int)")
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                try await pool.query("insert into t values (1)")
            }
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(try await pool.query("select count(*) from t").one(Int.self) == 0)
        }
    }

    @Test func `what waits for its turn leaves the queue, and those around it are not touched`() async throws {
        try await TestPostgres.withDatabase(migrated: false) { pool async throws in
            try await pool.withConnection { connection async throws in
                try await pool.withConnection { holder in
                    try await holder.query("select pg_advisory_lock(7)")
                    let first = Task { try await connection.query("select pg_advisory_lock_shared(7)::text") }
                    try await untilRunning(pool, "pg_advisory_lock_shared(7)")
                    let second = Task { try await connection.query("select 2").one(Int.self) }
                    let third = Task { try await connection.query("select 3").one(Int.self) }
                    second.cancel()
                    await #expect(throws: CancellationError.self) { try await second.value }
                    try await holder.query("select pg_advisory_unlock(7)")
                    _ = try await first.value
                    #expect(try await third.value == 3)
                }
            }
        }
    }

    /// Cancel at every moment around a short statement: whichever wins, the connection must be whole, and the next statement
    /// must never be the one that is hit.
    @Test func `a cancel that crosses with the answer never hits the next statement`() async throws {
        try await TestPostgres.withDatabase(migrated: false) { pool async throws in
            try await pool.withConnection { connection async throws in
                var cancelled = 0
                for round in 0..<300 {
                    let task = Task {
                        try await connection.query(
                            "select $1::int8 + count(*) from generate_series(1, 2000)", [.int8(Int64(round))])
                    }
                    for _ in 0..<(round % 30) { await Task.yield() }
                    task.cancel()
                    do {
                        #expect(try await task.value.one(Int.self) == round + 2000)
                    } catch is CancellationError {
                        cancelled += 1
                    }
                    #expect(try await connection.query("select $1::int8", [.int8(Int64(round))]).one(Int.self) == round)
                }
                #expect(cancelled > 0)
                #expect(!connection.isClosed)
            }
        }
    }

    @Test func `a timeout cancels at the server and says that it was one`() async throws {
        try await TestPostgres.withDatabase(migrated: false) { pool async throws in
            let error = try await #require(throws: PostgresError.self) {
                try await pool.query("select pg_sleep(600)", timeout: .milliseconds(30))
            }
            #expect(error.code == .timedOut)
            #expect(pool.statistics == .init(open: 1, idle: 1, leased: 0, waiting: 0))
        }
    }

    @Test func `the server's own statement timeout is an error with its code`() async throws {
        try await TestPostgres.withDatabase(migrated: false, adjust: { $0.statementTimeout = .milliseconds(30) }) {
            pool async throws in
            let error = try await #require(throws: PostgresError.self) { try await pool.query("select pg_sleep(600)") }
            #expect(error.sqlState == .queryCanceled)
            #expect(PostgresError.operatorIntervention ~= error)
        }
    }

    @Test func `a statement that another session cancels is no cancellation of ours`() async throws {
        try await TestPostgres.withDatabase(migrated: false) { pool async throws in
            let task = Task { try await pool.query("select pg_sleep(600)") }
            try await untilRunning(pool, "pg_sleep(600)")
            try await until(
                pool,
                "select coalesce(bool_or(pg_cancel_backend(pid)), false) from pg_stat_activity where datname = current_database() and query = 'select pg_sleep(600)'"
            )
            let error = try await #require(throws: PostgresError.self) { try await task.value }
            #expect(error.sqlState == .queryCanceled)
        }
    }

    @Test func `many waiting statements leave every thread to others`() async throws {
        try await TestPostgres.withDatabase(migrated: false, adjust: { $0.maximumConnections = 32 }) {
            pool async throws in
            // More than there are threads: a blocking call would stop everything.
            let sleepers = (0..<24).map { _ in Task { try await pool.query("select pg_sleep(600)") } }
            try await until(
                pool,
                "select count(*) = 24 from pg_stat_activity where datname = current_database() and query = 'select pg_sleep(600)' and state = 'active'"
            )
            let done = Recorder<Int>()
            await withTaskGroup(of: Void.self) { group in
                for i in 0..<100 {
                    group.addTask {
                        for _ in 0..<100 { await Task.yield() }
                        done.append(i)
                    }
                }
            }
            #expect(done.all.count == 100)
            for sleeper in sleepers { sleeper.cancel() }
            for sleeper in sleepers { await #expect(throws: CancellationError.self) { try await sleeper.value } }
            #expect(pool.statistics.leased == 0)
        }
    }
}
