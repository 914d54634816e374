package import GRPC

// The methods of both services, each with its messages: callers and the server take them from here, and a test compares
// them with the protocol's own table (onflow/flow protobuf/flow/access, protobuf/flow/executiondata).

/// One request, one answer.
package struct FlowCall<Request: ProtobufMessage, Response: ProtobufMessage>: Sendable {
    package let path: String

    package init(path: String) { self.path = path }
}

/// One request, a stream of answers.
package struct FlowStream<Request: ProtobufMessage, Response: ProtobufMessage>: Sendable {
    package let path: String

    package init(path: String) { self.path = path }
}

/// flow.access.AccessAPI
package enum AccessMethods {
    package static let service = "/flow.access.AccessAPI/"

    package static let ping = FlowCall<PingRequest, PingResponse>(path: service + "Ping")
    package static let getNodeVersionInfo = FlowCall<GetNodeVersionInfoRequest, GetNodeVersionInfoResponse>(
        path: service + "GetNodeVersionInfo")
    package static let getLatestBlockHeader = FlowCall<GetLatestBlockHeaderRequest, BlockHeaderResponse>(
        path: service + "GetLatestBlockHeader")
    package static let getBlockHeaderByID = FlowCall<GetBlockHeaderByIDRequest, BlockHeaderResponse>(
        path: service + "GetBlockHeaderByID")
    package static let getBlockHeaderByHeight = FlowCall<GetBlockHeaderByHeightRequest, BlockHeaderResponse>(
        path: service + "GetBlockHeaderByHeight")
    package static let getLatestBlock = FlowCall<GetLatestBlockRequest, BlockResponse>(path: service + "GetLatestBlock")
    package static let getBlockByID = FlowCall<GetBlockByIDRequest, BlockResponse>(path: service + "GetBlockByID")
    package static let getBlockByHeight = FlowCall<GetBlockByHeightRequest, BlockResponse>(
        path: service + "GetBlockByHeight")
    package static let getCollectionByID = FlowCall<GetCollectionByIDRequest, CollectionResponse>(
        path: service + "GetCollectionByID")
    package static let getFullCollectionByID = FlowCall<GetFullCollectionByIDRequest, FullCollectionResponse>(
        path: service + "GetFullCollectionByID")
    package static let sendTransaction = FlowCall<SendTransactionRequest, SendTransactionResponse>(
        path: service + "SendTransaction")
    package static let getTransaction = FlowCall<GetTransactionRequest, TransactionResponse>(
        path: service + "GetTransaction")
    package static let getTransactionResult = FlowCall<GetTransactionRequest, TransactionResultResponse>(
        path: service + "GetTransactionResult")
    package static let getTransactionResultByIndex = FlowCall<GetTransactionByIndexRequest, TransactionResultResponse>(
        path: service + "GetTransactionResultByIndex")
    package static let getTransactionResultsByBlockID = FlowCall<
        GetTransactionsByBlockIDRequest, TransactionResultsResponse
    >(
        path: service + "GetTransactionResultsByBlockID")
    package static let getTransactionsByBlockID = FlowCall<GetTransactionsByBlockIDRequest, TransactionsResponse>(
        path: service + "GetTransactionsByBlockID")
    package static let getSystemTransaction = FlowCall<GetSystemTransactionRequest, TransactionResponse>(
        path: service + "GetSystemTransaction")
    package static let getSystemTransactionResult = FlowCall<
        GetSystemTransactionResultRequest, TransactionResultResponse
    >(
        path: service + "GetSystemTransactionResult")
    package static let getScheduledTransaction = FlowCall<GetScheduledTransactionRequest, TransactionResponse>(
        path: service + "GetScheduledTransaction")
    package static let getScheduledTransactionResult = FlowCall<
        GetScheduledTransactionResultRequest, TransactionResultResponse
    >(path: service + "GetScheduledTransactionResult")
    package static let getAccount = FlowCall<GetAccountRequest, GetAccountResponse>(path: service + "GetAccount")
    package static let getAccountAtLatestBlock = FlowCall<GetAccountAtLatestBlockRequest, AccountResponse>(
        path: service + "GetAccountAtLatestBlock")
    package static let getAccountAtBlockHeight = FlowCall<GetAccountAtBlockHeightRequest, AccountResponse>(
        path: service + "GetAccountAtBlockHeight")
    package static let getAccountBalanceAtLatestBlock = FlowCall<
        GetAccountBalanceAtLatestBlockRequest, AccountBalanceResponse
    >(
        path: service + "GetAccountBalanceAtLatestBlock")
    package static let getAccountBalanceAtBlockHeight = FlowCall<
        GetAccountBalanceAtBlockHeightRequest, AccountBalanceResponse
    >(
        path: service + "GetAccountBalanceAtBlockHeight")
    package static let getAccountKeysAtLatestBlock = FlowCall<GetAccountKeysAtLatestBlockRequest, AccountKeysResponse>(
        path: service + "GetAccountKeysAtLatestBlock")
    package static let getAccountKeysAtBlockHeight = FlowCall<GetAccountKeysAtBlockHeightRequest, AccountKeysResponse>(
        path: service + "GetAccountKeysAtBlockHeight")
    package static let getAccountKeyAtLatestBlock = FlowCall<GetAccountKeyAtLatestBlockRequest, AccountKeyResponse>(
        path: service + "GetAccountKeyAtLatestBlock")
    package static let getAccountKeyAtBlockHeight = FlowCall<GetAccountKeyAtBlockHeightRequest, AccountKeyResponse>(
        path: service + "GetAccountKeyAtBlockHeight")
    package static let executeScriptAtLatestBlock = FlowCall<ExecuteScriptAtLatestBlockRequest, ExecuteScriptResponse>(
        path: service + "ExecuteScriptAtLatestBlock")
    package static let executeScriptAtBlockID = FlowCall<ExecuteScriptAtBlockIDRequest, ExecuteScriptResponse>(
        path: service + "ExecuteScriptAtBlockID")
    package static let executeScriptAtBlockHeight = FlowCall<ExecuteScriptAtBlockHeightRequest, ExecuteScriptResponse>(
        path: service + "ExecuteScriptAtBlockHeight")
    package static let getEventsForHeightRange = FlowCall<GetEventsForHeightRangeRequest, EventsResponse>(
        path: service + "GetEventsForHeightRange")
    package static let getEventsForBlockIDs = FlowCall<GetEventsForBlockIDsRequest, EventsResponse>(
        path: service + "GetEventsForBlockIDs")
    package static let getNetworkParameters = FlowCall<GetNetworkParametersRequest, GetNetworkParametersResponse>(
        path: service + "GetNetworkParameters")
    package static let getLatestProtocolStateSnapshot = FlowCall<
        GetLatestProtocolStateSnapshotRequest, ProtocolStateSnapshotResponse
    >(path: service + "GetLatestProtocolStateSnapshot")
    package static let getProtocolStateSnapshotByBlockID = FlowCall<
        GetProtocolStateSnapshotByBlockIDRequest, ProtocolStateSnapshotResponse
    >(path: service + "GetProtocolStateSnapshotByBlockID")
    package static let getProtocolStateSnapshotByHeight = FlowCall<
        GetProtocolStateSnapshotByHeightRequest, ProtocolStateSnapshotResponse
    >(path: service + "GetProtocolStateSnapshotByHeight")
    package static let getExecutionResultForBlockID = FlowCall<
        GetExecutionResultForBlockIDRequest, ExecutionResultForBlockIDResponse
    >(path: service + "GetExecutionResultForBlockID")
    package static let getExecutionResultByID = FlowCall<GetExecutionResultByIDRequest, ExecutionResultByIDResponse>(
        path: service + "GetExecutionResultByID")
    package static let getExecutionReceiptsByBlockID = FlowCall<
        GetExecutionReceiptsByBlockIDRequest, ExecutionReceiptsResponse
    >(path: service + "GetExecutionReceiptsByBlockID")
    package static let getExecutionReceiptsByResultID = FlowCall<
        GetExecutionReceiptsByResultIDRequest, ExecutionReceiptsResponse
    >(path: service + "GetExecutionReceiptsByResultID")
    package static let subscribeBlocksFromStartBlockID = FlowStream<
        SubscribeBlocksFromStartBlockIDRequest, SubscribeBlocksResponse
    >(path: service + "SubscribeBlocksFromStartBlockID")
    package static let subscribeBlocksFromStartHeight = FlowStream<
        SubscribeBlocksFromStartHeightRequest, SubscribeBlocksResponse
    >(path: service + "SubscribeBlocksFromStartHeight")
    package static let subscribeBlocksFromLatest = FlowStream<
        SubscribeBlocksFromLatestRequest, SubscribeBlocksResponse
    >(
        path: service + "SubscribeBlocksFromLatest")
    package static let subscribeBlockHeadersFromStartBlockID = FlowStream<
        SubscribeBlockHeadersFromStartBlockIDRequest, SubscribeBlockHeadersResponse
    >(path: service + "SubscribeBlockHeadersFromStartBlockID")
    package static let subscribeBlockHeadersFromStartHeight = FlowStream<
        SubscribeBlockHeadersFromStartHeightRequest, SubscribeBlockHeadersResponse
    >(path: service + "SubscribeBlockHeadersFromStartHeight")
    package static let subscribeBlockHeadersFromLatest = FlowStream<
        SubscribeBlockHeadersFromLatestRequest, SubscribeBlockHeadersResponse
    >(path: service + "SubscribeBlockHeadersFromLatest")
    package static let subscribeBlockDigestsFromStartBlockID = FlowStream<
        SubscribeBlockDigestsFromStartBlockIDRequest, BlockDigest
    >(path: service + "SubscribeBlockDigestsFromStartBlockID")
    package static let subscribeBlockDigestsFromStartHeight = FlowStream<
        SubscribeBlockDigestsFromStartHeightRequest, BlockDigest
    >(path: service + "SubscribeBlockDigestsFromStartHeight")
    package static let subscribeBlockDigestsFromLatest = FlowStream<
        SubscribeBlockDigestsFromLatestRequest, BlockDigest
    >(
        path: service + "SubscribeBlockDigestsFromLatest")
    package static let sendAndSubscribeTransactionStatuses = FlowStream<
        SendAndSubscribeTransactionStatusesRequest, SendAndSubscribeTransactionStatusesResponse
    >(path: service + "SendAndSubscribeTransactionStatuses")
}

