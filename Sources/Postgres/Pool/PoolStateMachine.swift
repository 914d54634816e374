/// Decides who gets which connection; its pool does what the actions say, outside of the lock.
///
/// A connection is *connecting* → *idle* ⇄ *leased* → gone; it can be lost in each of these states. A waiter stands in the
/// queue until it is served, cancelled, too late, or failed. Waiters are served in the order they came.
///
/// What can go wrong: a connection attempt fails (the first waiter hears it, unless a busy connection will come back to serve
/// it anyway and the server is merely full); a connection that is leased is lost (its lease goes on to its end, then it
/// is dropped); an event for a connection that is gone (ignored: it crossed with the one that removed it).
struct PoolStateMachine<Time: Comparable & Sendable>: Sendable {
    typealias ConnectionID = Int
    typealias WaiterID = Int

    enum Failure: Sendable, Equatable {
        case cancelled, tooLate, closed
        /// The error that came with `connectFailed`.
        case connectFailed
    }

    enum Action: Sendable, Equatable {
        case connect(ConnectionID)
        case lease(ConnectionID, WaiterID)
        case fail(WaiterID, Failure)
        case close(ConnectionID)
        /// Closing has begun and nothing is left.
        case finished
    }

    private enum Connection {
        case connecting
        case idle(since: Time)
        case leased
    }

    private struct Waiter {
        var id: WaiterID
        var deadline: Time
    }

    private let maximum: Int
    private var connections: [ConnectionID: Connection] = [:]
    /// The one used last is taken first, so that the rest can grow old and go.
    private var idle: [ConnectionID] = []
    private var waiters: [Waiter] = []
    private var lastID = 0
    private(set) var isClosing = false

    init(maximum: Int) {
        precondition(maximum > 0)
        self.maximum = maximum
    }

    var waiting: Int { waiters.count }
    var open: Int { connections.count - connecting }
    var idleCount: Int { idle.count }
    var leased: Int { connections.values.count { if case .leased = $0 { true } else { false } } }
    private var connecting: Int { connections.values.count { if case .connecting = $0 { true } else { false } } }

    mutating func acquire(_ waiter: WaiterID, deadline: Time) -> [Action] {
        if isClosing { return [.fail(waiter, .closed)] }
        // Nobody is overtaken: who comes while others wait stands behind them.
        if waiters.isEmpty, let id = idle.popLast() {
            connections[id] = .leased
            return [.lease(id, waiter)]
        }
        waiters.append(Waiter(id: waiter, deadline: deadline))
        return connectIfNeeded()
    }

    private mutating func connectIfNeeded() -> [Action] {
        guard !isClosing, connections.count < maximum, connecting < waiters.count else { return [] }
        lastID += 1
        connections[lastID] = .connecting
        return [.connect(lastID)]
    }

    mutating func connected(_ id: ConnectionID, now: Time) -> [Action] {
        guard case .connecting? = connections[id] else { return [.close(id)] }
        return available(id, now)
    }

    /// - Parameter serverIsFull: the server lets nobody in; a connection that is leased will come back.
    mutating func connectFailed(_ id: ConnectionID, serverIsFull: Bool) -> [Action] {
        guard case .connecting? = connections.removeValue(forKey: id) else { return [] }
        if isClosing { return finishIfDone() }
        if serverIsFull, leased > 0 { return [] }
        var actions: [Action] = []
        if !waiters.isEmpty { actions.append(.fail(waiters.removeFirst().id, .connectFailed)) }
        return actions + connectIfNeeded()
    }

    /// - Parameter isReusable: nothing is open or under way on it.
    mutating func release(_ id: ConnectionID, isReusable: Bool, now: Time) -> [Action] {
        guard case .leased? = connections[id] else { return [] }
        if isReusable && !isClosing { return available(id, now) }
        connections[id] = nil
        return [.close(id)] + connectIfNeeded() + finishIfDone()
    }

    private mutating func available(_ id: ConnectionID, _ now: Time) -> [Action] {
        if isClosing {
            connections[id] = nil
            return [.close(id)] + finishIfDone()
        }
        if waiters.isEmpty {
            connections[id] = .idle(since: now)
            idle.append(id)
            return []
        }
        connections[id] = .leased
        return [.lease(id, waiters.removeFirst().id)]
    }

    /// The server hung up on it. A leased one is dropped when its lease ends.
    mutating func lost(_ id: ConnectionID) -> [Action] {
        guard case .idle? = connections[id] else { return [] }
        connections[id] = nil
        idle.removeAll { $0 == id }
        return [.close(id)] + connectIfNeeded() + finishIfDone()
    }

    mutating func cancel(_ waiter: WaiterID) -> [Action] {
        guard let index = waiters.firstIndex(where: { $0.id == waiter }) else { return [] }
        waiters.remove(at: index)
        return [.fail(waiter, .cancelled)]
    }

    /// Fails whoever has waited too long, and closes what has been idle since before `idleBefore`.
    mutating func tick(now: Time, idleBefore: Time) -> [Action] {
        var actions: [Action] = []
        for waiter in waiters where waiter.deadline <= now { actions.append(.fail(waiter.id, .tooLate)) }
        waiters.removeAll { $0.deadline <= now }
        for id in idle {
            guard case .idle(let since)? = connections[id], since <= idleBefore else { continue }
            connections[id] = nil
            actions.append(.close(id))
        }
        idle.removeAll { connections[$0] == nil }
        return actions
    }

    /// No new leases; idle connections close now, leased ones when they come back.
    mutating func close() -> [Action] {
        guard !isClosing else { return [] }
        isClosing = true
        var actions: [Action] = waiters.map { .fail($0.id, .closed) }
        waiters = []
        for id in idle {
            connections[id] = nil
            actions.append(.close(id))
        }
        idle = []
        return actions + finishIfDone()
    }

    private func finishIfDone() -> [Action] { isClosing && connections.isEmpty ? [.finished] : [] }
}
