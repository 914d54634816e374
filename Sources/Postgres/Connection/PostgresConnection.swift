import CLibPQ
import Daemon
import Dispatch
import Glibc
import Synchronization

/// One session with the server. Statements are taken one after the other, whoever asks; none blocks a thread.
///
/// A cancelled task's statement is cancelled at the server too: the call throws CancellationError once the server has let
/// go of it, and the connection stays usable. A statement that was done before the cancellation arrived counts as done, and
/// its answer is returned. What a statement leaves in the session (SET, LISTEN, temporary tables) stays with the connection.
public final class PostgresConnection: Sendable {
    private let wire: Mutex<Wire>
    private let source: SocketSource
    private let notices: NoticeLog
    private let copyProgress = Mutex<CopyProgress>(CopyProgress())
    /// The session can't write any more: after a failover it may lie at a server that became a standby, or keep a default of its
    /// former life. A new one may be able to.
    private let isSpent = Atomic<Bool>(false)
    let listener = Mutex<CheckedContinuation<Void, Never>?>(nil)
    private let onLost = Mutex<(@Sendable () -> Void)?>(nil)
    private let queue: DispatchQueue
    let logger: Logger
    /// "database weir at socket … as user …", for messages.
    public let target: String
    /// The server process behind it: pg_stat_activity.pid.
    public let processID: Int32

    /// A cancel request that did not help within this time has failed; the connection is given up.
    private static let cancelPatience = DispatchTimeInterval.seconds(10)

    init(adopting handle: OpaquePointer, target: String, cacheSize: Int, logger: Logger) {
        processID = PQbackendPID(handle)
        self.target = target
        self.logger = logger
        queue = DispatchQueue(label: "weir.postgres.connection")
        let descriptor = PQsocket(handle)
        notices = NoticeLog(logger, on: handle)
        wire = Mutex(Wire(adopting: handle, target: target, cacheSize: cacheSize))
        source = SocketSource(reading: descriptor, queue)
        source.activate { [weak self] in self?.readable() }
    }

    deinit {
        source.cancel()
        let effects = wire.withLock { $0.lose(PostgresError(.closed, "the connection was closed", doing: target)) }
        for case .sendCancel(let handle, _) in effects { Self.cancelQueue().async { _ = handle.sendBlocking() } }
    }

    // MARK: Statements

    /// Runs one statement and returns its rows.
    /// - Parameter timeout: after it the statement is cancelled at the server, and `timedOut` thrown.
    /// - Throws: `PostgresError`, or `CancellationError`.
    @discardableResult
    public func query(_ sql: String, _ parameters: [PostgresValue] = [], timeout: Duration? = nil) async throws
        -> PostgresRows
    {
        try await run([(sql, parameters)], timeout: timeout)[0]
    }

    /// Runs one statement and returns how many rows it touched.
    @discardableResult
    public func execute(_ sql: String, _ parameters: [PostgresValue] = [], timeout: Duration? = nil) async throws -> Int
    {
        try await run([(sql, parameters)], timeout: timeout)[0].affected
    }

    /// Sends all statements at once and returns their rows in order: one round trip. Outside of a transaction they are one
    /// of their own: either all take effect or none.
    /// - Throws: the error of the first statement that failed; those after it were not run.
    @discardableResult
    public func pipeline(_ statements: [(String, [PostgresValue])], timeout: Duration? = nil) async throws
        -> [PostgresRows]
    {
        statements.isEmpty ? [] : try await run(statements, timeout: timeout)
    }

    /// Runs several statements in one text, without parameters: for migrations and other SQL that the program brings along.
    public func script(_ sql: String) async throws {
        guard !sql.utf8.contains(0) else { throw PostgresError(.invalidValue, "SQL with a zero byte in it") }
        _ = try await perform(.script(sql), doing: "running a script")
    }

