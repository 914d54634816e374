import Foundation
import GRPC
import Recordings
import TestSupport

@testable import Cadence
@testable import FlowClient

/// What the recorded node said over gRPC of the things that it was asked over HTTP as well: found by their ids, as
/// everything else differs between two questions.
struct RecordedTwins {
    static let story = Result { try RecordedTwins("story") }

    private(set) var exchanges: [RecordedExchange] = []
    private(set) var headers: [BlockID: BlockHeader] = [:]
    private(set) var blocks: [BlockID: Block] = [:]
    private(set) var transactions: [TransactionID: Transaction] = [:]
    /// With JSON-CDC, sealed.
    private(set) var results: [TransactionID: TransactionResult] = [:]
    private(set) var events: [String: [BlockID: BlockEvents]] = [:]
    private(set) var accounts: [Address: Account] = [:]
    private(set) var accountStatuses: [BlockID: AccountStatusesMessage] = [:]
    private(set) var scripts: [[UInt8]] = []
    private(set) var info: NodeVersionInfo?
    private(set) var chain: String?
    /// The words of what was refused.
    private(set) var refusals: [String: AccessError.Code] = [:]

    init(_ name: String) throws {
        for exchange in try Recording(name).exchanges() {
            exchanges.append(exchange)
            guard exchange.transport == "grpc" else { continue }
            let bytes = [UInt8](exchange.response ?? Data())
            if let code = exchange.code.flatMap({ AccessError.Code(rawValue: Int32($0)) }) {
                refusals[exchange.message ?? ""] = code
                // A stream that was ended in the middle has answered all the same.
                guard exchange.messages?.isEmpty == false else { continue }
            }
            switch exchange.method.split(separator: "/").last ?? "" {
            case "GetBlockHeaderByHeight", "GetLatestBlockHeader", "GetBlockHeaderByID":
                let answer = try BlockHeaderResponse(protobuf: bytes)
                if let header = answer.block { headers[header.id] = header }
            case "GetBlockByHeight", "GetBlockByID", "GetLatestBlock":
                if let block = try BlockResponse(protobuf: bytes).block { blocks[block.id] = block }
            case "SendTransaction":
                let sent = try SendTransactionRequest(protobuf: [UInt8](exchange.request ?? Data())).transaction
                if let sent { transactions[sent.id] = sent }
            case "GetTransactionResult":
                let request = try GetTransactionRequest(protobuf: [UInt8](exchange.request ?? Data()))
                let result = try TransactionResultResponse(protobuf: bytes).result
                if request.encoding == .jsonCDC, result.status == .sealed { results[request.id] = result }
            case "GetEventsForHeightRange":
                let request = try GetEventsForHeightRangeRequest(protobuf: [UInt8](exchange.request ?? Data()))
                guard request.encoding == .jsonCDC else { continue }
                for block in try EventsResponse(protobuf: bytes).results {
                    events[request.type, default: [:]][block.blockID] = block
                }
            case "GetAccountAtLatestBlock":
                if let account = try AccountResponse(protobuf: bytes).account { accounts[account.address] = account }
            case "ExecuteScriptAtLatestBlock": scripts.append(try ExecuteScriptResponse(protobuf: bytes).value)
            case "GetNodeVersionInfo": info = try GetNodeVersionInfoResponse(protobuf: bytes).info
            case "GetNetworkParameters": chain = try GetNetworkParametersResponse(protobuf: bytes).chainID
            case "SubscribeAccountStatusesFromStartHeight":
                for message in exchange.messages ?? [] {
                    let status = try AccountStatusesMessage(protobuf: [UInt8](message))
                    accountStatuses[status.blockID] = status
                }
            default: break
            }
        }
    }

    /// Of HTTP, in order.
    func http(_ method: String) -> [RecordedExchange] {
        exchanges.filter { $0.transport == "http" && $0.method.hasPrefix(method) }
    }

    /// The payloads of a recorded websocket's topic, with the agreement before them checked by the caller.
    func messages(of step: String) throws -> [TopicMessage] {
        try exchanges.filter { $0.transport == "websocket" && $0.step == "websocket: \(step)" }
            .flatMap { $0.messages ?? [] }.map { try TopicMessage(String(decoding: $0, as: UTF8.self)) }
    }
}

extension RecordedExchange {
    var body: [UInt8] { [UInt8](response ?? Data()) }
    /// The last segment of the path.
    var name: Substring { method.split(separator: "?")[0].split(separator: "/").last ?? "" }
}
