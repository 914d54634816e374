public import Cadence

// Each call of the protocol as one of the node's methods.
extension GRPCAccessClient: AccessAPI {
    public func ping() async throws { _ = try await call(AccessMethods.ping, PingRequest()) }

    public func nodeVersionInfo() async throws -> Reply<NodeVersionInfo> {
        let method = AccessMethods.getNodeVersionInfo
        let answer = try await call(method, GetNodeVersionInfoRequest())
        return Reply(try required(answer.info, "info", of: method.path))
    }

    public func networkParameters() async throws -> Reply<ChainID> {
        Reply(ChainID(try await call(AccessMethods.getNetworkParameters, GetNetworkParametersRequest()).chainID))
    }

    // MARK: Blocks and collections

    public func blockHeader(_ block: BlockReference) async throws -> Reply<BlockHeader> {
        let answer =
            switch block {
            case .latestSealed, .latestFinalized:
                try await call(
                    AccessMethods.getLatestBlockHeader, GetLatestBlockHeaderRequest(isSealed: block == .latestSealed))
            case .height(let height):
                try await call(AccessMethods.getBlockHeaderByHeight, GetBlockHeaderByHeightRequest(height: height))
            case .id(let id): try await call(AccessMethods.getBlockHeaderByID, GetBlockHeaderByIDRequest(id: id))
            }
        var header = try required(answer.block, "block", of: AccessMethods.service + "GetBlockHeader")
        header.status = answer.status
        return reply(header, answer.metadata)
    }

    public func block(_ block: BlockReference, full: Bool) async throws -> Reply<Block> {
        let answer =
            switch block {
            case .latestSealed, .latestFinalized:
                try await call(
                    AccessMethods.getLatestBlock, GetLatestBlockRequest(isSealed: block == .latestSealed, full: full))
            case .height(let height):
                try await call(AccessMethods.getBlockByHeight, GetBlockByHeightRequest(height: height, full: full))
            case .id(let id): try await call(AccessMethods.getBlockByID, GetBlockByIDRequest(id: id, full: full))
            }
        var block = try required(answer.block, "block", of: AccessMethods.service + "GetBlock")
        block.status = answer.status
        return reply(block, answer.metadata)
    }

    public func collection(_ id: CollectionID) async throws -> Reply<TransactionCollection> {
        let method = AccessMethods.getCollectionByID
        let answer = try await call(method, GetCollectionByIDRequest(id: id))
        return reply(try required(answer.collection, "collection", of: method.path), answer.metadata)
    }

    public func fullCollection(_ id: CollectionID) async throws -> Reply<[Transaction]> {
        let answer = try await call(AccessMethods.getFullCollectionByID, GetFullCollectionByIDRequest(id: id))
        return reply(answer.transactions, answer.metadata)
    }

    // MARK: Transactions

    public func send(_ transaction: Transaction) async throws -> Reply<TransactionID> {
        let answer = try await call(AccessMethods.sendTransaction, SendTransactionRequest(transaction: transaction))
        return reply(answer.id, answer.metadata)
    }

    public func transaction(
        _ id: TransactionID, blockID: BlockID?, collectionID: CollectionID?
    ) async throws -> Reply<Transaction> {
        let request = GetTransactionRequest(id: id, blockID: blockID, collectionID: collectionID)
        return try await transaction(AccessMethods.getTransaction, request)
    }

    public func transactions(inBlock id: BlockID) async throws -> Reply<[Transaction]> {
        let answer = try await call(
            AccessMethods.getTransactionsByBlockID, GetTransactionsByBlockIDRequest(blockID: id))
        return reply(answer.transactions, answer.metadata)
    }

    public func transactionResult(
        _ id: TransactionID, blockID: BlockID?, collectionID: CollectionID?, encoding: EventEncoding
    ) async throws -> Reply<TransactionResult> {
        let request = GetTransactionRequest(id: id, blockID: blockID, collectionID: collectionID, encoding: encoding)
        return try await result(AccessMethods.getTransactionResult, request)
    }

    public func transactionResult(
        inBlock id: BlockID, index: UInt32, encoding: EventEncoding
    ) async throws -> Reply<TransactionResult> {
        let request = GetTransactionByIndexRequest(blockID: id, index: index, encoding: encoding)
        return try await result(AccessMethods.getTransactionResultByIndex, request)
    }

    public func transactionResults(
        inBlock id: BlockID, encoding: EventEncoding
    ) async throws -> Reply<[TransactionResult]> {
        let request = GetTransactionsByBlockIDRequest(blockID: id, encoding: encoding)
        let answer = try await call(AccessMethods.getTransactionResultsByBlockID, request)
        return reply(answer.results.map(\.result), answer.metadata)
    }

