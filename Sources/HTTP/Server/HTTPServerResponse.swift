public import Encoding

/// What is answered.
public struct HTTPServerResponse: Sendable {
    public var status: Int
    public var headers: HTTPFields
    public var body: Body

    public init(status: Int = 200, headers: HTTPFields = [:], body: Body = .bytes([])) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    public enum Body: Sendable {
        case bytes([UInt8])
        /// Chunk after chunk; the next one is asked for when the client has taken the last.
        case stream(BodyStream)
        /// The connection becomes a websocket; the request must ask for it.
        case webSocket(WebSocketUpgrade)
    }

    /// Chunks that are made while they are sent.
    public struct BodyStream: Sendable {
        /// Whether it ends when the server is asked to stop, rather than when it is done: event streams, whose clients
        /// come again.
        var endsAtShutdown: Bool
        /// Calls for each chunk, and asks for the next one when that call has returned.
        var forEach: @Sendable (_ take: ([UInt8]) async throws -> Void) async throws -> Void

        public init<Chunks: AsyncSequence & Sendable>(_ chunks: Chunks, endsAtShutdown: Bool = false)
        where Chunks.Element == [UInt8] {
            self.endsAtShutdown = endsAtShutdown
            forEach = { take in for try await chunk in chunks { try await take(chunk) } }
        }

        /// Reads it without a socket.
        package func forEachChunk(_ take: ([UInt8]) async throws -> Void) async throws { try await forEach(take) }
    }

    public static func text(_ text: String, status: Int = 200) -> Self {
        Self(status: status, headers: ["Content-Type": "text/plain; charset=utf-8"], body: .bytes(Array(text.utf8)))
    }

    public static func html(_ text: String, status: Int = 200) -> Self {
        Self(status: status, headers: ["Content-Type": "text/html; charset=utf-8"], body: .bytes(Array(text.utf8)))
    }

    public static func json(_ value: JSON, status: Int = 200) -> Self { json(value.bytes, status: status) }

    /// Bytes that are JSON already.
    public static func json(_ bytes: [UInt8], status: Int = 200) -> Self {
        Self(status: status, headers: ["Content-Type": "application/json"], body: .bytes(bytes))
    }

    public static func problem(_ problem: ProblemDocument) -> Self {
        Self(
            status: problem.status, headers: problem.headers.with("Content-Type", "application/problem+json"),
            body: .bytes(problem.json.bytes))
    }

    public static let noContent = HTTPServerResponse(status: 204)

    /// Server-sent events (the WHATWG's HTML standard, section 9.2). The stream ends at shutdown; browsers come again
    /// with Last-Event-ID.
    public static func events<Events: AsyncSequence & Sendable>(_ events: Events) -> Self
    where Events.Element == ServerSentEvent {
        Self(
            headers: ["Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"],
            body: .stream(BodyStream(events.map { $0.bytes }, endsAtShutdown: true)))
    }
}

extension HTTPFields {
    func with(_ name: String, _ value: String) -> HTTPFields {
        var copy = self
        copy[name] = value
        return copy
    }
}

/// One event of an event stream. With nothing set it is a comment, which keeps a connection alive.
public struct ServerSentEvent: Sendable, Hashable {
    public var id: String?
    public var event: String?
    public var data: String?
    /// How long a client waits before it comes again.
    public var retry: Duration?

    public init(data: String? = nil, event: String? = nil, id: String? = nil, retry: Duration? = nil) {
        self.data = data
        self.event = event
        self.id = id
        self.retry = retry
    }

    public var bytes: [UInt8] {
        var out = ""
        // A line break would end the field and begin another one.
        if let event { out += "event: \(Self.line(event))\n" }
        if let id { out += "id: \(Self.line(id))\n" }
        if let retry {
            out += "retry: \(retry.components.seconds * 1000 + retry.components.attoseconds / 1_000_000_000_000_000)\n"
        }
        if let data {
            for line in data.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
                out += "data: \(line)\n"
            }
        }
        return Array((out.isEmpty ? ":\n\n" : out + "\n").utf8)
    }

    private static func line(_ text: String) -> String { String(text.filter { !$0.isNewline && $0 != "\0" }) }
}
