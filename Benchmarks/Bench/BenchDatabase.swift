import Daemon
import Glibc
import Postgres
import Schema

/// A durable Postgres of a figure's own, with all tables, gone afterwards.
struct BenchDatabase: Sendable {
    let pool: PostgresPool
    /// libpq's words for it.
    let connection: String

    static func with<R>(
        settings: [String: String] = [:], _ body: (BenchDatabase) async throws -> R
    ) async throws -> R {
        let folder = "/tmp/weir-bench-\(getpid())"
        let server = try await PrivateServer.start(in: folder, options: PrivateServer.Options())
        var configuration = PostgresConfiguration(
            connectionString: server.connectionString(), applicationName: "weir bench", schema: "weir",
            maximumConnections: 12)
        for (name, value) in settings { configuration.settings[name] = value }
        let pool = PostgresPool(configuration)
        func end() async {
            pool.close()
            await server.stop()
            _ = system("rm -rf '\(folder)'")
        }
        do {
            try await Schema.migrator.migrate(on: pool)
            let result = try await body(BenchDatabase(pool: pool, connection: server.connectionString()))
            await end()
            return result
        } catch {
            await end()
            throw error
        }
    }

    /// By pgbench, which has nothing of ours in it: prepared statements over the socket, in turns. Transactions a second; nil where
    /// it can't be run.
    func pgbench(_ statement: String, clients: Int = 8) -> Double? {
        let output = Shell.output(
            """
            PATH="$PATH:$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -n 1)"; f=$(mktemp); cat > $f <<'X'
            \(statement)
            X
            pgbench -n -M prepared -c \(clients) -j 2 -T 2 -f $f '\(connection)' 2>/dev/null; rm -f $f
            """)
        // "tps = 41700.123 (without initial connection time)"
        return Shell.number(after: "tps", skipping: 1, in: output)
    }
}

/// Programs of others, asked through the shell.
enum Shell {
    static func output(_ command: String) -> String {
        guard let pipe = popen(command, "r") else { return "" }
        defer { pclose(pipe) }
        var bytes: [UInt8] = []
        while case let byte = fgetc(pipe), byte != EOF { bytes.append(UInt8(truncatingIfNeeded: byte)) }
        return String(decoding: bytes, as: UTF8.self)
    }

    static func number(after word: String, skipping: Int = 0, in text: String) -> Double? {
        let words = text.split(whereSeparator: \.isWhitespace)
        guard let at = words.firstIndex(where: { $0 == word }), words.count > at + 1 + skipping else { return nil }
        return Double(words[at + 1 + skipping])
    }
}
