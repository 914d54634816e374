import Foundation
import Postgres
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct PoolTests {
    @Test func `a hundred callers share three connections, and each is served`() async throws {
        try await TestPostgres.withDatabase(migrated: false, adjust: { $0.maximumConnections = 3 }) {
            pool async throws in
            let total = try await withThrowingTaskGroup(of: Int.self) { group in
                for i in 1...100 { group.addTask { try await pool.query("select $1::int8", [.int8(Int64(i))]).one() } }
                return try await group.reduce(0, +)
            }
            #expect(total == 5050)
            #expect(pool.statistics.open <= 3 && pool.statistics.leased == 0)
        }
    }

    @Test func `who came first is served first`() async throws {
        try await TestPostgres.withDatabase(migrated: false, adjust: { $0.maximumConnections = 1 }) {
            pool async throws in
            let order = Recorder<Int>()
            var callers: [Task<Void, any Error>] = []
            try await pool.withConnection { _ in
                for i in 0..<20 {
                    callers.append(Task { try await pool.withConnection { _ in order.append(i) } })
                    while pool.statistics.waiting <= i { await Task.yield() }
                }
            }
            for caller in callers { try await caller.value }
            #expect(order.all == Array(0..<20))
        }
    }

    @Test func `a caller that is cancelled while it waits leaves the queue`() async throws {
        try await TestPostgres.withDatabase(migrated: false, adjust: { $0.maximumConnections = 1 }) {
            pool async throws in
            try await pool.withConnection { _ in
                let task = Task { try await pool.query("select 1") }
                while pool.statistics.waiting == 0 { await Task.yield() }
                task.cancel()
                await #expect(throws: CancellationError.self) { try await task.value }
                #expect(pool.statistics == .init(open: 1, idle: 0, leased: 1, waiting: 0))
            }
            #expect(try await pool.query("select 1").one(Int.self) == 1)
        }
    }

    @Test func `an exhausted pool says so, with its size`() async throws {
        try await TestPostgres.withDatabase(
            migrated: false,
            adjust: {
                $0.maximumConnections = 1
                $0.acquireTimeout = .milliseconds(10)
            }
        ) { pool async throws in
            try await pool.withConnection { _ in
                let error = try await #require(throws: PostgresError.self) { try await pool.query("select 1") }
                #expect(error.code == .poolExhausted && error.isRetryable)
                #expect("\(error)".contains("1 of at most 1"))
            }
        }
    }

    @Test func `connections that the server ended while idle are replaced before anybody sees it`() async throws {
        try await TestPostgres.withDatabase(migrated: false) { pool async throws in
            for _ in 0..<5 {
                let pid = try await pool.query("select pg_backend_pid()").one(Int32.self)
                try await pool.withConnection { busy in
                    // On a second connection, since the first is the one that is ended.
                    try await pool.withConnection { other in
                        let victims: [PostgresValue] = [
                            .int4(busy.processID == pid ? other.processID : pid), .int4(busy.processID),
                        ]
                        try await busy.query("select pg_terminate_backend($1) where $1 <> $2", victims)
                    }
                }
                #expect(try await pool.query("select 1").one(Int.self) == 1)
            }
        }
    }

    @Test func `run returns when its task is cancelled and the last connection is back`() async throws {
        try await TestPostgres.withDatabase(migrated: false) { pool async throws in
            let running = Task { try await pool.run() }
            let (release, signal) = AsyncStream.makeStream(of: Void.self)
            let (leased, tell) = AsyncStream.makeStream(of: Void.self)
            let busy = Task {
                try await pool.withConnection { connection async throws in
                    tell.yield()
                    for await _ in release { break }
                    return try await connection.query("select 1").one(Int.self)
                }
            }
            for await _ in leased { break }
            running.cancel()
            while true {
                do { try await pool.query("select 1") } catch let error as PostgresError where error.code == .closed {
                    break
                }
            }
            signal.yield()
            #expect(try await busy.value == 1)
            try await running.value
            #expect(pool.statistics == .init(open: 0, idle: 0, leased: 0, waiting: 0))
        }
    }

    @Test func `a pool that nobody runs or closes leaves no session behind`() async throws {
        try await TestPostgres.withDatabase(migrated: false) { pool async throws in
            var configuration = pool.configuration
            configuration.applicationName = "let go"
            _ = try await PostgresPool(configuration).query("select 1")
            try await until(pool, "select not exists (select from pg_stat_activity where application_name = 'let go')")
        }
    }

    @Test func `a server that is not there is named, with its socket and what to do`() async throws {
        let folder = FileManager.default.temporaryDirectory.path
        let pool = PostgresPool(
            PostgresConfiguration(connectionString: "host=\(folder) port=1 dbname=weir user=nobody password=secret"))
        let error = try await #require(throws: PostgresError.self) { try await pool.query("select 1") }
        #expect(error.code == .connectionFailed && error.isTransient)
        #expect("\(error)".contains("\(folder)/.s.PGSQL.1") && "\(error)".contains("start the server"))
        #expect(!error.debugDescription.contains("secret"))
    }

    @Test func `a database or a user that is not there is named, with what to do`() async throws {
        try await TestPostgres.withDatabase(migrated: false) { pool async throws in
            for (change, wanted, remedy) in [
                ("dbname=missing", "missing", "createdb"), ("user=stranger", "stranger", "createuser"),
            ] {
                var configuration = pool.configuration
                configuration.connectionString += " " + change
                let error = try await #require(throws: PostgresError.self) {
                    try await PostgresConnection.connect(configuration)
                }
                #expect("\(error)".contains(wanted) && "\(error)".contains(remedy))
                #expect(!error.isTransient)
            }
        }
    }

    @Test(arguments: ["host", "postgresql://[", "nonsense=1", "port=x y", "host='a"])
    func `a connection string that cannot be read is refused before connecting`(_ text: String) async throws {
        let configuration = PostgresConfiguration(connectionString: text)
        #expect(configuration.problem() != nil)
        let error = try await #require(throws: PostgresError.self) {
            try await PostgresPool(configuration).query("select 1")
        }
        #expect(error.code == .configuration && !error.isTransient)
    }

    @Test func `a server that accepts and never answers ends in the connect timeout`() async throws {
        // A socket that listens and says nothing: the kernel accepts for it.
        let folder = NSTemporaryDirectory() + "weir-deaf-" + UUID().uuidString.prefix(8)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: "\(folder)/.s.PGSQL.5432".utf8) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0 && listen(descriptor, 4) == 0)
        var configuration = PostgresConfiguration(connectionString: "host=\(folder) port=5432 dbname=x")
        configuration.connectTimeout = .milliseconds(50)
        let error = try await #require(throws: PostgresError.self) {
            try await PostgresConnection.connect(configuration)
        }
        #expect(error.code == .connectionFailed && "\(error)".contains("no answer within"))
        // And a task that gives up earlier does not wait for that.
        configuration.connectTimeout = .seconds(600)
        let patient = configuration
        let task = Task { try await PostgresConnection.connect(patient) }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}
