import FlowClient
import GRPC
import Synchronization

/// The methods of both services, each answered by an `AccessAPI`.
struct AccessService: Sendable {
    let api: any AccessAPI
    let manners: AccessManners
    private var methods: [String: AccessMethod] = [:]

    init(_ api: any AccessAPI, manners: AccessManners = .accessNode) {
        self.api = api
        self.manners = manners
        registerNetworkAndBlocks()
        registerTransactions()
        registerAccountsScriptsAndEvents()
        registerExecution()
        registerBlockStreams()
        registerExecutionDataStreams()
    }

    /// The older service has the same methods, of which clients still ask for one: whether anybody is there.
    func method(for path: String) -> AccessMethod? {
        methods[path == "/access.AccessAPI/Ping" ? AccessMethods.ping.path : path]
    }
    var paths: [String] { methods.keys.sorted() }

    func handler(for path: String) -> GRPCHandler? {
        switch method(for: path) {
        case .unary(let body): .unary { call, message in try await body(call.deadline, message) }
        case .serverStream(let open):
            .serverStream { call, message in for try await answer in try open(message) { try await call.send(answer) } }
        case nil: nil
        }
    }

    mutating func on<Request, Response>(
        _ method: FlowCall<Request, Response>,
        _ body: @escaping @Sendable (any AccessAPI, Request) async throws -> Response
    ) {
        methods[method.path] = .unary { [api] deadline, message in
            try await translatingErrors(of: method.path) {
                let request: Request = try message.decoded()
                return try await CallDeadline.$current.withValue(deadline) {
                    try await body(api, request).protobuf
                }
            }
        }
    }

    mutating func on<Request, Response, Element>(
        _ method: FlowStream<Request, Response>,
        _ open: @escaping @Sendable (any AccessAPI, Request) throws -> AccessStream<Element>,
        _ response: @escaping @Sendable (Element, Int) -> Response
    ) {
        methods[method.path] = .serverStream { [api] message in
            let elements: AccessStream<Element>
            do { elements = try open(api, message.decoded()) } catch { throw translated(error, of: method.path) }
            return AccessStream {
                let next: @Sendable () async throws -> Element?
                do { next = try await elements.open() } catch { throw translated(error, of: method.path) }
                let count = Mutex(0)
                return {
                    do {
                        guard let element = try await next() else { return nil }
                        let index = count.withLock { count in
                            defer { count += 1 }
                            return count
                        }
                        return response(element, index).protobuf
                    } catch {
                        throw translated(error, of: method.path)
                    }
                }
            }
        }
    }

    mutating func on<Request, Response>(
        _ method: FlowStream<Request, Response>,
        _ open: @escaping @Sendable (any AccessAPI, Request) throws -> AccessStream<Response>
    ) {
        on(method, open) { element, _ in element }
    }
}

/// One of the methods, whatever it is called over: gRPC, or grpc-web.
enum AccessMethod: Sendable {
    /// One request, one answer, within what the caller waits. Throws `GRPCError`.
    case unary(@Sendable (_ deadline: Duration?, GRPCMessage) async throws -> [UInt8])
    /// One request; answers are made when they are asked for. Throws `GRPCError`.
    case serverStream(@Sendable (GRPCMessage) throws -> AccessStream<[UInt8]>)
}

private func translatingErrors<R>(of method: String, _ body: () async throws -> R) async throws -> R {
    do { return try await body() } catch { throw translated(error, of: method) }
}

private func translated(_ error: any Error, of method: String) -> any Error {
    switch error {
    case let error as AccessError:
        var trailers = GRPCMetadata()
        if let delay = error.retryAfter { trailers.append("retry-after", "\(max(delay.components.seconds, 1))") }
        return GRPCError(
            GRPCStatusCode(rawValue: error.code.rawValue) ?? .unknown, error.message, trailingMetadata: trailers)
    case let error as ProtobufError:
        return GRPCError(.invalidArgument, AccessError.unreadable(error, calling: method).message)
    default: return error
    }
}

