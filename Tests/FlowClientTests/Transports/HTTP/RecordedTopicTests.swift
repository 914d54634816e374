import Foundation
import HTTP
import Recordings
import TestSupport
import Testing

@testable import Cadence
@testable import Encoding
@testable import FlowClient

@Suite(.timeLimit(.minutes(2)))
struct RecordedTopicTests {
    let twins: RecordedTwins

    init() throws { twins = try RecordedTwins.story.get() }

    /// What came after the node agreed.
    private func payloads<Body: HTTPBody>(_ step: String, as type: Body.Type = Body.self) throws -> [Body] {
        let messages = try twins.messages(of: step)
        let agreement = try #require(messages.first)
        #expect(agreement.action == "subscribe" && agreement.refusal == nil && !agreement.hasPayload)
        return try messages.dropFirst().map { message in
            #expect(message.subscription == agreement.subscription)
            return try message.payload { try $0.value() }
        }
    }

    @Test func `blocks follow each other`() throws {
        let blocks = try payloads("blocks", as: BlockBody.self)
        #expect(blocks.count == 14)
        for (block, next) in zip(blocks, blocks.dropFirst()) {
            #expect(next.block.parentID == block.block.id)
            #expect(next.block.height.rawValue == block.block.height.rawValue + 1)
        }
        #expect(blocks.allSatisfy { $0.hasPayload && $0.block.status == .sealed })
    }

    @Test func `events are those that gRPC gives for the same blocks, but for the time, which this node leaves out`()
        throws
    {
        let twin = try #require(twins.events["A.f8d6e0586b0a20c7.NonFungibleToken.Deposited"])
        let messages = try payloads("events from the start", as: EventsMessage.self)
        #expect(messages.map(\.messageIndex) == (0..<16).map { UInt64($0) })
        var compared = 0
        for message in messages {
            #expect(message.blockTimestamp == Timestamp(seconds: -62_135_596_800))
            guard let block = twin[message.blockID] else { continue }
            #expect(message.blockHeight == block.blockHeight)
            #expect(message.events == block.events)
            compared += message.events.count
        }
        #expect(compared > 20)
        // No block with events was passed over.
        let told = Set(messages.map(\.blockID))
        let last = try #require(messages.last?.blockHeight)
        #expect(twin.values.allSatisfy { $0.events.isEmpty || told.contains($0.blockID) || $0.blockHeight > last })
    }

    @Test func `account statuses are those that gRPC streams for the same blocks`() throws {
        var compared = 0
        for message in try payloads("account statuses", as: AccountStatusesMessage.self) {
            guard let twin = twins.accountStatuses[message.blockID] else { continue }
            #expect(message.blockHeight == twin.blockHeight)
            // Its twin was asked for CCF.
            #expect(message.results.map(withoutPayloads) == twin.results.map(withoutPayloads))
            for (event, other) in zip(message.results.flatMap(\.events), twin.results.flatMap(\.events)) {
                let value = try CadenceValue.decodeEventPayload(event.payload)
                #expect(JSONCDC.encode(value) == JSONCDC.encode(try CadenceValue.decodeEventPayload(other.payload)))
            }
            compared += message.results.flatMap(\.events).count
        }
        #expect(compared > 0)
    }

    private func withoutPayloads(_ account: AccountStatusesMessage.AccountEvents)
        -> AccountStatusesMessage.AccountEvents
    {
        var account = account
        for at in account.events.indices { account.events[at].payload = [] }
        return account
    }

    @Test(arguments: ["statuses of a sealed transaction", "send and watch"])
    func `a transaction's statuses come in order, and the last one is the result`(step: String) throws {
        let messages = try payloads(step, as: TransactionStatusMessage.self)
        #expect(messages.map(\.messageIndex) == [0, 1, 2, 3])
        #expect(messages.map(\.result.status) == [.pending, .finalized, .executed, .sealed])
        guard step != "send and watch" else { return }
        var last = try #require(messages.last).result
        let twin = try #require(twins.results[last.transactionID])
        last.blockHeight = twin.blockHeight
        #expect(last == twin)
    }

