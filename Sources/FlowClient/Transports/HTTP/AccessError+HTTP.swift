import Encoding
import HTTP

extension AccessError {
    /// Longer words are cut: errors go into logs and rows.
    private static let maximumMessageBytes = 64 << 10

    /// A refusal: `{"code":…,"message":…}` from nodes, anything from what stands before them. The status and the prefix of
    /// the message together say which of gRPC's codes it was (onflow/flow-go engine/access/rest/common/http_request_handler.go).
    init(_ response: HTTPResponse, method: String, node: String) {
        let told = (try? HTTPBodies.read(response.body) { try Refusal(from: &$0) })?.message
        self.init(status: response.status, told ?? Self.plain(response), method: method, node: node)
        retryAfter = response.headers["Retry-After"].flatMap { UInt32($0) }.map { .seconds(min($0, 86_400)) }
    }

    /// A refusal by its status, in an answer or in a message of a stream.
    init(status: Int, _ message: String, method: String = "", node: String = "") {
        let (code, words) = Self.reading(status, message)
        let isLong = words.utf8.count > Self.maximumMessageBytes
        let cut = isLong ? String(decoding: words.utf8.prefix(Self.maximumMessageBytes), as: UTF8.self) + "…" : words
        self.init(code, cut, method: method, node: node)
    }

    /// `Flow resource not found: could not find …` → notFound, `could not find …`: the same as gRPC says.
    private static func reading(_ status: Int, _ message: String) -> (Code, String) {
        for (prefix, code) in prefixes where message.hasPrefix(prefix) {
            return (code, String(message.dropFirst(prefix.count)))
        }
        // Streams end with a gRPC status as Go prints it.
        var rest = message[...]
        if rest.hasPrefix(streamEnd) { rest = rest.dropFirst(streamEnd.count) }
        if let code = goStatus(in: rest) {
            guard rest.hasPrefix(statusStart), let range = rest.firstRange(of: " desc = ") else {
                return (code, message)
            }
            return (code, String(rest[range.upperBound...]))
        }
        return (code(status, message), message)
    }

    private static let streamEnd = "internal error: subscription finished with error: "
    private static let statusStart = "rpc error: code = "

    private static func goStatus(in message: Substring) -> Code? {
        guard let range = message.firstRange(of: statusStart) else { return nil }
        return names[String(message[range.upperBound...].prefix { $0.isLetter })]
    }

    private static let prefixes: [(String, Code)] = [
        ("Flow resource not found: ", .notFound), ("Invalid Flow argument: ", .invalidArgument),
        ("Invalid Flow request: ", .internal), ("Failed to process request: ", .unavailable),
        ("Precondition failed: ", .failedPrecondition), ("Out of range: ", .outOfRange),
        ("Cadence error: ", .invalidArgument),
    ]

    private static func code(_ status: Int, _ message: String) -> Code {
        switch status {
        case 400 where message.contains("unsupported topic") || message.contains("does not support streaming"):
            return .unimplemented
        case 400, 411, 413, 414, 415, 422, 431: return .invalidArgument
        case 401: return .unauthenticated
        case 403: return .permissionDenied
        case 404: return .notFound
        case 405, 501: return .unimplemented
        case 408, 504: return .deadlineExceeded
        case 409: return .aborted
        case 429: return .resourceExhausted
        // What nodes say of everything that has no status of its own: rate limits, deadlines, methods that are off.
        case 500 where message == "internal server error": return .unknown
        case 500: return .internal
        case 502, 503: return .unavailable
        default: return .unknown
        }
    }

    /// Go's names of gRPC's codes.
    private static let names: [String: Code] = [
        "Canceled": .cancelled, "Unknown": .unknown, "InvalidArgument": .invalidArgument,
        "DeadlineExceeded": .deadlineExceeded, "NotFound": .notFound, "AlreadyExists": .alreadyExists,
        "PermissionDenied": .permissionDenied, "ResourceExhausted": .resourceExhausted,
        "FailedPrecondition": .failedPrecondition, "Aborted": .aborted, "OutOfRange": .outOfRange,
        "Unimplemented": .unimplemented, "Internal": .internal, "Unavailable": .unavailable, "DataLoss": .dataLoss,
        "Unauthenticated": .unauthenticated,
    ]

    /// A proxy's page, as far as it can be shown.
    private static func plain(_ response: HTTPResponse) -> String {
        let text = String(decoding: response.body.prefix(200), as: UTF8.self).filter { $0 >= " " && $0 <= "~" }
        if text.isEmpty, response.status == 500 {
            return "HTTP 500 with nothing more: so nodes answer what is larger than they may send"
        }
        return "HTTP \(response.status) \(text.isEmpty ? HTTPStatus.phrase(response.status) : text)"
    }

    init(_ error: HTTPError, method: String, node: String) {
        switch error.code {
        case .timedOut: self.init(.deadlineExceeded, error.description, method: method, node: node)
        case .tooLarge:
            // gRPC's words, by which the catalogue knows that waiting does not help.
            self.init(
                .resourceExhausted, "received message larger than max: \(error.message)", method: method, node: node)
        case .invalidRequest: self.init(.invalidArgument, error.description, method: method, node: node)
        case .protocolViolation: self.init(.internal, error.description, method: method, node: node)
        case .upgradeRefused:
            let status = error.message.firstRange(of: " answered ").flatMap { range in
                Int(error.message[range.upperBound...].prefix { $0.isNumber })
            }
            self.init(status: status ?? 0, error.description, method: method, node: node)
            // There is nothing at /v1/ws, or nothing that is a websocket.
            if code == .notFound || code == .invalidArgument || (200..<400).contains(status ?? 0) {
                code = .unimplemented
            }
        // Not resolved, not connected, not trusted, broken off, closed.
        default: self.init(.unavailable, error.description, method: method, node: node)
        }
    }
}

private struct Refusal: HTTPBody {
    var message = ""

    init(from scanner: inout JSONScanner) throws {
        try scanner.fields(["message"]) { name, scanner in if name == "message" { message = try scanner.string() } }
    }
}
