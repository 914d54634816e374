import Cadence
import Encoding
import FlowClient
import HTTP
import Synchronization

extension AccessSocket {
    /// The payloads of one subscription, by onflow/flow-go engine/access/rest/websockets/data_providers.
    struct Feed: Sendable {
        /// Nil at the end.
        let next: @Sendable () async throws -> JSON?

        private typealias Body = HTTPAccessService.Body
        private typealias Request = HTTPAccessService.Request

        /// - Throws: `Refusal` where topic or arguments are wrong. What goes wrong later is thrown by `next`.
        init(topic: String, arguments: JSON, _ api: any AccessAPI) async throws {
            switch topic {
            case "blocks":
                let (start, status) = try Self.blocks(arguments)
                self.init(api.subscribeBlocks(from: start, status: status, full: true)) { block, _ in
                    var block = block
                    block.status = status
                    return Body.block(block, result: nil, expandsPayload: true)
                }
            case "block_headers":
                let (start, status) = try Self.blocks(arguments)
                self.init(api.subscribeBlockHeaders(from: start, status: status)) { header, _ in Body.header(header) }
            case "block_digests":
                let (start, status) = try Self.blocks(arguments)
                self.init(api.subscribeBlockDigests(from: start, status: status)) { digest, _ in Body.digest(digest) }
            case "events": try await self.init(events: arguments, api)
            case "account_statuses": try await self.init(accountStatuses: arguments, api)
            case "transaction_statuses":
                let id = try Self.naming("invalid arguments for tx statuses data provider") {
                    try Self.transactionID(arguments)
                }
                self.init(TransactionStatuses.stream(of: id, api), Self.statusPayload)
            case "send_and_get_transaction_statuses":
                let transaction = try Self.naming(
                    "invalid arguments for send tx statuses data provider: failed to parse transaction"
                ) { try HTTPAccessService.TransactionBody.parse(GoJSON.compact(arguments)) }
                self.init(api.sendAndSubscribe(transaction, encoding: .jsonCDC), Self.statusPayload)
            default: throw Refusal.bad("unsupported topic \"\(topic)\"")
            }
        }

        private init<Element>(
            _ stream: AccessStream<Element>, _ payload: @escaping @Sendable (Element, _ index: UInt64) -> JSON
        ) {
            let pull = Mutex<(@Sendable () async throws -> Element?)?>(nil)
            let count = Mutex<UInt64>(0)
            next = {
                let open: @Sendable () async throws -> Element?
                if let known = pull.withLock({ $0 }) {
                    open = known
                } else {
                    open = try await stream.open()
                    pull.withLock { $0 = open }
                }
                guard let element = try await open() else { return nil }
                let index = count.withLock { count in
                    defer { count += 1 }
                    return count
                }
                return payload(element, index)
            }
        }

        /// The stream is opened here: a filter that the node does not take is the subscription's refusal.
        private init<Element>(
            checking stream: AccessStream<Element>, _ what: String,
            _ payload: @escaping @Sendable (Element, _ index: UInt64) -> JSON
        ) async throws {
            do {
                let pull = try await stream.open()
                self.init(AccessStream { pull }, payload)
            } catch let error as AccessError {
                if error.code == .invalidArgument { throw Refusal.bad("\(what): \(error.message)") }
                self.init(AccessStream(failing: error), payload)
            }
        }

        private init(events arguments: JSON, _ api: any AccessAPI) async throws {
            let what = "invalid arguments for events data provider"
            let (start, heartbeat, filter) = try Self.naming(what) {
                try Self.allow(
                    [
                        "start_block_id", "start_block_height", "event_types", "addresses", "contracts",
                        "heartbeat_interval",
                    ], in: arguments)
                return (
                    try Self.start(arguments), try Self.heartbeat(arguments),
                    EventFilter(
                        eventTypes: try Self.strings(arguments, "event_types"),
                        contracts: try Self.strings(arguments, "contracts"),
                        addresses: try Self.strings(arguments, "addresses"))
                )
            }
            let stream = api.subscribeEvents(from: start, filter: filter, heartbeat: heartbeat, encoding: .jsonCDC)
            try await self.init(checking: stream, "\(what): error creating event filter") { message, _ in
                var block = BlockEvents()
                block.blockID = message.blockID
                block.blockHeight = message.blockHeight
                block.blockTimestamp = message.blockTimestamp
                block.events = message.events
                return .object(
                    (Body.blockEvents(block).object ?? [])
                        + [JSON.Member("message_index", JSON(message.messageIndex))])
            }
        }

        private init(accountStatuses arguments: JSON, _ api: any AccessAPI) async throws {
            let what = "invalid arguments for account statuses data provider"
            let (start, heartbeat, filter) = try Self.naming(what) {
                try Self.allow(
                    [
                        "start_block_id", "start_block_height", "event_types", "account_addresses",
                        "heartbeat_interval",
                    ], in: arguments)
                return (
                    try Self.start(arguments), try Self.heartbeat(arguments),
                    AccountStatusFilter(
                        eventTypes: try Self.strings(arguments, "event_types"),
                        addresses: try Self.strings(arguments, "account_addresses").map(Request.address))
                )
            }
            let stream = api.subscribeAccountStatuses(
                from: start, filter: filter, heartbeat: heartbeat, encoding: .jsonCDC)
            try await self.init(checking: stream, "\(what): failed to create event filter") { message, _ in
                let accounts = message.results.sorted { $0.address < $1.address }
                return [
                    "block_id": JSON(message.blockID.hex), "height": Body.text(message.blockHeight.rawValue),
                    "account_events": .object(
                        accounts.map { .init($0.address.description, .array($0.events.map(Body.event))) }),
                    "message_index": JSON(message.messageIndex),
                ]
            }
        }

        private static let statusPayload: @Sendable (TransactionResult, UInt64) -> JSON = { result, index in
            [
                "transaction_result": Body.result(result, of: result.transactionID), "message_index": JSON(index),
            ]
        }
    }
}
