import CMicroHTTPD
import Glibc
import Synchronization

/// Waits for descriptors, for tasks: one thread and one epoll for the whole process. The thread only hands over.
///
/// A descriptor may have several waiters, each for what it wants. Before a descriptor is closed, `forget` must be called:
/// its number may come back as another file.
final class ReadinessPoller: Sendable {
    static let shared = ReadinessPoller()

    struct Interest: OptionSet, Sendable {
        let rawValue: UInt32
        static let readable = Interest(rawValue: EPOLLIN.rawValue)
        static let writable = Interest(rawValue: EPOLLOUT.rawValue)
        /// The peer has closed its side, or the connection is gone.
        static let hangUp = Interest(rawValue: EPOLLRDHUP.rawValue)
        /// Always reported, whatever was asked for.
        static let always = Interest(rawValue: EPOLLHUP.rawValue | EPOLLERR.rawValue)
    }

    private struct Waiter {
        var interest: Interest
        /// Whether the descriptor became ready; false where it was forgotten or the waiter was called off.
        var wake: @Sendable (Bool) -> Void
    }

    private struct State {
        var nextID: UInt64 = 0
        var descriptors: [CInt: [UInt64: Waiter]] = [:]
        /// In the epoll set, armed or not.
        var known: Set<CInt> = []
    }

    private let epoll: CInt
    private let state = Mutex(State())

    private init() {
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        precondition(epoll >= 0, "epoll_create1 failed: \(errno)")
        var thread = pthread_t()
        let started = pthread_create(
            &thread, nil,
            { _ in
                ReadinessPoller.shared.loop()
                return nil
            }, nil)
        precondition(started == 0, "no thread for the poller: \(started)")
        pthread_detach(thread)
    }

    /// Returns when one of the events is there. Throws `CancellationError` when the task is cancelled, and `HTTPError`
    /// when the descriptor is forgotten meanwhile.
    func wait(_ descriptor: CInt, for interest: Interest) async throws {
        let id = Mutex<UInt64?>(nil)
        let ready = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let given = watch(descriptor, for: interest) { continuation.resume(returning: $0) }
                id.withLock { $0 = given }
                // Cancelled before the id was known: nobody else will call it off.
                if Task.isCancelled { callOff(descriptor, given) }
            }
        } onCancel: {
            if let given = id.withLock({ $0 }) { callOff(descriptor, given) }
        }
        guard !ready else { return }
        try Task.checkCancellation()
        throw HTTPError(.closed, "the socket was closed")
    }

    /// Calls `wake` once, on the poller's thread or on the one that calls it off: it must not block.
    func watch(_ descriptor: CInt, for interest: Interest, wake: @escaping @Sendable (Bool) -> Void) -> UInt64 {
        state.withLock { state in
            state.nextID += 1
            state.descriptors[descriptor, default: [:]][state.nextID] = Waiter(interest: interest, wake: wake)
            arm(descriptor, &state)
            return state.nextID
        }
    }

    func callOff(_ descriptor: CInt, _ id: UInt64) {
        let waiter = state.withLock { $0.descriptors[descriptor]?.removeValue(forKey: id) }
        waiter?.wake(false)
    }

    func forget(_ descriptor: CInt) {
        let waiters = state.withLock { state in
            if state.known.remove(descriptor) != nil { epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, nil) }
            return state.descriptors.removeValue(forKey: descriptor) ?? [:]
        }
        for waiter in waiters.values { waiter.wake(false) }
    }

    private func arm(_ descriptor: CInt, _ state: inout State) {
        let wanted = state.descriptors[descriptor]?.values.reduce(into: UInt32(0)) { $0 |= $1.interest.rawValue } ?? 0
        guard wanted != 0 else { return }
        var event = epoll_event(events: wanted | EPOLLONESHOT.rawValue, data: epoll_data_t(fd: descriptor))
        let operation = state.known.contains(descriptor) ? EPOLL_CTL_MOD : EPOLL_CTL_ADD
        if epoll_ctl(epoll, operation, descriptor, &event) == 0 {
            state.known.insert(descriptor)
            return
        }
        // The number was closed and came back without `forget`: it is no longer, or still, in the set.
        let other = operation == EPOLL_CTL_MOD ? EPOLL_CTL_ADD : EPOLL_CTL_MOD
        precondition(epoll_ctl(epoll, other, descriptor, &event) == 0, "epoll_ctl failed: \(errno)")
        state.known.insert(descriptor)
    }

    private func loop() {
        var events = [epoll_event](repeating: epoll_event(), count: 256)
        while true {
            let count = epoll_wait(epoll, &events, Int32(events.count), -1)
            guard count > 0 else { continue }
            for event in events[..<Int(count)] {
                for waiter in take(event.data.fd, Interest(rawValue: event.events)) { waiter.wake(true) }
            }
        }
    }

    private func take(_ descriptor: CInt, _ happened: Interest) -> [Waiter] {
        state.withLock { state in
            guard let waiters = state.descriptors[descriptor] else { return [] }
            let ready = waiters.filter { !happened.isDisjoint(with: $0.value.interest.union(.always)) }
            for id in ready.keys { state.descriptors[descriptor]?[id] = nil }
            if state.descriptors[descriptor]?.isEmpty == true { state.descriptors[descriptor] = nil }
            arm(descriptor, &state)
            return Array(ready.values)
        }
    }
}