    public func systemTransaction(
        inBlock id: BlockID, transactionID: TransactionID?
    ) async throws -> Reply<Transaction> {
        let request = GetSystemTransactionRequest(blockID: id, id: transactionID)
        return try await transaction(AccessMethods.getSystemTransaction, request)
    }

    public func systemTransactionResult(
        inBlock id: BlockID, transactionID: TransactionID?, encoding: EventEncoding
    ) async throws -> Reply<TransactionResult> {
        let request = GetSystemTransactionResultRequest(blockID: id, encoding: encoding, id: transactionID)
        return try await result(AccessMethods.getSystemTransactionResult, request)
    }

    public func scheduledTransaction(_ id: UInt64) async throws -> Reply<Transaction> {
        try await transaction(AccessMethods.getScheduledTransaction, GetScheduledTransactionRequest(id: id))
    }

    public func scheduledTransactionResult(_ id: UInt64, encoding: EventEncoding) async throws -> Reply<
        TransactionResult
    > {
        let request = GetScheduledTransactionResultRequest(id: id, encoding: encoding)
        return try await result(AccessMethods.getScheduledTransactionResult, request)
    }

    // MARK: Accounts and scripts

    public func account(_ address: Address, at state: StateReference) async throws -> Reply<Account> {
        let answer =
            switch state {
            case .latest:
                try await call(AccessMethods.getAccountAtLatestBlock, GetAccountAtLatestBlockRequest(address: address))
            case .height(let height):
                try await call(
                    AccessMethods.getAccountAtBlockHeight,
                    GetAccountAtBlockHeightRequest(address: address, height: height))
            }
        return reply(try required(answer.account, "account", of: AccessMethods.service + "GetAccount"), answer.metadata)
    }

    public func accountBalance(_ address: Address, at state: StateReference) async throws -> Reply<UInt64> {
        let answer =
            switch state {
            case .latest:
                try await call(
                    AccessMethods.getAccountBalanceAtLatestBlock,
                    GetAccountBalanceAtLatestBlockRequest(address: address))
            case .height(let height):
                try await call(
                    AccessMethods.getAccountBalanceAtBlockHeight,
                    GetAccountBalanceAtBlockHeightRequest(address: address, height: height))
            }
        return reply(answer.balance, answer.metadata)
    }

    public func accountKeys(_ address: Address, at state: StateReference) async throws -> Reply<[AccountKey]> {
        let answer =
            switch state {
            case .latest:
                try await call(
                    AccessMethods.getAccountKeysAtLatestBlock, GetAccountKeysAtLatestBlockRequest(address: address))
            case .height(let height):
                try await call(
                    AccessMethods.getAccountKeysAtBlockHeight,
                    GetAccountKeysAtBlockHeightRequest(address: address, height: height))
            }
        return reply(answer.keys, answer.metadata)
    }

    public func accountKey(
        _ address: Address, index: KeyIndex, at state: StateReference
    ) async throws -> Reply<AccountKey> {
        let answer =
            switch state {
            case .latest:
                try await call(
                    AccessMethods.getAccountKeyAtLatestBlock,
                    GetAccountKeyAtLatestBlockRequest(address: address, index: index))
            case .height(let height):
                try await call(
                    AccessMethods.getAccountKeyAtBlockHeight,
                    GetAccountKeyAtBlockHeightRequest(address: address, height: height, index: index))
            }
        return reply(
            try required(answer.key, "account_key", of: AccessMethods.service + "GetAccountKey"), answer.metadata)
    }

    public func executeScript(
        _ script: [UInt8], arguments: [[UInt8]], at block: BlockReference
    ) async throws -> Reply<[UInt8]> {
        let answer =
            switch block {
            case .latestSealed:
                try await call(
                    AccessMethods.executeScriptAtLatestBlock,
                    ExecuteScriptAtLatestBlockRequest(script: script, arguments: arguments))
            case .latestFinalized:
                throw AccessError(
                    .invalidArgument, "scripts run against executed blocks: sealed, by height or by id", node: node)
            case .height(let height):
                try await call(
                    AccessMethods.executeScriptAtBlockHeight,
                    ExecuteScriptAtBlockHeightRequest(height: height, script: script, arguments: arguments))
            case .id(let id):
                try await call(
                    AccessMethods.executeScriptAtBlockID,
                    ExecuteScriptAtBlockIDRequest(blockID: id, script: script, arguments: arguments))
            }
        return reply(answer.value, answer.metadata)
    }

    // MARK: Events

