import Cadence
public import Daemon
import Encoding
import HTTP
import Synchronization

/// An access node over its HTTP API (`/v1`), its streams over the API's websocket topics. It tells less than gRPC does:
/// payloads of events are JSON-CDC only, headers have neither view nor chain nor proposer, nothing is said beside an
/// answer (`ResponseMetadata` is empty), and what the API has no route for is refused as `unimplemented`.
///
/// Connections are made with the first call, used again, and closed with the client.
public final class HTTPAccessClient: Sendable {
    /// Whom to trust at https, and who we are. Paths of PEM files.
    public struct TLS: Sendable {
        /// To trust instead of the system's roots.
        public var certificateAuthorities: String?
        /// A client certificate and its key, where the server asks for one.
        public var clientCertificate: (certificate: String, key: String)?

        public init(
            certificateAuthorities: String? = nil, clientCertificate: (certificate: String, key: String)? = nil
        ) {
            self.certificateAuthorities = certificateAuthorities
            self.clientCertificate = clientCertificate
        }
    }

    public struct Options: Sendable {
        /// The largest answer and the largest websocket message that is taken, in bytes.
        public var maximumMessageBytes = 256 << 20
        /// At once; further calls wait for one of them.
        public var connections = 32
        public var connectTimeout: Duration = .seconds(10)
        /// Nodes allow 20 on one websocket; further streams get a socket more.
        public var streamsPerSocket = 20
        /// What has come and was not fetched, of each stream: beyond either the socket is not read, and the node waits. A
        /// node hangs up on who does not read for about 20 seconds: the stream then ends as `unavailable`.
        public var waitingMessages = 256
        public var waitingBytes = 16 << 20
        /// Pings on an open websocket; it is given up where nothing comes for two of these.
        public var pingInterval: Duration = .seconds(20)
        public var userAgent = "weir"
        public init() {}
    }

    /// Host and port.
    public let node: String
    /// Ends in `/v1`. Providers put keys into it: no error and no line of log has it.
    let base: String
    let client: HTTPClient
    let options: Options
    let deadline: Duration
    let sockets: TopicSockets
    let heights = BlockHeightCache()
    private let logger: Logger
    /// Whether the last call reached the node; nil before the first.
    private let isReachable = Mutex<Bool?>(nil)

    /// - Parameters:
    ///   - url: `https://rest-mainnet.onflow.org`, with `/v1` behind it or without.
    ///   - deadline: for each call, where `CallDeadline` says nothing else.
    /// - Throws: `AccessError.invalidArgument` where the address is not one.
    public init(
        url: String, tls: TLS = TLS(), options: Options = Options(), deadline: Duration = .seconds(30),
        logger: Logger = .silent
    ) throws {
        guard let address = WebAddress(url, schemes: ["http", "https"]), !address.hasQuery, !address.hasFragment,
            !address.hasUserInfo, url.utf8.allSatisfy({ $0 < 0x7F })
        else {
            throw AccessError(
                .invalidArgument, "the address of a node is http:// or https://, a host, and a path without ?, # and @")
        }
        var base = url[...]
        while base.hasSuffix("/") { base = base.dropLast() }
        if base.hasSuffix("/v1") { base = base.dropLast(3) }
        self.base = base + "/v1"
        node = address.authority
        self.options = options
        self.deadline = deadline
        self.logger = logger.with(["http.node": node])
        var configuration = HTTPClient.Configuration()
        configuration.timeout = deadline
        configuration.connectTimeout = options.connectTimeout
        configuration.responseBytes = options.maximumMessageBytes
        configuration.connectionsPerHost = options.connections
        configuration.connections = options.connections
        configuration.userAgent = options.userAgent
        configuration.certificateAuthorities = tls.certificateAuthorities
        configuration.clientCertificate = tls.clientCertificate
        client = HTTPClient(configuration)
        sockets = TopicSockets(
            client, url: "ws" + self.base.dropFirst(4) + "/ws", options: options, logger: self.logger)
    }

