import Cadence
import FlowClient
import Recordings
import TestSupport

/// Real events, as a node answered them (fixtures/recordings).
enum RecordedEvents {
    struct Missing: Error, CustomStringConvertible { var description: String }

    static let depositedType = "A.f8d6e0586b0a20c7.NonFungibleToken.Deposited"

    /// Payloads of the same event in both encodings.
    struct Pair: Sendable {
        var json: [UInt8]
        var ccf: [UInt8]
    }

    /// All NonFungibleToken.Deposited events of a recording that it has in both encodings.
    static func deposited(in recording: String) throws -> [Pair] {
        var payloads: [EventEncoding: [[UInt8]]] = [:]
        for exchange in try Recording(recording).exchanges()
        where exchange.method == "/flow.access.AccessAPI/GetEventsForHeightRange" {
            guard let request = exchange.request, let response = exchange.response,
                case .events(depositedType, _, let encoding, let blocks?) = try RecordedCall(
                    method: exchange.method, request: Array(request), response: Array(response))
            else { continue }
            // A range that is asked twice in one encoding is taken once.
            guard payloads[encoding] == nil else { continue }
            payloads[encoding] = blocks.flatMap { $0.events.map(\.payload) }
        }
        guard let json = payloads[.jsonCDC], let ccf = payloads[.ccf], json.count == ccf.count, !json.isEmpty else {
            throw Missing(description: "fixtures/recordings/\(recording) has no Deposited events in both encodings")
        }
        let pairs = zip(json, ccf).map { Pair(json: $0, ccf: $1) }
        for pair in pairs
        where try JSONCDC.encode(CCF.decode(pair.ccf)) != JSONCDC.encode(JSONCDC.decode(pair.json)) {
            throw Missing(description: "the recording's two encodings of one event differ")
        }
        return pairs
    }

    /// The payloads of all events of a recording, in either encoding.
    static func all(in recording: String) throws -> [[UInt8]] {
        try Recording(recording).exchanges().flatMap { exchange -> [[UInt8]] in
            guard exchange.transport == "grpc", exchange.code == 0, let request = exchange.request,
                let response = exchange.response
            else { return [] }
            switch try RecordedCall(method: exchange.method, request: Array(request), response: Array(response)) {
            case .events(_, _, _, let blocks?): return blocks.flatMap { $0.events.map(\.payload) }
            case .results(_, let results?): return results.flatMap { $0.events.map(\.payload) }
            default: return []
            }
        }
    }

    /// Those that the codecs are measured with.
    static let deposited = Result { try deposited(in: "story") }
}
