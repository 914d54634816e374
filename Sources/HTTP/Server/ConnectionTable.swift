import Glibc
import Synchronization

/// The server's open connections, and since when each has been waited on: who sends a request byte by byte is cut off when its
/// time is over, whatever libmicrohttpd's own clock says, which begins anew with every byte.
final class ConnectionTable: Sendable {
    private struct Entry {
        var since: ContinuousClock.Instant
        /// Until when the request must be whole; nil between requests and while one is answered.
        var patience: Duration?
        /// Its reading has been ended.
        var isCut = false
    }

    private struct State {
        var open: [CInt: Entry] = [:]
        var takesMore = true
    }

    private let state = Mutex(State())

    /// Before libmicrohttpd takes a connection. False where none is taken any more.
    var takesMore: Bool { state.withLock { $0.takesMore } }

    func opened(_ socket: CInt, patience: Duration) {
        state.withLock { $0.open[socket] = Entry(since: .now, patience: patience) }
    }

    /// Before the descriptor is closed, so that nobody shuts down another's that has its number.
    func closed(_ socket: CInt) { state.withLock { $0.open[socket] = nil } }

    /// From now on, something must have come to its end within `patience`; nil takes the limit away.
    func wait(for socket: CInt, patience: Duration?) {
        state.withLock { state in
            guard state.open[socket] != nil else { return }
            state.open[socket] = Entry(since: .now, patience: patience)
        }
    }

    /// Ends the reading of connections whose time is over: libmicrohttpd sees their end and closes them. How many those were.
    /// What comes in after that can still be read, and may hide the end from one who reads a byte at a time: what is open a
    /// second later is ended altogether, and the peer's next byte is answered with a reset.
    func cutOverdue(at now: ContinuousClock.Instant = .now) -> Int {
        state.withLock { state in
            var cut = 0
            for (socket, entry) in state.open {
                guard let patience = entry.patience, entry.since.duration(to: now) > patience else { continue }
                if entry.isCut {
                    state.open[socket]?.patience = nil
                    shutdown(socket, CInt(SHUT_RDWR))
                } else {
                    state.open[socket] = Entry(since: now, patience: .seconds(1), isCut: true)
                    shutdown(socket, CInt(SHUT_RD))
                    cut += 1
                }
            }
            return cut
        }
    }

    /// Takes no further connection. Whether there is so much room below the limit that libmicrohttpd will not touch its
    /// listening socket, as it does when the limit is reached.
    func stopTaking(limit: Int) -> Bool {
        state.withLock { state in
            state.takesMore = false
            return state.open.count <= limit / 2
        }
    }
}