/// flow.executiondata.ExecutionDataAPI
package enum ExecutionDataMethods {
    package static let service = "/flow.executiondata.ExecutionDataAPI/"

    package static let getExecutionDataByBlockID = FlowCall<
        GetExecutionDataByBlockIDRequest, GetExecutionDataByBlockIDResponse
    >(path: service + "GetExecutionDataByBlockID")
    package static let subscribeExecutionData = FlowStream<SubscribeExecutionDataRequest, ExecutionDataMessage>(
        path: service + "SubscribeExecutionData")
    package static let subscribeExecutionDataFromStartBlockID = FlowStream<
        SubscribeExecutionDataFromStartBlockIDRequest, ExecutionDataMessage
    >(path: service + "SubscribeExecutionDataFromStartBlockID")
    package static let subscribeExecutionDataFromStartBlockHeight = FlowStream<
        SubscribeExecutionDataFromStartBlockHeightRequest, ExecutionDataMessage
    >(path: service + "SubscribeExecutionDataFromStartBlockHeight")
    package static let subscribeExecutionDataFromLatest = FlowStream<
        SubscribeExecutionDataFromLatestRequest, ExecutionDataMessage
    >(path: service + "SubscribeExecutionDataFromLatest")
    package static let subscribeEvents = FlowStream<SubscribeEventsRequest, EventsMessage>(
        path: service + "SubscribeEvents")
    package static let subscribeEventsFromStartBlockID = FlowStream<
        SubscribeEventsFromStartBlockIDRequest, EventsMessage
    >(
        path: service + "SubscribeEventsFromStartBlockID")
    package static let subscribeEventsFromStartHeight = FlowStream<
        SubscribeEventsFromStartHeightRequest, EventsMessage
    >(
        path: service + "SubscribeEventsFromStartHeight")
    package static let subscribeEventsFromLatest = FlowStream<SubscribeEventsFromLatestRequest, EventsMessage>(
        path: service + "SubscribeEventsFromLatest")
    package static let getRegisterValues = FlowCall<GetRegisterValuesRequest, GetRegisterValuesResponse>(
        path: service + "GetRegisterValues")
    package static let subscribeAccountStatusesFromStartBlockID = FlowStream<
        SubscribeAccountStatusesFromStartBlockIDRequest, AccountStatusesMessage
    >(path: service + "SubscribeAccountStatusesFromStartBlockID")
    package static let subscribeAccountStatusesFromStartHeight = FlowStream<
        SubscribeAccountStatusesFromStartHeightRequest, AccountStatusesMessage
    >(path: service + "SubscribeAccountStatusesFromStartHeight")
    package static let subscribeAccountStatusesFromLatestBlock = FlowStream<
        SubscribeAccountStatusesFromLatestBlockRequest, AccountStatusesMessage
    >(path: service + "SubscribeAccountStatusesFromLatestBlock")
}