    private func run(_ statements: [(String, [PostgresValue])], timeout: Duration?) async throws -> [PostgresRows] {
        let requests = try statements.map { sql, parameters throws(PostgresError) in try Self.prepare(sql, parameters) }
        let doing = statements.count == 1 ? Self.summary(statements[0].0) : "pipeline of \(statements.count) statements"
        let outside = wire.withLock { $0.transaction == .idle && !$0.hasExchange }
        do {
            return try await perform(.pipeline(requests), timeout: timeout, doing: doing).rows
        } catch let error as PostgresError where error.isStalePlan && outside {
            // Nothing of it took effect, and the stale statement has been forgotten: prepared anew it fits.
            return try await perform(.pipeline(requests), timeout: timeout, doing: doing).rows
        }
    }

    private static func prepare(_ sql: String, _ parameters: [PostgresValue]) throws(PostgresError) -> PreparedRequest {
        guard !sql.utf8.contains(0) else { throw PostgresError(.invalidValue, "SQL with a zero byte in it") }
        do {
            let encoded = try EncodedParameters(parameters)
            return PreparedRequest(key: StatementCache.Key(sql: sql, types: encoded.types), parameters: encoded)
        } catch {
            var error = error
            error.doing = summary(sql)
            throw error
        }
    }

    /// The first words of a statement, for messages: never its values, which it does not hold.
    static func summary(_ sql: String) -> String {
        // With each statement, long or short: no more of it is looked at than is shown.
        let words = sql.utf8.prefix(200).split { $0 == 0x20 || (0x09...0x0D).contains($0) }.prefix(8)
            .map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
        return words.count > 60 ? words.prefix(60) + "…" : words
    }

    // MARK: Exchanges

    /// - Parameter cancellable: false for what must be carried through, COMMIT and ROLLBACK.
    func perform(
        _ request: Request, cancellable: Bool = true, commits: Bool? = nil, timeout: Duration? = nil, doing: String
    ) async throws -> Answer {
        if cancellable { try Task.checkCancellation() }
        let ticket = Ticket()
        let timer = timeout.map { timeout in
            let item = DispatchWorkItem { [weak self] in self?.cancel(ticket, .timeout) }
            queue.asyncAfter(deadline: .now() + .nanoseconds(timeout.nanoseconds), execute: item)
            return item
        }
        defer { timer?.cancel() }
        do {
            return try await withTaskCancellationHandler {
                try await withCheckedThrowingContinuation { continuation in
                    change { wire in
                        // Inside of a transaction only its COMMIT decides; outside every statement does.
                        let commits = commits ?? (wire.transaction == .idle)
                        return wire.submit(
                            Exchange(ticket: ticket, request: request, commits: commits) {
                                continuation.resume(with: $0)
                            })
                    }
                }
            } onCancel: {
                if cancellable { cancel(ticket, .task) }
            }
        } catch var error as PostgresError {
            if error.doing == nil { error.doing = doing }
            if error.isReadOnlySession { isSpent.store(true, ordering: .relaxed) }
            throw error
        }
    }

    func submit(_ exchange: Exchange) { change { $0.submit(exchange) } }

    private func change(_ body: (inout Wire) -> [Wire.Effect]) {
        act(wire.withLock { body(&$0) })
    }

    private func readable() { change { $0.readable() } }

    /// Outside of the lock: what is resumed here may call back.
    private func act(_ effects: [Wire.Effect]) {
        for effect in effects {
            switch effect {
            case .complete(let complete, let result): complete(result)
            case .awaitWritable: awaitWritable()
            case .sendCancel(let handle, let ticket): sendCancel(handle, ticket)
            case .resumeCopy: copyProgress.withLock { $0.advance() }?.resume()
            case .notificationsArrived:
                listener.withLock { waiter in
                    defer { waiter = nil }
                    return waiter
                }?.resume()
            case .lost:
                source.cancel()
                onLost.withLock { callback in
                    defer { callback = nil }
                    return callback
                }?()
            }
        }
    }

    private func awaitWritable() {
        let descriptor = wire.withLock { $0.descriptor }
        guard let descriptor else { return }
        armWriteSource(descriptor, queue) { [weak self] in self?.change { $0.writable() } }
    }

    // MARK: Cancelling

    func cancel(_ ticket: Ticket, _ reason: Ticket.Reason) {
        ticket.cancel(reason)
        change { $0.cancel(ticket) }
        queue.asyncAfter(deadline: .now() + Self.cancelPatience) { [weak self] in
            self?.change { wire in
                guard wire.isUnderWay(ticket) else { return [] }
                return wire.lose(PostgresError(.connectionLost, "the server did not react to a cancel request"))
            }
        }
    }

