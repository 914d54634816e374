import Cadence
import Encoding
import HTTP
import Synchronization

extension HTTPAccessClient {
    public func subscribeBlocks(from start: StreamStart, status: BlockStatus, full: Bool) -> AccessStream<Block> {
        blockStream("blocks", start, status) { scanner in
            let body: BlockBody = try scanner.value()
            guard body.hasPayload else { throw BodyError("it must be there", path: ".payload") }
            var block = full ? body.block : body.block.light
            block.status = status
            return block
        }
    }

    public func subscribeBlockHeaders(from start: StreamStart, status: BlockStatus) -> AccessStream<BlockHeader> {
        blockStream("block_headers", start, status) { scanner in
            var header: BlockHeader = try scanner.value()
            header.status = status
            return header
        }
    }

    public func subscribeBlockDigests(from start: StreamStart, status: BlockStatus) -> AccessStream<BlockDigest> {
        blockStream("block_digests", start, status) { try $0.value() }
    }

    public func subscribeEvents(
        from start: StreamStart, filter: EventFilter, heartbeat: UInt64, encoding: EventEncoding
    ) -> AccessStream<EventsMessage> {
        guard encoding == .jsonCDC else { return AccessStream(failing: unimplemented("events in CCF")) }
        let arguments =
            Self.arguments(start) + Self.texts("event_types", filter.eventTypes)
            + Self.texts("contracts", filter.contracts) + Self.texts("addresses", filter.addresses)
            + Self.interval(heartbeat)
        return stream("events", arguments) { try $0.value() }
    }

    public func subscribeAccountStatuses(
        from start: StreamStart, filter: AccountStatusFilter, heartbeat: UInt64, encoding: EventEncoding
    ) -> AccessStream<AccountStatusesMessage> {
        guard encoding == .jsonCDC else { return AccessStream(failing: unimplemented("events in CCF")) }
        let arguments =
            Self.arguments(start) + Self.texts("event_types", filter.eventTypes)
            + Self.texts("account_addresses", filter.addresses.map(\.hex)) + Self.interval(heartbeat)
        return stream("account_statuses", arguments) { try $0.value() }
    }

    public func sendAndSubscribe(_ transaction: Transaction, encoding: EventEncoding) -> AccessStream<TransactionResult>
    {
        guard encoding == .jsonCDC else { return AccessStream(failing: unimplemented("events in CCF")) }
        do {
            guard case .object(let members) = try TransactionPost(transaction).json else {
                fatalError("it is an object")
            }
            return statuses("send_and_get_transaction_statuses", members, transaction.id)
        } catch {
            return AccessStream(failing: accessError(error, "WS /v1/ws send_and_get_transaction_statuses"))
        }
    }

    /// The statuses of a transaction that was sent before, every one in order, then the end. Only this API has it.
    public func subscribeStatuses(of id: TransactionID) -> AccessStream<TransactionResult> {
        statuses("transaction_statuses", [JSON.Member("tx_id", .string(id.hex))], id)
    }

    /// Nodes go on after the last status, without a word; the stream ends there. Messages that are missing are noticed
    /// here: results have no place for their number.
    private func statuses(_ topic: String, _ arguments: [JSON.Member], _ id: TransactionID) -> AccessStream<
        TransactionResult
    > {
        AccessStream { [self] in
            let messages: TopicStream<TransactionStatusMessage> = try await open(topic, arguments) { try $0.value() }
            let seen = StatusesSeen()
            return { [self] in
                guard !seen.areAll, let message = try await messages.next() else { return nil }
                return try await translatingErrors(messages.method) {
                    do {
                        try seen.note(message)
                        var result = message.result
                        result.transactionID = id
                        return try await withOneDeadline { try await withHeight(result) }
                    } catch {
                        messages.leave()
                        throw error
                    }
                }
            }
        }
    }

    /// Nodes are asked by the status's name, and there is none for `unknown`.
    private func blockStream<Element: Sendable>(
        _ topic: String, _ start: StreamStart, _ status: BlockStatus,
        _ read: @escaping @Sendable (inout JSONScanner) throws -> Element
    ) -> AccessStream<Element> {
        guard status != .unknown else {
            let words = "block status is unknown: streams are of finalized blocks or of sealed ones"
            return AccessStream(failing: AccessError(.invalidArgument, words, method: "WS /v1/ws \(topic)", node: node))
        }
        return stream(topic, Self.arguments(start, status), read)
    }

    private func stream<Element: Sendable>(
        _ topic: String, _ arguments: [JSON.Member], _ read: @escaping @Sendable (inout JSONScanner) throws -> Element
    ) -> AccessStream<Element> {
        AccessStream { [self] in
            let messages = try await open(topic, arguments, read)
            return { try await messages.next() }
        }
    }

    /// Returns when the node has agreed.
    private func open<Element>(
        _ topic: String, _ arguments: [JSON.Member],
        _ read: @escaping @Sendable (inout JSONScanner) throws -> Element
    ) async throws -> TopicStream<Element> {
        let method = "WS /v1/ws \(topic)"
        return try await translatingErrors(method) {
            let subscription = try await sockets.subscribe(topic, .object(arguments), within: limit)
            return TopicStream(client: self, method: method, subscription: subscription, read: read)
        }
    }

    // Arguments are strings and lists of strings, all of them; names that are not known are refused.

    private static func arguments(_ start: StreamStart, _ status: BlockStatus) -> [JSON.Member] {
        arguments(start) + [JSON.Member("block_status", status == .finalized ? "finalized" : "sealed")]
    }

    private static func arguments(_ start: StreamStart) -> [JSON.Member] {
        switch start {
        case .latest: []
        case .height(let height): [JSON.Member("start_block_height", .string("\(height)"))]
        case .blockID(let id): [JSON.Member("start_block_id", .string(id.hex))]
        }
    }

    private static func texts(_ name: String, _ values: [String]) -> [JSON.Member] {
        values.isEmpty ? [] : [JSON.Member(name, .array(values.map(JSON.string)))]
    }

    private static func interval(_ value: UInt64) -> [JSON.Member] {
        value == 0 ? [] : [JSON.Member("heartbeat_interval", .string("\(value)"))]
    }
}

/// The messages of one subscription, decoded as they are asked for. Dropping it unsubscribes.
struct TopicStream<Element: Sendable>: Sendable {
    let client: HTTPAccessClient
    let method: String
    let subscription: TopicSubscription
    let read: @Sendable (inout JSONScanner) throws -> Element

    func leave() { subscription.leave(CancellationError()) }

    /// Nil where the node has ended it.
    func next() async throws -> Element? {
        try await client.translatingErrors(method) {
            guard let message = try await subscription.next() else { return nil }
            do { return try message.payload(read) } catch {
                subscription.leave(error)
                throw error
            }
        }
    }
}

/// Of one transaction. For one consumer.
private final class StatusesSeen: Sendable {
    private let state = Mutex<(next: UInt64, areAll: Bool)>((0, false))

    /// Sealed or expired is the last one.
    var areAll: Bool { state.withLock { $0.areAll } }

    func note(_ message: TransactionStatusMessage) throws {
        try state.withLock { state in
            guard message.messageIndex == state.next else {
                throw AccessError(.dataLoss, "message \(message.messageIndex) came where \(state.next) was due")
            }
            state = (state.next + 1, message.result.status == .sealed || message.result.status == .expired)
        }
    }
}
