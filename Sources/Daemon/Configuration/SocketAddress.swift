/// Where a server listens or a client connects: `127.0.0.1:8080`, `[::1]:8080`, `example.org:443`, `unix:/run/weir.sock`.
public enum SocketAddress: Hashable, Sendable, CustomStringConvertible {
    case tcp(host: String, port: Int)
    case unix(path: String)

    /// Nil where the form is none of these, or the port is not 0…65535. An empty host is every interface.
    public init?(_ text: String) {
        if let path = text.trimmingPrefix("unix:") as Substring?, path.count < text.count {
            // sockaddr_un holds 108 bytes, the closing zero among them.
            guard path.hasPrefix("/"), path.utf8.count < 108 else { return nil }
            self = .unix(path: String(path))
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
            guard host.contains(":") else { return nil }
        } else if host.contains(where: { $0 == ":" || $0 == "/" || $0 == "[" || $0 == "]" || $0.isWhitespace }) {
            return nil
        }
        self = .tcp(host: host.isEmpty ? "0.0.0.0" : String(host), port: Int(port))
    }

    public var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}
