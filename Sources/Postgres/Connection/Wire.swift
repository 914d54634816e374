import CLibPQ
import Glibc

/// The libpq handle and the exchange that is under way on it. It lives in its connection's lock; no call here blocks, and
/// what must happen outside of the lock is returned as effects.
///
/// States: *idle* (no exchange), *busy* (`current`; others wait their turn), *copying* (busy, and the server takes data),
/// *answered* (all results are in, cancel requests are still on their way), *lost* (no handle; nothing follows).
///
/// What can go wrong: the server refuses (the exchange fails, the connection goes on); the socket breaks (everything fails,
/// lost); libpq answers out of turn (our bug or its: treated as a broken socket, never guessed about).
struct Wire {
    enum Effect {
        case complete(@Sendable (Result<Answer, any Error>) -> Void, Result<Answer, any Error>)
        /// Bytes wait for room in the socket.
        case awaitWritable
        case sendCancel(CancelHandle, Ticket)
        case resumeCopy(Result<Void, any Error>)
        case notificationsArrived
        case lost
    }

    /// @unchecked Sendable: a PGconn may be used by any thread, by one at a time (libpq's manual, 34.20); the wire lives in a
    /// lock and hands it to nobody.
    private struct Handle: @unchecked Sendable {
        var pointer: OpaquePointer?
    }

    private var box: Handle
    private var handle: OpaquePointer? {
        get { box.pointer }
        set { box.pointer = newValue }
    }
    private var cache: StatementCache
    private(set) var current: Exchange?
    private var waiting: [Exchange] = []
    /// Names that are no longer used and must be told to the server.
    private var retired: [String] = []
    private var isAwaitingWritable = false
    private(set) var isCopying = false
    private var copyWaiter = false
    private(set) var lostError: PostgresError?
    private(set) var transaction = TransactionStatus.idle
    var notifications: [PostgresNotification] = []
    /// A listener that is not read from forgets the oldest, and says so.
    static let notificationBound = 10_000
    let target: String

    init(adopting handle: OpaquePointer, target: String, cacheSize: Int) {
        box = Handle(pointer: handle)
        self.target = target
        cache = StatementCache(capacity: cacheSize)
    }

    var isLost: Bool { handle == nil }
    var isIdle: Bool { current == nil && waiting.isEmpty && transaction == .idle && !isLost }
    var hasExchange: Bool { current != nil }
    var descriptor: Int32? { handle.map(PQsocket) }

    // MARK: Requests

    mutating func submit(_ exchange: Exchange) -> [Effect] {
        if exchange.ticket.reason != nil { return [.complete(exchange.complete, .failure(CancellationError()))] }
        if let lostError { return [.complete(exchange.complete, .failure(Self.notSent(lostError)))] }
        guard current == nil else {
            waiting.append(exchange)
            return []
        }
        return start(exchange)
    }

    private static func notSent(_ error: PostgresError) -> PostgresError {
        var error = error
        error.isOutcomeUnknown = false
        return error
    }

    private mutating func start(_ exchange: Exchange) -> [Effect] {
        var exchange = exchange
        let sent: Bool
        switch exchange.request {
        case .pipeline(let statements): sent = sendPipeline(statements, &exchange)
        case .script(let sql), .copyIn(let sql), .copyOut(let sql):
            sent = leavePipelineMode() && PQsendQuery(handle, sql) == 1
        }
        current = exchange
        guard sent else { return lose(libpqError(.connectionLost)) }
        return flush()
    }

    private mutating func sendPipeline(_ statements: [PreparedRequest], _ exchange: inout Exchange) -> Bool {
        if PQpipelineStatus(handle) == PQ_PIPELINE_OFF, PQenterPipelineMode(handle) != 1 { return false }
        var steps: [Exchange.Step] = []
        // In a failed transaction only its end is taken; names wait.
        if !retired.isEmpty, transaction != .failed {
            // Synchronised apart: a statement that may not share an implicit transaction (CREATE DATABASE) stays alone.
            for name in retired {
                guard PQsendQueryParams(handle, "DEALLOCATE \(name)", 0, nil, nil, nil, nil, 1) == 1 else {
                    return false
                }
                steps.append(.deallocate)
            }
            retired = []
            guard PQpipelineSync(handle) == 1 else { return false }
            steps.append(.sync)
        }
        for statement in statements {
            let name: String
            if let known = cache.name(for: statement.key) {
                name = known
            } else {
                let (made, evicted) = cache.insert(statement.key)
                if let evicted { retired.append(evicted) }
                name = made
                let types = statement.key.types
                guard PQsendPrepare(handle, name, statement.key.sql, Int32(types.count), types) == 1 else {
                    return false
                }
                steps.append(.prepare(statement.key))
            }
            guard sendExecute(name, statement.parameters) else { return false }
            steps.append(.execute(statement.key))
        }
        guard PQpipelineSync(handle) == 1 else { return false }
        steps.append(.sync)
        exchange.steps = steps[...]
        return true
    }

