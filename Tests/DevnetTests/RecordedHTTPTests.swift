import Foundation
import HTTP
import Testing

@testable import AccessServing
@testable import Devnet
@testable import Encoding
@testable import FlowClient

/// What was asked of the recorded node over HTTP, asked of the devnet: same status, same body.
@Suite(.timeLimit(.minutes(2)))
struct RecordedHTTPTests {
    /// The head when the first of these was asked.
    private static let head: UInt64 = 160

    private static func isHTTP(_ exchange: Recorded.Exchange) -> Bool { exchange.transport == "http" }

    @Test func `every recorded body is written by us to the byte`() throws {
        var bodies = 0
        for name in ["story", "errors"] {
            for exchange in try Recorded(name).exchanges where Self.isHTTP(exchange) {
                let value = try JSON(parsing: exchange.responseBytes)
                #expect(GoJSON.indented(value) == exchange.responseBytes, "\(exchange.method)")
                bodies += 1
            }
        }
        #expect(bodies > 45)
    }

    @Test func `the retold chain answers every recorded request with the recorded status and body`() async throws {
        let retelling = try await Self.retold()
        let comparison = TwinComparison(retelling)
        let service = HTTPAccessService(retelling.node)
        var asked = 0
        for exchange in retelling.recorded.exchanges where exchange.step == "http" {
            if let head = exchange.recordedHead { retelling.makeBlocks(to: head) }
            guard Self.isHTTP(exchange) else { continue }
            comparison.learnBlocks()
            let request = try Self.request(exchange, retelling, comparison)
            let response = try await service.respond(to: request)
            if exchange.method == "POST /v1/transactions", response.status == 200 { retelling.makeBlock() }
            #expect(response.status == exchange.code, "\(exchange.method) \(response.text)")
            #expect(response.headers["Content-Type"] == "application/json; charset=UTF-8")
            let differences = try comparison.compare(exchange.responseBytes, response.bytes)
            #expect(differences.isEmpty, "\(exchange.method)\n\(differences.joined(separator: "\n"))")
            asked += 1
        }
        #expect(asked >= 41)
    }

    @Test func `the comparison sees another value, another order, and an id that stands for two`() async throws {
        let comparison = TwinComparison(try Retelling("story"))
        let (a, b) = (String(repeating: "ab", count: 32), String(repeating: "cd", count: 32))
        func differences(_ theirs: String, _ ours: String) throws -> Int {
            try comparison.compare(Array(theirs.utf8), Array(ours.utf8)).count
        }
        #expect(try differences(#"{"id":"\#(a)","n":"1"}"#, #"{"id":"\#(b)","n":"1"}"#) == 0)
        #expect(try differences(#"{"id":"\#(a)"}"#, #"{"id":"\#(String(a.reversed()))"}"#) == 1)
        #expect(try differences(#"{"a":"1","b":"2"}"#, #"{"b":"2","a":"1"}"#) == 1)
        #expect(try differences(#"{"a":"1","b":2}"#, #"{"a":"2","b":3}"#) == 2)
        #expect(try differences("[1]", "[1,1]") == 1)
        #expect(try differences(#"{"payload":"e30="}"#, #"{"payload":"W10="}"#) == 1)
    }

    @Test func `malformed bodies are refused in the recorded words`() async throws {
        let recorded = try Recorded("errors")
        let retelling = try Retelling("errors")
        retelling.makeBlock()
        let service = HTTPAccessService(retelling.node)
        var asked = 0
        for exchange in recorded.exchanges where Self.isHTTP(exchange) {
            let response = try await service.respond(to: Self.request(exchange))
            #expect(response.status == exchange.code)
            #expect(
                response.text == String(decoding: exchange.responseBytes, as: UTF8.self),
                "\(exchange.method) \(String(decoding: exchange.requestBytes, as: UTF8.self))")
            asked += 1
        }
        #expect(asked == 10)
    }

    /// The story as far as gRPC told it: sent one by one, and once by a stream.
    static func retold() async throws -> Retelling {
        let retelling = try Retelling("story")
        try await retelling.tell()
        for exchange in retelling.recorded.exchanges
        where exchange.method.hasSuffix("/SendAndSubscribeTransactionStatuses") {
            let transaction = try #require(Wire(exchange.requestBytes)[message: 1]).transaction
            retelling.makeBlocks(to: try #require(retelling.recordedHeight(of: transaction.id)) - 1)
            let ours = try retelling.resigned(transaction)
            retelling.ids[transaction.id] = ours.id
            _ = try await retelling.node.send(ours)
            retelling.makeBlock()
        }
        retelling.makeBlocks(to: head)
        return retelling
    }

    static func request(_ exchange: Recorded.Exchange) throws -> HTTPServerRequest {
        let words = exchange.method.split(separator: " ", maxSplits: 1).map(String.init)
        return try HTTPServerRequest(method: words[0], target: words[1], body: exchange.requestBytes)
    }

    /// The recorded request with ids of our chain, and transactions signed for it.
    private static func request(
        _ exchange: Recorded.Exchange, _ retelling: Retelling, _ comparison: TwinComparison
    ) throws -> HTTPServerRequest {
        var request = try request(exchange)
        if request.method == "POST", request.path == "/v1/transactions",
            let transaction = try? HTTPAccessService.TransactionBody.parse(request.body)
        {
            request.body = GoJSON.compact(try resigned(transaction, retelling))
            comparison.learnTransactions()
        }
        return try HTTPServerRequest(
            method: request.method, target: comparison.ours(request.target), body: request.body)
    }

    /// As a client posts it.
    static func resigned(_ transaction: Transaction, _ retelling: Retelling) throws -> JSON {
        let ours = try retelling.resigned(transaction)
        retelling.ids[transaction.id] = ours.id
        let body = HTTPAccessService.Body.transaction(ours, result: nil)
        return .object((body.object ?? []).filter { !["id", "_expandable", "_links"].contains($0.name) })
    }
}

extension HTTPServerResponse {
    var bytes: [UInt8] { if case .bytes(let bytes) = body { bytes } else { [] } }
    var text: String { String(decoding: bytes, as: UTF8.self) }
}

extension Retelling {
    /// The height of the recorded block that lists the transaction.
    fileprivate func recordedHeight(of id: TransactionID) -> UInt64? {
        for exchange in recorded.exchanges where exchange.method.hasSuffix("/GetTransactionsByBlockID") {
            guard Wire(exchange.responseBytes)[all: 1].contains(where: { Wire($0).transaction.id == id }) else {
                continue
            }
            return Wire(exchange.requestBytes)[bytes: 1].flatMap { BlockID(bytes: $0) }.flatMap { headers[$0]?.height }
        }
        return nil
    }
}

extension Recorded.Exchange {
    /// The height of the block that was the latest when it was asked for; nil of any other exchange.
    var recordedHead: UInt64? {
        method.hasSuffix("/GetLatestBlockHeader") ? Wire(responseBytes)[message: 1]?[number: 3] : nil
    }
}
