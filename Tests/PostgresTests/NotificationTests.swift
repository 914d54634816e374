import Dispatch
import Glibc
import TestSupport
import Testing

@testable import Postgres

@Suite(.timeLimit(.minutes(1)))
struct NotificationTests {
    @Test func `a listener hears every notification, in order`() async throws {
        try await TestPostgres.withDatabase(migrated: false) { pool async throws in
            var heard = pool.listen("orders", "odd \"name").makeAsyncIterator()
            #expect(try await heard.next() == .mayHaveMissed)
            for i in 0..<100 { try await pool.query("select pg_notify('orders', $1)", [.text("\(i)")]) }
            try await pool.query("select pg_notify('else', 'not for us')")
            try await pool.query("select pg_notify($1, 'ż')", ["odd \"name"])
            for i in 0..<100 { #expect(try await heard.next() == .notified(channel: "orders", payload: "\(i)")) }
            #expect(try await heard.next() == .notified(channel: "odd \"name", payload: "ż"))
        }
    }

    @Test func `a notification of a transaction that is rolled back is not heard`() async throws {
        try await TestPostgres.withDatabase(migrated: false) { pool async throws in
            var heard = pool.listen("c").makeAsyncIterator()
            _ = try await heard.next()
            await #expect(throws: Stop.self) {
                try await pool.withTransaction {
                    try await $0.query("notify c, 'no'")
                    throw Stop()
                }
            }
            try await pool.query("notify c, 'yes'")
            #expect(try await heard.next()?.payload == "yes")
        }
    }

    @Test
    func `a listener whose connection is cut listens again, and says that it may have missed something`()
        async throws
    {
        try await TestPostgres.withDatabase(migrated: false) { pool async throws in
            let clock = ManualClock()
            let listener = PostgresNotifications(pool.configuration, channels: ["c"], clock: clock)
            let (elements, tell) = AsyncStream.makeStream(of: PostgresNotification.self)
            let task = Task {
                for try await element in listener { tell.yield(element) }
                tell.finish()
            }
            // Each pause before another try ends at once, however many tries it takes.
            let time = Task {
                while !Task.isCancelled {
                    await clock.waitForSleepers()
                    clock.advance(by: .seconds(5))
                }
            }
            defer { time.cancel() }
            var heard = elements.makeAsyncIterator()
            for round in 0..<3 {
                #expect(await heard.next() == .mayHaveMissed)
                try await pool.query("select pg_notify('c', $1)", [.text("\(round)")])
                #expect(await heard.next()?.payload == "\(round)")
                try await until(
                    pool,
                    """
                    -- The newest: one that was cut before may still be on its way out.
                    select coalesce((select pg_terminate_backend(pid) from pg_stat_activity
                        where datname = current_database() and query = 'listen "c"'
                        order by backend_start desc limit 1), false)
                    """)
            }
            #expect(await heard.next() == .mayHaveMissed)
            task.cancel()
            try await task.value
            #expect(await heard.next() == nil)
        }
    }

    @Test func `a session that is ended is noticed, though its last words and its end come at once`() async throws {
        try await TestPostgres.withDatabase(migrated: false) { pool async throws in
            let connection = try await PostgresConnection.connect(pool.configuration)
            let (lost, tell) = AsyncStream.makeStream(of: Void.self)
            connection.whenLost { tell.finish() }
            let (held, hold) = AsyncStream.makeStream(of: Void.self)
            let gone = DispatchSemaphore(value: 0)
            // The connection's queue stands still here until the server's process is gone.
            connection.submit(
                Exchange(ticket: Ticket(), request: .script("select 1"), commits: false) { _ in
                    hold.finish()
                    gone.wait()
                })
            for await _ in held {}
            try await pool.query("select pg_terminate_backend($1)", [.int4(connection.processID)])
            while kill(connection.processID, 0) == 0 { await Task.yield() }
            gone.signal()
            for await _ in lost {}
            #expect(connection.isClosed)
        }
    }

    @Test func `a notification that comes with an answer is heard at once`() async throws {
        try await TestPostgres.withDatabase(migrated: false) { pool async throws in
            try await pool.withConnection { connection async throws in
                try await connection.query("listen c")
                for i in 0..<20 {
                    // A session's own come between the answer and its end.
                    try await connection.query("select pg_notify('c', $1)", [.text("\(i)")])
                    #expect(try await connection.takeNotifications() == [.notified(channel: "c", payload: "\(i)")])
                }
            }
        }
    }

    @Test func `cancelling ends a listener that waits, and its session`() async throws {
        try await TestPostgres.withDatabase(migrated: false) { pool async throws in
            let (started, signal) = AsyncStream.makeStream(of: Void.self)
            let task = Task {
                for try await _ in pool.listen("c") { signal.yield() }
                return "ended"
            }
            for await _ in started { break }
            task.cancel()
            #expect(try await task.value == "ended")
            try await until(
                pool,
                "select not exists (select from pg_stat_activity where query = 'listen \"c\"' and datname = current_database())"
            )
        }
    }

    @Test func `a listener without a database fails at once`() async throws {
        try await TestPostgres.withDatabase(migrated: false) { pool async throws in
            var configuration = pool.configuration
            configuration.connectionString += " dbname=nowhere"
            var heard = PostgresNotifications(configuration, channels: ["c"]).makeAsyncIterator()
            await #expect(throws: PostgresError.self) { try await heard.next() }
        }
    }
}