    private func sendExecute(_ name: String, _ parameters: EncodedParameters) -> Bool {
        parameters.bytes.withUnsafeBufferPointer { bytes in
            // An empty value still needs an address: nil means NULL.
            var nothing: CChar = 0
            return withUnsafePointer(to: &nothing) { empty in
                let base = bytes.baseAddress.map { UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self) } ?? empty
                let values = parameters.offsets.map { $0 < 0 ? nil : UnsafePointer(base + $0) }
                return PQsendQueryPrepared(
                    handle, name, Int32(values.count), values, parameters.lengths, parameters.formats, 1) == 1
            }
        }
    }

    private func leavePipelineMode() -> Bool {
        PQpipelineStatus(handle) == PQ_PIPELINE_OFF || PQexitPipelineMode(handle) == 1
    }

    // MARK: The socket

    mutating func flush() -> [Effect] {
        guard handle != nil else { return [] }
        switch PQflush(handle) {
        case 0:
            isAwaitingWritable = false
            guard copyWaiter else { return [] }
            copyWaiter = false
            return [.resumeCopy(.success(()))]
        case 1:
            if isAwaitingWritable { return [] }
            isAwaitingWritable = true
            return [.awaitWritable]
        // The reason the server gave may still lie in the socket.
        default: return readable()
        }
    }

    mutating func writable() -> [Effect] {
        isAwaitingWritable = false
        return flush()
    }

    mutating func readable() -> [Effect] {
        guard handle != nil else { return [] }
        var open = PQconsumeInput(handle) == 1
        // Dispatch tells once only of a Unix socket whose other end has gone, and then watches it no more: what still lies
        // in it, its end above all, is read now.
        while open, hasHungUp { open = PQconsumeInput(handle) == 1 }
        var effects = takeNotifications()
        effects += advance()
        if handle != nil, !open || PQstatus(handle) == CONNECTION_BAD { effects += lose(libpqError(.connectionLost)) }
        return effects
    }

    private var hasHungUp: Bool {
        var watched = pollfd(fd: PQsocket(handle), events: 0, revents: 0)
        return poll(&watched, 1, 0) == 1 && watched.revents & Int16(POLLHUP | POLLERR) != 0
    }

    private mutating func takeNotifications() -> [Effect] {
        var any = false
        while let notify = PQnotifies(handle) {
            any = true
            if notifications.count >= Self.notificationBound {
                notifications = [.mayHaveMissed]
            }
            notifications.append(
                .notified(
                    channel: String(cString: notify.pointee.relname), payload: String(cString: notify.pointee.extra)))
            PQfreemem(notify)
        }
        return any ? [.notificationsArrived] : []
    }

    /// Takes every result that is there, and the notifications that came between them, and starts what waits.
    private mutating func advance() -> [Effect] {
        var effects: [Effect] = []
        while handle != nil, current != nil, current?.isAnswered == false, PQisBusy(handle) == 0 {
            if isCopying, !copyEnded { break }  // the server waits for us
            if copyOutPending {
                effects += takeCopyData()
                if copyOutPending { break }
                continue
            }
            guard let result = PQgetResult(handle) else {
                effects += endOfCommand()
                continue
            }
            effects += take(result)
        }
        return effects + takeNotifications()
    }

    private var copyEnded = false

    private mutating func endOfCommand() -> [Effect] {
        if case .pipeline? = current?.request {
            switch current?.steps.first {
            case .sync?, nil:
                // A connection that has gone answers to nothing more, a sync neither.
                return lose(
                    PQstatus(handle) == CONNECTION_BAD
                        ? libpqError(.connectionLost) : PostgresError(.connectionLost, "libpq answered out of turn"))
            default: current?.steps.removeFirst()
            }
            return []
        }
        current?.isAnswered = true
        return finish()
    }

    private mutating func take(_ result: OpaquePointer) -> [Effect] {
        switch PQresultStatus(result) {
        case PGRES_PIPELINE_SYNC:
            PQclear(result)
            guard case .sync? = current?.steps.first else {
                return lose(PostgresError(.connectionLost, "libpq answered out of turn"))
            }
            current?.steps.removeFirst()
            if current?.steps.isEmpty == true {
                current?.isAnswered = true
                return finish()
            }
        case PGRES_PIPELINE_ABORTED:
            PQclear(result)
            if case .prepare(let key)? = current?.steps.first { _ = cache.remove(key) }
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY, PGRES_SINGLE_TUPLE:
            keep(ResultMemory(adopting: result))
        case PGRES_COPY_IN:
            PQclear(result)
            guard case .copyIn? = current?.request else {
                // A script that asks for data we have none of: end it with an error, so that the wire goes on.
                PQputCopyEnd(handle, "COPY FROM STDIN needs copyIn")
                return flush()
            }
            isCopying = true
            copyEnded = false
            return [.resumeCopy(.success(()))]
        case PGRES_COPY_OUT:
            PQclear(result)
            return takeCopyData()
        default:
            let error = PostgresError(result: result)
            PQclear(result)
            failed(error)
            if isCopying { return endCopy() }
        }
        return []
    }

    private mutating func keep(_ memory: ResultMemory) {
        switch current?.request {
        case .pipeline?:
            if case .execute? = current?.steps.first { current?.answer.rows.append(PostgresRows(result: memory)) }
        default: current?.answer.rows.append(PostgresRows(result: memory))
        }
    }

    private mutating func failed(_ error: PostgresError) {
        switch current?.steps.first {
        case .prepare(let key)?: _ = cache.remove(key)
        case .execute(let key)?:
            // Its plan does not fit the tables any more, or somebody discarded it: prepare it anew next time.
            if error.isStalePlan, let name = cache.remove(key), error.sqlState != .unknownStatement {
                retired.append(name)
            }
        case .deallocate?: return  // expected noise: it was discarded by a DISCARD ALL of the user's
        default: break
        }
        // The first error is the cause; what follows it in a pipeline or a script is its consequence.
        if current?.error == nil { current?.error = error }
    }

    private mutating func takeCopyData() -> [Effect] {
        while true {
            var buffer: UnsafeMutablePointer<CChar>?
            let length = PQgetCopyData(handle, &buffer, 1)
            guard length > 0, let buffer else {
                // 0: more to come. -1: done, -2: an error; both are told by the next result.
                copyOutPending = length == 0
                return []
            }
            current?.answer.copied.append(Array(UnsafeRawBufferPointer(start: buffer, count: Int(length))))
            PQfreemem(buffer)
        }
    }

    private var copyOutPending = false

    /// The exchange is over as soon as its answer is in and no cancel request is on its way.
    private mutating func finish() -> [Effect] {
        guard let exchange = current, exchange.isAnswered, exchange.cancelsUnderWay == 0 else { return [] }
        current = nil
        var effects: [Effect] = []
        if isCopying { effects += endCopy() }
        transaction =
            switch PQtransactionStatus(handle) {
            case PQTRANS_IDLE: .idle
            case PQTRANS_INERROR: .failed
            default: .active
            }
        effects.append(.complete(exchange.complete, outcome(of: exchange)))
        if !waiting.isEmpty { effects += start(waiting.removeFirst()) }
        return effects
    }

    private func outcome(of exchange: Exchange) -> Result<Answer, any Error> {
        guard let error = exchange.error else {
            var answer = exchange.answer
            answer.transaction = transaction
            return .success(answer)
        }
        guard error.sqlState == .queryCanceled else { return .failure(error) }
        switch exchange.ticket.reason {
        case .task?: return .failure(CancellationError())
        case .timeout?:
            var error = error
            error.code = .timedOut
            return .failure(error)
        case nil: return .failure(error)  // statement_timeout, or another session's pg_cancel_backend
        }
    }

    // MARK: Copying in

    /// Whether the server takes data now; an effect tells when it does.
    mutating func copy(_ bytes: UnsafeRawBufferPointer) throws(PostgresError) -> [Effect] {
        guard isCopying, handle != nil else {
            throw current?.error ?? lostError ?? PostgresError(.closed, "the server takes no more data")
        }
        guard PQputCopyData(handle, bytes.bindMemory(to: CChar.self).baseAddress, Int32(bytes.count)) == 1 else {
            throw libpqError(.connectionLost)
        }
        copyWaiter = true
        return flush()
    }

    /// Ends the data; with a reason the server takes none of it.
    mutating func finishCopy(abort reason: String?) -> [Effect] {
        guard isCopying, handle != nil else { return [] }
        copyEnded = true
        if let reason { PQputCopyEnd(handle, reason) } else { PQputCopyEnd(handle, nil) }
        return flush() + advance()
    }

    private mutating func endCopy() -> [Effect] {
        isCopying = false
        copyEnded = false
        guard copyWaiter else { return [] }
        copyWaiter = false
        return [.resumeCopy(.success(()))]
    }

    // MARK: Cancelling

    mutating func cancel(_ ticket: Ticket) -> [Effect] {
        if let index = waiting.firstIndex(where: { $0.ticket === ticket }) {
            return [.complete(waiting.remove(at: index).complete, .failure(CancellationError()))]
        }
        guard current?.ticket === ticket, current?.isAnswered == false, let handle else { return [] }
        guard let cancel = PQgetCancel(handle) else { return lose(libpqError(.connectionLost)) }
        current?.cancelsUnderWay += 1
        current?.cancelsSent += 1
        return [.sendCancel(CancelHandle(adopting: cancel), ticket)]
    }

    /// A cancel request is back. Returns how many were sent for an exchange that has not ended yet: the request may have
    /// come before the server had begun with the statement, which is then not touched by it.
    mutating func cancelReturned(_ ticket: Ticket) -> (sent: Int?, [Effect]) {
        guard current?.ticket === ticket else { return (nil, []) }
        current?.cancelsUnderWay -= 1
        if current?.isAnswered == true { return (nil, finish()) }
        return (current?.cancelsSent, [])
    }

    func isUnderWay(_ ticket: Ticket) -> Bool { current?.ticket === ticket && current?.isAnswered == false }

    // MARK: The end

    /// Ends everything with this error; the handle is gone afterwards.
    mutating func lose(_ error: PostgresError) -> [Effect] {
        guard let handle else { return [] }
        var error = error
        // What the server said on its way out is the better reason.
        if let said = current?.error, said.severity == "FATAL" || said.severity == "PANIC" {
            error = said
            error.code = .connectionLost
        }
        var effects: [Effect] = []
        // A busy server does not look at its socket: what we give up must be cancelled there, or it runs on to its end.
        if let exchange = current, !exchange.isAnswered, error.code != .connectionLost, let cancel = PQgetCancel(handle)
        {
            effects.append(.sendCancel(CancelHandle(adopting: cancel), exchange.ticket))
        }
        self.handle = nil
        PQfinish(handle)
        lostError = error
        if let exchange = current {
            current = nil
            effects += endCopy()
            if exchange.isAnswered {
                effects.append(.complete(exchange.complete, outcome(of: exchange)))
            } else {
                var own = error
                own.isOutcomeUnknown = exchange.commits && transaction != .failed
                effects.append(
                    .complete(exchange.complete, .failure(exchange.ticket.reason == .task ? CancellationError() : own)))
            }
        }
        for exchange in waiting {
            effects.append(.complete(exchange.complete, .failure(Self.notSent(error))))
        }
        waiting = []
        effects += [.notificationsArrived, .lost]
        return effects
    }

    private func libpqError(_ code: PostgresError.Code) -> PostgresError {
        let said = handle.map { String(cString: PQerrorMessage($0)).trimmed } ?? ""
        return PostgresError(code, said.isEmpty ? "the server closed the connection" : said, doing: target)
    }
}

/// A PGcancel, which libpq's manual allows to be used from any thread, also after its connection is gone.
final class CancelHandle: @unchecked Sendable {
    private let pointer: OpaquePointer
    init(adopting pointer: OpaquePointer) { self.pointer = pointer }
    deinit { PQfreeCancel(pointer) }

    /// Connects to the server and asks it to stop. Blocks: never on the cooperative pool.
    func sendBlocking() -> Bool {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { PQcancel(pointer, $0.baseAddress, 256) == 1 }
    }
}
