/// What went wrong between us and an access node. `description` is safe to log and to show.
public struct AccessError: Error, Hashable, Sendable, CustomStringConvertible {
    public var code: Code
    /// The node's own words, or the transport's.
    public var message: String
    /// Such as `/flow.access.AccessAPI/GetBlockByHeight`.
    public var method: String
    /// Host and port.
    public var node: String
    /// How long the node asks to be left alone, where it says so beside `resourceExhausted` or `unavailable`.
    public var retryAfter: Duration?

    public init(_ code: Code, _ message: String, method: String = "", node: String = "") {
        self.code = code
        self.message = message
        self.method = method
        self.node = node
    }

    /// gRPC's status codes, to which the HTTP API's are mapped.
    public enum Code: Int32, Sendable {
        case cancelled = 1
        case unknown = 2
        case invalidArgument = 3
        case deadlineExceeded = 4
        case notFound = 5
        case alreadyExists = 6
        case permissionDenied = 7
        case resourceExhausted = 8
        case failedPrecondition = 9
        case aborted = 10
        case outOfRange = 11
        case unimplemented = 12
        case `internal` = 13
        case unavailable = 14
        case dataLoss = 15
        case unauthenticated = 16
    }

    public var description: String {
        let place = [method, node].filter { !$0.isEmpty }.joined(separator: " at ")
        return place.isEmpty ? "\(code): \(message)" : "\(place): \(code): \(message)"
    }
}
