import Foundation
public import Postgres
import Schema

/// A real Postgres for tests: one private server a process, one database a test, all tables in place.
///
///     try await TestPostgres.withDatabase { pool in
///         try await pool.query("select 1")
///     }
public enum TestPostgres {
    /// Started by the first test that asks; stopped and removed when the process ends, however it ends.
    private static let server = Task { try await Server.start() }

    private struct Server: Sendable {
        var server: PrivateServer
        var admin: PostgresPool

        static func start() async throws -> Server {
            var options = PrivateServer.Options()
            options.isDurable = false
            options.isTemporary = true
            let folder = "\(place)/weir-test-\(UUID().uuidString.lowercased().prefix(13))"
            let server = try await PrivateServer.start(in: folder, options: options)
            let admin = PostgresPool(
                PostgresConfiguration(connectionString: server.connectionString(), maximumConnections: 2))
            try await admin.query("create database template_weir")
            let template = PostgresPool(configuration(server, "template_weir"))
            try await Schema.migrator.migrate(on: template)
            template.close()
            try await template.run()
            return Server(server: server, admin: admin)
        }

        /// In memory where there is room: a database a test is some thousand files made and removed.
        private static var place: String {
            var room = statvfs()
            guard statvfs("/dev/shm", &room) == 0, room.f_bavail * room.f_frsize >= 4 << 30 else { return "/tmp" }
            return "/dev/shm"
        }

        static func configuration(_ server: PrivateServer, _ database: String) -> PostgresConfiguration {
            PostgresConfiguration(
                connectionString: server.connectionString(database: database), applicationName: "weir tests",
                schema: "weir")
        }
    }

    /// Lends a pool on a database that nobody else uses, with all migrations applied in schema weir.
    /// - Parameter migrated: false for a database with nothing in it, and the server's own search_path.
    @discardableResult
    public static func withDatabase<R>(
        migrated: Bool = true, adjust: (inout PostgresConfiguration) -> Void = { _ in },
        _ body: (PostgresPool) async throws -> R
    ) async throws -> R {
        let (configuration, name) = try await makeDatabase(migrated: migrated)
        var adjusted = configuration
        if !migrated { adjusted.schema = nil }
        adjust(&adjusted)
        let pool = PostgresPool(adjusted)
        do {
            let result = try await body(pool)
            await drop(name, pool)
            return result
        } catch {
            await drop(name, pool)
            throw error
        }
    }

    /// For a program under test that connects by itself: a database of its own, left to the end of the process.
    public static func makeConnectionString(migrated: Bool = true) async throws -> String {
        try await makeDatabase(migrated: migrated).0.connectionString
    }

    private static func makeDatabase(migrated: Bool) async throws -> (PostgresConfiguration, String) {
        let server = try await server.value
        let name = "test_" + UUID().uuidString.lowercased().prefix(13).replacing("-", with: "_")
        try await server.admin.query("create database \(name)\(migrated ? " template template_weir" : "")")
        return (Server.configuration(server.server, name), name)
    }

    private static func drop(_ name: String, _ pool: PostgresPool) async {
        pool.close()
        // The server goes with the process; a database that cannot be dropped now goes with it.
        _ = try? await server.value.admin.query("drop database \(name) with (force)")
    }
}
