import Daemon
import Glibc

/// A socket that is bound and listens. Whoever takes the descriptor closes it.
struct ListeningSocket {
    let descriptor: CInt
    /// With the port that was chosen where 0 was asked for.
    let address: SocketAddress

    static let backlog: CInt = 1024

    /// May look up a name: not for the cooperative pool.
    static func open(_ address: SocketAddress) throws -> ListeningSocket {
        switch address {
        case .unix(let path): try unix(path)
        case .tcp(let host, let port): try tcp(host, port)
        }
    }

    private static func tcp(_ host: String, _ port: Int) throws -> ListeningSocket {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        var found: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &found)
        guard code == 0, let first = found else {
            throw HTTPError(.cannotListen, "\(host):\(port): \(String(cString: gai_strerror(code)))")
        }
        defer { freeaddrinfo(found) }
        let descriptor = socket(
            first.pointee.ai_family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { throw failure(errno, host, port) }
        var yes: CInt = 1
        // Without it a restart would have to wait for the connections of the last run to time out.
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<CInt>.size))
        guard bind(descriptor, first.pointee.ai_addr, first.pointee.ai_addrlen) == 0, listen(descriptor, backlog) == 0
        else {
            let reason = errno
            close(descriptor)
            throw failure(reason, host, port)
        }
        return ListeningSocket(descriptor: descriptor, address: .tcp(host: host, port: boundPort(descriptor)))
    }

    private static func failure(_ reason: CInt, _ host: String, _ port: Int) -> HTTPError {
        let place = SocketAddress.tcp(host: host, port: port).description
        switch reason {
        case EADDRINUSE:
            return HTTPError(
                .cannotListen,
                "port \(port) on \(host) is in use by another process. Stop it, choose another port, or give 0 to have one chosen"
            )
        case EACCES:
            return HTTPError(.cannotListen, "\(place): permission denied. Ports below 1024 need CAP_NET_BIND_SERVICE")
        case EADDRNOTAVAIL: return HTTPError(.cannotListen, "\(place): \(host) is not an address of this machine")
        default: return HTTPError(.cannotListen, "\(place): \(String(cString: strerror(reason)))")
        }
    }

    private static func boundPort(_ descriptor: CInt) -> Int {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) { pointer in
            let address = UnsafeMutableRawPointer(pointer)
            getsockname(descriptor, address.assumingMemoryBound(to: sockaddr.self), &length)
            // The port lies at the same place in IPv4 and IPv6.
            return Int(UInt16(bigEndian: address.load(fromByteOffset: 2, as: UInt16.self)))
        }
    }

    private static func unix(_ path: String) throws -> ListeningSocket {
        let descriptor = socket(
            AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0, path.utf8.count < 108 else {
            throw HTTPError(
                .cannotListen,
                "unix:\(path): \(descriptor < 0 ? String(cString: strerror(errno)) : "the path is too long")")
        }
        var bound = withUnixAddress(path) { bind(descriptor, $0, $1) }
        if bound != 0, errno == EADDRINUSE, isAbandoned(path) {
            unlink(path)
            bound = withUnixAddress(path) { bind(descriptor, $0, $1) }
        }
        guard bound == 0, listen(descriptor, backlog) == 0 else {
            let reason = errno
            close(descriptor)
            let remedy = reason == EADDRINUSE ? ". Another process listens there: stop it or choose another path" : ""
            throw HTTPError(.cannotListen, "unix:\(path): \(String(cString: strerror(reason)))\(remedy)")
        }
        return ListeningSocket(descriptor: descriptor, address: .unix(path: path))
    }

    /// A socket file that a dead process left behind: nobody answers.
    private static func isAbandoned(_ path: String) -> Bool {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return false }
        let probe = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard probe >= 0 else { return false }
        defer { close(probe) }
        return withUnixAddress(path) { connect(probe, $0, $1) } != 0 && errno == ECONNREFUSED
    }
}

func withUnixAddress<Result>(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
    return withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
    }
}