    public func events(
        ofType type: String, heights: ClosedRange<BlockHeight>, encoding: EventEncoding
    ) async throws -> Reply<[BlockEvents]> {
        let request = GetEventsForHeightRangeRequest(
            type: type, startHeight: heights.lowerBound, endHeight: heights.upperBound, encoding: encoding)
        let answer = try await call(AccessMethods.getEventsForHeightRange, request)
        return reply(answer.results, answer.metadata)
    }

    public func events(
        ofType type: String, blockIDs: [BlockID], encoding: EventEncoding
    ) async throws -> Reply<[BlockEvents]> {
        // Of no blocks there are none: nodes refuse the question.
        guard !blockIDs.isEmpty else { return Reply([]) }
        let request = GetEventsForBlockIDsRequest(type: type, blockIDs: blockIDs, encoding: encoding)
        let answer = try await call(AccessMethods.getEventsForBlockIDs, request)
        return reply(answer.results, answer.metadata)
    }

    // MARK: Protocol state and execution

    public func protocolStateSnapshot(_ block: BlockReference) async throws -> Reply<[UInt8]> {
        let answer =
            switch block {
            case .latestSealed, .latestFinalized:
                try await call(AccessMethods.getLatestProtocolStateSnapshot, GetLatestProtocolStateSnapshotRequest())
            case .height(let height):
                try await call(
                    AccessMethods.getProtocolStateSnapshotByHeight,
                    GetProtocolStateSnapshotByHeightRequest(height: height))
            case .id(let id):
                try await call(
                    AccessMethods.getProtocolStateSnapshotByBlockID,
                    GetProtocolStateSnapshotByBlockIDRequest(blockID: id))
            }
        return reply(answer.snapshot, answer.metadata)
    }

    public func executionResult(forBlock id: BlockID) async throws -> Reply<ExecutionResult> {
        let method = AccessMethods.getExecutionResultForBlockID
        let answer = try await call(method, GetExecutionResultForBlockIDRequest(blockID: id))
        return reply(try required(answer.result, "execution_result", of: method.path), answer.metadata)
    }

    public func executionResult(_ id: Identifier) async throws -> Reply<ExecutionResult> {
        let method = AccessMethods.getExecutionResultByID
        let answer = try await call(method, GetExecutionResultByIDRequest(id: id))
        return reply(try required(answer.result, "execution_result", of: method.path), answer.metadata)
    }

    public func executionReceipts(forBlock id: BlockID, includeResult: Bool) async throws -> Reply<[ExecutionReceipt]> {
        let request = GetExecutionReceiptsByBlockIDRequest(blockID: id, includeResult: includeResult)
        let answer = try await call(AccessMethods.getExecutionReceiptsByBlockID, request)
        return reply(answer.receipts, answer.metadata)
    }

    public func executionReceipts(forResult id: Identifier, includeResult: Bool) async throws -> Reply<
        [ExecutionReceipt]
    > {
        let request = GetExecutionReceiptsByResultIDRequest(resultID: id, includeResult: includeResult)
        let answer = try await call(AccessMethods.getExecutionReceiptsByResultID, request)
        return reply(answer.receipts, answer.metadata)
    }

    public func executionData(forBlock id: BlockID, encoding: EventEncoding) async throws -> Reply<BlockExecutionData> {
        let method = ExecutionDataMethods.getExecutionDataByBlockID
        let answer = try await call(method, GetExecutionDataByBlockIDRequest(blockID: id, encoding: encoding))
        return reply(
            try required(answer.executionData, "block_execution_data", of: method.path),
            executor: answer.executorMetadata)
    }

    public func registerValues(_ ids: [RegisterID], at height: BlockHeight) async throws -> Reply<[[UInt8]]> {
        let request = GetRegisterValuesRequest(height: height, registerIDs: ids)
        let answer = try await call(ExecutionDataMethods.getRegisterValues, request)
        return reply(answer.values, executor: answer.executorMetadata)
    }

    private func transaction<Request>(
        _ method: FlowCall<Request, TransactionResponse>, _ request: Request
    ) async throws -> Reply<Transaction> {
        let answer = try await call(method, request)
        return reply(try required(answer.transaction, "transaction", of: method.path), answer.metadata)
    }

    private func result<Request>(
        _ method: FlowCall<Request, TransactionResultResponse>, _ request: Request
    ) async throws -> Reply<TransactionResult> {
        let answer = try await call(method, request)
        return reply(answer.result, answer.metadata)
    }

    private func reply<Value>(_ value: Value, _ metadata: ResponseMetadata?) -> Reply<Value> {
        Reply(value, metadata: metadata ?? ResponseMetadata())
    }

    private func reply<Value>(_ value: Value, executor: ExecutorMetadata?) -> Reply<Value> {
        var metadata = ResponseMetadata()
        metadata.executorMetadata = executor
        return Reply(value, metadata: metadata)
    }
}
