import Foundation
import HTTP
import Testing

@testable import AccessServing
@testable import Devnet
@testable import Encoding
@testable import FlowClient

/// What was asked of the recorded node's websocket, asked of the devnet's: the same messages in the same order.
@Suite(.timeLimit(.minutes(2)))
struct RecordedSocketTests {
    /// A subscription's messages, the recorded number of them. A block is made after each but the first, which says that
    /// there is a subscription, for streams that follow the head.
    private func messages(
        to request: [UInt8], count: Int, _ port: Int, _ retelling: Retelling
    ) async throws -> [[UInt8]] {
        let socket = try await HTTPClient().webSocket("ws://127.0.0.1:\(port)/v1/ws")
        defer { socket.end() }
        try await socket.send(.text(String(decoding: request, as: UTF8.self)))
        var all: [[UInt8]] = []
        while all.count < count, case .text(let text)? = try await socket.receive() {
            all.append(Array(text.utf8))
            if all.count > 1 { retelling.makeBlock() }
        }
        return all
    }

    private func withServer(_ body: (Int, Retelling, TwinComparison) async throws -> Void) async throws {
        let retelling = try await RecordedHTTPTests.retold()
        let server = HTTPAccessServer(api: retelling.node)
        try await server.start()
        do {
            try await body(try #require(server.port), retelling, TwinComparison(retelling))
            await server.stop(grace: .zero)
        } catch {
            await server.stop(grace: .zero)
            throw error
        }
    }

    @Test func `blocks, events, accounts and statuses come as they were recorded, and refusals to the byte`()
        async throws
    {
        try await withServer { port, retelling, comparison in
            // The recorded node had the zero time in its events; times behind the story are not known.
            comparison.ignored.formUnion(["block_timestamp", "timestamp"])
            var asked = 0
            for exchange in retelling.recorded.exchanges where exchange.transport == "websocket" {
                guard exchange.step != "websocket: send and watch" else { continue }
                if exchange.step == "websocket: blocks" { retelling.makeBlocks(to: 163) }
                if exchange.step == "websocket: events from the start" { retelling.makeBlocks(to: 190) }
                comparison.learnBlocks()
                let request = Array(comparison.ours(String(decoding: exchange.requestBytes, as: UTF8.self)).utf8)
                let recorded = exchange.messageBytes
                let ours = try await messages(to: request, count: recorded.count, port, retelling)
                #expect(ours.count == recorded.count, "\(exchange.step)")
                for (theirs, ours) in zip(recorded, ours) {
                    let differences = try comparison.compare(theirs, ours)
                    #expect(differences.isEmpty, "\(exchange.step)\n\(differences.joined(separator: "\n"))")
                    if String(decoding: theirs, as: UTF8.self).contains("\"error\"") { #expect(theirs == ours) }
                }
                asked += 1
            }
            #expect(asked == 8)
        }
    }

    /// The recorded node answered with zero ids and no events, and this one does not.
    @Test func `a transaction that is sent and watched has its statuses in the recorded order and shape`() async throws
    {
        try await withServer { port, retelling, comparison in
            let exchange = try #require(
                retelling.recorded.exchanges.first { $0.step == "websocket: send and watch" })
            guard case .object(var request) = try JSON(parsing: exchange.requestBytes),
                let at = request.firstIndex(where: { $0.name == "arguments" })
            else { throw TruthError() }
            var transaction = try HTTPAccessService.TransactionBody.parse(GoJSON.compact(request[at].value))
            // One was posted before it, which this chain was not told.
            transaction.proposalKey.sequenceNumber = SequenceNumber(
                try await retelling.node.accountKey(transaction.payer, index: 0, at: .latest).value.sequenceNumber
                    .rawValue)
            transaction.referenceBlockID = try await retelling.node.blockHeader(.latestSealed).value.id
            request[at].value = try RecordedHTTPTests.resigned(transaction, retelling)
            let ours = try await messages(
                to: GoJSON.compact(.object(request)), count: exchange.messages?.count ?? 0, port, retelling)
            let recorded = exchange.messageBytes
            #expect(ours.count == recorded.count)
            for (theirs, ours) in zip(recorded, ours) {
                let (a, b) = (try JSON(parsing: theirs), try JSON(parsing: ours))
                #expect(a.object?.map(\.name) == b.object?.map(\.name))
                let (x, y) = (a["payload"]?["transaction_result"], b["payload"]?["transaction_result"])
                #expect(x?.object?.map(\.name) == y?.object?.map(\.name))
                #expect(x?["status"] == y?["status"])
                #expect(a["payload"]?["message_index"] == b["payload"]?["message_index"])
            }
        }
    }

    @Test func `subscriptions are listed and ended, an id is one subscription's, and twenty are enough`() async throws {
        try await withServer { port, _, _ in
            let socket = try await HTTPClient().webSocket("ws://127.0.0.1:\(port)/v1/ws")
            defer { socket.end() }
            func ask(_ text: String) async throws -> JSON {
                try await socket.send(.text(text))
                while case .text(let answer)? = try await socket.receive() {
                    let message = try JSON(parsing: answer)
                    // Data of earlier subscriptions comes between.
                    if message["action"] != nil { return message }
                }
                return .null
            }
            func subscribe(_ id: String) async throws -> JSON {
                try await ask(
                    #"{"action":"subscribe","subscription_id":"\#(id)","topic":"block_digests","arguments":{"block_status":"sealed"}}"#
                )
            }
            #expect(try await ask(#"{"action":"list_subscriptions"}"#)["subscriptions"]?.isNull == true)
            #expect(try await subscribe("a")["error"] == nil)
            #expect(try await subscribe("a")["error"]?["code"] == 400)
            #expect(try await subscribe(String(repeating: "x", count: 21))["error"]?["code"] == 400)
            let listed = try await ask(#"{"action":"list_subscriptions"}"#)
            #expect(listed["subscriptions"]?.array?.map { $0["subscription_id"] } == ["a"])
            #expect(try await ask(#"{"action":"unsubscribe","subscription_id":"b"}"#)["error"]?["code"] == 404)
            #expect(try await ask(#"{"action":"unsubscribe","subscription_id":"a"}"#)["error"] == nil)
            #expect(try await ask(#"{"action":"list_subscriptions"}"#)["subscriptions"]?.isNull == true)
            for number in 0..<20 { #expect(try await subscribe("s\(number)")["error"] == nil) }
            #expect(try await subscribe("s20")["error"]?["code"] == 429)
        }
    }
}
