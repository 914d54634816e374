import Cadence
import Encoding
package import FlowClient

/// Blocks by height, from a node, checked for contradictions in themselves. It decides nothing about the chain: that is
/// the state machine's part.
package struct BlockSource: Sendable {
    let api: any AccessAPI
    let reader: EventReader
    let encoding: EventEncoding
    /// Calls under way at once.
    let concurrency: Int
    private let sporks = SporkMemory()

    package init(api: any AccessAPI, reader: EventReader, encoding: EventEncoding = .ccf, concurrency: Int = 8) {
        self.api = api
        self.reader = reader
        self.encoding = encoding
        self.concurrency = concurrency
    }

    /// The sealed head.
    package func tip() async throws -> BlockMark {
        let header = try await api.blockHeader(.latestSealed).value
        guard header.height.rawValue <= UInt64(Int64.max) / 2 else {
            throw AccessError(.dataLoss, "the node tells of a head \(header.height), which no chain comes to")
        }
        return BlockMark(height: header.height, id: header.id)
    }

    /// The block that the node has at a height, nil where it has none.
    package func mark(at height: BlockHeight) async throws -> BlockMark? {
        try await found { try await api.blockHeader(.height(height)).value }.map {
            BlockMark(height: $0.height, id: $0.id)
        }
    }

    /// In order and without gaps, beginning with the range's first. Shorter than the range where the node gave no more.
    package func blocks(_ heights: ClosedRange<BlockHeight>) async throws -> [IngestedBlock] {
        try await withThrowingTaskGroup(of: (BlockHeight, IngestedBlock?).self) { group in
            var next = heights.lowerBound
            var fetched: [BlockHeight: IngestedBlock] = [:]
            func start() {
                guard next <= heights.upperBound else { return }
                let height = next
                group.addTask { (height, try await block(at: height)) }
                next = height.advanced(by: 1)
            }
            for _ in 0..<concurrency { start() }
            while let (height, block) = try await group.next() {
                fetched[height] = block
                // The first height that is missing ends the answer: nothing beyond it is worth a call.
                if block == nil { next = heights.upperBound.advanced(by: 1) }
                start()
            }
            var ordered: [IngestedBlock] = []
            for height in heights {
                guard let block = fetched[height] else { break }
                ordered.append(block)
            }
            return ordered
        }
    }

    /// Nil where the node doesn't have it, or has it and not yet sealed.
    package func block(at height: BlockHeight) async throws -> IngestedBlock? {
        guard let block = try await found({ try await api.block(.height(height), full: false).value }) else {
            return nil
        }
        guard block.height == height else {
            throw IndexerError(.contradiction, "the node answered with block \(block.height)", height: height)
        }
        if block.status == .finalized { return nil }
        guard block.timestamp.isPlausible else {
            throw IndexerError(.contradiction, "block \(block.id) is not of the years 1 to 9999", height: height)
        }
        guard let results = try await results(of: block) else { return nil }
        try checkComplete(results, of: block)
        return try ingested(block, results)
    }

    /// A root block has no transactions, not even the system's, and nodes fail over it in their own ways
    /// (recordings/README.md).
    private func results(of block: Block) async throws -> [TransactionResult]? {
        if block.parentID == .zero { return [] }
        if block.collectionGuarantees.isEmpty, try await sporks.isRoot(block.height, api) { return [] }
        do {
            return try await encoding.orJSON { try await api.transactionResults(inBlock: block.id, encoding: $0).value }
        } catch let error as AccessError {
            if error.code == .notFound || error.code == .outOfRange { return nil }
            throw error
        }
    }

    /// That nothing is left out: the results of each collection are those of the transactions that its id is made of. What
    /// does not fit is this answer's fault, and is asked for again; the system's own results are in no collection.
    private func checkComplete(_ results: [TransactionResult], of block: Block) throws {
        // Over HTTP results of a block are put together from its collections, and carry their ids.
        var ids: [CollectionID: [TransactionID]] = [:]
        for result in results where result.collectionID != .zero {
            ids[result.collectionID, default: []].append(result.transactionID)
        }
        for guarantee in block.collectionGuarantees {
            guard
                TransactionCollection.id(of: ids.removeValue(forKey: guarantee.collectionID) ?? [])
                    == guarantee.collectionID
            else {
                throw AccessError(
                    .dataLoss,
                    "the results of block \(block.height) are not those of its collection \(guarantee.collectionID): some are missing"
                )
            }
        }
        if let stranger = ids.keys.first {
            throw AccessError(
                .dataLoss, "block \(block.height) has results of a collection \(stranger) that is not in it")
        }
        for result in results where result.status == .unknown || result.status == .expired {
            throw AccessError(
                .dataLoss, "the node does not know what became of \(result.transactionID) in block \(block.height)")
        }
    }

    private func ingested(_ block: Block, _ results: [TransactionResult]) throws -> IngestedBlock {
        var ingested = IngestedBlock(
            link: BlockLink(height: block.height, id: block.id, parentID: block.parentID), producedAt: block.timestamp)
        ingested.transactions.reserveCapacity(results.count)
        for (index, result) in results.enumerated() {
            let tracked = try trackedEvents(of: result, at: index, of: block)
            let failed = result.statusCode != 0 || !result.errorMessage.isEmpty
            ingested.transactions.append(
                IngestedBlock.Outcome(
                    index: UInt32(index), id: result.transactionID, statusCode: failed ? max(1, result.statusCode) : 0,
                    errorMessage: failed ? PlainText.storable(result.errorMessage) : nil,
                    isSystem: result.collectionID == .zero, eventCount: result.events.count))
            for event in tracked {
                do {
                    // The interfaces' events are everybody's: those about others' tokens are not kept.
                    guard let read = try reader.read(event, at: block.height) else { continue }
                    ingested.read.append(read)
                } catch let error as IndexerError where error.code == .undecodable {
                    ingested.poison.append(PoisonEvent(event, at: block.height, error: "\(error)"))
                }
                ingested.events.append(event)
            }
        }
        return ingested
    }

    /// The events that somebody asks for, in their order. A result that belongs elsewhere, or two events in one place, would
    /// put owners where they are not. What nobody tracks may be as odd as it likes: emulators number the system's events twice.
    private func trackedEvents(of result: TransactionResult, at index: Int, of block: Block) throws -> [Event] {
        func contradiction(_ what: String) -> IndexerError {
            IndexerError(.contradiction, "result \(index) of block \(block.id): \(what)", height: block.height)
        }
        if result.blockID != .zero, result.blockID != block.id {
            throw contradiction("it names block \(result.blockID)")
        }
        if result.blockHeight != 0, result.blockHeight != block.height {
            throw contradiction("it names height \(result.blockHeight)")
        }
        var events = result.events.filter { reader.tracks($0.type) }
        let isSystem = result.collectionID == .zero
        for at in events.indices {
            let event = events[at]
            guard event.transactionID == result.transactionID, isSystem || event.transactionIndex == UInt32(index)
            else {
                throw contradiction(
                    "an event of transaction \(event.transactionID) (\(event.transactionIndex)) is in it")
            }
            guard event.eventIndex <= UInt32(Int32.max) else {
                throw contradiction("event \(event.eventIndex) has an index that no transaction comes to")
            }
            events[at].transactionIndex = UInt32(index)
        }
        // Nodes deliver them in no promised order.
        events.sort { $0.eventIndex < $1.eventIndex }
        for (event, next) in zip(events, events.dropFirst()) where event.eventIndex == next.eventIndex {
            throw contradiction("event \(event.eventIndex) is in it twice")
        }
        return events
    }

    /// "Not found" is a value here; whatever else goes wrong is an error.
    private func found<T>(_ call: () async throws -> T) async throws -> T? {
        do {
            return try await call()
        } catch let error as AccessError where error.code == .notFound || error.code == .outOfRange {
            return nil
        }
    }
}

extension EventEncoding {
    /// Asks for this encoding, and for JSON-CDC where the node does not have it: the HTTP API has no CCF.
    func orJSON<Answer>(_ ask: (EventEncoding) async throws -> Answer) async throws -> Answer {
        do {
            return try await ask(self)
        } catch let error as AccessError where error.code == .unimplemented && self == .ccf {
            return try await ask(.jsonCDC)
        }
    }
}
