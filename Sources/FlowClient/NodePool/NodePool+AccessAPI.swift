public import Cadence
import Synchronization

extension NodePool: AccessAPI {
    public func ping() async throws {
        _ = try await perform(.other, "Ping") { api in
            try await api.ping()
            return Reply(true)
        }
    }

    public func nodeVersionInfo() async throws -> Reply<NodeVersionInfo> {
        try await perform(.other, "GetNodeVersionInfo") { try await $0.nodeVersionInfo() }
    }

    public func networkParameters() async throws -> Reply<ChainID> {
        try await perform(.other, "GetNetworkParameters") { try await $0.networkParameters() }
    }

    public func spork(holding height: BlockHeight) async throws -> HeightRange {
        let spork = try await perform(.other, "GetNodeVersionInfo", height: height) {
            Reply(try await $0.spork(holding: height))
        }
        let ends = state.withLock { $0.nodes.filter { $0.heights.contains(height) }.compactMap(\.heights.last) }
        return HeightRange(first: spork.value.first, last: ends.min())
    }

    // MARK: Blocks and collections

    public func blockHeader(_ block: BlockReference) async throws -> Reply<BlockHeader> {
        let (reply, node) = try await perform(request(.other, "GetBlockHeader", block)) { api, node in
            (try await api.blockHeader(block), node)
        }
        heightsByID[reply.value.id] = reply.value.height
        return block.isLatest ? try await head(block, reply, from: node) : reply
    }

    public func block(_ block: BlockReference, full: Bool) async throws -> Reply<Block> {
        let (reply, node) = try await perform(request(.other, "GetBlock", block)) { api, node in
            (try await api.block(block, full: full), node)
        }
        heightsByID[reply.value.id] = reply.value.height
        return block.isLatest ? try await head(block, reply, full: full, from: node) : reply
    }

    public func collection(_ id: CollectionID) async throws -> Reply<TransactionCollection> {
        try await perform(.other, "GetCollection", isByID: true) { try await $0.collection(id) }
    }

    public func fullCollection(_ id: CollectionID) async throws -> Reply<[Transaction]> {
        try await perform(.other, "GetFullCollection", isByID: true) { try await $0.fullCollection(id) }
    }

    // MARK: Transactions

    /// The same bytes may go to several nodes: their id is the same, and at most one of them executes.
    public func send(_ transaction: Transaction) async throws -> Reply<TransactionID> {
        sent.withLock { $0.insert(transaction.id) }
        return try await perform(.send, "SendTransaction") { try await $0.send(transaction) }
    }

    public func transaction(
        _ id: TransactionID, blockID: BlockID?, collectionID: CollectionID?
    ) async throws -> Reply<Transaction> {
        try await perform(.other, "GetTransaction", isByID: true) {
            try await $0.transaction(id, blockID: blockID, collectionID: collectionID)
        }
    }

    public func transactions(inBlock id: BlockID) async throws -> Reply<[Transaction]> {
        try await perform(request(.other, "GetTransactionsByBlockID", .id(id))) { api, _ in
            try await api.transactions(inBlock: id)
        }
    }

    public func transactionResult(
        inBlock id: BlockID, index: UInt32, encoding: EventEncoding
    ) async throws -> Reply<TransactionResult> {
        try await perform(request(.other, "GetTransactionResultByIndex", .id(id), encoding)) { api, _ in
            try await api.transactionResult(inBlock: id, index: index, encoding: encoding)
        }
    }

    public func transactionResults(
        inBlock id: BlockID, encoding: EventEncoding
    ) async throws -> Reply<[TransactionResult]> {
        try await perform(request(.other, "GetTransactionResultsByBlockID", .id(id), encoding)) { api, _ in
            try await api.transactionResults(inBlock: id, encoding: encoding)
        }
    }

    public func systemTransaction(
        inBlock id: BlockID, transactionID: TransactionID?
    ) async throws -> Reply<Transaction> {
        try await perform(request(.other, "GetSystemTransaction", .id(id))) { api, _ in
            try await api.systemTransaction(inBlock: id, transactionID: transactionID)
        }
    }

    public func systemTransactionResult(
        inBlock id: BlockID, transactionID: TransactionID?, encoding: EventEncoding
    ) async throws -> Reply<TransactionResult> {
        try await perform(request(.other, "GetSystemTransactionResult", .id(id), encoding)) { api, _ in
            try await api.systemTransactionResult(inBlock: id, transactionID: transactionID, encoding: encoding)
        }
    }

    public func scheduledTransaction(_ id: UInt64) async throws -> Reply<Transaction> {
        try await perform(.other, "GetScheduledTransaction", isByID: true) { try await $0.scheduledTransaction(id) }
    }

    public func scheduledTransactionResult(_ id: UInt64, encoding: EventEncoding) async throws -> Reply<
        TransactionResult
    > {
        try await perform(.other, "GetScheduledTransactionResult", isByID: true, encoding: encoding) {
            try await $0.scheduledTransactionResult(id, encoding: encoding)
        }
    }

    // MARK: Accounts and scripts

    public func account(_ address: Address, at state: StateReference) async throws -> Reply<Account> {
        try await perform(.other, "GetAccount", height: state.height) { try await $0.account(address, at: state) }
    }

