import GRPC

// The methods of both services, each with its messages: callers and the server take them from here, and a test compares
// them with the protocol's own table (onflow/flow protobuf/flow/access, protobuf/flow/executiondata).

/// One request, one answer.
struct FlowCall<Request: ProtobufMessage, Response: ProtobufMessage>: Sendable {
    let path: String
}

/// One request, a stream of answers.
struct FlowStream<Request: ProtobufMessage, Response: ProtobufMessage>: Sendable {
    let path: String
}

/// flow.access.AccessAPI
enum AccessMethods {
    static let service = "/flow.access.AccessAPI/"

    static let ping = FlowCall<PingRequest, PingResponse>(path: service + "Ping")
    static let getNodeVersionInfo = FlowCall<GetNodeVersionInfoRequest, GetNodeVersionInfoResponse>(
        path: service + "GetNodeVersionInfo")
    static let getLatestBlockHeader = FlowCall<GetLatestBlockHeaderRequest, BlockHeaderResponse>(
        path: service + "GetLatestBlockHeader")
    static let getBlockHeaderByID = FlowCall<GetBlockHeaderByIDRequest, BlockHeaderResponse>(
        path: service + "GetBlockHeaderByID")
    static let getBlockHeaderByHeight = FlowCall<GetBlockHeaderByHeightRequest, BlockHeaderResponse>(
        path: service + "GetBlockHeaderByHeight")
    static let getLatestBlock = FlowCall<GetLatestBlockRequest, BlockResponse>(path: service + "GetLatestBlock")
    static let getBlockByID = FlowCall<GetBlockByIDRequest, BlockResponse>(path: service + "GetBlockByID")
    static let getBlockByHeight = FlowCall<GetBlockByHeightRequest, BlockResponse>(path: service + "GetBlockByHeight")
    static let getCollectionByID = FlowCall<GetCollectionByIDRequest, CollectionResponse>(
        path: service + "GetCollectionByID")
    static let getFullCollectionByID = FlowCall<GetFullCollectionByIDRequest, FullCollectionResponse>(
        path: service + "GetFullCollectionByID")
    static let sendTransaction = FlowCall<SendTransactionRequest, SendTransactionResponse>(
        path: service + "SendTransaction")
    static let getTransaction = FlowCall<GetTransactionRequest, TransactionResponse>(path: service + "GetTransaction")
    static let getTransactionResult = FlowCall<GetTransactionRequest, TransactionResultResponse>(
        path: service + "GetTransactionResult")
    static let getTransactionResultByIndex = FlowCall<GetTransactionByIndexRequest, TransactionResultResponse>(
        path: service + "GetTransactionResultByIndex")
    static let getTransactionResultsByBlockID = FlowCall<GetTransactionsByBlockIDRequest, TransactionResultsResponse>(
        path: service + "GetTransactionResultsByBlockID")
    static let getTransactionsByBlockID = FlowCall<GetTransactionsByBlockIDRequest, TransactionsResponse>(
        path: service + "GetTransactionsByBlockID")
    static let getSystemTransaction = FlowCall<GetSystemTransactionRequest, TransactionResponse>(
        path: service + "GetSystemTransaction")
    static let getSystemTransactionResult = FlowCall<GetSystemTransactionResultRequest, TransactionResultResponse>(
        path: service + "GetSystemTransactionResult")
    static let getScheduledTransaction = FlowCall<GetScheduledTransactionRequest, TransactionResponse>(
        path: service + "GetScheduledTransaction")
    static let getScheduledTransactionResult = FlowCall<
        GetScheduledTransactionResultRequest, TransactionResultResponse
    >(path: service + "GetScheduledTransactionResult")
    static let getAccount = FlowCall<GetAccountRequest, GetAccountResponse>(path: service + "GetAccount")
    static let getAccountAtLatestBlock = FlowCall<GetAccountAtLatestBlockRequest, AccountResponse>(
        path: service + "GetAccountAtLatestBlock")
    static let getAccountAtBlockHeight = FlowCall<GetAccountAtBlockHeightRequest, AccountResponse>(
        path: service + "GetAccountAtBlockHeight")
    static let getAccountBalanceAtLatestBlock = FlowCall<GetAccountBalanceAtLatestBlockRequest, AccountBalanceResponse>(
        path: service + "GetAccountBalanceAtLatestBlock")
    static let getAccountBalanceAtBlockHeight = FlowCall<GetAccountBalanceAtBlockHeightRequest, AccountBalanceResponse>(
        path: service + "GetAccountBalanceAtBlockHeight")
    static let getAccountKeysAtLatestBlock = FlowCall<GetAccountKeysAtLatestBlockRequest, AccountKeysResponse>(
        path: service + "GetAccountKeysAtLatestBlock")
    static let getAccountKeysAtBlockHeight = FlowCall<GetAccountKeysAtBlockHeightRequest, AccountKeysResponse>(
        path: service + "GetAccountKeysAtBlockHeight")
    static let getAccountKeyAtLatestBlock = FlowCall<GetAccountKeyAtLatestBlockRequest, AccountKeyResponse>(
        path: service + "GetAccountKeyAtLatestBlock")
    static let getAccountKeyAtBlockHeight = FlowCall<GetAccountKeyAtBlockHeightRequest, AccountKeyResponse>(
        path: service + "GetAccountKeyAtBlockHeight")
    static let executeScriptAtLatestBlock = FlowCall<ExecuteScriptAtLatestBlockRequest, ExecuteScriptResponse>(
        path: service + "ExecuteScriptAtLatestBlock")
    static let executeScriptAtBlockID = FlowCall<ExecuteScriptAtBlockIDRequest, ExecuteScriptResponse>(
        path: service + "ExecuteScriptAtBlockID")
    static let executeScriptAtBlockHeight = FlowCall<ExecuteScriptAtBlockHeightRequest, ExecuteScriptResponse>(
        path: service + "ExecuteScriptAtBlockHeight")
    static let getEventsForHeightRange = FlowCall<GetEventsForHeightRangeRequest, EventsResponse>(
        path: service + "GetEventsForHeightRange")
    static let getEventsForBlockIDs = FlowCall<GetEventsForBlockIDsRequest, EventsResponse>(
        path: service + "GetEventsForBlockIDs")
    static let getNetworkParameters = FlowCall<GetNetworkParametersRequest, GetNetworkParametersResponse>(
        path: service + "GetNetworkParameters")
    static let getLatestProtocolStateSnapshot = FlowCall<
        GetLatestProtocolStateSnapshotRequest, ProtocolStateSnapshotResponse
    >(path: service + "GetLatestProtocolStateSnapshot")
    static let getProtocolStateSnapshotByBlockID = FlowCall<
        GetProtocolStateSnapshotByBlockIDRequest, ProtocolStateSnapshotResponse
    >(path: service + "GetProtocolStateSnapshotByBlockID")
    static let getProtocolStateSnapshotByHeight = FlowCall<
        GetProtocolStateSnapshotByHeightRequest, ProtocolStateSnapshotResponse
    >(path: service + "GetProtocolStateSnapshotByHeight")
    static let getExecutionResultForBlockID = FlowCall<
        GetExecutionResultForBlockIDRequest, ExecutionResultForBlockIDResponse
    >(path: service + "GetExecutionResultForBlockID")
    static let getExecutionResultByID = FlowCall<GetExecutionResultByIDRequest, ExecutionResultByIDResponse>(
        path: service + "GetExecutionResultByID")
    static let getExecutionReceiptsByBlockID = FlowCall<
        GetExecutionReceiptsByBlockIDRequest, ExecutionReceiptsResponse
    >(path: service + "GetExecutionReceiptsByBlockID")
    static let getExecutionReceiptsByResultID = FlowCall<
        GetExecutionReceiptsByResultIDRequest, ExecutionReceiptsResponse
    >(path: service + "GetExecutionReceiptsByResultID")
    static let subscribeBlocksFromStartBlockID = FlowStream<
        SubscribeBlocksFromStartBlockIDRequest, SubscribeBlocksResponse
    >(path: service + "SubscribeBlocksFromStartBlockID")
    static let subscribeBlocksFromStartHeight = FlowStream<
        SubscribeBlocksFromStartHeightRequest, SubscribeBlocksResponse
    >(path: service + "SubscribeBlocksFromStartHeight")
    static let subscribeBlocksFromLatest = FlowStream<SubscribeBlocksFromLatestRequest, SubscribeBlocksResponse>(
        path: service + "SubscribeBlocksFromLatest")
    static let subscribeBlockHeadersFromStartBlockID = FlowStream<
        SubscribeBlockHeadersFromStartBlockIDRequest, SubscribeBlockHeadersResponse
    >(path: service + "SubscribeBlockHeadersFromStartBlockID")
    static let subscribeBlockHeadersFromStartHeight = FlowStream<
        SubscribeBlockHeadersFromStartHeightRequest, SubscribeBlockHeadersResponse
    >(path: service + "SubscribeBlockHeadersFromStartHeight")
    static let subscribeBlockHeadersFromLatest = FlowStream<
        SubscribeBlockHeadersFromLatestRequest, SubscribeBlockHeadersResponse
    >(path: service + "SubscribeBlockHeadersFromLatest")
    static let subscribeBlockDigestsFromStartBlockID = FlowStream<
        SubscribeBlockDigestsFromStartBlockIDRequest, BlockDigest
    >(path: service + "SubscribeBlockDigestsFromStartBlockID")
    static let subscribeBlockDigestsFromStartHeight = FlowStream<
        SubscribeBlockDigestsFromStartHeightRequest, BlockDigest
    >(path: service + "SubscribeBlockDigestsFromStartHeight")
    static let subscribeBlockDigestsFromLatest = FlowStream<SubscribeBlockDigestsFromLatestRequest, BlockDigest>(
        path: service + "SubscribeBlockDigestsFromLatest")
    static let sendAndSubscribeTransactionStatuses = FlowStream<
        SendAndSubscribeTransactionStatusesRequest, SendAndSubscribeTransactionStatusesResponse
    >(path: service + "SendAndSubscribeTransactionStatuses")
}

