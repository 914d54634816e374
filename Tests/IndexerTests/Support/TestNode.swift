import FlowClient
import Synchronization

@testable import Indexer

/// A node whose chain is made by the test, block by block, and that misbehaves as it is told.
final class TestNode: PartialAccessAPI {
    struct Entry: Sendable {
        var block: Block
        var results: [TransactionResult]
    }

    struct State {
        var chain: [Entry] = []
        /// Heights that are not given, though the tip is above them.
        var hidden: Set<BlockHeight> = []
        /// Nil: the last block.
        var tip: BlockHeight?
        /// What it calls its head, whatever that is.
        var toldHead: BlockHeight?
        /// More heights at once are refused, as nodes refuse what is too large.
        var rangeLimit = 250
        /// What it makes of its answers to ranges.
        var bendsRanges: @Sendable ([BlockEvents]) -> [BlockEvents] = { $0 }
        /// So many calls for ranges are answered, and no more.
        var diesAfter: Int?
        /// Errors that the next calls end with.
        var failures: [AccessError] = []
        var calls: [String: Int] = [:]
        /// Distinguishes the ids of two chains.
        var salt: UInt8 = 1
    }

    let state = Mutex(State())
    let root: BlockHeight

    /// Has its root block, and nothing in it.
    init(root: BlockHeight = 0, salt: UInt8 = 1) {
        self.root = root
        state.withLock { $0.salt = salt }
        addBlock([])
    }

    var last: BlockHeight { state.withLock { $0.chain[$0.chain.count - 1].block.height } }

    /// One list of events a transaction.
    @discardableResult
    func addBlock(_ transactions: [[TestEvent]], failing: [String] = []) -> BlockHeight {
        state.withLock { state in
            let height = BlockHeight(root.rawValue + UInt64(state.chain.count))
            var block = Block()
            block.height = height
            block.id = Self.blockID(height, salt: state.salt)
            block.parentID = state.chain.last?.block.id ?? .zero
            block.timestamp = Timestamp(seconds: 1_800_000_000 + Int64(height.rawValue), nanoseconds: 250_000_000)
            block.status = .sealed
            var results: [TransactionResult] = []
            for events in transactions {
                results.append(Self.result(block, UInt32(results.count), events, salt: state.salt))
            }
            for error in failing {
                var result = Self.result(block, UInt32(results.count), [], salt: state.salt)
                result.statusCode = 1
                result.errorMessage = error
                results.append(result)
            }
            if !results.isEmpty {
                var guarantee = CollectionGuarantee()
                guarantee.collectionID = TransactionCollection.id(of: results.map(\.transactionID))
                for place in results.indices { results[place].collectionID = guarantee.collectionID }
                block.collectionGuarantees = [guarantee]
            }
            var system = TransactionResult()
            system.status = .sealed
            system.blockID = block.id
            system.blockHeight = height
            // The same in every block, as on a real chain.
            system.transactionID = TransactionID(bytes: [UInt8](repeating: 0xEE, count: 32))!
            results.append(system)
            state.chain.append(Entry(block: block, results: results))
            return height
        }
    }

    /// A block with one event, as bytes that somebody recorded.
    func addRaw(_ type: String, _ payload: [UInt8]) {
        let height = addBlock([[TestEvent(type, [])]])
        state.withLock { state in
            let place = Int(height.rawValue - root.rawValue)
            state.chain[place].results[0].events[0].payload = payload
        }
    }

    /// Takes the blocks above a height off and gives what follows other ids, as another chain would.
    func fork(after height: BlockHeight, salt: UInt8) {
        state.withLock { state in
            state.chain.removeLast(state.chain.count - Int(height.rawValue - root.rawValue) - 1)
            state.salt = salt
        }
    }

    func change(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }

    var entries: [Entry] { state.withLock { $0.chain } }
    func calls(_ name: String) -> Int { state.withLock { $0.calls[name] ?? 0 } }

