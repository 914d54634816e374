import CMicroHTTPD

/// Who waits for which descriptor, and for what. Pure: `ReadinessPoller` tells it what epoll said and does what it answers.
///
/// A descriptor's number outlives what it named: a connection is closed, and the next one gets its number while an event of the
/// old one is still in somebody's hands. So each time that a descriptor is waited for anew it gets a generation, which epoll
/// hands back with the event; an event of another generation wakes nobody.
struct ReadinessTable<Wake> {
    struct Interest: OptionSet, Sendable {
        let rawValue: UInt32
        static var readable: Interest { Interest(rawValue: EPOLLIN.rawValue) }
        static var writable: Interest { Interest(rawValue: EPOLLOUT.rawValue) }
        /// The peer has closed its side, or the connection is gone.
        static var hangUp: Interest { Interest(rawValue: EPOLLRDHUP.rawValue) }
        /// Always reported, whatever was asked for.
        static var always: Interest { Interest(rawValue: EPOLLHUP.rawValue | EPOLLERR.rawValue) }
    }

    /// To be put into the epoll set, once: `token` comes back with the event.
    struct Arming: Equatable {
        var descriptor: CInt
        var interest: Interest
        var token: UInt64
    }

    private struct Waiter {
        var interest: Interest
        var wake: Wake
    }

    private struct Entry {
        var generation: UInt32
        var waiters: [UInt64: Waiter] = [:]
    }

    private var nextID: UInt64 = 0
    private var nextGeneration: UInt32 = 0
    private var entries: [CInt: Entry] = [:]

    /// Gives the waiter's id, and what must be armed for it.
    mutating func add(_ descriptor: CInt, _ interest: Interest, _ wake: Wake) -> (id: UInt64, Arming) {
        nextID += 1
        if entries[descriptor] == nil {
            nextGeneration &+= 1
            entries[descriptor] = Entry(generation: nextGeneration)
        }
        entries[descriptor]?.waiters[nextID] = Waiter(interest: interest, wake: wake)
        return (nextID, arming(descriptor)!)
    }

    /// The waiter, to be told that it waits in vain; nil where it does not wait any more.
    mutating func callOff(_ descriptor: CInt, _ id: UInt64) -> Wake? {
        let waiter = entries[descriptor]?.waiters.removeValue(forKey: id)
        if entries[descriptor]?.waiters.isEmpty == true { entries[descriptor] = nil }
        return waiter?.wake
    }

    /// The descriptor is about to be closed, or cannot be waited for: all its waiters, who wait in vain.
    mutating func forget(_ descriptor: CInt) -> [Wake] {
        entries.removeValue(forKey: descriptor).map { $0.waiters.values.map(\.wake) } ?? []
    }

    /// Epoll reported this. Who is to be woken, and what must be armed for those who go on waiting.
    mutating func happened(_ token: UInt64, _ events: Interest) -> (woken: [Wake], Arming?) {
        let descriptor = CInt(truncatingIfNeeded: token & 0xFFFF_FFFF)
        guard let entry = entries[descriptor], entry.generation == UInt32(token >> 32) else { return ([], nil) }
        let ready = entry.waiters.filter { !events.isDisjoint(with: $0.value.interest.union(.always)) }
        for id in ready.keys { entries[descriptor]?.waiters[id] = nil }
        if entries[descriptor]?.waiters.isEmpty == true { entries[descriptor] = nil }
        return (ready.values.map(\.wake), arming(descriptor))
    }

    private func arming(_ descriptor: CInt) -> Arming? {
        guard let entry = entries[descriptor] else { return nil }
        return Arming(
            descriptor: descriptor, interest: entry.waiters.values.reduce(into: []) { $0.formUnion($1.interest) },
            token: UInt64(entry.generation) << 32 | UInt64(UInt32(bitPattern: descriptor)))
    }
}
