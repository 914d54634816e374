import CLibPQ
public import Daemon
import Dispatch
import Glibc
import Synchronization

extension PostgresConnection {
    /// Connects within the configuration's connect timeout. A server that is still starting up is waited for.
    /// - Throws: `connectionFailed` that names the target and what to do, or `CancellationError`.
    public static func connect(_ configuration: PostgresConfiguration, logger: Logger = .silent) async throws
        -> PostgresConnection
    {
        let connector = try Connector(configuration, logger: logger)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { connector.start($0) }
        } onCancel: {
            connector.cancel()
        }
    }
}

/// Makes one connection. libpq's steps run on a queue of their own: looking a name up blocks, and PQconnectStart and
/// PQconnectPoll do that.
private final class Connector: Sendable {
    private struct State {
        var continuation: CheckedContinuation<PostgresConnection, any Error>?
        var isOver = false
    }

    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "weir.postgres.connect")
    private let timer = DispatchQueue(label: "weir.postgres.connect.timer")
    private let parameters: [(String, String)]
    private let configuration: PostgresConfiguration
    private let logger: Logger
    private let target: String
    private let deadline: DispatchTime

    init(_ configuration: PostgresConfiguration, logger: Logger) throws(PostgresError) {
        if let problem = configuration.problem() { throw PostgresError(.configuration, problem) }
        self.configuration = configuration
        self.logger = logger
        parameters = try configuration.connectionParameters()
        target = PostgresConnection.describeTarget(try configuration.parsed())
        deadline = .now() + .nanoseconds(configuration.connectTimeout.nanoseconds)
    }

    func start(_ continuation: CheckedContinuation<PostgresConnection, any Error>) {
        let over = state.withLock { state in
            if !state.isOver { state.continuation = continuation }
            return state.isOver
        }
        if over { return continuation.resume(throwing: CancellationError()) }
        queue.async { self.begin() }
        // On another queue: the first may be stuck in a look-up.
        timer.asyncAfter(deadline: deadline) { [weak self] in
            guard let self else { return }
            self.end(
                .failure(
                    PostgresError(
                        .connectionFailed, "no answer within \(self.configuration.connectTimeout)",
                        remedy: "check that the server runs there and that nothing on the way swallows its packets",
                        doing: "connecting to \(self.target)")))
        }
    }

    func cancel() { end(.failure(CancellationError())) }

    /// Whoever comes first decides; false for the rest.
    @discardableResult
    private func end(_ result: Result<PostgresConnection, any Error>) -> Bool {
        let (continuation, first) = state.withLock { state in
            defer {
                state.isOver = true
                state.continuation = nil
            }
            return (state.continuation, !state.isOver)
        }
        continuation?.resume(with: result)
        return first && continuation != nil
    }

    private var isOver: Bool { state.withLock { $0.isOver } }

    private func begin() {
        if isOver { return }
        let keywords = parameters.map { strdup($0.0) } + [nil]
        let values = parameters.map { strdup($0.1) } + [nil]
        defer { for text in keywords + values { free(text) } }
        let handle = keywords.map { UnsafePointer($0) }.withUnsafeBufferPointer { keywords in
            values.map { UnsafePointer($0) }.withUnsafeBufferPointer { values in
                PQconnectStartParams(keywords.baseAddress, values.baseAddress, 0)
            }
        }
        guard let handle else {
            end(.failure(PostgresError(.connectionFailed, "out of memory", doing: "connecting to \(target)")))
            return
        }
        let attempt = Attempt(handle: handle)
        // The first wait is for room to write, as if PQconnectPoll had said so: libpq's manual, 34.1.
        if PQstatus(handle) == CONNECTION_BAD { failed(attempt) } else { wait(attempt, PGRES_POLLING_WRITING) }
    }

    private func step(_ attempt: Attempt) {
        if isOver { return attempt.discard() }
        switch PQconnectPoll(attempt.handle) {
        case PGRES_POLLING_OK: ready(attempt)
        case PGRES_POLLING_FAILED: failed(attempt)
        case let direction: wait(attempt, direction)
        }
    }

    /// Until the socket is ready, or the deadline: a socket that never is must not keep the attempt for ever.
    private func wait(_ attempt: Attempt, _ direction: PostgresPollingStatusType) {
        let arm = direction == PGRES_POLLING_READING ? armReadSource : armWriteSource
        let once = Once { self.step(attempt) }
        arm(PQsocket(attempt.handle), queue) { once.run() }
        queue.asyncAfter(deadline: deadline + .milliseconds(50)) { if self.isOver { once.run() } }
    }

    private func ready(_ attempt: Attempt) {
        guard PQsetnonblocking(attempt.handle, 1) == 0 else { return failed(attempt) }
        let connection = PostgresConnection(
            adopting: attempt.handle, target: target, cacheSize: configuration.statementCacheSize, logger: logger)
        if !end(.success(connection)) { connection.close() }
    }

    private func failed(_ attempt: Attempt) {
        let message = String(cString: PQerrorMessage(attempt.handle)).trimmed
        attempt.discard()
        let error = PostgresError(connecting: message, to: target)
        // A server that has just been started, or is recovering from a crash, says so and will be there soon.
        if error.sqlState == .cannotConnectNow, !isOver, .now() + .milliseconds(50) < deadline {
            queue.asyncAfter(deadline: .now() + .milliseconds(50)) { self.begin() }
        } else {
            end(.failure(error))
        }
    }
}

