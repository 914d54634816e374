import Foundation
import GRPC
import Recordings
import TestSupport

@testable import FlowClient

/// What a real node answered (fixtures/recordings, "story"), target by target: at most 40 of each, none longer than 4 KiB.
enum RecordedSeeds {
    static let all: [String: [[UInt8]]] = {
        var found: [String: [[UInt8]]] = [:]
        func add(_ target: String, _ bytes: [UInt8]) {
            guard bytes.count <= 4096, found[target, default: []].count < 40 else { return }
            if !found[target, default: []].contains(bytes) { found[target, default: []].append(bytes) }
        }
        // In the order of the target's methods and bodies: the first byte chooses.
        let methods = [
            "GetBlockByHeight", "GetBlockHeaderByHeight", "GetTransactionResultsByBlockID", "GetEventsForHeightRange",
        ]
        let paths = [
            "/v1/node_version_info": 0, "/v1/transactions/": 2, "/v1/transaction_results/": 3, "/v1/accounts/": 7,
        ]
        for exchange in (try? Recording("story").exchanges()) ?? [] {
            let response = exchange.response.map { Array($0) } ?? []
            switch exchange.transport {
            case "grpc":
                if let index = methods.firstIndex(where: { exchange.method.hasSuffix("/" + $0) }) {
                    add("protobuf", [UInt8(index)] + response)
                }
                let sent = try? SendTransactionRequest(protobuf: exchange.request.map { Array($0) } ?? []).transaction
                if exchange.method.hasSuffix("/SendTransaction"), let sent { add("rlp", sent.rlp) }
                for (json, payload) in payloads(of: exchange, response) {
                    add(json ? "json-cdc" : "ccf", payload)
                    add("event-reader", payload)
                }
            case "http":
                for (path, index) in paths where exchange.method.contains(path) {
                    add("http-bodies", [UInt8(index)] + response)
                }
            default:
                for message in exchange.messages ?? [] {
                    for text in message.split(separator: UInt8(ascii: "\n")) { add("topic-messages", Array(text)) }
                }
            }
        }
        for source in CadenceSources.transactions.sorted(by: { $0.key < $1.key }) {
            add("arguments", Array(source.value.utf8))
        }
        return found
    }()

    private static func payloads(of exchange: RecordedExchange, _ response: [UInt8]) -> [(Bool, [UInt8])] {
        let call = try? RecordedCall(
            method: exchange.method, request: Array(exchange.request ?? Data()), response: response)
        guard case .events(_, _, let encoding, let blocks?) = call else { return [] }
        return blocks.flatMap(\.events).map { (encoding == .jsonCDC, $0.payload) }
    }
}
