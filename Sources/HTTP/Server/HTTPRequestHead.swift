/// What is known of a request before its body: enough to say who may go on.
public struct HTTPRequestHead: Sendable {
    public var method: String
    /// Path and query as they were written.
    public var target: String
    public var headers: HTTPFields
    /// Host and port, or `unix`.
    public var remoteAddress: String

    public init(method: String, target: String, headers: HTTPFields, remoteAddress: String = "") {
        self.method = method
        self.target = target
        self.headers = headers
        self.remoteAddress = remoteAddress
    }

    /// Whether a body follows.
    public var hasBody: Bool {
        headers["Transfer-Encoding"] != nil || (headers["Content-Length"].map { $0 != "0" } ?? false)
    }

    /// Of the path, decoded as the request's own are; none for the root, and for an address that is none.
    public var segments: [String] {
        do throws(ProblemDocument) {
            return try HTTPServerRequest(method: method, target: target, headers: [:]).segments
        } catch {
            return []
        }
    }
}
