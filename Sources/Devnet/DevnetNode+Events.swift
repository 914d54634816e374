public import FlowClient

extension DevnetNode {
    /// As public nodes have it, inclusive.
    private static let maximumRange: UInt64 = 250

    public func events(
        ofType type: String, heights: ClosedRange<BlockHeight>, encoding: EventEncoding
    ) async throws -> Reply<[BlockEvents]> {
        guard !type.isEmpty else { throw AccessError(.invalidArgument, "invalid event type") }
        let reply = try await answer { [style = configuration.style] shared in
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
            return shared.events(ofType: type, in: heights.lowerBound...min(heights.upperBound, head))
        }
        return try reply.encoded(encoding)
    }

    public func events(
        ofType type: String, blockIDs: [BlockID], encoding: EventEncoding
    ) async throws -> Reply<[BlockEvents]> {
        guard !type.isEmpty else { throw AccessError(.invalidArgument, "invalid event type") }
        let reply = try await answer { shared in
            try blockIDs.map { id in
                let block = try shared.find(.id(id))
                return BlockEvents(block, events: block.allEvents.filter { $0.type == type })
            }
        }
        return try reply.encoded(encoding)
    }

    public func executionData(forBlock id: BlockID, encoding: EventEncoding) async throws -> Reply<BlockExecutionData> {
        let reply = try await answer { shared in
            let block = try shared.find(.id(id))
            _ = try shared.state(of: block)
            return block
        }
        return Reply(
            try reply.value.executionData(encoding, style: configuration.style), metadata: reply.metadata)
    }
}

extension DevnetNode.Shared {
    func events(ofType type: String, in heights: ClosedRange<BlockHeight>) -> [BlockEvents] {
        let isSystem = type == CoreContracts.evm.typeID("BlockExecuted")
        return chain.blocks[Int(heights.lowerBound.rawValue)...Int(heights.upperBound.rawValue)].map { block in
            // The system's events are made anew each time: not where they can't be meant.
            let all = isSystem || !block.systemEvents.isEmpty ? block.allEvents : block.userEvents
            return BlockEvents(block, events: all.filter { $0.type == type })
        }
    }
}

extension BlockRecord {
    var userEvents: [Event] { transactions.flatMap(\.outcome.events) }
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
        var answer = self
        for index in answer.value.indices {
            answer.value[index].events = try answer.value[index].events.map { try $0.encoded(encoding) }
        }
        return answer
    }
}
