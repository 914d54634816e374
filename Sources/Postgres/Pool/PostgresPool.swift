public import Daemon
import Dispatch
import Synchronization

/// Up to `maximumConnections` sessions, opened as they are needed and lent in the order of asking. Queue bound: none, but each
/// caller waits at most `acquireTimeout`, then fails with `poolExhausted`.
///
/// A connection that comes back with a transaction open, a statement under way or a hung-up server behind it is closed,
/// not lent again. `run()` is needed only to close the pool with its service; connections are made without it.
public final class PostgresPool: Service {
    public let configuration: PostgresConfiguration
    public var name: String { "postgres" }
    let logger: Logger

    private typealias Machine = PoolStateMachine<ContinuousClock.Instant>

    private struct State {
        var machine: Machine
        var connections: [Int: PostgresConnection] = [:]
        var attempts: [Int: Task<Void, Never>] = [:]
        var waiters: [Int: CheckedContinuation<(Int, PostgresConnection), any Error>] = [:]
        var lastWaiter = 0
        var isTicking = false
        var finished: CheckedContinuation<Void, Never>?
        var isFinished = false
    }

    private let state: Mutex<State>
    private let queue = DispatchQueue(label: "weir.postgres.pool")

    public init(_ configuration: PostgresConfiguration, logger: Logger = .silent) {
        self.configuration = configuration
        self.logger = logger
        state = Mutex(State(machine: Machine(maximum: max(1, configuration.maximumConnections))))
    }

    deinit {
        let (connections, attempts) = state.withLock { ($0.connections, $0.attempts) }
        for task in attempts.values { task.cancel() }
        for connection in connections.values { connection.close() }
    }

    // MARK: Use

    /// Lends a connection for the time of `body`.
    /// - Throws: what `body` throws; `connectionFailed`, `poolExhausted`, `closed`, or `CancellationError` while waiting.
    @discardableResult
    public func withConnection<R>(_ body: (PostgresConnection) async throws -> R) async throws -> R {
        let (id, connection) = try await acquire()
        defer { release(id, connection) }
        return try await body(connection)
    }

    /// Runs `body` in a transaction on a connection of its own: see `PostgresConnection.withTransaction`.
    @discardableResult
    public func withTransaction<R>(
        isolation: PostgresIsolation = .readCommitted, readOnly: Bool = false,
        _ body: (PostgresConnection) async throws -> R
    ) async throws -> R {
        try await withConnection { try await $0.withTransaction(isolation: isolation, readOnly: readOnly, body) }
    }

    /// Runs one statement on a connection of its own; in a transaction where the task has a `SessionScope`.
    @discardableResult
    public func query(_ sql: String, _ parameters: [PostgresValue] = [], timeout: Duration? = nil) async throws
        -> PostgresRows
    {
        try await forOneStatement { try await $0.query(sql, parameters, timeout: timeout) }
    }

    /// Runs one statement on a connection of its own, and returns how many rows it touched.
    @discardableResult
    public func execute(_ sql: String, _ parameters: [PostgresValue] = [], timeout: Duration? = nil) async throws -> Int
    {
        try await forOneStatement { try await $0.execute(sql, parameters, timeout: timeout) }
    }

    private func forOneStatement<R>(_ body: (PostgresConnection) async throws -> R) async throws -> R {
        if SessionScope.current != nil { return try await withTransaction(body) }
        return try await withConnection(body)
    }

    // MARK: Life

