public import Daemon
import FoundationEssentials
import Glibc
import Synchronization

/// A Postgres server of one's own, in one folder, reached through a unix socket in it and by nothing else.
///
/// Root cannot run Postgres: the server then runs as user postgres, and its files belong to that user. Where that user cannot
/// reach the folder (a clone under /root), the files go below /var/lib/postgresql, and `note` says so. The server stops with
/// `stop()`, and also when this process dies in whatever way: a small shell beside it waits for the end of a pipe.
public final class PrivateServer: Sendable {
    public struct Options: Sendable {
        /// False for tests: nothing is synchronised to disk.
        public var isDurable = true
        /// True for tests: all files go when the server stops.
        public var isTemporary = false
        public var maximumConnections = 200
        public init() {}
    }

    /// libpq's, for a database of this server.
    public func connectionString(database: String = "weir") -> String {
        "host=\(socketDirectory) port=5432 user=weir dbname=\(database)"
    }

    /// Where its files are.
    public let directory: String
    /// What the user should know: that the files lie elsewhere than asked, for instance.
    public let note: String?
    private let socketDirectory: String
    private let keeper: Keeper
    private let lock: Int32

    private init(directory: String, note: String?, socketDirectory: String, keeper: Keeper, lock: Int32) {
        self.directory = directory
        self.note = note
        self.socketDirectory = socketDirectory
        self.keeper = keeper
        self.lock = lock
    }

    deinit { keeper.letGo() }

    /// Starts the server in `directory`, made and filled where it is not there yet, and creates the database weir.
    /// - Throws: `privateServer`, with the server's own last words and what to do.
    public static func start(in directory: String, options: Options = Options(), logger: Logger = .silent) async throws
        -> PrivateServer
    {
        let account = try Account.forServer()
        let (folder, note) = try await ServerFolder.prepare(directory, for: account)
        let lock = try folder.lock()
        do {
            try await folder.waitForLeftovers()
            let binaries = try await PostgresBinaries.find(major: folder.version)
            try await folder.initialise(binaries, account, options)
            folder.trimLog()
            let keeper = try Keeper.start(folder, binaries, account, options)
            let server = PrivateServer(
                directory: folder.path, note: note, socketDirectory: folder.sockets, keeper: keeper, lock: lock)
            try await server.becomeReady(folder)
            logger.info("private Postgres started", ["postgres.directory": folder.path])
            return server
        } catch {
            Glibc.close(lock)
            throw error
        }
    }

    /// Ends every session, stops the server and waits until it is gone.
    public func stop() async {
        keeper.letGo()
        await keeper.exited()
        Glibc.close(lock)
    }

    private func becomeReady(_ folder: ServerFolder) async throws {
        var configuration = PostgresConfiguration(
            connectionString: connectionString(database: "postgres"), applicationName: "weir setup")
        configuration.connectTimeout = .seconds(60)  // recovery after a crash may take a while
        let deadline = ContinuousClock.now + .seconds(60)
        while true {
            do {
                let connection = try await PostgresConnection.connect(configuration)
                defer { connection.close() }
                let there: Bool = try await connection.query(
                    "select exists (select from pg_database where datname = 'weir')"
                ).one()
                if !there { try await connection.query("create database weir") }
                return
            } catch PostgresError.connectionProblem where !keeper.hasExited && ContinuousClock.now < deadline {
                // The server makes its socket when it is ready for it, and tells nobody.
                try await Task.sleep(for: .milliseconds(10))
            } catch {
                keeper.letGo()
                await keeper.exited()
                throw PostgresError(
                    .privateServer,
                    "the private Postgres in \(folder.path) did not start: \(folder.lastWords ?? "\(error)")",
                    remedy: "look into \(folder.log); to begin anew, remove \(folder.path)")
            }
        }
    }
}
