/// What went wrong on the wire. `description` is safe to log: it names hosts and reasons, never headers, bodies or the
/// query of an address.
public struct HTTPError: Error, Hashable, Sendable, CustomStringConvertible {
    public var code: Code
    public var message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public struct Code: RawRepresentable, Hashable, Sendable {
        public let rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }

        /// The address is not one, or the request cannot be written down.
        public static let invalidRequest = Code(rawValue: "invalid request")
        /// No such host, nobody listens, no route.
        public static let cannotConnect = Code(rawValue: "cannot connect")
        /// The client may not connect there: see `HTTPClient.Configuration.refusesPrivateAddresses`.
        public static let privateAddress = Code(rawValue: "private address")
        /// The certificate is not what it should be.
        public static let untrusted = Code(rawValue: "not trusted")
        public static let timedOut = Code(rawValue: "timed out")
        /// The answer is larger than the limit that was set.
        public static let tooLarge = Code(rawValue: "too large")
        /// The peer broke off, or does not speak the protocol.
        public static let connectionLost = Code(rawValue: "connection lost")
        public static let protocolViolation = Code(rawValue: "protocol violation")
        /// The address to listen at is taken, or not ours.
        public static let cannotListen = Code(rawValue: "cannot listen")
        /// The websocket handshake was answered with something else.
        public static let upgradeRefused = Code(rawValue: "upgrade refused")
        /// The client or the socket was shut down.
        public static let closed = Code(rawValue: "closed")
    }

    public var description: String { "\(code.rawValue): \(message)" }
}