    static func blockID(_ height: BlockHeight, salt: UInt8) -> BlockID {
        var bytes = [UInt8](repeating: 0, count: 32)
        bytes[0] = salt
        for index in 0..<8 { bytes[31 - index] = UInt8(truncatingIfNeeded: height.rawValue >> UInt64(8 * index)) }
        return BlockID(bytes: bytes)!
    }

    private static func result(_ block: Block, _ index: UInt32, _ events: [TestEvent], salt: UInt8) -> TransactionResult
    {
        var result = TransactionResult()
        result.status = .sealed
        result.blockID = block.id
        result.blockHeight = block.height
        var id = block.id.bytes
        id[0] = salt
        id[1] = 0x77
        id[2] = UInt8(index)
        result.transactionID = TransactionID(bytes: id)!
        result.events = events.enumerated().map { $1.event(result.transactionID, index, UInt32($0)) }
        return result
    }

    // MARK: AccessAPI

    private func answer<T>(
        _ call: String, _ find: (State) -> T?,
        orElse: () -> AccessError = { AccessError(.notFound, "no such block") }
    ) throws -> Reply<T> {
        try state.withLock { state in
            state.calls[call, default: 0] += 1
            if call == "events", let limit = state.diesAfter, (state.calls[call] ?? 0) > limit {
                throw AccessError(.unavailable, "the node is gone")
            }
            if !state.failures.isEmpty { throw state.failures.removeFirst() }
            guard let found = find(state) else { throw orElse() }
            return Reply(found)
        }
    }

    private func entry(_ reference: BlockReference, _ state: State) -> Entry? {
        switch reference {
        case .latestSealed, .latestFinalized:
            let tip = state.tip ?? state.chain[state.chain.count - 1].block.height
            return state.chain.first { $0.block.height == tip }
        case .height(let height):
            guard !state.hidden.contains(height), height <= state.tip ?? height, height >= root else { return nil }
            let place = Int(height.rawValue - root.rawValue)
            return place < state.chain.count ? state.chain[place] : nil
        case .id(let id): return state.chain.first { $0.block.id == id }
        }
    }

    func events(
        ofType type: String, heights: ClosedRange<BlockHeight>, encoding: EventEncoding
    ) async throws -> Reply<[BlockEvents]> {
        try answer("events") { state in
            guard heights.count <= state.rangeLimit else { return nil as [BlockEvents]? }
            return state.bendsRanges(
                state.chain.filter { heights.contains($0.block.height) }.map { entry in
                    var told = BlockEvents()
                    told.blockID = entry.block.id
                    told.blockHeight = entry.block.height
                    told.blockTimestamp = entry.block.timestamp
                    told.events = entry.results.flatMap(\.events).filter { $0.type == type }
                    return told
                })
        } orElse: {
            AccessError(.resourceExhausted, "message larger than max")
        }
    }

    func blockHeader(_ block: BlockReference) async throws -> Reply<BlockHeader> {
        try answer("header") { state in
            entry(block, state).map {
                var header = BlockHeader()
                header.id = $0.block.id
                header.parentID = $0.block.parentID
                header.height = block == .latestSealed ? state.toldHead ?? $0.block.height : $0.block.height
                header.timestamp = $0.block.timestamp
                return header
            }
        }
    }

    func block(_ block: BlockReference, full: Bool) async throws -> Reply<Block> {
        try answer("block") { entry(block, $0)?.block }
    }

    func transactionResults(inBlock id: BlockID, encoding: EventEncoding) async throws -> Reply<[TransactionResult]> {
        let reply = try answer("results") { entry(.id(id), $0) }
        if reply.value.block.parentID == .zero { throw AccessError(.internal, "failed to get system transactions") }
        return Reply(reply.value.results)
    }

    func nodeVersionInfo() async throws -> Reply<NodeVersionInfo> {
        var info = NodeVersionInfo()
        info.nodeRootBlockHeight = root
        return Reply(info)
    }
}
