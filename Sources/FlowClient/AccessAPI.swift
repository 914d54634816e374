public import Cadence

/// An answer, and what the node said of itself beside it.
public struct Reply<Value: Sendable>: Sendable {
    public var value: Value
    public var metadata: ResponseMetadata
    public init(_ value: Value, metadata: ResponseMetadata = ResponseMetadata()) {
        self.value = value
        self.metadata = metadata
    }
}

/// Which block. "Latest finalized" never means an unfinalized one.
public enum BlockReference: Hashable, Sendable {
    case latestSealed
    case latestFinalized
    case height(BlockHeight)
    case id(BlockID)
}

/// The state that an account query reads: the latest sealed one, or the one after a height.
public enum StateReference: Hashable, Sendable {
    case latest
    case height(BlockHeight)
}

/// Where a stream starts. All are inclusive.
public enum StreamStart: Hashable, Sendable {
    case latest
    case height(BlockHeight)
    case blockID(BlockID)
}

/// Everything that an access node answers, whatever carries it: gRPC, HTTP, a pool of nodes, the devnet, a recording.
/// Sources: onflow/flow protobuf/flow/access/access.proto and protobuf/flow/executiondata/executiondata.proto.
///
/// Every call throws `AccessError` and nothing else (`CancellationError` aside); what a transport does not offer throws
/// code `unimplemented`. "Not found" is thrown as code `notFound`, as the node says it. Deadlines are the
/// implementation's default or the task-local `CallDeadline`; cancelling the task cancels the call.
public protocol AccessAPI: Sendable {
    func ping() async throws
    func nodeVersionInfo() async throws -> Reply<NodeVersionInfo>
    func networkParameters() async throws -> Reply<ChainID>
    /// The spork that holds a height, by the word of a node that serves it: from its root block, in which nothing is executed,
    /// to where its nodes end. From 0 where the node does not say.
    func spork(holding height: BlockHeight) async throws -> HeightRange

    func blockHeader(_ block: BlockReference) async throws -> Reply<BlockHeader>
    func block(_ block: BlockReference, full: Bool) async throws -> Reply<Block>
    func collection(_ id: CollectionID) async throws -> Reply<TransactionCollection>
    func fullCollection(_ id: CollectionID) async throws -> Reply<[Transaction]>

    func send(_ transaction: Transaction) async throws -> Reply<TransactionID>
    func transaction(_ id: TransactionID, blockID: BlockID?, collectionID: CollectionID?) async throws -> Reply<
        Transaction
    >
    func transactions(inBlock id: BlockID) async throws -> Reply<[Transaction]>
    /// An id that the node has never seen answers with status `unknown`, not with an error.
    func transactionResult(
        _ id: TransactionID, blockID: BlockID?, collectionID: CollectionID?, encoding: EventEncoding
    ) async throws -> Reply<TransactionResult>
    func transactionResult(inBlock id: BlockID, index: UInt32, encoding: EventEncoding) async throws -> Reply<
        TransactionResult
    >
    /// User transactions, then the system collection's.
    func transactionResults(inBlock id: BlockID, encoding: EventEncoding) async throws -> Reply<[TransactionResult]>
    func systemTransaction(inBlock id: BlockID, transactionID: TransactionID?) async throws -> Reply<Transaction>
    func systemTransactionResult(
        inBlock id: BlockID, transactionID: TransactionID?, encoding: EventEncoding
    ) async throws -> Reply<TransactionResult>
    func scheduledTransaction(_ id: UInt64) async throws -> Reply<Transaction>
    func scheduledTransactionResult(_ id: UInt64, encoding: EventEncoding) async throws -> Reply<TransactionResult>

    func account(_ address: Address, at state: StateReference) async throws -> Reply<Account>
    /// UFix64 scaled by 1e8.
    func accountBalance(_ address: Address, at state: StateReference) async throws -> Reply<UInt64>
    func accountKeys(_ address: Address, at state: StateReference) async throws -> Reply<[AccountKey]>
    func accountKey(_ address: Address, index: KeyIndex, at state: StateReference) async throws -> Reply<AccountKey>