    /// Lives until its task is cancelled or `close()` is called; then connections close as they come back, and it returns
    /// when the last is closed.
    public func run() async throws {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let done = state.withLock { state in
                    precondition(state.finished == nil, "a pool runs once")
                    if !state.isFinished { state.finished = continuation }
                    return state.isFinished
                }
                if done { continuation.resume() }
            }
        } onCancel: {
            close()
        }
    }

    /// Lends no more; waiters fail with `closed`, idle connections close now, lent ones when they come back.
    public func close() {
        change { $0.close() }
        for task in state.withLock({ Array($0.attempts.values) }) { task.cancel() }
    }

    /// For metrics and the status page.
    public struct Statistics: Sendable, Equatable {
        public var open, idle, leased, waiting: Int

        public init(open: Int, idle: Int, leased: Int, waiting: Int) {
            self.open = open
            self.idle = idle
            self.leased = leased
            self.waiting = waiting
        }
    }

    public var statistics: Statistics {
        state.withLock { state in
            Statistics(
                open: state.machine.open, idle: state.machine.idleCount, leased: state.machine.leased,
                waiting: state.machine.waiting)
        }
    }

    // MARK: Leases

    private func acquire() async throws -> (Int, PostgresConnection) {
        while true {
            let (id, connection) = try await lease()
            // A server that was restarted hung up on what is idle here; the next one may be fine, or is made anew.
            if connection.isReusable() { return (id, connection) }
            release(id, connection)
        }
    }

    private func lease() async throws -> (Int, PostgresConnection) {
        try Task.checkCancellation()
        let waiter = state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let deadline = ContinuousClock.now + configuration.acquireTimeout
                change(prepare: { $0.waiters[waiter] = continuation }) { machine in
                    let actions = machine.acquire(waiter, deadline: deadline)
                    return Task.isCancelled ? actions + machine.cancel(waiter) : actions
                }
            }
        } onCancel: {
            change { $0.cancel(waiter) }
        }
    }

    private func release(_ id: Int, _ connection: PostgresConnection) {
        let isReusable = connection.isReusable()
        if !isReusable, !connection.isClosed {
            logger.warning(
                "connection returned in an unknown state and closed", ["postgres.pid": "\(connection.processID)"])
        }
        change { $0.release(id, isReusable: isReusable, now: .now) }
    }

    // MARK: The shell

    private func change(prepare: (inout State) -> Void = { _ in }, _ body: (inout Machine) -> [Machine.Action]) {
        let (effects, tick) = state.withLock { state in
            prepare(&state)
            let effects = body(&state.machine).map { effect(of: $0, &state) }
            let tick = !state.isTicking && (state.machine.waiting > 0 || state.machine.idleCount > 0)
            if tick { state.isTicking = true }
            return (effects, tick)
        }
        for effect in effects { effect() }
        if tick { scheduleTick() }
    }

    /// What an action means outside of the lock; what it needs of the state is taken now.
    private func effect(of action: Machine.Action, _ state: inout State) -> @Sendable () -> Void {
        switch action {
        case .connect(let id):
            let task = Task { [weak self] () -> Void in await self?.connect(id) }
            state.attempts[id] = task
            return {}
        case .lease(let id, let waiter):
            guard let connection = state.connections[id], let continuation = state.waiters.removeValue(forKey: waiter)
            else {
                preconditionFailure("a lease of a connection, or to a waiter, that is not there")
            }
            return { continuation.resume(returning: (id, connection)) }
        case .fail(let waiter, let failure):
            let continuation = state.waiters.removeValue(forKey: waiter)
            let error = error(for: failure, state.machine)
            return { continuation?.resume(throwing: error) }
        case .close(let id):
            let connection = state.connections.removeValue(forKey: id)
            return { connection?.close() }
        case .finished:
            state.isFinished = true
            let continuation = state.finished
            state.finished = nil
            return { continuation?.resume() }
        }
    }

    private func error(for failure: Machine.Failure, _ machine: Machine) -> any Error {
        switch failure {
        case .cancelled: CancellationError()
        case .closed: PostgresError(.closed, "the pool is closed")
        case .connectFailed: PostgresError(.connectionFailed, "no connection")
        case .tooLate:
            PostgresError(
                .poolExhausted,
                "no connection became free within \(configuration.acquireTimeout): \(machine.leased) of at most "
                    + "\(configuration.maximumConnections) are in use",
                remedy: "raise the pool's size, or look in pg_stat_activity for what holds them")
        }
    }

    private func connect(_ id: Int) async {
        do {
            let connection = try await PostgresConnection.connect(configuration, logger: logger)
            connection.whenLost { [weak self] in self?.change { $0.lost(id) } }
            change(prepare: {
                $0.attempts[id] = nil
                $0.connections[id] = connection
            }) { $0.connected(id, now: .now) }
        } catch {
            let full = (error as? PostgresError)?.sqlState == .tooManyConnections
            logger.debug("cannot connect", ["error": "\(error)"])
            failConnect(id, error, full)
        }
    }

    /// As `change`, but the first waiter hears the error itself.
    private func failConnect(_ id: Int, _ error: any Error, _ serverIsFull: Bool) {
        let effects = state.withLock { state in
            state.attempts[id] = nil
            return state.machine.connectFailed(id, serverIsFull: serverIsFull).map { action -> @Sendable () -> Void in
                guard case .fail(let waiter, .connectFailed) = action else { return effect(of: action, &state) }
                let continuation = state.waiters.removeValue(forKey: waiter)
                return { continuation?.resume(throwing: error) }
            }
        }
        for effect in effects { effect() }
    }

    /// Once a second while somebody waits or something is idle.
    private func scheduleTick() {
        queue.asyncAfter(deadline: .now() + .seconds(1)) { [weak self] in
            guard let self else { return }
            state.withLock { $0.isTicking = false }
            change { $0.tick(now: .now, idleBefore: .now - configuration.idleTimeout) }
        }
    }
}
