import Foundation
import Postgres
import TestSupport
import Testing

/// One after the other: each starts a server of its own.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct PrivateServerTests {
    private let folder = NSTemporaryDirectory() + "weir-server-" + UUID().uuidString.lowercased().prefix(8)

    private func start(_ folder: String? = nil) async throws -> PrivateServer {
        var options = PrivateServer.Options()
        options.isDurable = false  // survives its own death, though not the machine's
        return try await PrivateServer.start(in: folder ?? self.folder, options: options)
    }

    private func remove(_ server: PrivateServer) { try? FileManager.default.removeItem(atPath: server.directory) }

    private func pool(_ server: PrivateServer) -> PostgresPool {
        PostgresPool(PostgresConfiguration(connectionString: server.connectionString()))
    }

    private func postmaster(_ server: PrivateServer) throws -> pid_t {
        let text = try String(contentsOfFile: server.directory + "/data/postmaster.pid", encoding: .utf8)
        return try #require(text.split(separator: "\n").first.flatMap { Int32($0) })
    }

    @Test func `data outlive the server, and a second start finds them`() async throws {
        let first = try await start()
        try await pool(first).query("create table kept as select 7 as a")
        await first.stop()
        let second = try await start()
        #expect(try await pool(second).query("select a from kept").one(Int.self) == 7)
        await second.stop()
        remove(second)
    }

    @Test func `a server killed in mid-query fails the query, and the pool works again after its restart`() async throws
    {
        let first = try await start()
        let pool = pool(first)
        let query = Task { try await pool.query("select pg_sleep(600)") }
        try await untilRunning(pool, "pg_sleep(600)")
        kill(try postmaster(first), SIGKILL)
        let error = try await #require(throws: PostgresError.self) { try await query.value }
        #expect(error.code == .connectionLost && error.isTransient && error.isOutcomeUnknown)
        await first.stop()
        // Sessions outlive their killed server by a moment.
        while (try? await pool.query("select 1")) != nil {}
        let down = try await #require(throws: PostgresError.self) { try await pool.query("select 1") }
        #expect(PostgresError.connectionProblem ~= down && down.isTransient)
        let second = try await start()
        #expect(try await pool.query("select 1").one(Int.self) == 1)
        // A clean restart behind the pool's back is not seen at all.
        await second.stop()
        let third = try await start()
        #expect(try await pool.query("select 1").one(Int.self) == 1)
        await third.stop()
        remove(third)
    }

    @Test func `leftovers of every kind do not keep it from starting`() async throws {
        let first = try await start()
        try await pool(first).query("create table kept ()")
        let data = first.directory + "/data"
        kill(try postmaster(first), SIGKILL)
        await first.stop()
        // A pid file of a process that lives but is something else, and one that is nonsense; a socket and its lock; half an initdb.
        for pid in ["\(getpid())", "1", "garbage", ""] {
            try pid.write(toFile: data + "/postmaster.pid", atomically: false, encoding: .utf8)
            try "\(getpid())\n".write(
                toFile: first.directory + "/sockets/.s.PGSQL.5432.lock", atomically: false, encoding: .utf8)
            unlink(first.directory + "/sockets/.s.PGSQL.5432")
            try "".write(toFile: first.directory + "/sockets/.s.PGSQL.5432", atomically: false, encoding: .utf8)
            try FileManager.default.createDirectory(
                atPath: first.directory + "/data.new/base", withIntermediateDirectories: true)
            let server = try await start()
            try await pool(server).query("select from kept")
            await server.stop()
        }
        remove(first)
    }

    @Test func `data that an interrupted set-up left behind are made anew`() async throws {
        try FileManager.default.createDirectory(atPath: folder + "/data/base", withIntermediateDirectories: true)
        let server = try await start()
        #expect(try await pool(server).query("select 1").one(Int.self) == 1)
        await server.stop()
        remove(server)
    }

    @Test func `two at once in one folder: the second is told`() async throws {
        let server = try await start()
        let error = try await #require(throws: PostgresError.self) { _ = try await start() }
        #expect(error.code == .privateServer && "\(error)".contains("in use by another process"))
        #expect(try await pool(server).query("select 1").one(Int.self) == 1)
        await server.stop()
        remove(server)
    }

    @Test func `a folder that cannot be used is replaced and named, for root and for others`() async throws {
        try "a file".write(toFile: folder, atomically: false, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        // There is another place to go to, and the note says which and why.
        let server = try await start()
        #expect(server.note?.contains(server.directory) == true && server.note?.contains(folder) == true)
        #expect(try await pool(server).query("select 1").one(Int.self) == 1)
        await server.stop()
        remove(server)
    }

    @Test(.enabled(if: getuid() == 0)) func `root's unreachable folder is replaced, and the user is told`() async throws
    {
        let closed = folder + "-closed"
        try FileManager.default.createDirectory(
            atPath: closed, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        defer { try? FileManager.default.removeItem(atPath: closed) }
        let server = try await start(closed + "/project/.weir")
        #expect(server.directory.hasPrefix("/var/"))
        #expect(server.note?.contains(closed) == true && server.note?.contains(server.directory) == true)
        #expect(try await pool(server).query("select 1").one(Int.self) == 1)
        await server.stop()
        remove(server)
    }

    @Test func `a long path does not break the socket`() async throws {
        let long = folder + "/" + String(repeating: "long-name/", count: 12) + "end"
        let server = try await start(long)
        #expect(try await pool(server).query("select 1").one(Int.self) == 1)
        await server.stop()
        try? FileManager.default.removeItem(atPath: folder)
    }

    @Test func `letting go of the server stops it`() async throws {
        let pid: pid_t
        do {
            let server = try await start()
            pid = try postmaster(server)
            #expect(kill(pid, 0) == 0)
        }
        // Nobody tells when it is gone: ask the kernel.
        while kill(pid, 0) == 0 { await Task.yield() }
        try? FileManager.default.removeItem(atPath: folder)
    }
}
