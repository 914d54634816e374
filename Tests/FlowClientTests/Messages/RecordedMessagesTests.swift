import Foundation
import GRPC
import Recordings
import TestSupport
import Testing

@testable import FlowClient

/// What the real node was asked and what it answered, as messages.
struct RecordedMessages {
    struct Message {
        let label: String
        let type: any ProtobufMessage.Type
        let bytes: [UInt8]
    }

    static let names = ["story", "history", "errors", "expiry", "fees"]
    let requests: [Message]
    let responses: [Message]

    init(_ name: String) throws {
        let methods = Dictionary(uniqueKeysWithValues: allMethods.map { ($0.path, $0) })
        var requests: [Message] = []
        var responses: [Message] = []
        for exchange in try Recording(name).exchanges() where exchange.transport == "grpc" {
            let method = try #require(methods[exchange.method])
            let label = "\(name) \(exchange.n) \(exchange.method)"
            requests.append(Message(label: label, type: method.request, bytes: [UInt8](exchange.request ?? Data())))
            var answers = exchange.messages ?? []
            if exchange.code == 0, !method.isStream { answers.append(exchange.response ?? Data()) }
            responses += answers.map { Message(label: label, type: method.response, bytes: [UInt8]($0)) }
        }
        self.requests = requests
        self.responses = responses
    }
}

@Suite(.timeLimit(.minutes(2)))
struct RecordedMessagesTests {
    @Test(arguments: RecordedMessages.names)
    func `every recorded answer decodes, and encodes to the same bytes`(name: String) throws {
        let responses = try RecordedMessages(name).responses
        #expect(responses.count > 100)
        for message in responses {
            let again = try recode(message.type, message.bytes)
            if message.type.protobufName == "flow.access.AccountResponse" {
                // A map's entries come in any order: same bytes, another order.
                #expect(again.sorted() == message.bytes.sorted(), "\(message.label)")
            } else {
                #expect(again == message.bytes, "\(message.label)")
            }
        }
    }

    @Test(arguments: RecordedMessages.names)
    func `every recorded request decodes and encodes to the same bytes, but for the two that are malformed`(
        name: String
    ) throws {
        var refused: [String] = []
        for message in try RecordedMessages(name).requests {
            do {
                let again = try recode(message.type, message.bytes)
                // The node pads an address of one byte, and so do we.
                if message.bytes == [0x0a, 1, 1] { continue }
                #expect(again == message.bytes, "\(message.label)")
            } catch {
                refused.append("\(error)")
            }
        }
        #expect(refused == (name == "story" ? ["protobuf: an id of 3 bytes, where one has 32, at byte 1 in id"] : []))
    }

    @Test func `what a block, a result and an event say is read where it stands`() throws {
        let responses = try RecordedMessages("story").responses
        let block = try #require(responses.last { $0.type == BlockResponse.self })
        let answer = try BlockResponse(protobuf: block.bytes)
        #expect(answer.status == .sealed)
        #expect(answer.block?.header?.chainID == "flow-emulator")
        #expect(answer.block?.header?.height == answer.block?.height)
        #expect(answer.block?.header?.id == answer.block?.id)
        let results = responses.filter { $0.type == TransactionResultResponse.self }
        let failed = try results.map { try TransactionResultResponse(protobuf: $0.bytes).result }.filter {
            $0.statusCode == 1
        }
        #expect(failed.allSatisfy { $0.errorMessage.contains("[Error Code: ") })
        #expect(!failed.isEmpty)
    }
}

@Suite(.timeLimit(.minutes(2)))
struct MutatedMessagesTests {
    /// One answer of each kind, the largest below 4 kB.
    static func samples() throws -> [RecordedMessages.Message] {
        let all = try RecordedMessages("story").responses.filter { (1..<4000).contains($0.bytes.count) }
        return Dictionary(grouping: all) { $0.type.protobufName }.values.compactMap {
            $0.max { $0.bytes.count < $1.bytes.count }
        }
    }

    @Test func `no truncation of a message crashes, and what still decodes is whole`() throws {
        for sample in try Self.samples() {
            for length in 0..<sample.bytes.count {
                let cut = Array(sample.bytes[..<length])
                guard let again = try? recode(sample.type, cut) else { continue }
                #expect(try recode(sample.type, again) == again)
            }
        }
    }

    @Test func `twenty thousand mutations neither crash nor hang, and what decodes encodes to what decodes alike`()
        throws
    {
        let samples = try Self.samples().sorted { $0.type.protobufName < $1.type.protobufName }
        var random = SplitMix(state: 42)
        var accepted = 0
        for round in 0..<20_000 {
            let sample = samples[round % samples.count]
            var bytes = sample.bytes
            for _ in 0...Int(random.next() % 4) {
                let at = Int(random.next() % UInt64(bytes.count))
                switch random.next() % 4 {
                case 0: bytes[at] = UInt8(truncatingIfNeeded: random.next())
                case 1: bytes[at] ^= 1 << UInt8(random.next() % 8)
                case 2: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: at)
                default: if bytes.count > 1 { bytes.remove(at: at) }
                }
            }
            guard let again = try? recode(sample.type, bytes) else { continue }
            accepted += 1
            #expect(try recode(sample.type, again) == again)
        }
        // Both outcomes were seen, or the test tests nothing.
        #expect(accepted > 100 && accepted < 19_900)
    }
}
