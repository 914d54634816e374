/// gRPC's status codes (grpc/statuscodes.md).
public enum GRPCStatusCode: Int32, Sendable, CaseIterable {
    case ok = 0
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

/// A call that did not end with status ok, or could not be made. A handler throws one to choose the status it ends with.
public struct GRPCError: Error, Sendable, CustomStringConvertible {
    public var code: GRPCStatusCode
    /// The other side's words, or the transport's.
    public var message: String
    public var initialMetadata: GRPCMetadata
    public var trailingMetadata: GRPCMetadata

    public init(
        _ code: GRPCStatusCode, _ message: String, initialMetadata: GRPCMetadata = [:],
        trailingMetadata: GRPCMetadata = [:]
    ) {
        self.code = code
        self.message = message
        self.initialMetadata = initialMetadata
        self.trailingMetadata = trailingMetadata
    }

    public var description: String { "\(code): \(message)" }
}
