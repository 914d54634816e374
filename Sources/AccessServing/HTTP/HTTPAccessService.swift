package import Daemon
import Encoding
package import FlowClient
package import HTTP

/// The HTTP Access API over any `AccessAPI`: the routes of onflow/flow-go engine/access/rest/router/routes_main.go, their
/// bodies to the byte, and websockets at /v1/ws; besides, the gRPC methods for browsers. Where flow-go's own server says less than it knows, so that a client
/// could not tell a fault from an absence, this one says more:
///
/// - a block that could not be looked up is 404 only where it is not there;
/// - `resourceExhausted` is 429, `unimplemented` 501, `deadlineExceeded` 504, where flow-go says 500 to all three;
/// - `block_height=sealed` and `final` find the transactions of a block, where flow-go looks for a block of that number.
package struct HTTPAccessService: Sendable {
    let api: any AccessAPI
    let logger: Logger
    private var router = Router()
    private let grpcWeb: GRPCWeb

    /// - Parameter manners: of the gRPC methods, which browsers call here, too (`GRPCWeb`).
    package init(_ api: any AccessAPI, manners: AccessManners = .accessNode, logger: Logger = .silent) {
        self.api = api
        self.logger = logger
        grpcWeb = GRPCWeb(AccessService(api, manners: manners))
        registerNetwork()
        registerBlocks()
        registerTransactions()
        registerAccounts()
        registerEventsAndScripts()
        registerExecution()
        router.get("/v1/subscribe_events") { [api] _ in
            let upgrade = WebSocketUpgrade(maximumMessageBytes: 1 << 16, pingInterval: .seconds(9)) { socket, request in
                try await EventsSocket.run(socket, request, api)
            }
            return HTTPServerResponse(body: .webSocket(upgrade))
        }
        router.get("/v1/ws") { [self] _ in HTTPServerResponse(body: .webSocket(webSocket())) }
    }

    /// The answer, or the API's own error body; throws `CancellationError` and nothing else. Pages of any origin may read it,
    /// as with an access node (onflow/flow-go engine/access/rest/server.go).
    package func respond(to request: HTTPServerRequest) async throws -> HTTPServerResponse {
        guard request.headers["Origin"] != nil else { return try await answer(to: request) }
        if request.method == "OPTIONS", request.headers["Access-Control-Request-Method"] != nil {
            return CrossOrigin.preflight(request.headers)
        }
        return CrossOrigin.open(try await answer(to: request))
    }

    private func answer(to request: HTTPServerRequest) async throws -> HTTPServerResponse {
        if GRPCWeb.speaks(request) { return try await grpcWeb.answer(to: request) }
        do {
            return try await router.respond(to: request)
        } catch let problem as ProblemDocument {
            return Self.answer(problem)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            if !(error is Refusal || error is AccessError) {
                logger.error("an answer could not be made", ["path": request.path, "error": "\(error)"])
            }
            return Self.answer(Refusal(error))
        }
    }

    /// A refusal by the server below in the API's own words.
    package static func answer(_ problem: ProblemDocument) -> HTTPServerResponse {
        let message = problem.status == 413 ? "request size exceeds maximum allowed" : problem.detail ?? problem.title
        var response = answer(Refusal(problem.status, message))
        for field in problem.headers { response.headers.append(field.name, field.value) }
        return response
    }

    /// A refusal by the server below before anybody has seen the request's headers.
    package static func refusing(_ problem: ProblemDocument) -> HTTPServerResponse { CrossOrigin.open(answer(problem)) }

    private static func answer(_ refusal: Refusal) -> HTTPServerResponse {
        var response = answer(GoJSON.indented(refusal.json), status: refusal.status)
        if let delay = refusal.retryAfter { response.headers["Retry-After"] = "\(max(delay.components.seconds, 1))" }
        return response
    }

    private static func answer(_ body: [UInt8], status: Int) -> HTTPServerResponse {
        HTTPServerResponse(
            status: status, headers: ["Content-Type": "application/json; charset=UTF-8"], body: .bytes(body))
    }

    mutating func on(
        _ method: String, _ pattern: String,
        _ body: @escaping @Sendable (any AccessAPI, Request) async throws -> JSON
    ) {
        router.on(method, "/v1" + pattern) { [api] incoming in
            let request = Request(incoming)
            let value = try await body(api, request)
            return Self.answer(GoJSON.indented(GoJSON.select(value, request.selected)), status: 200)
        }
    }

    mutating func get(
        _ pattern: String, _ body: @escaping @Sendable (any AccessAPI, Request) async throws -> JSON
    ) {
        on("GET", pattern, body)
    }

    /// Why a request is refused: status and message of the API's error body.
    struct Refusal: Error, Hashable {
        var status: Int
        var message: String
        var retryAfter: Duration?

        init(_ status: Int, _ message: String) {
            self.status = status
            self.message = message
        }

        /// As onflow/flow-go engine/access/rest/common/http_request_handler.go has it, and see `HTTPAccessService`.
        init(_ error: any Error) {
            switch error {
            case let refusal as Refusal: self = refusal
            case let error as AccessError:
                self =
                    switch error.code {
                    case .notFound: Refusal(404, "Flow resource not found: \(error.message)")
                    case .invalidArgument: Refusal(400, "Invalid Flow argument: \(error.message)")
                    case .internal: Refusal(500, "Invalid Flow request: \(error.message)")
                    case .unavailable: Refusal(503, "Failed to process request: \(error.message)")
                    case .failedPrecondition: Refusal(400, "Precondition failed: \(error.message)")
                    case .outOfRange: Refusal(400, "Out of range: \(error.message)")
                    case .resourceExhausted: Refusal(429, error.message)
                    case .unimplemented: Refusal(501, error.message)
                    case .deadlineExceeded: Refusal(504, error.message)
                    case .cancelled, .unknown, .alreadyExists, .permissionDenied, .aborted, .dataLoss,
                        .unauthenticated:
                        Refusal(500, "internal server error")
                    }
                retryAfter = error.retryAfter
            default: self = Refusal(500, "internal server error")
            }
        }

        /// What is wrong with the request itself.
        static func bad(_ message: String) -> Refusal { Refusal(400, message) }

        var json: JSON { ["code": JSON(status), "message": JSON(message)] }
    }
}

extension AccessError {
    /// As Go's gRPC library prints a status, which the API repeats inside messages of its own.
    var asGoPrintsIt: String { "rpc error: code = \(code.goName) desc = \(message)" }
}

extension AccessError.Code {
    /// google.golang.org/grpc/codes.
    var goName: String {
        switch self {
        case .cancelled: "Canceled"
        case .unknown: "Unknown"
        case .invalidArgument: "InvalidArgument"
        case .deadlineExceeded: "DeadlineExceeded"
        case .notFound: "NotFound"
        case .alreadyExists: "AlreadyExists"
        case .permissionDenied: "PermissionDenied"
        case .resourceExhausted: "ResourceExhausted"
        case .failedPrecondition: "FailedPrecondition"
        case .aborted: "Aborted"
        case .outOfRange: "OutOfRange"
        case .unimplemented: "Unimplemented"
        case .internal: "Internal"
        case .unavailable: "Unavailable"
        case .dataLoss: "DataLoss"
        case .unauthenticated: "Unauthenticated"
        }
    }
}