/// @unchecked Sendable: the handle is touched on the connector's serial queue only, until it is handed over.
private final class Attempt: @unchecked Sendable {
    let handle: OpaquePointer
    init(handle: OpaquePointer) { self.handle = handle }
    func discard() { PQfinish(handle) }
}

/// Runs its body the first time only.
private final class Once: Sendable {
    private let body: Mutex<(@Sendable () -> Void)?>
    init(_ body: @escaping @Sendable () -> Void) { self.body = Mutex(body) }
    func run() {
        body.withLock { body in
            defer { body = nil }
            return body
        }?()
    }
}

extension PostgresConnection {
    /// What a connection string points at, without its password.
    static func describeTarget(_ settings: [String: String]) -> String {
        let environment = { (name: String) in getenv(name).map { String(cString: $0) } }
        let host = settings["host"] ?? settings["hostaddr"] ?? environment("PGHOST") ?? "/var/run/postgresql"
        let port = settings["port"] ?? environment("PGPORT") ?? "5432"
        let user = settings["user"] ?? environment("PGUSER") ?? currentUserName()
        let database = settings["dbname"] ?? environment("PGDATABASE") ?? user
        let place = host.hasPrefix("/") ? "socket \(host)/.s.PGSQL.\(port)" : "\(host):\(port)"
        return "database \(database) at \(place) as user \(user)"
    }
}

/// The account this process runs as, which is libpq's default user.
func currentUserName() -> String {
    getpwuid(geteuid()).map { String(cString: $0.pointee.pw_name) } ?? String(geteuid())
}

extension PostgresError {
    /// A failed connection has no result, only a text: the SQLSTATE is told by its words.
    init(connecting message: String, to target: String) {
        self.init(.connectionFailed, message, doing: "connecting to \(target)")
        let known: [(String, SQLState, String)] = [
            ("the database system is", .cannotConnectNow, "wait until the server has started"),
            ("too many clients", .tooManyConnections, "raise max_connections or lower the size of the pools"),
            ("remaining connection slots", .tooManyConnections, "raise max_connections or lower the size of the pools"),
            ("database \"", .unknownDatabase, "create it with `createdb`, or correct dbname in the connection string"),
            (
                "role \"", SQLState(rawValue: "28000"),
                "create the role with `createuser`, or correct user in the connection string"
            ),
            (
                "password authentication failed", SQLState(rawValue: "28P01"),
                "correct user and password in the connection string"
            ),
            ("no pg_hba.conf entry", SQLState(rawValue: "28000"), "let this host in in the server's pg_hba.conf"),
        ]
        if let (_, state, what) = known.first(where: { message.contains($0.0) }) {
            sqlState = state
            remedy = what
        } else {
            remedy = "start the server, or correct host and port in the connection string"
        }
    }
}