    /// The result as JSON-CDC bytes. `latestFinalized` is not a state that scripts run against: `invalidArgument`.
    func executeScript(_ script: [UInt8], arguments: [[UInt8]], at block: BlockReference) async throws -> Reply<[UInt8]>

    /// One type, at most 250 heights. A range that runs past the sealed head is cut short in silence: only the heights
    /// in the answer were searched.
    func events(
        ofType type: String, heights: ClosedRange<BlockHeight>, encoding: EventEncoding
    ) async throws -> Reply<[BlockEvents]>
    func events(ofType type: String, blockIDs: [BlockID], encoding: EventEncoding) async throws -> Reply<[BlockEvents]>

    func protocolStateSnapshot(_ block: BlockReference) async throws -> Reply<[UInt8]>
    func executionResult(forBlock id: BlockID) async throws -> Reply<ExecutionResult>
    func executionResult(_ id: Identifier) async throws -> Reply<ExecutionResult>
    func executionReceipts(forBlock id: BlockID, includeResult: Bool) async throws -> Reply<[ExecutionReceipt]>
    func executionReceipts(forResult id: Identifier, includeResult: Bool) async throws -> Reply<[ExecutionReceipt]>

    func subscribeBlocks(from start: StreamStart, status: BlockStatus, full: Bool) -> AccessStream<Block>
    func subscribeBlockHeaders(from start: StreamStart, status: BlockStatus) -> AccessStream<BlockHeader>
    func subscribeBlockDigests(from start: StreamStart, status: BlockStatus) -> AccessStream<BlockDigest>
    /// Every status in order, then the end. A refusal is the stream's error.
    func sendAndSubscribe(_ transaction: Transaction, encoding: EventEncoding) -> AccessStream<TransactionResult>

    func executionData(forBlock id: BlockID, encoding: EventEncoding) async throws -> Reply<BlockExecutionData>
    func registerValues(_ ids: [RegisterID], at height: BlockHeight) async throws -> Reply<[[UInt8]]>
    func subscribeExecutionData(from start: StreamStart, encoding: EventEncoding) -> AccessStream<ExecutionDataMessage>
    /// A message for every block with matches, and an empty one at least every `heartbeat` blocks (0: the node's default).
    func subscribeEvents(
        from start: StreamStart, filter: EventFilter, heartbeat: UInt64, encoding: EventEncoding
    ) -> AccessStream<EventsMessage>
    func subscribeAccountStatuses(
        from start: StreamStart, filter: AccountStatusFilter, heartbeat: UInt64, encoding: EventEncoding
    ) -> AccessStream<AccountStatusesMessage>
}

/// A stream whose next message is fetched when it is asked for, and not before. Dropping the iterator ends the call.
public struct AccessStream<Element: Sendable>: AsyncSequence, Sendable {
    public typealias Failure = any Error
    package let open: @Sendable () async throws -> @Sendable () async throws -> Element?

    /// `open` starts the call and gives the function that fetches the next message, nil at the end.
    public init(_ open: @escaping @Sendable () async throws -> @Sendable () async throws -> Element?) {
        self.open = open
    }

    /// A stream that fails at once.
    public init(failing error: any Error) {
        self.init { throw error }
    }

    public func makeAsyncIterator() -> Iterator { Iterator(open: open) }

    public struct Iterator: AsyncIteratorProtocol {
        let open: @Sendable () async throws -> @Sendable () async throws -> Element?
        var pull: (@Sendable () async throws -> Element?)?

        public mutating func next() async throws -> Element? {
            if pull == nil { pull = try await open() }
            return try await pull!()
        }
    }
}

extension AccessAPI {
    public func spork(holding height: BlockHeight) async throws -> HeightRange {
        do {
            return HeightRange(first: try await nodeVersionInfo().value.sporkRootBlockHeight)
        } catch let error as AccessError where error.code == .unimplemented || error.code == .notFound {
            return HeightRange()
        }
    }
}