    @Test(arguments: [
        ("unknown topic", "x", AccessError.Code.unimplemented), ("not JSON", "", .invalidArgument),
        ("unknown action", "", .invalidArgument), ("argument missing", "m", .invalidArgument),
    ])
    func `refusals have a code`(step: String, id: String, code: AccessError.Code) throws {
        let message = try #require(try twins.messages(of: step).first)
        let refusal = try #require(message.refusal)
        #expect(message.subscription == id)
        #expect(AccessError(status: refusal.code, refusal.message).code == code)
    }
}

/// Bodies of public networks, found in documents and other projects' tests.
@Suite(.timeLimit(.minutes(1)))
struct PublishedBodyTests {
    private struct Published {
        let kind: String
        let transport: String
        let body: [UInt8]
    }

    private func published() throws -> [Published] {
        guard let folder = SharedFolder.vectors else { return [] }
        let all = try JSON(parsing: [UInt8](Data(contentsOf: folder.appendingPathComponent("access-api-bodies.json"))))
        return (all.array ?? []).map { entry in
            Published(
                kind: entry["kind"]?.string ?? "", transport: entry["transport"]?.string ?? "",
                body: entry["body"]?.bytes ?? [])
        }
    }

    @Test func `every published body of the HTTP API decodes`() throws {
        var read: [String] = []
        for body in try published() where body.transport != "gRPC" && body.kind != "other" {
            switch body.kind {
            case "block":
                let block: BlockBody = try HTTPBodies.read(body.body) { try $0.value() }
                #expect(block.block.height == 106_195_712 && block.hasPayload)
                #expect(block.block.timestamp == Timestamp(seconds: 1_741_695_900, nanoseconds: 450_424_315))
                #expect(block.block.seals.map(\.finalState.count) == [32, 32])
                #expect(block.block.seals[0].aggregatedApprovalSignatures.count == 5)
            case "blocks":
                let blocks: [BlockBody] = try HTTPBodies.read(body.body) { try $0.list() }
                #expect(blocks.map(\.block.height) == [59_554_433] && !blocks[0].hasPayload)
            case "events" where body.transport == "WebSocket":
                let message: EventsMessage = try HTTPBodies.read(body.body) { try $0.value() }
                #expect(message.messageIndex == 11)
                #expect(
                    try CadenceValue.decodeEventPayload(message.events[0].payload).asComposite?.typeID
                        == message.events[0].type)
            case "events":
                // Its author left out the blocks' ids and the transactions' places: not to be believed, but for the payloads.
                let error = #expect(throws: BodyError.self) {
                    let _: [BlockEvents] = try HTTPBodies.read(body.body) { try $0.list() }
                }
                #expect(error?.path == "[0].events[0].transaction_index")
                let events = try #require(try JSON(parsing: body.body).array).flatMap { $0["events"]?.array ?? [] }
                for event in events {
                    let payload = try HTTPBodies.read(try #require(event["payload"]).bytes) { try $0.base64() }
                    #expect(try CadenceValue.decodeEventPayload(payload).asComposite?.typeID == event["type"]?.string)
                }
            case "account":
                let account: AccountBody = try HTTPBodies.read(body.body) { try $0.value() }
                #expect(account.account.balance == 99_999_999_999_700_000 && account.unexpanded.isEmpty)
                #expect(account.account.keys.map(\.publicKey.count) == [64])
            case "script_result":
                let value = try HTTPBodies.read(body.body) { try $0.base64() }
                #expect(try JSONCDC.decode(value) == .string("asdf56789"))
            default: Issue.record("a body of a kind that nobody reads: \(body.kind)")
            }
            read.append(body.kind)
        }
        #expect(
            read.isEmpty && SharedFolder.vectors == nil
                || Set(read) == ["block", "blocks", "events", "account", "script_result"])
    }

    @Test func `a body that is something else is refused`() throws {
        for body in try published() where body.kind == "other" {
            #expect(throws: BodyError.self) { try HTTPBodies.read(body.body) { try $0.value(AccountBody.self) } }
        }
    }
}
