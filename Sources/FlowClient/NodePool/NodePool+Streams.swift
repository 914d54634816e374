import Daemon
import Synchronization

extension NodePool {
    public func subscribeBlocks(from start: StreamStart, status: BlockStatus, full: Bool) -> AccessStream<Block> {
        resuming("SubscribeBlocks", from: start, longestStep: 1) {
            StreamMark(height: $0.height, id: $0.id, parentID: $0.parentID)
        } open: {
            $0.subscribeBlocks(from: $1, status: status, full: full)
        }
    }

    public func subscribeBlockHeaders(from start: StreamStart, status: BlockStatus) -> AccessStream<BlockHeader> {
        resuming("SubscribeBlockHeaders", from: start, longestStep: 1) {
            StreamMark(height: $0.height, id: $0.id, parentID: $0.parentID)
        } open: {
            $0.subscribeBlockHeaders(from: $1, status: status)
        }
    }

    public func subscribeBlockDigests(from start: StreamStart, status: BlockStatus) -> AccessStream<BlockDigest> {
        resuming("SubscribeBlockDigests", from: start, longestStep: 1) {
            StreamMark(height: $0.height, id: $0.id)
        } open: {
            $0.subscribeBlockDigests(from: $1, status: status)
        }
    }

    /// Cannot be resumed, and is not: after an error ask for the result by id.
    public func sendAndSubscribe(_ transaction: Transaction, encoding: EventEncoding) -> AccessStream<TransactionResult>
    {
        AccessStream { [self] in
            sent.withLock { $0.insert(transaction.id) }
            let request = Request(
                kind: .send, method: "SendAndSubscribeTransactionStatuses", encoding: encoding,
                affinity: NodeAffinity.key)
            return try await perform(request) { api, _ in
                try await api.sendAndSubscribe(transaction, encoding: encoding).open()
            }
        }
    }

    public func subscribeExecutionData(
        from start: StreamStart, encoding: EventEncoding
    ) -> AccessStream<ExecutionDataMessage> {
        resuming("SubscribeExecutionData", from: start, encoding: encoding, longestStep: 1) {
            StreamMark(height: $0.blockHeight, id: $0.executionData.blockID)
        } open: {
            $0.subscribeExecutionData(from: $1, encoding: encoding)
        }
    }

    public func subscribeEvents(
        from start: StreamStart, filter: EventFilter, heartbeat: UInt64, encoding: EventEncoding
    ) -> AccessStream<EventsMessage> {
        resuming("SubscribeEvents", from: start, encoding: encoding, longestStep: heartbeat == 0 ? nil : heartbeat) {
            StreamMark(height: $0.blockHeight, id: $0.blockID, index: $0.messageIndex)
        } renumber: {
            $0.messageIndex = $1
        } open: {
            $0.subscribeEvents(from: $1, filter: filter, heartbeat: heartbeat, encoding: encoding)
        }
    }

    public func subscribeAccountStatuses(
        from start: StreamStart, filter: AccountStatusFilter, heartbeat: UInt64, encoding: EventEncoding
    ) -> AccessStream<AccountStatusesMessage> {
        resuming(
            "SubscribeAccountStatuses", from: start, encoding: encoding, longestStep: heartbeat == 0 ? nil : heartbeat
        ) {
            StreamMark(height: $0.blockHeight, id: $0.blockID, index: $0.messageIndex)
        } renumber: {
            $0.messageIndex = $1
        } open: {
            $0.subscribeAccountStatuses(from: $1, filter: filter, heartbeat: heartbeat, encoding: encoding)
        }
    }

    private func resuming<Element: Sendable>(
        _ method: String, from start: StreamStart, encoding: EventEncoding = .jsonCDC, longestStep: UInt64?,
        mark: @escaping @Sendable (Element) -> StreamMark,
        renumber: @escaping @Sendable (inout Element, UInt64) -> Void = { _, _ in },
        open: @escaping @Sendable (any AccessAPI, StreamStart) -> AccessStream<Element>
    ) -> AccessStream<Element> {
        AccessStream { [self] in
            let stream = ResumingStream(
                self, method: method, from: start, encoding: encoding, longestStep: longestStep, mark: mark,
                renumber: renumber, open: open)
            return { try await stream.next() }
        }
    }

    /// Where a stream goes on that has come to `height`: there again, or above it where the nodes that serve it end, and
    /// those of the next spork begin.
    func resumption(after height: BlockHeight) -> (start: StreamStart, height: BlockHeight?) {
        let next = BlockHeight(height.rawValue + 1)
        let isBoundary = state.withLock { state in
            state.nodes.contains { $0.heights.last == height } && state.nodes.contains { $0.heights.contains(next) }
        }
        return isBoundary ? (.height(next), next) : (.height(height), height)
    }

    /// A stream's messages prove a node, and tell nothing of how fast it answers.
    func proved(_ node: Int) { state.withLock { $0.proved(node) } }

    func withdrew(_ node: Int) { state.withLock { $0.withdrew(node, at: clock.now()) } }

    func choose(_ request: Request, excluding tried: Set<Int>) -> NodePoolStateMachine.Choice {
        state.withLock { $0.choose(request, excluding: tried, at: clock.now()) }
    }

    /// All that serve what is asked for, up or down.
    func able(_ request: Request) -> [Int] { state.withLock { $0.able(request) } }

    func failed(_ node: Int, _ request: Request, _ error: AccessError) -> NodePoolStateMachine.Reaction {
        let now = clock.now()
        let (reaction, wentDown) = state.withLock { $0.failed(node, request, error, after: .zero, at: now) }
        if wentDown { logger.warning("node is down", ["weir.node": names[node], "error": error.description]) }
        return reaction
    }
}