extension AccessService {
    fileprivate mutating func registerNetworkAndBlocks() {
        on(AccessMethods.ping) { api, _ in
            try await api.ping()
            return PingResponse()
        }
        on(AccessMethods.getNodeVersionInfo) { api, _ in
            GetNodeVersionInfoResponse(info: try await api.nodeVersionInfo().value)
        }
        on(AccessMethods.getNetworkParameters) { api, _ in
            GetNetworkParametersResponse(chainID: try await api.networkParameters().value.rawValue)
        }
        on(AccessMethods.getLatestBlockHeader) { api, request in
            BlockHeaderResponse(try await api.blockHeader(request.isSealed ? .latestSealed : .latestFinalized))
        }
        on(AccessMethods.getBlockHeaderByID) { api, request in
            BlockHeaderResponse(try await api.blockHeader(.id(try request.id.orInvalid("block id"))))
        }
        on(AccessMethods.getBlockHeaderByHeight) { api, request in
            BlockHeaderResponse(try await api.blockHeader(.height(request.height)))
        }
        on(AccessMethods.getLatestBlock) { api, request in
            BlockResponse(try await api.block(request.isSealed ? .latestSealed : .latestFinalized, full: request.full))
        }
        on(AccessMethods.getBlockByID) { api, request in
            BlockResponse(try await api.block(.id(try request.id.orInvalid("block id")), full: request.full))
        }
        on(AccessMethods.getBlockByHeight) { api, request in
            BlockResponse(try await api.block(.height(request.height), full: request.full))
        }
        on(AccessMethods.getCollectionByID) { api, request in
            let reply = try await api.collection(try request.id.orInvalid("collection id"))
            return CollectionResponse(collection: reply.value, metadata: reply.metadata)
        }
        on(AccessMethods.getFullCollectionByID) { api, request in
            let reply = try await api.fullCollection(try request.id.orInvalid("collection id"))
            return FullCollectionResponse(transactions: reply.value, metadata: reply.metadata)
        }
    }

    fileprivate mutating func registerTransactions() {
        on(AccessMethods.sendTransaction) { api, request in
            let reply = try await api.send(try request.transaction.orInvalid("transaction"))
            return SendTransactionResponse(id: reply.value, metadata: reply.metadata)
        }
        on(AccessMethods.getTransaction) { api, request in
            TransactionResponse(
                try await api.transaction(
                    try request.id.orInvalid("transaction id"), blockID: request.blockID,
                    collectionID: request.collectionID))
        }
        on(AccessMethods.getTransactionResult) { api, request in
            TransactionResultResponse(
                try await api.transactionResult(
                    try request.id.orInvalid("transaction id"), blockID: request.blockID,
                    collectionID: request.collectionID, encoding: request.encoding
                ))
        }
        on(AccessMethods.getTransactionResultByIndex) { api, request in
            TransactionResultResponse(
                try await api.transactionResult(
                    inBlock: request.blockID, index: request.index, encoding: request.encoding))
        }
        on(AccessMethods.getTransactionResultsByBlockID) { api, request in
            let reply = try await api.transactionResults(inBlock: request.blockID, encoding: request.encoding)
            return TransactionResultsResponse(
                results: reply.value.map { TransactionResultResponse(result: $0) }, metadata: reply.metadata)
        }
        on(AccessMethods.getTransactionsByBlockID) { api, request in
            let reply = try await api.transactions(inBlock: request.blockID)
            return TransactionsResponse(transactions: reply.value, metadata: reply.metadata)
        }
        on(AccessMethods.getSystemTransaction) { api, request in
            TransactionResponse(try await api.systemTransaction(inBlock: request.blockID, transactionID: request.id))
        }
        on(AccessMethods.getSystemTransactionResult) { api, request in
            TransactionResultResponse(
                try await api.systemTransactionResult(
                    inBlock: request.blockID, transactionID: request.id, encoding: request.encoding))
        }
        on(AccessMethods.getScheduledTransaction) { api, request in
            TransactionResponse(try await api.scheduledTransaction(request.id))
        }
        on(AccessMethods.getScheduledTransactionResult) { api, request in
            TransactionResultResponse(try await api.scheduledTransactionResult(request.id, encoding: request.encoding))
        }
    }

