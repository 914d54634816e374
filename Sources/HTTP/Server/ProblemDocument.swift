public import Encoding

/// What went wrong with a request, for people and programs (RFC 9457). Throw one from a handler.
public struct ProblemDocument: Error, Hashable, Sendable, CustomStringConvertible {
    /// A URI that names the kind of problem; `about:blank` where the status says it all.
    public var type: String
    public var title: String
    public var status: Int
    public var detail: String?
    /// A URI of this occurrence, such as `urn:uuid:…`; the log has the same.
    public var instance: String?
    /// Extension members, such as `field` and `rule`, in the order they are shown.
    public var members: [JSON.Member]
    /// Headers that go with it, such as `Allow` or `Retry-After`.
    public var headers: HTTPFields

    /// - Parameter title: the status' own phrase by default.
    public init(
        status: Int, type: String = "about:blank", title: String? = nil, detail: String? = nil, instance: String? = nil,
        members: [JSON.Member] = [], headers: HTTPFields = [:]
    ) {
        self.type = type
        self.title = title ?? HTTPStatus.phrase(status)
        self.status = status
        self.detail = detail
        self.instance = instance
        self.members = members
        self.headers = headers
    }

    /// With one extension member more.
    public func with(_ name: String, _ value: JSON) -> ProblemDocument {
        precondition(!["type", "title", "status", "detail", "instance"].contains(name), "\(name) is a standard member")
        var copy = self
        copy.members.append(JSON.Member(name, value))
        return copy
    }

    public var json: JSON {
        var all: [JSON.Member] = [
            .init("type", JSON(type)), .init("title", JSON(title)), .init("status", JSON(status)),
        ]
        if let detail { all.append(.init("detail", JSON(detail))) }
        if let instance { all.append(.init("instance", JSON(instance))) }
        return .object(all + members)
    }

    public var description: String { "\(status) \(title)\(detail.map { ": \($0)" } ?? "")" }
}

/// Status codes' phrases (RFC 9110, section 15).
public enum HTTPStatus {
    public static func phrase(_ status: Int) -> String { phrases[status] ?? (status < 400 ? "OK" : "Error") }

    private static let phrases = [
        200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 301: "Moved Permanently", 302: "Found",
        303: "See Other", 304: "Not Modified", 307: "Temporary Redirect", 308: "Permanent Redirect", 400: "Bad Request",
        401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 406: "Not Acceptable",
        408: "Request Timeout", 409: "Conflict", 410: "Gone", 411: "Length Required", 412: "Precondition Failed",
        413: "Content Too Large", 414: "URI Too Long", 415: "Unsupported Media Type", 422: "Unprocessable Content",
        426: "Upgrade Required", 428: "Precondition Required", 429: "Too Many Requests",
        431: "Request Header Fields Too Large", 500: "Internal Server Error", 501: "Not Implemented",
        502: "Bad Gateway",
        503: "Service Unavailable", 504: "Gateway Timeout",
    ]
}