    /// A queue each: on Linux the global ones share their threads with the cooperative pool, and this blocks.
    private static func cancelQueue() -> DispatchQueue { DispatchQueue(label: "weir.postgres.cancel") }

    private func sendCancel(_ handle: CancelHandle, _ ticket: Ticket) {
        Self.cancelQueue().async { [self] in
            _ = handle.sendBlocking()  // whether it helped is seen from the statement's answer
            let sent = wire.withLock { wire in
                let (sent, effects) = wire.cancelReturned(ticket)
                return (sent, effects)
            }
            act(sent.1)
            guard let count = sent.0 else { return }
            // The statement may not have begun when the request came; ask again, more and more slowly.
            queue.asyncAfter(deadline: .now() + .milliseconds(min(20 << min(count, 6), 1000))) { [weak self] in
                self?.change { $0.cancel(ticket) }
            }
        }
    }

    // MARK: State

    /// Nothing under way, no transaction open, the server has not hung up, and the session is not one that became read-only.
    func isReusable() -> Bool {
        change { $0.isIdle ? $0.readable() : [] }
        return !isSpent.load(ordering: .relaxed) && wire.withLock { $0.isIdle }
    }

    var transaction: TransactionStatus { wire.withLock { $0.transaction } }
    public var isClosed: Bool { wire.withLock { $0.isLost } }

    /// Called once, when the connection ends for whatever reason; at once where it has already.
    func whenLost(_ callback: @escaping @Sendable () -> Void) {
        onLost.withLock { $0 = callback }
        if isClosed {
            onLost.withLock { callback in
                defer { callback = nil }
                return callback
            }?()
        }
    }

    /// Ends the session at once; what is under way fails with `closed`.
    public func close() {
        change { $0.lose(PostgresError(.closed, "the connection was closed")) }
    }

    // MARK: Copying

    func writeCopy(_ bytes: [UInt8]) throws(PostgresError) {
        let result: Result<[Wire.Effect], PostgresError> = wire.withLock { wire in
            bytes.withUnsafeBytes { raw in Result { () throws(PostgresError) in try wire.copy(raw) } }
        }
        act(try result.get())
    }

    func finishCopy(abort reason: String?) { change { $0.finishCopy(abort: reason) } }

    func resetCopyProgress() { copyProgress.withLock { $0 = CopyProgress() } }

    func copyAdvanced() { copyProgress.withLock { $0.advance() }?.resume() }

    /// Returns once the server takes (more) data, or the copy has ended.
    func awaitCopyProgress() async {
        await withCheckedContinuation { continuation in
            if copyProgress.withLock({ $0.wait(continuation) }) { continuation.resume() }
        }
    }

    struct CopyProgress {
        private var isReady = false
        private var waiter: CheckedContinuation<Void, Never>?

        mutating func advance() -> CheckedContinuation<Void, Never>? {
            isReady = waiter == nil
            defer { waiter = nil }
            return waiter
        }

        /// True when there is nothing to wait for.
        mutating func wait(_ continuation: CheckedContinuation<Void, Never>) -> Bool {
            defer { isReady = false }
            if !isReady { waiter = continuation }
            return isReady
        }
    }

    // MARK: Notifications

    /// Waits until notifications have come or the connection has ended, and takes them.
    /// - Throws: what ended the connection, once nothing is left.
    func takeNotifications() async throws -> [PostgresNotification] {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                listener.withLock { $0 = continuation }
                let ready = wire.withLock { !$0.notifications.isEmpty || $0.isLost } || Task.isCancelled
                if ready { wakeListener() }
            }
        } onCancel: {
            wakeListener()
        }
        try Task.checkCancellation()
        let (taken, error) = wire.withLock { wire in
            defer { wire.notifications = [] }
            return (wire.notifications, wire.lostError)
        }
        if taken.isEmpty, let error { throw error }
        return taken
    }

    private func wakeListener() {
        listener.withLock { waiter in
            defer { waiter = nil }
            return waiter
        }?.resume()
    }
}
