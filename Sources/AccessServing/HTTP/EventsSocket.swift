import Daemon
import Encoding
import FlowClient
import HTTP

/// The older websocket of events, at /v1/subscribe_events: one subscription, told by the query, and messages in the form that
/// Go gives to a struct without tags. Sources: onflow/flow-go engine/access/rest/http/routes/subscribe_events.go and
/// engine/access/rest/websockets/legacy.
enum EventsSocket {
    private typealias Request = HTTPAccessService.Request
    private typealias Refusal = HTTPAccessService.Refusal

    /// Until the client says anything or goes, or the stream ends.
    static func run(_ socket: WebSocket, _ request: HTTPServerRequest, _ api: any AccessAPI) async throws {
        let stream: AccessStream<EventsMessage>
        do {
            let (start, filter, heartbeat) = try read(request)
            stream = api.subscribeEvents(from: start, filter: filter, heartbeat: heartbeat, encoding: .jsonCDC)
        } catch let refusal as Refusal {
            return await socket.close(code: 1003, reason: refusal.message)
        }
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                // The client has nothing to say: whatever comes ends the subscription.
                group.addTask { _ = try await socket.receive() }
                group.addTask {
                    for try await message in stream {
                        try await socket.send(.text(String(decoding: GoJSON.compact(json(message)), as: UTF8.self)))
                    }
                }
                defer { group.cancelAll() }
                try await group.next()
            }
        } catch let error as AccessError {
            await socket.close(code: code(of: error), reason: String(error.message.prefix(100)))
        }
    }

    /// What cannot be read is unsupported data; what the node does not have is an error of its own.
    private static func code(of error: AccessError) -> UInt16 {
        switch error.code {
        case .invalidArgument, .notFound, .outOfRange: 1003
        case .unavailable, .resourceExhausted: 1013
        default: 1011
        }
    }

    private static func read(_ request: HTTPServerRequest) throws -> (StreamStart, EventFilter, UInt64) {
        func list(_ name: String) -> [String] {
            (request.query(name) ?? "").split(separator: "," as Character).map(String.init)
        }
        let (id, height) = (request.query("start_block_id") ?? "", request.query("start_height") ?? "")
        guard id.isEmpty || height.isEmpty else {
            throw Refusal.bad("can only provide either block ID or start height")
        }
        var start = StreamStart.latest
        if let id = try Request.identifier(id) { start = .blockID(BlockID(raw: id)) }
        if !height.isEmpty {
            start = .height(BlockHeight(try Request.unsigned(height, "invalid height format")))
        }
        let heartbeat = request.query("heartbeat_interval") ?? ""
        return (
            start,
            EventFilter(eventTypes: list("event_types"), contracts: list("contracts"), addresses: list("addresses")),
            heartbeat.isEmpty ? 0 : try Request.unsigned(heartbeat, "invalid heartbeat interval format")
        )
    }

    private static func json(_ message: EventsMessage) -> JSON {
        [
            "BlockID": JSON(message.blockID.hex), "Height": JSON(message.blockHeight.rawValue),
            "Events": message.events.isEmpty ? .null : .array(message.events.map(json)),
            "BlockTimestamp": JSON(GoTime.text(message.blockTimestamp)),
        ]
    }

    private static func json(_ event: Event) -> JSON {
        [
            "Type": JSON(event.type), "TransactionID": JSON(event.transactionID.hex),
            "TransactionIndex": JSON(event.transactionIndex), "EventIndex": JSON(event.eventIndex),
            "Payload": JSON(Base64.encode(event.payload)),
        ]
    }
}
