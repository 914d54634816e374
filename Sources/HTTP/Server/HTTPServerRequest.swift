/// A request as it came, whole.
public struct HTTPServerRequest: Sendable {
    /// As it was written: `GET`, `POST`, …
    public var method: String
    /// Path and query as they were written.
    public var target: String
    /// The path's segments, decoded one by one, so that an escaped slash divides nothing.
    public var segments: [String]
    /// Decoded, in order.
    public var query: [(name: String, value: String)]
    public var headers: HTTPFields
    /// Empty where it was spooled.
    public var body: [UInt8]
    /// The body, where the server was told to keep such ones out of memory.
    public var spooled: SpooledBody?
    /// Host and port, or `unix`.
    public var remoteAddress: String
    /// What a router found at the places of its pattern's {parameters}.
    public var parameters: [String: String] = [:]

    /// The path alone, decoded, for logs.
    public var path: String { "/" + segments.joined(separator: "/") }
    public func header(_ name: String) -> String? { headers[name] }
    /// The first value of that name.
    public func query(_ name: String) -> String? { query.first { $0.name == name }?.value }

    public init(
        method: String, target: String, headers: HTTPFields = [:], body: [UInt8] = [], remoteAddress: String = ""
    ) throws(ProblemDocument) {
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
        self.remoteAddress = remoteAddress
        var pathText = Substring(target.prefix { $0 != "#" })
        // The absolute form, as proxies send it (RFC 9112, section 3.2.2).
        if !pathText.hasPrefix("/"), let scheme = pathText.firstRange(of: "://") {
            pathText = pathText[scheme.upperBound...].drop { $0 != "/" }
        }
        let parts = pathText.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var segments: [String] = []
        for segment in parts[0].split(separator: "/", omittingEmptySubsequences: true) {
            guard let decoded = URLText.decode(segment), !decoded.utf8.contains(0) else { throw Self.malformed }
            segments.append(decoded)
        }
        self.segments = segments
        query = []
        for pair in parts.count > 1 ? parts[1].split(separator: "&") : [] {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = URLText.decode(sides[0], plusIsSpace: true),
                let value = sides.count > 1 ? URLText.decode(sides[1], plusIsSpace: true) : ""
            else { throw Self.malformed }
            guard !name.utf8.contains(0), !value.utf8.contains(0) else { throw Self.malformed }
            query.append((name, value))
        }
    }

    private static var malformed: ProblemDocument {
        ProblemDocument(
            status: 400, detail: "the address has an escape that is not %XX of UTF-8, or stands for U+0000",
            headers: ["Connection": "close"])
    }
}
