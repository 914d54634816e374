public import Daemon
public import GRPC

/// An access node over gRPC. The connection is made with the first call and kept; it closes with the client.
public final class GRPCAccessClient: Sendable {
    /// Host and port.
    public let node: String
    public let channel: GRPCChannel
    let deadline: Duration

    /// - Parameters:
    ///   - target: `host:port`. Public access nodes speak cleartext on port 9000, providers TLS.
    ///   - deadline: for each unary call, where `CallDeadline` says nothing else.
    public init(
        target: String, tls: GRPCClientCredentials = .cleartext, options: GRPCChannel.Options = .init(),
        deadline: Duration = .seconds(30), logger: Logger = .silent
    ) {
        node = target
        self.deadline = deadline
        channel = GRPCChannel(target: target, credentials: tls, options: options, logger: logger)
    }

    func call<Request, Response>(_ method: FlowCall<Request, Response>, _ request: Request) async throws -> Response {
        try await translatingErrors(method.path) {
            let answer = try await channel.unary(
                method.path, request.protobuf, deadline: CallDeadline.current ?? deadline)
            return try answer.message.decoded()
        }
    }

    func stream<Request, Response, Element>(
        _ method: FlowStream<Request, Response>, _ request: Request,
        _ element: @escaping @Sendable (Response) throws -> Element
    ) -> AccessStream<Element> {
        AccessStream { [self] in
            let stream = try await translatingErrors(method.path) {
                try channel.serverStream(method.path, request.protobuf)
            }
            return { [self] in
                try await translatingErrors(method.path) {
                    guard let message = try await stream.next() else { return nil }
                    return try element(message.decoded())
                }
            }
        }
    }

    /// What is missing from an answer that cannot do without it.
    func required<Value>(_ value: Value?, _ field: String, of method: String) throws -> Value {
        guard let value else { throw AccessError(.dataLoss, "the answer has no \(field)", method: method, node: node) }
        return value
    }

    func translatingErrors<R>(_ method: String, _ body: () async throws -> R) async throws -> R {
        do {
            return try await body()
        } catch let error as GRPCError {
            throw AccessError(error, method: method, node: node)
        } catch let error as ProtobufError {
            throw AccessError(.dataLoss, error.description, method: method, node: node)
        }
    }
}

extension GRPCMessage {
    package func decoded<M: ProtobufMessage>() throws -> M {
        try withUnsafeBytes { bytes throws(ProtobufError) in try M(protobuf: bytes) }
    }
}

extension AccessError {
    init(_ error: GRPCError, method: String, node: String) {
        self.init(Code(rawValue: error.code.rawValue) ?? .unknown, error.message, method: method, node: node)
        retryAfter = error.retryAfter
    }
}

extension GRPCError {
    /// How long the other side asks to be left alone: gRPC's own pushback, or what proxies add for HTTP.
    var retryAfter: Duration? {
        for metadata in [trailingMetadata, initialMetadata] {
            if let text = metadata["grpc-retry-pushback-ms"], let number = Int64(text), number >= 0 {
                return .milliseconds(min(number, 86_400_000))
            }
            if let text = metadata["retry-after"], let number = Int64(text), number >= 0 {
                return .seconds(min(number, 86_400))
            }
        }
        return nil
    }
}
