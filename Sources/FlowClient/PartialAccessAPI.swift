package import Cadence

/// An `AccessAPI` that answers some calls; all others are not offered. Recordings and test doubles say only what they know.
package protocol PartialAccessAPI: AccessAPI {}

extension PartialAccessAPI {
    private func unimplemented(_ method: String = #function) -> AccessError {
        AccessError(.unimplemented, "not offered here", method: method)
    }

    package func ping() async throws {}
    package func nodeVersionInfo() async throws -> Reply<NodeVersionInfo> { Reply(NodeVersionInfo()) }
    package func networkParameters() async throws -> Reply<ChainID> { throw unimplemented() }
    package func blockHeader(_ block: BlockReference) async throws -> Reply<BlockHeader> { throw unimplemented() }
    package func block(_ block: BlockReference, full: Bool) async throws -> Reply<Block> { throw unimplemented() }
    package func collection(_ id: CollectionID) async throws -> Reply<TransactionCollection> { throw unimplemented() }
    package func fullCollection(_ id: CollectionID) async throws -> Reply<[Transaction]> { throw unimplemented() }
    package func send(_ transaction: Transaction) async throws -> Reply<TransactionID> { throw unimplemented() }
    package func transaction(
        _ id: TransactionID, blockID: BlockID?, collectionID: CollectionID?
    ) async throws -> Reply<Transaction> { throw unimplemented() }
    package func transactions(inBlock id: BlockID) async throws -> Reply<[Transaction]> { throw unimplemented() }
    package func transactionResult(
        _ id: TransactionID, blockID: BlockID?, collectionID: CollectionID?, encoding: EventEncoding
    ) async throws -> Reply<TransactionResult> { throw unimplemented() }
    package func transactionResult(
        inBlock id: BlockID, index: UInt32, encoding: EventEncoding
    ) async throws -> Reply<TransactionResult> { throw unimplemented() }
    package func transactionResults(
        inBlock id: BlockID, encoding: EventEncoding
    ) async throws -> Reply<[TransactionResult]> { throw unimplemented() }
    package func systemTransaction(
        inBlock id: BlockID, transactionID: TransactionID?
    ) async throws -> Reply<Transaction> { throw unimplemented() }
    package func systemTransactionResult(
        inBlock id: BlockID, transactionID: TransactionID?, encoding: EventEncoding
    ) async throws -> Reply<TransactionResult> { throw unimplemented() }
    package func scheduledTransaction(_ id: UInt64) async throws -> Reply<Transaction> { throw unimplemented() }
    package func scheduledTransactionResult(
        _ id: UInt64, encoding: EventEncoding
    ) async throws -> Reply<TransactionResult> { throw unimplemented() }
    package func account(_ address: Address, at state: StateReference) async throws -> Reply<Account> {
        throw unimplemented()
    }
    package func accountBalance(_ address: Address, at state: StateReference) async throws -> Reply<UInt64> {
        throw unimplemented()
    }
    package func accountKeys(_ address: Address, at state: StateReference) async throws -> Reply<[AccountKey]> {
        throw unimplemented()
    }
    package func accountKey(
        _ address: Address, index: KeyIndex, at state: StateReference
    ) async throws -> Reply<AccountKey> { throw unimplemented() }
    package func executeScript(
        _ script: [UInt8], arguments: [[UInt8]], at block: BlockReference
    ) async throws -> Reply<[UInt8]> { throw unimplemented() }
    package func events(
        ofType type: String, heights: ClosedRange<BlockHeight>, encoding: EventEncoding
    ) async throws -> Reply<[BlockEvents]> { throw unimplemented() }
    package func events(
        ofType type: String, blockIDs: [BlockID], encoding: EventEncoding
    ) async throws -> Reply<[BlockEvents]> { throw unimplemented() }
    package func protocolStateSnapshot(_ block: BlockReference) async throws -> Reply<[UInt8]> { throw unimplemented() }
    package func executionResult(forBlock id: BlockID) async throws -> Reply<ExecutionResult> { throw unimplemented() }
    package func executionResult(_ id: Identifier) async throws -> Reply<ExecutionResult> { throw unimplemented() }
    package func executionReceipts(
        forBlock id: BlockID, includeResult: Bool
    ) async throws -> Reply<[ExecutionReceipt]> { throw unimplemented() }
    package func executionReceipts(
        forResult id: Identifier, includeResult: Bool
    ) async throws -> Reply<[ExecutionReceipt]> { throw unimplemented() }
    package func subscribeBlocks(from start: StreamStart, status: BlockStatus, full: Bool) -> AccessStream<Block> {
        AccessStream(failing: unimplemented())
    }
    package func subscribeBlockHeaders(from start: StreamStart, status: BlockStatus) -> AccessStream<BlockHeader> {
        AccessStream(failing: unimplemented())
    }
    package func subscribeBlockDigests(from start: StreamStart, status: BlockStatus) -> AccessStream<BlockDigest> {
        AccessStream(failing: unimplemented())
    }
    package func sendAndSubscribe(
        _ transaction: Transaction, encoding: EventEncoding
    ) -> AccessStream<TransactionResult> { AccessStream(failing: unimplemented()) }
    package func executionData(
        forBlock id: BlockID, encoding: EventEncoding
    ) async throws -> Reply<BlockExecutionData> { throw unimplemented() }
    package func registerValues(_ ids: [RegisterID], at height: BlockHeight) async throws -> Reply<[[UInt8]]> {
        throw unimplemented()
    }
    package func subscribeExecutionData(
        from start: StreamStart, encoding: EventEncoding
    ) -> AccessStream<ExecutionDataMessage> { AccessStream(failing: unimplemented()) }
    package func subscribeEvents(
        from start: StreamStart, filter: EventFilter, heartbeat: UInt64, encoding: EventEncoding
    ) -> AccessStream<EventsMessage> { AccessStream(failing: unimplemented()) }
    package func subscribeAccountStatuses(
        from start: StreamStart, filter: AccountStatusFilter, heartbeat: UInt64, encoding: EventEncoding
    ) -> AccessStream<AccountStatusesMessage> { AccessStream(failing: unimplemented()) }
}
