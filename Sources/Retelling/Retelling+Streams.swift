import Devnet
import Encoding
import FlowClient
import GRPC
import HTTP
import Recordings

/// A stream that was opened, and what has come in.
final class OpenStream {
    enum Source {
        case grpc(GRPCServerStream)
        case socket(WebSocket)
    }

    /// How it ended.
    enum End {
        case closed
        case failed(code: Int, message: String)
        /// Nothing more came for a while.
        case silent
    }

    let source: Source
    var received: [[UInt8]] = []
    var ending: End?
    /// The head when it was opened.
    let openedAt: UInt64

    init(_ source: Source, openedAt: UInt64) {
        self.source = source
        self.openedAt = openedAt
    }

    func end() {
        switch source {
        case .grpc(let stream): stream.cancel()
        case .socket(let socket): socket.end()
        }
    }

    /// The next message is appended to `received`, or `ending` says why there is none.
    func receive(within patience: Duration) async throws {
        guard ending == nil else { return }
        let source = source
        let next: Received = try await withThrowingTaskGroup(of: Received.self) { group in
            group.addTask { try await Self.next(of: source) }
            group.addTask {
                try await Task.sleep(for: patience)
                return .nothing
            }
            defer { group.cancelAll() }
            return try await group.next() ?? .nothing
        }
        switch next {
        case .message(let bytes): received.append(bytes)
        case .closed: ending = .closed
        case .failed(let code, let message): ending = .failed(code: code, message: message)
        case .nothing: ending = .silent
        }
    }

    private enum Received: Sendable {
        case message([UInt8])
        case closed
        case failed(code: Int, message: String)
        case nothing
    }

    private static func next(of source: Source) async throws -> Received {
        switch source {
        case .grpc(let stream):
            do {
                return try await stream.next().map { .message($0.bytes) } ?? .closed
            } catch let error as GRPCError {
                return .failed(code: Int(error.code.rawValue), message: error.message)
            }
        case .socket(let socket):
            switch try await socket.receive() {
            case .text(let text): return .message(Array(text.utf8))
            case .binary(let bytes): return .message(bytes)
            case nil: return .closed
            }
        }
    }
}

extension OpenStream.Source: Sendable {}

extension Retelling {
    /// Subscribes, and waits for the first message where one is there at once, so that the stream has begun before the next
    /// block is made.
    func openStream(_ exchange: RecordedExchange) async throws -> OpenStream {
        guard let connection else { preconditionFailure("it is not connected before it is told") }
        let head = node.finalizedHeight.rawValue
        let stream: OpenStream
        if exchange.transport == "grpc" {
            stream = OpenStream(
                .grpc(
                    try connection.channel.serverStream(
                        exchange.method, try request(exchange), deadline: .seconds(600))), openedAt: head)
        } else {
            let socket = try await connection.http.webSocket("ws://127.0.0.1:\(connection.httpPort)/v1/ws")
            try await socket.send(.text(String(decoding: try request(exchange), as: UTF8.self)))
            stream = OpenStream(.socket(socket), openedAt: head)
        }
        let expected = exchange.messageBytes
        // A websocket's first message says that there is a subscription, its second is the first of the stream.
        let early = exchange.beginsAtHead ? (exchange.transport == "grpc" ? 1 : 2) : 1
        for _ in 0..<min(early, expected.count) { try await stream.receive(within: Self.patience) }
        return stream
    }

    static let patience = Duration.seconds(20)
    /// How long a stream is listened to that has nothing to say.
    private static let silence = Duration.milliseconds(250)

    func compare(_ stream: OpenStream, _ exchange: RecordedExchange) async throws -> AnswerComparison {
        let expected = exchange.messageBytes
        while stream.received.count < expected.count, stream.ending == nil {
            try await makeWay(for: stream.received.count, of: expected, exchange, stream)
            try await stream.receive(within: Self.patience)
        }
        // Blocks that were made meanwhile have taught ids.
        var mine = AnswerComparison(comparison.correspondence)
        for (at, (theirs, ours)) in zip(expected, stream.received).enumerated() {
            let path = "messages[\(at)]"
            if exchange.transport == "grpc" {
                guard let schema = WireSchema.answer(to: exchange.method) else { continue }
                mine.compare(protobuf: theirs, ours, schema, at: path)
            } else {
                mine.compare(json: theirs, ours)
            }
        }
        if stream.received.count < expected.count {
            mine.differ(
                "messages", "\(expected.count)", "\(stream.received.count), then \(stream.ending.map { "\($0)" } ?? "")"
            )
        } else {
            try await compareEnd(stream, exchange, &mine)
        }
        return mine
    }

    /// The blocks that a message tells of, or the block that a status waits for.
    private func makeWay(
        for at: Int, of expected: [[UInt8]], _ exchange: RecordedExchange, _ stream: OpenStream
    ) async throws {
        if let height = exchange.height(in: expected[at]), height > 0 {
            try await makeBlocks(to: height)
        } else if exchange.anyTransaction != nil, at > 0, node.finalizedHeight.rawValue == stream.openedAt,
            !Self.isPending(expected[at], exchange)
        {
            try await makeBlock()
        }
    }

    private static func isPending(_ message: [UInt8], _ exchange: RecordedExchange) -> Bool {
        guard exchange.transport == "grpc" else {
            return String(decoding: message, as: UTF8.self).contains(#""status":"Pending""#)
        }
        let result = (try? SendAndSubscribeTransactionStatusesResponse(protobuf: message))?.results?.result
        return (result?.status ?? .unknown) <= .pending
    }

    private func compareEnd(
        _ stream: OpenStream, _ exchange: RecordedExchange, _ mine: inout AnswerComparison
    ) async throws {
        // What the client ended, by itself or by its deadline, goes on.
        guard exchange.cutAfter == nil, exchange.code != 4 else { return }
        let code = exchange.code ?? 0
        try await stream.receive(within: code == 0 && exchange.messageBytes.isEmpty ? Self.silence : Self.patience)
        switch stream.ending {
        case .closed where code == 0, .silent where code == 0 && exchange.messageBytes.isEmpty: break
        case .failed(let ours, let message) where ours == code:
            mine.compare(text: exchange.message ?? "", message, at: "message")
        case let ending:
            mine.differ(
                "end", "\(code) \(exchange.message ?? "")", ending.map { "\($0)" } ?? "another message")
        }
    }
}
