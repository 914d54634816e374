import Glibc

/// Tells systemd how the process is doing: one datagram to $NOTIFY_SOCKET (sd_notify(3)). Does nothing where nobody
/// listens.
public struct ServiceNotifier: Sendable {
    private let path: String?

    /// - Parameter path: of a unix datagram socket; one that begins with @ is in the abstract namespace.
    public init(path: String?) { self.path = path }

    public static var fromEnvironment: ServiceNotifier {
        ServiceNotifier(path: getenv("NOTIFY_SOCKET").map { String(cString: $0) })
    }

    /// Such as `READY=1`, `STATUS=…`, `WATCHDOG=1`. Whether it was sent; nothing hangs on it.
    @discardableResult public func send(_ state: String) -> Bool {
        guard let path, !path.isEmpty, path.utf8.count < 108 else { return false }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var name = Array(path.utf8)
        if name[0] == UInt8(ascii: "@") { name[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                sendto(descriptor, state, state.utf8.count, Int32(MSG_NOSIGNAL), address, length) == state.utf8.count
            }
        }
    }
}
