public import FlowClient
import Synchronization

extension DevnetNode {
    public func subscribeBlocks(from start: StreamStart, status: BlockStatus, full: Bool) -> AccessStream<Block> {
        blockStream(from: start, status: status) { [style = configuration.style] in
            $0.block($1, full: full, style: style)
        }
    }

    public func subscribeBlockHeaders(from start: StreamStart, status: BlockStatus) -> AccessStream<BlockHeader> {
        blockStream(from: start, status: status) { $0.header(of: $1) }
    }

    public func subscribeBlockDigests(from start: StreamStart, status: BlockStatus) -> AccessStream<BlockDigest> {
        blockStream(from: start, status: status) {
            BlockDigest(id: $1.header.id, height: $1.header.height, timestamp: $1.header.timestamp)
        }
    }

    public func subscribeExecutionData(
        from start: StreamStart, encoding: EventEncoding
    ) -> AccessStream<ExecutionDataMessage> {
        stream(from: start, sealed: true) { [style = configuration.style] block, _ in
            var message = ExecutionDataMessage()
            message.blockHeight = block.header.height
            message.blockTimestamp = block.header.timestamp
            message.executionData = try block.executionData(encoding, style: style)
            return message
        }
    }

    public func subscribeEvents(
        from start: StreamStart, filter: EventFilter, heartbeat: UInt64, encoding: EventEncoding
    ) -> AccessStream<EventsMessage> {
        if let mistake = EventMatcher.mistake(in: filter) {
            return AccessStream(failing: AccessError(.invalidArgument, "invalid event filter: \(mistake)"))
        }
        let matcher = EventMatcher(filter)
        return stream(from: start, sealed: true, heartbeat: heartbeat, look: { ($1, $0.misbehaviour) }) {
            seen, cursor in
            let (block, faults) = seen
            let events =
                faults.omitsEventsOf.contains(block.header.height) ? [] : block.allEvents.filter(matcher.matches)
            guard cursor.isDue(hasMatches: !events.isEmpty) else { return nil }
            var message = EventsMessage()
            message.blockID = block.header.id
            message.blockHeight = block.header.height
            message.blockTimestamp = block.header.timestamp
            message.events = try events.map { try $0.encoded(encoding) }
            message.messageIndex = cursor.takeMessageIndex()
            return message
        }
    }

    public func subscribeAccountStatuses(
        from start: StreamStart, filter: AccountStatusFilter, heartbeat: UInt64, encoding: EventEncoding
    ) -> AccessStream<AccountStatusesMessage> {
        if let mistake = AccountStatusMatcher.mistake(in: filter) {
            return AccessStream(failing: AccessError(.invalidArgument, "invalid account status filter: \(mistake)"))
        }
        let matcher = AccountStatusMatcher(filter)
        return stream(from: start, sealed: true, heartbeat: heartbeat) { block, cursor in
            let results = try matcher.results(of: block, encoding: encoding)
            guard cursor.isDue(hasMatches: !results.isEmpty) else { return nil }
            var message = AccountStatusesMessage()
            message.blockID = block.header.id
            message.blockHeight = block.header.height
            message.messageIndex = cursor.takeMessageIndex()
            message.results = results
            return message
        }
    }

    /// Every status in order, each once, then the end.
    public func sendAndSubscribe(_ transaction: Transaction, encoding: EventEncoding) -> AccessStream<TransactionResult>
    {
        AccessStream { [self] in
            let id = try await send(transaction).value
            let last = Mutex<TransactionStatus>(.unknown)
            return { [self] in
                let status = last.withLock { $0 }
                guard status < .sealed else { return nil }
                var result = TransactionResult()
                result.transactionID = id
                if status == .unknown {
                    result.status = .pending
                } else {
                    result = try await nextResult(of: id, after: status, encoding: encoding)
                }
                last.withLock { $0 = result.status }
                return result
            }
        }
    }

    /// The result once the transaction is further than that, with the status that comes next.
    private func nextResult(
        of id: TransactionID, after status: TransactionStatus, encoding: EventEncoding
    ) async throws -> TransactionResult {
        while true {
            let head = finalizedHeight
            var result = try await transactionResult(id, blockID: nil, collectionID: nil, encoding: encoding).value
            if result.status > status {
                guard result.status != .expired else { return result }
                result.status = TransactionStatus(rawValue: status.rawValue + 1) ?? result.status
                if result.status < .executed {
                    result.events = []
                    result.errorMessage = ""
                    result.statusCode = 0
                }
                return result
            }
            try await waitForHead(BlockHeight(head.rawValue + 1))
        }
    }

