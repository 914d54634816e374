import GRPC

@testable import FlowClient

/// A method with its types forgotten, for tests that treat all alike.
struct AnyMethod: Sendable {
    let path: String
    let isStream: Bool
    let request: any ProtobufMessage.Type
    let response: any ProtobufMessage.Type

    init<Request, Response>(_ method: FlowCall<Request, Response>) {
        (path, isStream, request, response) = (method.path, false, Request.self, Response.self)
    }

    init<Request, Response>(_ method: FlowStream<Request, Response>) {
        (path, isStream, request, response) = (method.path, true, Request.self, Response.self)
    }
}

let allMethods: [AnyMethod] = [
    AnyMethod(AccessMethods.ping),
    AnyMethod(AccessMethods.getNodeVersionInfo),
    AnyMethod(AccessMethods.getLatestBlockHeader),
    AnyMethod(AccessMethods.getBlockHeaderByID),
    AnyMethod(AccessMethods.getBlockHeaderByHeight),
    AnyMethod(AccessMethods.getLatestBlock),
    AnyMethod(AccessMethods.getBlockByID),
    AnyMethod(AccessMethods.getBlockByHeight),
    AnyMethod(AccessMethods.getCollectionByID),
    AnyMethod(AccessMethods.getFullCollectionByID),
    AnyMethod(AccessMethods.sendTransaction),
    AnyMethod(AccessMethods.getTransaction),
    AnyMethod(AccessMethods.getTransactionResult),
    AnyMethod(AccessMethods.getTransactionResultByIndex),
    AnyMethod(AccessMethods.getTransactionResultsByBlockID),
    AnyMethod(AccessMethods.getTransactionsByBlockID),
    AnyMethod(AccessMethods.getSystemTransaction),
    AnyMethod(AccessMethods.getSystemTransactionResult),
    AnyMethod(AccessMethods.getScheduledTransaction),
    AnyMethod(AccessMethods.getScheduledTransactionResult),
    AnyMethod(AccessMethods.getAccount),
    AnyMethod(AccessMethods.getAccountAtLatestBlock),
    AnyMethod(AccessMethods.getAccountAtBlockHeight),
    AnyMethod(AccessMethods.getAccountBalanceAtLatestBlock),
    AnyMethod(AccessMethods.getAccountBalanceAtBlockHeight),
    AnyMethod(AccessMethods.getAccountKeysAtLatestBlock),
    AnyMethod(AccessMethods.getAccountKeysAtBlockHeight),
    AnyMethod(AccessMethods.getAccountKeyAtLatestBlock),
    AnyMethod(AccessMethods.getAccountKeyAtBlockHeight),
    AnyMethod(AccessMethods.executeScriptAtLatestBlock),
    AnyMethod(AccessMethods.executeScriptAtBlockID),
    AnyMethod(AccessMethods.executeScriptAtBlockHeight),
    AnyMethod(AccessMethods.getEventsForHeightRange),
    AnyMethod(AccessMethods.getEventsForBlockIDs),
    AnyMethod(AccessMethods.getNetworkParameters),
    AnyMethod(AccessMethods.getLatestProtocolStateSnapshot),
    AnyMethod(AccessMethods.getProtocolStateSnapshotByBlockID),
    AnyMethod(AccessMethods.getProtocolStateSnapshotByHeight),
    AnyMethod(AccessMethods.getExecutionResultForBlockID),
    AnyMethod(AccessMethods.getExecutionResultByID),
    AnyMethod(AccessMethods.getExecutionReceiptsByBlockID),
    AnyMethod(AccessMethods.getExecutionReceiptsByResultID),
    AnyMethod(AccessMethods.subscribeBlocksFromStartBlockID),
    AnyMethod(AccessMethods.subscribeBlocksFromStartHeight),
    AnyMethod(AccessMethods.subscribeBlocksFromLatest),
    AnyMethod(AccessMethods.subscribeBlockHeadersFromStartBlockID),
    AnyMethod(AccessMethods.subscribeBlockHeadersFromStartHeight),
    AnyMethod(AccessMethods.subscribeBlockHeadersFromLatest),
    AnyMethod(AccessMethods.subscribeBlockDigestsFromStartBlockID),
    AnyMethod(AccessMethods.subscribeBlockDigestsFromStartHeight),
    AnyMethod(AccessMethods.subscribeBlockDigestsFromLatest),
    AnyMethod(AccessMethods.sendAndSubscribeTransactionStatuses),
    AnyMethod(ExecutionDataMethods.getExecutionDataByBlockID),
    AnyMethod(ExecutionDataMethods.subscribeExecutionData),
    AnyMethod(ExecutionDataMethods.subscribeExecutionDataFromStartBlockID),
    AnyMethod(ExecutionDataMethods.subscribeExecutionDataFromStartBlockHeight),
    AnyMethod(ExecutionDataMethods.subscribeExecutionDataFromLatest),
    AnyMethod(ExecutionDataMethods.subscribeEvents),
    AnyMethod(ExecutionDataMethods.subscribeEventsFromStartBlockID),
    AnyMethod(ExecutionDataMethods.subscribeEventsFromStartHeight),
    AnyMethod(ExecutionDataMethods.subscribeEventsFromLatest),
    AnyMethod(ExecutionDataMethods.getRegisterValues),
    AnyMethod(ExecutionDataMethods.subscribeAccountStatusesFromStartBlockID),
    AnyMethod(ExecutionDataMethods.subscribeAccountStatusesFromStartHeight),
    AnyMethod(ExecutionDataMethods.subscribeAccountStatusesFromLatestBlock),
]

/// Every message that a method can reach.
let allMessages: [any ProtobufMessage.Type] = {
    var seen: Set<String> = []
    var found: [any ProtobufMessage.Type] = []
    var pending = allMethods.flatMap { [$0.request, $0.response] }
    while let type = pending.popLast() {
        guard seen.insert(type.protobufName).inserted else { continue }
        found.append(type)
        pending += ProtobufDescription(of: type).nested
    }
    return found.sorted { $0.protobufName < $1.protobufName }
}()

func recode<M: ProtobufMessage>(_ type: M.Type, _ bytes: [UInt8]) throws -> [UInt8] { try M(protobuf: bytes).protobuf }