    public func accountBalance(_ address: Address, at state: StateReference) async throws -> Reply<UInt64> {
        try await perform(.other, "GetAccountBalance", height: state.height) {
            try await $0.accountBalance(address, at: state)
        }
    }

    public func accountKeys(_ address: Address, at state: StateReference) async throws -> Reply<[AccountKey]> {
        try await perform(.other, "GetAccountKeys", height: state.height) {
            try await $0.accountKeys(address, at: state)
        }
    }

    public func accountKey(
        _ address: Address, index: KeyIndex, at state: StateReference
    ) async throws -> Reply<AccountKey> {
        try await perform(.other, "GetAccountKey", height: state.height) {
            try await $0.accountKey(address, index: index, at: state)
        }
    }

    public func executeScript(
        _ script: [UInt8], arguments: [[UInt8]], at block: BlockReference
    ) async throws -> Reply<[UInt8]> {
        try await perform(request(.script, "ExecuteScript", block)) { api, _ in
            try await api.executeScript(script, arguments: arguments, at: block)
        }
    }

    // MARK: Events

    /// A range that crosses sporks is asked of each spork's nodes, one after the other, and answered as one.
    public func events(
        ofType type: String, heights: ClosedRange<BlockHeight>, encoding: EventEncoding
    ) async throws -> Reply<[BlockEvents]> {
        var all = Reply<[BlockEvents]>([])
        for segment in segments(heights) {
            let reply = try await perform(
                .events, "GetEventsForHeightRange", height: segment.lowerBound, encoding: encoding
            ) {
                try await $0.events(ofType: type, heights: segment, encoding: encoding)
            }
            all = Reply(all.value + reply.value, metadata: reply.metadata)
            // Cut short: what comes after would leave a gap in between.
            guard reply.value.last?.blockHeight == segment.upperBound else { break }
        }
        return all
    }

    public func events(
        ofType type: String, blockIDs: [BlockID], encoding: EventEncoding
    ) async throws -> Reply<[BlockEvents]> {
        try await perform(.events, "GetEventsForBlockIDs", isByID: true, encoding: encoding) {
            try await $0.events(ofType: type, blockIDs: blockIDs, encoding: encoding)
        }
    }

    // MARK: Protocol state and execution

    public func protocolStateSnapshot(_ block: BlockReference) async throws -> Reply<[UInt8]> {
        try await perform(request(.other, "GetProtocolStateSnapshot", block)) { api, _ in
            try await api.protocolStateSnapshot(block)
        }
    }

    public func executionResult(forBlock id: BlockID) async throws -> Reply<ExecutionResult> {
        try await perform(request(.other, "GetExecutionResultForBlockID", .id(id))) { api, _ in
            try await api.executionResult(forBlock: id)
        }
    }

    public func executionResult(_ id: Identifier) async throws -> Reply<ExecutionResult> {
        try await perform(.other, "GetExecutionResultByID", isByID: true) { try await $0.executionResult(id) }
    }

    public func executionReceipts(forBlock id: BlockID, includeResult: Bool) async throws -> Reply<[ExecutionReceipt]> {
        try await perform(request(.other, "GetExecutionReceiptsByBlockID", .id(id))) { api, _ in
            try await api.executionReceipts(forBlock: id, includeResult: includeResult)
        }
    }

    public func executionReceipts(forResult id: Identifier, includeResult: Bool) async throws -> Reply<
        [ExecutionReceipt]
    > {
        try await perform(.other, "GetExecutionReceiptsByResultID", isByID: true) {
            try await $0.executionReceipts(forResult: id, includeResult: includeResult)
        }
    }

    public func executionData(forBlock id: BlockID, encoding: EventEncoding) async throws -> Reply<BlockExecutionData> {
        try await perform(request(.other, "GetExecutionDataByBlockID", .id(id), encoding)) { api, _ in
            try await api.executionData(forBlock: id, encoding: encoding)
        }
    }

    public func registerValues(_ ids: [RegisterID], at height: BlockHeight) async throws -> Reply<[[UInt8]]> {
        try await perform(.other, "GetRegisterValues", height: height) { try await $0.registerValues(ids, at: height) }
    }

    private func request(
        _ kind: RequestKind, _ method: String, _ block: BlockReference, _ encoding: EventEncoding = .jsonCDC
    ) -> Request {
        var request = Request(kind: kind, method: method, encoding: encoding, affinity: NodeAffinity.key)
        switch block {
        case .latestSealed, .latestFinalized: break
        case .height(let height): request.height = height
        // Once told, a block is asked about where its height is served; no other node has it.
        case .id(let id): (request.isByID, request.height) = (true, heightsByID[id])
        }
        return request
    }

    /// Cut where the heights of some node end.
    private func segments(_ heights: ClosedRange<BlockHeight>) -> [ClosedRange<BlockHeight>] {
        let ends = state.withLock { $0.nodes.compactMap(\.heights.last) }
        var segments: [ClosedRange<BlockHeight>] = []
        var first = heights.lowerBound
        for end in Set(ends).sorted() where end >= first && end < heights.upperBound {
            segments.append(first...end)
            first = BlockHeight(end.rawValue + 1)
        }
        return segments + [first...heights.upperBound]
    }
}

extension BlockReference {
    var isLatest: Bool { self == .latestSealed || self == .latestFinalized }
}

extension StateReference {
    var height: BlockHeight? {
        switch self {
        case .latest: nil
        case .height(let height): height
        }
    }
}