/// flow.executiondata.ExecutionDataAPI
enum ExecutionDataMethods {
    static let service = "/flow.executiondata.ExecutionDataAPI/"

    static let getExecutionDataByBlockID = FlowCall<
        GetExecutionDataByBlockIDRequest, GetExecutionDataByBlockIDResponse
    >(path: service + "GetExecutionDataByBlockID")
    static let subscribeExecutionData = FlowStream<SubscribeExecutionDataRequest, ExecutionDataMessage>(
        path: service + "SubscribeExecutionData")
    static let subscribeExecutionDataFromStartBlockID = FlowStream<
        SubscribeExecutionDataFromStartBlockIDRequest, ExecutionDataMessage
    >(path: service + "SubscribeExecutionDataFromStartBlockID")
    static let subscribeExecutionDataFromStartBlockHeight = FlowStream<
        SubscribeExecutionDataFromStartBlockHeightRequest, ExecutionDataMessage
    >(path: service + "SubscribeExecutionDataFromStartBlockHeight")
    static let subscribeExecutionDataFromLatest = FlowStream<
        SubscribeExecutionDataFromLatestRequest, ExecutionDataMessage
    >(path: service + "SubscribeExecutionDataFromLatest")
    static let subscribeEvents = FlowStream<SubscribeEventsRequest, EventsMessage>(path: service + "SubscribeEvents")
    static let subscribeEventsFromStartBlockID = FlowStream<SubscribeEventsFromStartBlockIDRequest, EventsMessage>(
        path: service + "SubscribeEventsFromStartBlockID")
    static let subscribeEventsFromStartHeight = FlowStream<SubscribeEventsFromStartHeightRequest, EventsMessage>(
        path: service + "SubscribeEventsFromStartHeight")
    static let subscribeEventsFromLatest = FlowStream<SubscribeEventsFromLatestRequest, EventsMessage>(
        path: service + "SubscribeEventsFromLatest")
    static let getRegisterValues = FlowCall<GetRegisterValuesRequest, GetRegisterValuesResponse>(
        path: service + "GetRegisterValues")
    static let subscribeAccountStatusesFromStartBlockID = FlowStream<
        SubscribeAccountStatusesFromStartBlockIDRequest, AccountStatusesMessage
    >(path: service + "SubscribeAccountStatusesFromStartBlockID")
    static let subscribeAccountStatusesFromStartHeight = FlowStream<
        SubscribeAccountStatusesFromStartHeightRequest, AccountStatusesMessage
    >(path: service + "SubscribeAccountStatusesFromStartHeight")
    static let subscribeAccountStatusesFromLatestBlock = FlowStream<
        SubscribeAccountStatusesFromLatestBlockRequest, AccountStatusesMessage
    >(path: service + "SubscribeAccountStatusesFromLatestBlock")
}
