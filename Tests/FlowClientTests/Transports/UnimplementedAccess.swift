import Cadence
import FlowClient

/// A node that offers nothing: tests inherit it and override what they need.
class UnimplementedAccess: AccessAPI, @unchecked Sendable {
    // Safe to share: it has no state, and its heirs in tests guard theirs.
    init() {}
    private let error = AccessError(.unimplemented, "not offered here")

    func ping() async throws { throw error }
    func nodeVersionInfo() async throws -> Reply<NodeVersionInfo> { throw error }
    func networkParameters() async throws -> Reply<ChainID> { throw error }
    func blockHeader(_ block: BlockReference) async throws -> Reply<BlockHeader> { throw error }
    func block(_ block: BlockReference, full: Bool) async throws -> Reply<Block> { throw error }
    func collection(_ id: CollectionID) async throws -> Reply<TransactionCollection> { throw error }
    func fullCollection(_ id: CollectionID) async throws -> Reply<[Transaction]> { throw error }
    func send(_ transaction: Transaction) async throws -> Reply<TransactionID> { throw error }
    func transaction(_ id: TransactionID, blockID: BlockID?, collectionID: CollectionID?) async throws -> Reply<
        Transaction
    > { throw error }
    func transactions(inBlock id: BlockID) async throws -> Reply<[Transaction]> { throw error }
    func transactionResult(_ id: TransactionID, blockID: BlockID?, collectionID: CollectionID?, encoding: EventEncoding)
        async throws -> Reply<TransactionResult>
    { throw error }
    func transactionResult(inBlock id: BlockID, index: UInt32, encoding: EventEncoding) async throws -> Reply<
        TransactionResult
    > { throw error }
    func transactionResults(inBlock id: BlockID, encoding: EventEncoding) async throws -> Reply<[TransactionResult]> {
        throw error
    }
    func systemTransaction(inBlock id: BlockID, transactionID: TransactionID?) async throws -> Reply<Transaction> {
        throw error
    }
    func systemTransactionResult(inBlock id: BlockID, transactionID: TransactionID?, encoding: EventEncoding)
        async throws -> Reply<TransactionResult>
    { throw error }
    func scheduledTransaction(_ id: UInt64) async throws -> Reply<Transaction> { throw error }
    func scheduledTransactionResult(_ id: UInt64, encoding: EventEncoding) async throws -> Reply<TransactionResult> {
        throw error
    }
    func account(_ address: Address, at state: StateReference) async throws -> Reply<Account> { throw error }
    func accountBalance(_ address: Address, at state: StateReference) async throws -> Reply<UInt64> { throw error }
    func accountKeys(_ address: Address, at state: StateReference) async throws -> Reply<[AccountKey]> { throw error }
    func accountKey(_ address: Address, index: KeyIndex, at state: StateReference) async throws -> Reply<AccountKey> {
        throw error
    }
    func executeScript(_ script: [UInt8], arguments: [[UInt8]], at block: BlockReference) async throws -> Reply<[UInt8]>
    { throw error }
    func events(ofType type: String, heights: ClosedRange<BlockHeight>, encoding: EventEncoding) async throws -> Reply<
        [BlockEvents]
    > { throw error }
    func events(ofType type: String, blockIDs: [BlockID], encoding: EventEncoding) async throws -> Reply<[BlockEvents]>
    { throw error }
    func protocolStateSnapshot(_ block: BlockReference) async throws -> Reply<[UInt8]> { throw error }
    func executionResult(forBlock id: BlockID) async throws -> Reply<ExecutionResult> { throw error }
    func executionResult(_ id: Identifier) async throws -> Reply<ExecutionResult> { throw error }
    func executionReceipts(forBlock id: BlockID, includeResult: Bool) async throws -> Reply<[ExecutionReceipt]> {
        throw error
    }
    func executionReceipts(forResult id: Identifier, includeResult: Bool) async throws -> Reply<[ExecutionReceipt]> {
        throw error
    }
    func subscribeBlocks(from start: StreamStart, status: BlockStatus, full: Bool) -> AccessStream<Block> {
        AccessStream(failing: error)
    }
    func subscribeBlockHeaders(from start: StreamStart, status: BlockStatus) -> AccessStream<BlockHeader> {
        AccessStream(failing: error)
    }
    func subscribeBlockDigests(from start: StreamStart, status: BlockStatus) -> AccessStream<BlockDigest> {
        AccessStream(failing: error)
    }
    func sendAndSubscribe(_ transaction: Transaction, encoding: EventEncoding) -> AccessStream<TransactionResult> {
        AccessStream(failing: error)
    }
    func executionData(forBlock id: BlockID, encoding: EventEncoding) async throws -> Reply<BlockExecutionData> {
        throw error
    }
    func registerValues(_ ids: [RegisterID], at height: BlockHeight) async throws -> Reply<[[UInt8]]> { throw error }
    func subscribeExecutionData(from start: StreamStart, encoding: EventEncoding) -> AccessStream<ExecutionDataMessage>
    { AccessStream(failing: error) }
    func subscribeEvents(from start: StreamStart, filter: EventFilter, heartbeat: UInt64, encoding: EventEncoding)
        -> AccessStream<EventsMessage>
    { AccessStream(failing: error) }
    func subscribeAccountStatuses(
        from start: StreamStart, filter: AccountStatusFilter, heartbeat: UInt64, encoding: EventEncoding
    ) -> AccessStream<AccountStatusesMessage> { AccessStream(failing: error) }
}