    /// What a GET answers, read from its body.
    func get<Value>(
        _ path: String, _ query: [(String, String)] = [], _ read: (inout JSONScanner) throws -> Value
    ) async throws -> Value {
        try await call("GET", path, HTTPRequest(url: address(path, query)), read)
    }

    func post<Value>(
        _ path: String, _ query: [(String, String)] = [], body: JSON, _ read: (inout JSONScanner) throws -> Value
    ) async throws -> Value {
        let request = HTTPRequest(
            method: "POST", url: address(path, query), headers: ["Content-Type": "application/json"], body: body.bytes)
        return try await call("POST", path, request, read)
    }

    private func address(_ path: String, _ query: [(String, String)]) -> String {
        let text = query.map { "\($0)=\(URLText.encode($1))" }.joined(separator: "&")
        return base + path + (text.isEmpty ? "" : "?" + text)
    }

    private func call<Value>(
        _ verb: String, _ path: String, _ request: HTTPRequest, _ read: (inout JSONScanner) throws -> Value
    ) async throws -> Value {
        // The route without its ids: errors are grouped by it.
        let route = path.split(separator: "/").map { $0.contains(where: \.isNumber) ? "…" : $0 }.joined(separator: "/")
        let method = "\(verb) /v1/\(route)"
        return try await translatingErrors(method) {
            let response = try await client.send(request, timeout: try timeLeft())
            note(isReachable: true)
            guard response.status == 200 || response.status == 201 else {
                throw AccessError(response, method: method, node: node)
            }
            return try HTTPBodies.read(response.body, read)
        }
    }

    func translatingErrors<R>(_ method: String, _ body: () async throws -> R) async throws -> R {
        do { return try await body() } catch { throw accessError(error, method) }
    }

    /// Whatever went wrong, as an `AccessError`; cancellation stays what it is.
    func accessError(_ error: any Error, _ method: String) -> any Error {
        switch error {
        case let error as HTTPError:
            let translated = AccessError(error, method: method, node: node)
            if translated.code == .unavailable { note(isReachable: false, error.description) }
            return translated
        case let error as BodyError:
            return AccessError(.dataLoss, "the answer cannot be read: \(error)", method: method, node: node)
        case var error as AccessError:
            if error.method.isEmpty { error.method = method }
            if error.node.isEmpty { error.node = node }
            return error
        default: return error
        }
    }

    /// News are logged once.
    private func note(isReachable: Bool, _ why: String = "") {
        let was = self.isReachable.withLock { was in
            defer { was = isReachable }
            return was
        }
        guard was != isReachable else { return }
        if !isReachable {
            logger.warning("the node cannot be reached", ["error": why])
        } else if was != nil {
            logger.info("the node can be reached again")
        }
    }

    // MARK: Time

    /// When a call of several requests must be done.
    @TaskLocal private static var until: ContinuousClock.Instant?

    private func timeLeft() throws -> Duration {
        guard let until = Self.until else { return limit }
        let left = until - .now
        guard left > .zero else { throw HTTPError(.timedOut, "\(node): no answer in time") }
        return left
    }

    /// For one call, from its beginning.
    var limit: Duration { CallDeadline.current ?? deadline }

    /// Several requests that make one call share its time.
    func withOneDeadline<R>(_ body: () async throws -> R) async throws -> R {
        try await Self.$until.withValue(Self.until ?? .now + limit) { try await body() }
    }

    // MARK: Refusals

    func unimplemented(_ what: String) -> AccessError {
        AccessError(.unimplemented, "the HTTP API has no \(what)", node: node)
    }

    func requireJSON(_ encoding: EventEncoding) throws {
        if encoding != .jsonCDC { throw unimplemented("events in CCF") }
    }

    /// An answer that is well-formed, and not the one to this question.
    func wrong(_ what: String, _ method: String) -> AccessError {
        AccessError(.dataLoss, what, method: method, node: node)
    }
}