    private func blockStream<Element: Sendable>(
        from start: StreamStart, status: BlockStatus,
        _ make: @escaping @Sendable (borrowing Shared, BlockRecord) -> Element
    ) -> AccessStream<Element> {
        guard status != .unknown else {
            return AccessStream(
                failing: AccessError(
                    .invalidArgument, "block status is unknown. Possible variants: BLOCK_FINALIZED, BLOCK_SEALED"))
        }
        return stream(from: start, sealed: status == .sealed, look: make) { element, _ in element }
    }

    private func stream<Element: Sendable>(
        from start: StreamStart, sealed: Bool, heartbeat: UInt64 = 1,
        _ make: @escaping @Sendable (BlockRecord, StreamCursor) throws -> Element?
    ) -> AccessStream<Element> {
        stream(from: start, sealed: sealed, heartbeat: heartbeat, look: { $1 }, make)
    }

    /// Block after block from the start on, as fast as they are taken. `look` takes from the chain what is needed, under the
    /// lock; `make` turns it into a message, or says nil where the block is not worth one.
    private func stream<Seen: Sendable, Element: Sendable>(
        from start: StreamStart, sealed: Bool, heartbeat: UInt64 = 1,
        look: @escaping @Sendable (borrowing Shared, BlockRecord) -> Seen,
        _ make: @escaping @Sendable (Seen, StreamCursor) throws -> Element?
    ) -> AccessStream<Element> {
        AccessStream { [self] in
            let first = try await answer(.streams) { try $0.streamStart(start) }.value
            let cursor = StreamCursor(next: first, heartbeat: max(1, heartbeat))
            let repeated = Mutex<Element?>(nil)
            return { [self] in
                if let message = repeated.withLock({ $0.take() }) { return message }
                while true {
                    let height = cursor.next
                    try await sealed ? waitForSealed(height) : waitForHead(height)
                    let looked = shared.withLock { shared in
                        shared.chain[height].map { (look(shared, $0), shared.misbehaviour) }
                    }
                    guard !shared.withLock({ $0.isAway }) else {
                        throw AccessError(.unavailable, "the devnet was told to be away")
                    }
                    // Rolled back in the meantime: it is waited for again.
                    guard let (seen, faults) = looked else { continue }
                    cursor.advance()
                    if let limit = faults.endsStreamsAfter, cursor.sent >= limit {
                        throw AccessError(.unavailable, "the devnet was told to end its streams")
                    }
                    guard let message = try make(seen, cursor), !faults.skipsStreamHeights.contains(height) else {
                        continue
                    }
                    cursor.count()
                    if faults.duplicatesStreamMessages { repeated.withLock { $0 = message } }
                    return message
                }
            }
        }
    }
}

extension DevnetNode.Shared {
    fileprivate func streamStart(_ start: StreamStart) throws(AccessError) -> BlockHeight {
        switch start {
        case .latest: try find(.latestSealed).header.height
        case .height(let height) where waits(for: height): height
        case .height(let height): try find(.height(height)).header.height
        case .blockID(let id): try find(.id(id)).header.height
        }
    }
}

extension DevnetNode.Shared {
    /// A stream may begin where there is no block yet: clients go on at the last height that they saw, and one. Access nodes
    /// wait for the next block alone (onflow/flow-go engine/access/subscription/tracker), the emulator for any.
    private func waits(for height: BlockHeight) -> Bool {
        let head = chain.finalizedHeight.rawValue
        switch chain.configuration.style {
        case .emulator: return height.rawValue > head
        case .publicNode: return height.rawValue == head + 1
        }
    }
}

/// Where a stream is. Only its one reader moves it; the lock is there because a stream can be handed to another task.
final class StreamCursor: Sendable {
    private struct Position {
        var next: BlockHeight
        var silent: UInt64 = 0
        var messages: UInt64 = 0
        var sent = 0
    }
    private let position: Mutex<Position>
    private let heartbeat: UInt64

    init(next: BlockHeight, heartbeat: UInt64) {
        position = Mutex(Position(next: next))
        self.heartbeat = heartbeat
    }

    var next: BlockHeight { position.withLock { $0.next } }
    var sent: Int { position.withLock { $0.sent } }
    func advance() { position.withLock { $0.next = BlockHeight($0.next.rawValue + 1) } }
    func count() { position.withLock { $0.sent += 1 } }

    /// Whether this block makes a message: it has matches, or enough blocks have passed in silence.
    func isDue(hasMatches: Bool) -> Bool {
        position.withLock { position in
            position.silent += 1
            guard hasMatches || position.silent >= heartbeat else { return false }
            position.silent = 0
            return true
        }
    }

    func takeMessageIndex() -> UInt64 {
        position.withLock { position in
            defer { position.messages += 1 }
            return position.messages
        }
    }
}
