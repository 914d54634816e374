package import GRPC

/// A method with its types forgotten, for what treats all alike.
package struct AnyFlowMethod: Sendable {
    package let path: String
    package let isStream: Bool
    package let request: any ProtobufMessage.Type
    package let response: any ProtobufMessage.Type

    init<Request, Response>(_ method: FlowCall<Request, Response>) {
        (path, isStream, request, response) = (method.path, false, Request.self, Response.self)
    }

    init<Request, Response>(_ method: FlowStream<Request, Response>) {
        (path, isStream, request, response) = (method.path, true, Request.self, Response.self)
    }

    /// All of both services.
    package static let all: [AnyFlowMethod] = [
        AnyFlowMethod(AccessMethods.ping),
        AnyFlowMethod(AccessMethods.getNodeVersionInfo),
        AnyFlowMethod(AccessMethods.getLatestBlockHeader),
        AnyFlowMethod(AccessMethods.getBlockHeaderByID),
        AnyFlowMethod(AccessMethods.getBlockHeaderByHeight),
        AnyFlowMethod(AccessMethods.getLatestBlock),
        AnyFlowMethod(AccessMethods.getBlockByID),
        AnyFlowMethod(AccessMethods.getBlockByHeight),
        AnyFlowMethod(AccessMethods.getCollectionByID),
        AnyFlowMethod(AccessMethods.getFullCollectionByID),
        AnyFlowMethod(AccessMethods.sendTransaction),
        AnyFlowMethod(AccessMethods.getTransaction),
        AnyFlowMethod(AccessMethods.getTransactionResult),
        AnyFlowMethod(AccessMethods.getTransactionResultByIndex),
        AnyFlowMethod(AccessMethods.getTransactionResultsByBlockID),
        AnyFlowMethod(AccessMethods.getTransactionsByBlockID),
        AnyFlowMethod(AccessMethods.getSystemTransaction),
        AnyFlowMethod(AccessMethods.getSystemTransactionResult),
        AnyFlowMethod(AccessMethods.getScheduledTransaction),
        AnyFlowMethod(AccessMethods.getScheduledTransactionResult),
        AnyFlowMethod(AccessMethods.getAccount),
        AnyFlowMethod(AccessMethods.getAccountAtLatestBlock),
        AnyFlowMethod(AccessMethods.getAccountAtBlockHeight),
        AnyFlowMethod(AccessMethods.getAccountBalanceAtLatestBlock),
        AnyFlowMethod(AccessMethods.getAccountBalanceAtBlockHeight),
        AnyFlowMethod(AccessMethods.getAccountKeysAtLatestBlock),
        AnyFlowMethod(AccessMethods.getAccountKeysAtBlockHeight),
        AnyFlowMethod(AccessMethods.getAccountKeyAtLatestBlock),
        AnyFlowMethod(AccessMethods.getAccountKeyAtBlockHeight),
        AnyFlowMethod(AccessMethods.executeScriptAtLatestBlock),
        AnyFlowMethod(AccessMethods.executeScriptAtBlockID),
        AnyFlowMethod(AccessMethods.executeScriptAtBlockHeight),
        AnyFlowMethod(AccessMethods.getEventsForHeightRange),
        AnyFlowMethod(AccessMethods.getEventsForBlockIDs),
        AnyFlowMethod(AccessMethods.getNetworkParameters),
        AnyFlowMethod(AccessMethods.getLatestProtocolStateSnapshot),
        AnyFlowMethod(AccessMethods.getProtocolStateSnapshotByBlockID),
        AnyFlowMethod(AccessMethods.getProtocolStateSnapshotByHeight),
        AnyFlowMethod(AccessMethods.getExecutionResultForBlockID),
        AnyFlowMethod(AccessMethods.getExecutionResultByID),
        AnyFlowMethod(AccessMethods.getExecutionReceiptsByBlockID),
        AnyFlowMethod(AccessMethods.getExecutionReceiptsByResultID),
        AnyFlowMethod(AccessMethods.subscribeBlocksFromStartBlockID),
        AnyFlowMethod(AccessMethods.subscribeBlocksFromStartHeight),
        AnyFlowMethod(AccessMethods.subscribeBlocksFromLatest),
        AnyFlowMethod(AccessMethods.subscribeBlockHeadersFromStartBlockID),
        AnyFlowMethod(AccessMethods.subscribeBlockHeadersFromStartHeight),
        AnyFlowMethod(AccessMethods.subscribeBlockHeadersFromLatest),
        AnyFlowMethod(AccessMethods.subscribeBlockDigestsFromStartBlockID),
        AnyFlowMethod(AccessMethods.subscribeBlockDigestsFromStartHeight),
        AnyFlowMethod(AccessMethods.subscribeBlockDigestsFromLatest),
        AnyFlowMethod(AccessMethods.sendAndSubscribeTransactionStatuses),
        AnyFlowMethod(ExecutionDataMethods.getExecutionDataByBlockID),
        AnyFlowMethod(ExecutionDataMethods.subscribeExecutionData),
        AnyFlowMethod(ExecutionDataMethods.subscribeExecutionDataFromStartBlockID),
        AnyFlowMethod(ExecutionDataMethods.subscribeExecutionDataFromStartBlockHeight),
        AnyFlowMethod(ExecutionDataMethods.subscribeExecutionDataFromLatest),
        AnyFlowMethod(ExecutionDataMethods.subscribeEvents),
        AnyFlowMethod(ExecutionDataMethods.subscribeEventsFromStartBlockID),
        AnyFlowMethod(ExecutionDataMethods.subscribeEventsFromStartHeight),
        AnyFlowMethod(ExecutionDataMethods.subscribeEventsFromLatest),
        AnyFlowMethod(ExecutionDataMethods.getRegisterValues),
        AnyFlowMethod(ExecutionDataMethods.subscribeAccountStatusesFromStartBlockID),
        AnyFlowMethod(ExecutionDataMethods.subscribeAccountStatusesFromStartHeight),
        AnyFlowMethod(ExecutionDataMethods.subscribeAccountStatusesFromLatestBlock),
    ]
}