    fileprivate mutating func registerAccountsScriptsAndEvents() {
        on(AccessMethods.getAccount) { api, request in
            let reply = try await api.account(request.address, at: .latest)
            return GetAccountResponse(account: reply.value, metadata: reply.metadata)
        }
        on(AccessMethods.getAccountAtLatestBlock) { api, request in
            AccountResponse(try await api.account(request.address, at: .latest))
        }
        on(AccessMethods.getAccountAtBlockHeight) { api, request in
            AccountResponse(try await api.account(request.address, at: .height(request.height)))
        }
        on(AccessMethods.getAccountBalanceAtLatestBlock) { api, request in
            AccountBalanceResponse(try await api.accountBalance(request.address, at: .latest))
        }
        on(AccessMethods.getAccountBalanceAtBlockHeight) { api, request in
            AccountBalanceResponse(try await api.accountBalance(request.address, at: .height(request.height)))
        }
        on(AccessMethods.getAccountKeysAtLatestBlock) { api, request in
            AccountKeysResponse(try await api.accountKeys(request.address, at: .latest))
        }
        on(AccessMethods.getAccountKeysAtBlockHeight) { api, request in
            AccountKeysResponse(try await api.accountKeys(request.address, at: .height(request.height)))
        }
        on(AccessMethods.getAccountKeyAtLatestBlock) { api, request in
            AccountKeyResponse(try await api.accountKey(request.address, index: request.index, at: .latest))
        }
        on(AccessMethods.getAccountKeyAtBlockHeight) { api, request in
            AccountKeyResponse(
                try await api.accountKey(request.address, index: request.index, at: .height(request.height)))
        }
        on(AccessMethods.executeScriptAtLatestBlock) { api, request in
            ExecuteScriptResponse(
                try await api.executeScript(request.script, arguments: request.arguments, at: .latestSealed))
        }
        on(AccessMethods.executeScriptAtBlockID) { api, request in
            ExecuteScriptResponse(
                try await api.executeScript(request.script, arguments: request.arguments, at: .id(request.blockID)))
        }
        on(AccessMethods.executeScriptAtBlockHeight) { api, request in
            ExecuteScriptResponse(
                try await api.executeScript(request.script, arguments: request.arguments, at: .height(request.height)))
        }
        on(AccessMethods.getEventsForHeightRange) { [manners] api, request in
            guard request.startHeight <= request.endHeight else {
                if manners == .emulator {
                    return EventsResponse(Reply([], metadata: try await api.networkParameters().metadata))
                }
                throw AccessError(.invalidArgument, "start height must not be larger than end height")
            }
            let heights = request.startHeight...request.endHeight
            return EventsResponse(
                try await api.events(ofType: request.type, heights: heights, encoding: request.encoding))
        }
        on(AccessMethods.getEventsForBlockIDs) { api, request in
            guard !request.blockIDs.isEmpty else { throw AccessError(.invalidArgument, "empty block ids") }
            return EventsResponse(
                try await api.events(ofType: request.type, blockIDs: request.blockIDs, encoding: request.encoding))
        }
    }

    fileprivate mutating func registerExecution() {
        on(AccessMethods.getLatestProtocolStateSnapshot) { api, _ in
            ProtocolStateSnapshotResponse(try await api.protocolStateSnapshot(.latestFinalized))
        }
        on(AccessMethods.getProtocolStateSnapshotByBlockID) { api, request in
            ProtocolStateSnapshotResponse(try await api.protocolStateSnapshot(.id(request.blockID)))
        }
        on(AccessMethods.getProtocolStateSnapshotByHeight) { api, request in
            ProtocolStateSnapshotResponse(try await api.protocolStateSnapshot(.height(request.height)))
        }
        on(AccessMethods.getExecutionResultForBlockID) { api, request in
            let reply = try await api.executionResult(forBlock: request.blockID)
            return ExecutionResultForBlockIDResponse(result: reply.value, metadata: reply.metadata)
        }
        on(AccessMethods.getExecutionResultByID) { api, request in
            let reply = try await api.executionResult(try request.id.orInvalid("execution result id"))
            return ExecutionResultByIDResponse(result: reply.value, metadata: reply.metadata)
        }
        on(AccessMethods.getExecutionReceiptsByBlockID) { api, request in
            ExecutionReceiptsResponse(
                try await api.executionReceipts(forBlock: request.blockID, includeResult: request.includeResult))
        }
        on(AccessMethods.getExecutionReceiptsByResultID) { api, request in
            ExecutionReceiptsResponse(
                try await api.executionReceipts(forResult: request.resultID, includeResult: request.includeResult))
        }
        on(ExecutionDataMethods.getExecutionDataByBlockID) { api, request in
            let reply = try await api.executionData(forBlock: request.blockID, encoding: request.encoding)
            return GetExecutionDataByBlockIDResponse(
                executionData: reply.value, executorMetadata: reply.metadata.executorMetadata)
        }
        on(ExecutionDataMethods.getRegisterValues) { api, request in
            let reply = try await api.registerValues(request.registerIDs, at: request.height)
            return GetRegisterValuesResponse(values: reply.value, executorMetadata: reply.metadata.executorMetadata)
        }
    }
}
