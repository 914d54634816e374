import FoundationEssentials
import Glibc

/// The folder of a private server: `data`, `log`, `sockets`, and a lock.
struct ServerFolder: Sendable {
    var path: String
    var sockets: String

    var data: String { "\(path)/data" }
    var log: String { "\(path)/log" }
    private var files: FileManager { .default }

    /// Makes the folder, and makes sure that the account can work in it; elsewhere where it cannot.
    static func prepare(_ wanted: String, for account: Account) async throws -> (ServerFolder, note: String?) {
        let wanted = URL(fileURLWithPath: wanted).standardizedFileURL.path
        let hash = wanted.utf8.reduce(UInt64(0xcbf2_9ce4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }  // FNV-1a
        let mark = "\(String(hash, radix: 36))-\(account.user)"
        var places = [wanted, "/var/tmp/weir-postgres-\(mark)"]
        if account.dropsPrivileges { places.insert("/var/lib/postgresql/weir-\(mark)", at: 1) }
        var failures: [String] = []
        for place in places {
            do {
                let isNew = try make(place, for: account)
                guard try await isUsable(place, by: account) else {
                    if isNew { rmdir(place) }
                    throw PostgresError(.privateServer, "\(place) cannot be reached by user \(account.name)")
                }
                // A socket's path has 107 bytes at most: unix(7).
                var sockets = "\(place)/sockets"
                if sockets.utf8.count > 90 { sockets = "/tmp/weir-postgres-\(mark)" }
                _ = try make(sockets, for: account)
                let note = failures.isEmpty ? nil : "\(failures.joined(separator: "; ")): the database lies in \(place)"
                return (ServerFolder(path: place, sockets: sockets), note)
            } catch let error as PostgresError {
                failures.append(error.message)
            }
        }
        throw PostgresError(
            .privateServer, "no folder for a private Postgres: \(failures.joined(separator: "; "))",
            remedy: "choose a folder that user \(account.name) can reach and write to")
    }

    /// A folder for the account alone: whoever can open the socket is let in. True where it was not there before.
    private static func make(_ place: String, for account: Account) throws -> Bool {
        let isNew = !FileManager.default.fileExists(atPath: place)
        do {
            try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        } catch {
            throw PostgresError(.privateServer, "\(place) cannot be made")
        }
        var status = stat()
        guard lstat(place, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw PostgresError(.privateServer, "\(place) is not a folder")
        }
        // Root hands over what is its own; what another user filled stays theirs.
        let mayHandOver = status.st_uid == geteuid()
        guard status.st_uid == account.user || (mayHandOver && chown(place, account.user, account.group) == 0) else {
            throw PostgresError(.privateServer, "\(place) belongs to another user")
        }
        guard chmod(place, 0o700) == 0 else { throw PostgresError(.privateServer, "\(place): \(systemMessage())") }
        return isNew
    }

    private static func isUsable(_ place: String, by account: Account) async throws -> Bool {
        try await Subprocess.run(account.command(["test", "-w", "\(place)/."])).status == 0
    }

    /// Held as long as this process uses the folder. The kernel lets go of it when the process ends.
    func lock() throws(PostgresError) -> Int32 {
        let descriptor = open("\(path)/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw PostgresError(.privateServer, "\(path)/lock: \(systemMessage())")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            Glibc.close(descriptor)
            throw PostgresError(
                .privateServer, "the private Postgres in \(path) is in use by another process",
                remedy: "stop that one first, or choose another folder")
        }
        return descriptor
    }

    /// The version that wrote the data, where there are any.
    var version: Int? {
        (try? String(contentsOfFile: "\(data)/PG_VERSION", encoding: .utf8)).flatMap { Int($0.trimmed) }
    }

    /// A server whose process was killed a moment ago may still be shutting down, and its sessions outlive a killed server by
    /// a moment; a pid file may name a process that has nothing to do with it any more, and would keep a new server away.
    func waitForLeftovers() async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while let pid = serverProcess() {
            guard ContinuousClock.now < deadline else {
                throw PostgresError(
                    .privateServer, "a server with process id \(pid) still runs in \(data)",
                    remedy: "stop it with `kill -INT \(pid)`")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        for leftover in ["\(data)/postmaster.pid", "\(sockets)/.s.PGSQL.5432", "\(sockets)/.s.PGSQL.5432.lock"] {
            unlink(leftover)
        }
    }

    /// A server and its sessions stand in their data folder: /proc says who does.
    private func serverProcess() -> Int32? {
        var own = stat()
        guard stat(data, &own) == 0, let all = try? files.contentsOfDirectory(atPath: "/proc") else { return nil }
        return all.lazy.compactMap { Int32($0) }.first { pid in
            var theirs = stat()
            guard stat("/proc/\(pid)/cwd", &theirs) == 0, own.st_ino == theirs.st_ino, own.st_dev == theirs.st_dev
            else { return false }
            return (try? String(contentsOfFile: "/proc/\(pid)/comm", encoding: .utf8))?.hasPrefix("postgres") == true
        }
    }

    /// Fills the data folder, whole or not at all: an interrupted attempt leaves nothing that looks done.
    func initialise(_ binaries: PostgresBinaries, _ account: Account, _ options: PrivateServer.Options) async throws {
        guard version == nil else { return }
        let fresh = "\(path)/data.new"
        for leftover in [fresh, data] { try? files.removeItem(atPath: leftover) }
        let command = [
            binaries.path("initdb"), "-D", fresh, "-U", "weir", "-A", "trust", "-E", "UTF8", "--no-locale",
        ]
        let made = try await Subprocess.run(account.command(command + (options.isDurable ? [] : ["--no-sync"])))
        guard made.status == 0, rename(fresh, data) == 0 else {
            try? files.removeItem(atPath: fresh)
            throw PostgresError(
                .privateServer, "initdb failed in \(path): \(made.output.trimmed.suffix(400))",
                remedy: "check the room on that disk and who owns the folder")
        }
    }

    /// The log of earlier starts, kept once and only where it has grown large.
    func trimLog() {
        var status = stat()
        if stat(log, &status) == 0, status.st_size > 8 << 20 { rename(log, log + ".old") }
    }

    /// The end of the server's log.
    var lastWords: String? {
        guard let text = try? String(contentsOfFile: log, encoding: .utf8) else { return nil }
        return text.split(separator: "\n").suffix(4).joined(separator: "; ")
    }
}
