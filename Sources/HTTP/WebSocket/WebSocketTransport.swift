import CWslay
import Glibc

/// The bytes under a websocket: a bare socket, or one with TLS. Nothing here waits.
protocol WebSocketTransport: Sendable {
    /// For the poller.
    var descriptor: CInt { get }
    /// Nil where nothing has come, 0 where nothing will come any more.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int?
    /// Nil where nothing can be taken now.
    func write(_ bytes: UnsafeRawBufferPointer) throws -> Int?
    /// The peer sees the end of what we send, and can still be read. Nothing, where the transport has no such thing.
    func finishWriting()
    /// Once; nothing is called afterwards.
    func close()
}

/// A connected socket that somebody lends; `closing` gives it back.
struct SocketTransport: WebSocketTransport {
    let descriptor: CInt
    let closing: @Sendable () -> Void

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int? {
        while true {
            let count = shim_recv_nowait(descriptor, buffer.baseAddress, buffer.count)
            if count >= 0 { return count }
            switch errno {
            case EINTR: continue
            case EAGAIN: return nil
            default: return 0  // Reset, timed out: it is over.
            }
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws -> Int? {
        while true {
            let count = shim_send_nowait(descriptor, bytes.baseAddress, bytes.count)
            if count >= 0 { return count }
            switch errno {
            case EINTR: continue
            case EAGAIN: return nil
            default: throw HTTPError(.connectionLost, "the peer went away")
            }
        }
    }

    func finishWriting() { _ = shutdown(descriptor, Int32(SHUT_WR)) }

    func close() { closing() }
}
