import Daemon
import HTTP
import Synchronization

@testable import Encoding
@testable import FlowClient

/// A node whose websockets do as the test says.
final class TopicNode: Sendable {
    /// One message of a client, and on which of its sockets it came, from 0.
    struct Heard: Sendable {
        let link: Link
        let message: JSON
        var id: String { message["subscription_id"]?.string ?? "" }
        var action: String { message["action"]?.string ?? "" }
        var topic: String { message["topic"]?.string ?? "" }
    }

    /// One socket.
    struct Link: Sendable {
        let number: Int
        let socket: WebSocket

        func say(_ text: String) async throws { try await socket.send(.text(text)) }
        func agree(_ id: String) async throws { try await say(#"{"subscription_id":"\#(id)","action":"subscribe"}"#) }
        func give(_ id: String, _ payload: JSON) async throws {
            try await say((["subscription_id": .string(id), "topic": "t", "payload": payload] as JSON).text)
        }
        func refuse(_ id: String, _ code: Int, _ message: String) async throws {
            let error: JSON = ["code": JSON(code), "message": .string(message)]
            try await say((["subscription_id": .string(id), "error": error, "action": "subscribe"] as JSON).text)
        }
    }

    private let heard = AsyncStream.makeStream(of: Heard.self)
    private let closed = AsyncStream.makeStream(of: WebSocket.Closing.self)
    private let opened = Mutex(0)

    /// Sockets so far.
    var sockets: Int { opened.withLock { $0 } }

    /// The next message that anybody sent. For one task.
    func next() async -> Heard {
        for await message in heard.stream { return message }
        preconditionFailure("the node has ended")
    }

    /// How the next socket that went was closed. For one task.
    func nextClosing() async -> WebSocket.Closing {
        for await closing in closed.stream { return closing }
        preconditionFailure("the node has ended")
    }

    /// - Parameter react: runs for each message, one at a time; afterwards the test hears of it.
    func upgrade(_ react: @escaping @Sendable (Heard) async throws -> Void) -> HTTPServerResponse {
        HTTPServerResponse(
            body: .webSocket(
                WebSocketUpgrade(maximumMessageBytes: 8 << 20, pingInterval: nil) { [self] socket, _ in
                    let number = opened.withLock { count in
                        defer { count += 1 }
                        return count
                    }
                    let link = Link(number: number, socket: socket)
                    defer { if let closing = socket.closing { closed.continuation.yield(closing) } }
                    while let message = try await socket.receive() {
                        guard case .text(let text) = message else { continue }
                        let one = Heard(link: link, message: try JSON(parsing: text))
                        try await react(one)
                        heard.continuation.yield(one)
                    }
                }))
    }
}

/// A client to a node that agrees to every subscription, and then does what the test says.
func withTopicNode(
    deadline: Duration = .seconds(30), options: HTTPAccessClient.Options = .init(),
    http: @escaping HTTPServer.Handler = { _ in NodeBody.error(404, "no") },
    react: @escaping @Sendable (TopicNode.Heard) async throws -> Void,
    _ body: (HTTPAccessClient, TopicNode) async throws -> Void
) async throws {
    let node = TopicNode()
    try await withHTTPNode(deadline: deadline, options: options) { request in
        request.path == "/v1/ws" ? node.upgrade(react) : try await http(request)
    } _: { (client, _) async throws in
        try await body(client, node)
    }
}

/// Agrees, and says nothing more.
let agreeing: @Sendable (TopicNode.Heard) async throws -> Void = { heard in
    if heard.action == "subscribe" { try await heard.link.agree(heard.id) }
}

extension NodeBody {
    static func digest(_ height: UInt64) -> JSON {
        ["block_id": .string(hex(height)), "height": .string("\(height)"), "timestamp": "2026-11-21T23:49:40.216Z"]
    }

    static func status(_ status: String, block: UInt64?, index: UInt64) -> JSON {
        ["transaction_result": result(of: 0, block: block, status: status), "message_index": JSON(index)]
    }

    static func events(_ height: UInt64, index: UInt64) -> JSON {
        [
            "block_id": .string(hex(height)), "block_height": .string("\(height)"),
            "block_timestamp": "2026-11-21T23:49:40.216Z", "message_index": JSON(index),
        ]
    }
}
