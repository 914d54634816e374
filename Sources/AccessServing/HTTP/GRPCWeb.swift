import Encoding
import FlowClient
import GRPC
import HTTP
import Synchronization

/// The gRPC methods for browsers, which can't read HTTP/2 trailers: frames in a plain body, the status in a last frame of its
/// own (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md). In bytes, or in base64 (`grpc-web-text`).
struct GRPCWeb: Sendable {
    private let service: AccessService

    init(_ service: AccessService) { self.service = service }

    private static let content = "application/grpc-web"

    static func speaks(_ request: HTTPServerRequest) -> Bool {
        request.method == "POST" && request.headers["Content-Type"]?.hasPrefix(content) == true
    }

    func answer(to request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let isText = request.headers["Content-Type"]?.hasPrefix(Self.content + "-text") == true
        let answers: AccessStream<[UInt8]>
        do {
            answers = try await call(request, isText: isText)
        } catch let error as GRPCError {
            return Self.response([Self.trailers(error)], isText: isText)
        }
        return Self.response(
            .stream(.init(Self.frames(of: answers, isText: isText), endsAtShutdown: true)), isText: isText)
    }

    /// A frame for each answer, and the last with how it ended.
    private static func frames(of answers: AccessStream<[UInt8]>, isText: Bool) -> AccessStream<[UInt8]> {
        AccessStream {
            let next = Mutex<(@Sendable () async throws -> [UInt8]?)?>(nil)
            let isOver = Mutex(false)
            return {
                guard !isOver.withLock({ $0 }) else { return nil }
                var frame: [UInt8]
                do {
                    let pull: @Sendable () async throws -> [UInt8]?
                    if let known = next.withLock({ $0 }) { pull = known } else { pull = try await answers.open() }
                    next.withLock { $0 = pull }
                    if let answer = try await pull() {
                        frame = Self.frame(0, answer)
                    } else {
                        isOver.withLock { $0 = true }
                        frame = trailers(nil)
                    }
                } catch let error as GRPCError {
                    isOver.withLock { $0 = true }
                    frame = trailers(error)
                }
                if isText { frame = Array(Base64.encode(frame).utf8) }
                return frame
            }
        }
    }

    private func call(
        _ request: HTTPServerRequest, isText: Bool
    ) async throws -> AccessStream<[UInt8]> {
        guard let method = service.method(for: request.path) else {
            throw GRPCError(.unimplemented, "there is no method \(request.path)")
        }
        let message = GRPCMessage(copying: [try Self.message(in: request.body, isText: isText)])
        switch method {
        case .serverStream(let open): return try open(message)
        case .unary(let body):
            let answer = try await body(Self.deadline(request.headers["grpc-timeout"]), message)
            return AccessStream {
                let rest = Mutex<[UInt8]?>(answer)
                return { rest.withLock { $0.take() } }
            }
        }
    }

    /// The one message of a request: a flag, its length in four bytes, itself.
    private static func message(in body: [UInt8], isText: Bool) throws(GRPCError) -> [UInt8] {
        var bytes = body
        if isText {
            guard let decoded = Base64.decode(String(decoding: body, as: UTF8.self)) else {
                throw GRPCError(.invalidArgument, "the body is no base64")
            }
            bytes = decoded
        }
        guard bytes.count >= 5, bytes[0] == 0 else {
            throw GRPCError(.invalidArgument, "the body is no uncompressed gRPC message")
        }
        let length = bytes[1..<5].reduce(0) { $0 << 8 | Int($1) }
        guard bytes.count == 5 + length else {
            throw GRPCError(
                .invalidArgument, "a message of \(length) bytes is announced, and \(bytes.count - 5) are there")
        }
        return Array(bytes[5...])
    }

    /// `20S`, `500m`: a number of at most eight digits and a unit.
    private static func deadline(_ text: String?) -> Duration? {
        guard let text, let unit = text.last, let value = Int64(text.dropLast()), (0...99_999_999).contains(value)
        else {
            return nil
        }
        switch unit {
        case "H": return .seconds(value * 3600)
        case "M": return .seconds(value * 60)
        case "S": return .seconds(value)
        case "m": return .milliseconds(value)
        case "u": return .microseconds(value)
        case "n": return .nanoseconds(value)
        default: return nil
        }
    }

    private static func frame(_ flag: UInt8, _ payload: [UInt8]) -> [UInt8] {
        [flag] + withUnsafeBytes(of: UInt32(payload.count).bigEndian, Array.init) + payload
    }

    private static func trailers(_ error: GRPCError?) -> [UInt8] {
        var text = "grpc-status: \(error?.code.rawValue ?? 0)\r\n"
        if let error { text += "grpc-message: \(percentEncoded(error.message))\r\n" }
        for entry in error?.trailingMetadata.entries ?? [] {
            text += "\(entry.key): \(percentEncoded(String(decoding: entry.value, as: UTF8.self)))\r\n"
        }
        return frame(0x80, Array(text.utf8))
    }

    /// Printable ASCII but for the percent sign as it is (PROTOCOL-HTTP2.md, Percent-Encoded).
    private static func percentEncoded(_ text: String) -> String {
        var out = ""
        for byte in text.utf8 {
            if (0x20...0x7e).contains(byte), byte != UInt8(ascii: "%") {
                out.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                out += "%" + (digits.utf8.count == 1 ? "0" + digits : digits)
            }
        }
        return out
    }

    private static func response(_ frames: [[UInt8]], isText: Bool) -> HTTPServerResponse {
        let bytes = frames.flatMap { isText ? Array(Base64.encode($0).utf8) : $0 }
        return response(.bytes(bytes), isText: isText)
    }

    private static func response(_ body: HTTPServerResponse.Body, isText: Bool) -> HTTPServerResponse {
        HTTPServerResponse(
            status: 200,
            headers: [
                "Content-Type": content + (isText ? "-text+proto" : "+proto"),
                "Access-Control-Expose-Headers": "grpc-status,grpc-message",
            ], body: body)
    }
}
