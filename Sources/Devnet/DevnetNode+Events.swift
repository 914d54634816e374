public import FlowClient

extension DevnetNode {
    /// As public nodes have it, inclusive.
    private static let maximumRange: UInt64 = 250

    public func events(
        ofType type: String, heights: ClosedRange<BlockHeight>, encoding: EventEncoding
    ) async throws -> Reply<[BlockEvents]> {
        guard !type.isEmpty else { throw AccessError(.invalidArgument, "invalid event type") }
        let reply = try await answer(.events) { [style = configuration.style] shared in
            // One less than there are: all heights of 64 bits are one more than 64 bits count.
            let distance = heights.upperBound.rawValue - heights.lowerBound.rawValue
            let limit = shared.misbehaviour.maximumEventRange ?? (style == .publicNode ? Self.maximumRange : nil)
            if let limit, distance >= limit {
                throw AccessError(
                    .invalidArgument, "requested block range (\(UInt128(distance) + 1)) exceeded maximum (\(limit))")
            }
            guard heights.lowerBound >= shared.misbehaviour.sporkRoot else {
                throw AccessError(.notFound, "could not find block at height \(heights.lowerBound)")
            }
            let head = shared.visibleSealedHead
            guard heights.lowerBound <= head else {
                guard style == .publicNode else { return [BlockEvents]() }
                throw AccessError(
                    .outOfRange,
                    "start height \(heights.lowerBound) is greater than the last sealed block height \(head)")
            }
            let last = min(heights.upperBound, head)
            let cut = BlockHeight(last.rawValue - min(last.rawValue, shared.misbehaviour.truncatedHeights))
            guard heights.lowerBound <= cut else { return [] }
            return shared.events(ofType: type, in: heights.lowerBound...cut, encoding)
        }
        return try reply.encoded(encoding)
    }

    public func events(
        ofType type: String, blockIDs: [BlockID], encoding: EventEncoding
    ) async throws -> Reply<[BlockEvents]> {
        guard !type.isEmpty else { throw AccessError(.invalidArgument, "invalid event type") }
        let reply = try await answer(.events) { shared in
            try blockIDs.map { id in
                let block = try shared.look(.id(id))
                return BlockEvents(block, events: shared.events(of: block).filter { $0.type == type })
            }
        }
        return try reply.encoded(encoding)
    }

    public func executionData(forBlock id: BlockID, encoding: EventEncoding) async throws -> Reply<BlockExecutionData> {
        let reply = try await answer(.execution) { shared in
            let block = try shared.find(.id(id))
            _ = try shared.state(of: block)
            return block
        }
        return Reply(
            try reply.value.executionData(encoding, style: configuration.style), metadata: reply.metadata)
    }
}

extension DevnetNode.Shared {
    /// As they are kept, in CCF, but for what is told anew: that is told as it is wanted.
    func events(
        ofType type: String, in heights: ClosedRange<BlockHeight>, _ encoding: EventEncoding
    ) -> [BlockEvents] {
        let isSystem = type == CoreContracts.evm.typeID("BlockExecuted")
        return chain.blocks[Int(heights.lowerBound.rawValue)...Int(heights.upperBound.rawValue)].map { block in
            guard !misbehaviour.omitsEventsOf.contains(block.header.height) else {
                return BlockEvents(block, events: [])
            }
            if let generated = block.generated, !isSystem {
                return BlockEvents(block, events: generated.events(ofType: type, encoding: encoding))
            }
            // The system's events are made anew each time: not where they can't be meant.
            guard isSystem || !block.systemEvents.isEmpty else {
                let events = block.executed.lazy.flatMap(\.outcome.events).filter { $0.type == type }
                return BlockEvents(block, events: Array(events))
            }
            return BlockEvents(block, events: block.allEvents.filter { $0.type == type })
        }
    }

    /// But for those that this node leaves out.
    func events(of block: BlockRecord) -> [Event] {
        misbehaviour.omitsEventsOf.contains(block.header.height) ? [] : block.allEvents
    }
}

extension BlockRecord {
    var userEvents: [Event] { generated?.events(ofType: nil) ?? executed.flatMap(\.outcome.events) }
    /// In the order of transaction and event index.
    var allEvents: [Event] { userEvents + SystemTransactions.events(of: self) }

    /// One chunk for the collection where there is one, and the system's. The emulator has one chunk for both, without the
    /// system's transactions.
    func executionData(_ encoding: EventEncoding, style: DevnetConfiguration.Style) throws -> BlockExecutionData {
        var data = BlockExecutionData()
        data.blockID = header.id
        var chunk = ChunkExecutionData()
        chunk.transactions = transactions.map(\.transaction)
        chunk.events = try userEvents.map { try $0.encoded(encoding) }
        chunk.transactionResults = transactions.map { record in
            var result = ExecutionDataTransactionResult()
            result.transactionID = record.id
            result.failed = record.outcome.failed
            result.computationUsed = style == .publicNode ? record.outcome.computation : 0
            return result
        }
        let systemEvents = try SystemTransactions.events(of: self).map { try $0.encoded(encoding) }
        guard style == .publicNode else {
            chunk.events += systemEvents
            data.chunks = [chunk]
            return data
        }
        if !transactions.isEmpty { data.chunks.append(chunk) }
        var system = ChunkExecutionData()
        system.transactions = header.height > 0 ? SystemTransactions.all : []
        system.events = systemEvents
        system.transactionResults = system.transactions.map { transaction in
            var result = ExecutionDataTransactionResult()
            result.transactionID = transaction.id
            return result
        }
        data.chunks.append(system)
        return data
    }
}

extension BlockEvents {
    init(_ block: BlockRecord, events: [Event]) {
        self.init()
        blockID = block.header.id
        blockHeight = block.header.height
        blockTimestamp = block.header.timestamp
        self.events = events
    }
}

extension Reply where Value == [BlockEvents] {
    fileprivate func encoded(_ encoding: EventEncoding) throws -> Reply<[BlockEvents]> {
        guard encoding == .jsonCDC else { return self }
        var answer = self
        for index in answer.value.indices {
            answer.value[index].events = try answer.value[index].events.map { try $0.encoded(encoding) }
        }
        return answer
    }
}
