import CMicroHTTPD
import Daemon
import Glibc
import Synchronization

/// Waits for descriptors, for tasks: one thread and one epoll for the whole process. The thread only hands over.
///
/// A descriptor may have several waiters, each for what it wants. Before a descriptor is closed, `forget` should be called: then
/// its waiters hear of it. Where it was not, its number may come back as another file, which `ReadinessTable` tells apart.
final class ReadinessPoller: Sendable {
    static let shared = ReadinessPoller()

    /// Whether the descriptor became ready; false where it was forgotten, cannot be waited for, or the waiter was called off.
    typealias Wake = @Sendable (Bool) -> Void
    typealias Table = ReadinessTable<Wake>
    typealias Interest = Table.Interest

    private let epoll: CInt
    private let table = Mutex(Table())

    private init() {
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        precondition(epoll >= 0, "epoll_create1 failed: \(errno)")
        OwnThread.start("poller") { ReadinessPoller.shared.loop() }
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
    func watch(_ descriptor: CInt, for interest: Interest, wake: @escaping Wake) -> UInt64 {
        let (id, vain) = table.withLock { table in
            let (id, arming) = table.add(descriptor, interest, wake)
            return (id, arm(arming) ? [] : table.forget(descriptor))
        }
        for wake in vain { wake(false) }
        return id
    }

    func callOff(_ descriptor: CInt, _ id: UInt64) {
        table.withLock { $0.callOff(descriptor, id) }?(false)
    }

    func forget(_ descriptor: CInt) {
        let waiters = table.withLock { table in
            epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, nil)
            return table.forget(descriptor)
        }
        for wake in waiters { wake(false) }
    }

    /// False where the descriptor is none, or none that can be waited for.
    private func arm(_ arming: Table.Arming) -> Bool {
        var event = epoll_event(
            events: arming.interest.rawValue | EPOLLONESHOT.rawValue, data: epoll_data_t(u64: arming.token))
        // Whether the number is in the set is the kernel's knowledge: it goes when its file is closed.
        if epoll_ctl(epoll, EPOLL_CTL_MOD, arming.descriptor, &event) == 0 { return true }
        return errno == ENOENT && epoll_ctl(epoll, EPOLL_CTL_ADD, arming.descriptor, &event) == 0
    }

    private func loop() {
        var events = [epoll_event](repeating: epoll_event(), count: 256)
        while true {
            let count = epoll_wait(epoll, &events, Int32(events.count), -1)
            guard count > 0 else { continue }
            for event in events[..<Int(count)] {
                let (woken, vain) = table.withLock { table in
                    let (woken, arming) = table.happened(event.data.u64, Interest(rawValue: event.events))
                    guard let arming, !arm(arming) else { return (woken, [Wake]()) }
                    return (woken, table.forget(arming.descriptor))
                }
                for wake in woken { wake(true) }
                for wake in vain { wake(false) }
            }
        }
    }
}
