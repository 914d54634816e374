import Dispatch
import Glibc

// Sources watch a duplicate of libpq's descriptor: it stays valid until the source has let go of it, whatever libpq does
// with its own in the meantime. Readiness belongs to the socket, which both share.

/// Tells whenever there is something to read, until it is cancelled.
///
/// @unchecked Sendable: dispatch objects may be used by any thread at once.
final class SocketSource: @unchecked Sendable {
    private let source: any DispatchSourceRead

    init(reading descriptor: Int32, _ queue: DispatchQueue) {
        let own = dup(descriptor)
        precondition(own >= 0, "no file descriptor left: errno \(errno)")
        source = DispatchSource.makeReadSource(fileDescriptor: own, queue: queue)
        source.setCancelHandler { Glibc.close(own) }
    }

    /// Once.
    func activate(_ handler: @escaping @Sendable () -> Void) {
        source.setEventHandler(handler: handler)
        source.activate()
    }

    func cancel() { source.cancel() }
}

/// Calls `handler` on `queue` once, when there is room to write.
func armWriteSource(_ descriptor: Int32, _ queue: DispatchQueue, _ handler: @escaping @Sendable () -> Void) {
    let own = dup(descriptor)
    precondition(own >= 0, "no file descriptor left: errno \(errno)")
    let source = DispatchSource.makeWriteSource(fileDescriptor: own, queue: queue)
    source.setEventHandler {
        source.cancel()
        handler()
    }
    source.setCancelHandler { Glibc.close(own) }
    source.activate()
}

/// Calls `handler` on `queue` once, when there is something to read.
func armReadSource(_ descriptor: Int32, _ queue: DispatchQueue, _ handler: @escaping @Sendable () -> Void) {
    let own = dup(descriptor)
    precondition(own >= 0, "no file descriptor left: errno \(errno)")
    let source = DispatchSource.makeReadSource(fileDescriptor: own, queue: queue)
    source.setEventHandler {
        source.cancel()
        handler()
    }
    source.setCancelHandler { Glibc.close(own) }
    source.activate()
}
