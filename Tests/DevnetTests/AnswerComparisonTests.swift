import Cadence
import Encoding
import FlowClient
import Foundation
import GRPC
import Recordings
import TestSupport
import Testing

@testable import AccessServing
@testable import Retelling

struct AnswerComparisonTests {
    private func json(_ theirs: String, _ ours: String) -> Int {
        var comparison = AnswerComparison(Correspondence())
        comparison.compare(json: Array(theirs.utf8), Array(ours.utf8))
        return comparison.differences.count
    }

    @Test func `another value, another order, another layout, and an id that stands for two are seen`() {
        let (a, b) = (String(repeating: "ab", count: 32), String(repeating: "cd", count: 32))
        #expect(json(#"{"id":"\#(a)","n":"1"}"#, #"{"id":"\#(b)","n":"1"}"#) == 0)
        #expect(json(#"["\#(a)","\#(a)"]"#, #"["\#(b)","\#(a)"]"#) == 1)
        #expect(json(#"["\#(a)","\#(b)"]"#, #"["\#(b)","\#(b)"]"#) == 1)
        #expect(json(#"{"a":"1","b":"2"}"#, #"{"b":"2","a":"1"}"#) == 1)
        #expect(json(#"{"a":"1","b":2}"#, #"{"a":"2","b":3}"#) == 2)
        #expect(json("[1]", "[1,1]") == 1)
        #expect(json(#"{"payload":"e30="}"#, #"{"payload":"W10="}"#) == 1)
        #expect(json(#"{"a":"1"}"#, #"{"a": "1"}"#) == 1)
    }

    private func results(_ change: (inout TransactionResult) -> Void) -> [AnswerDifference] {
        var result = TransactionResult()
        result.status = .sealed
        result.blockHeight = 12
        result.transactionID = TransactionID(bytes: [UInt8](repeating: 7, count: 32))!
        var event = Event()
        event.type = "A.179b6b1cb6755e31.NovaPass.Minted"
        event.payload = JSONCDC.encode(Self.minted(id: 3 << 40 | 5, serial: 1)) + [0x0a]
        result.events = [event]
        let theirs = TransactionResultResponse(result: result).protobuf
        change(&result)
        var comparison = AnswerComparison(Correspondence())
        comparison.compare(
            protobuf: theirs, TransactionResultResponse(result: result).protobuf,
            WireSchema.answer(to: "/flow.access.AccessAPI/GetTransactionResult")!, at: "")
        return comparison.differences
    }

    private static func minted(id: UInt64, serial: UInt64) -> CadenceValue {
        .composite(
            CadenceComposite(
                .event, "A.179b6b1cb6755e31.NovaPass.Minted",
                fields: [CadenceField("id", .uint64(id)), CadenceField("serial", .uint64(serial))]))
    }

    @Test func `a message's difference has the field's name, and one that is written though it is the default is seen`()
    {
        #expect(results { _ in }.isEmpty)
        #expect(results { $0.transactionID = TransactionID(bytes: [UInt8](repeating: 8, count: 32))! }.isEmpty)
        #expect(results { $0.blockHeight = 13 }.map(\.path) == ["block_height"])
        #expect(results { $0.blockHeight = 0 }.map(\.path) == ["block_height"])
        #expect(results { $0.errorMessage = "no" }.map(\.path) == ["error_message"])
        #expect(results { $0.events = [] }.map(\.path) == ["events"])
        #expect(results { $0.events[0].eventIndex = 1 }.map(\.path) == ["events.event_index"])
    }

    @Test func `uuids stand for one another, counts do not, and the same value has the same bytes`() {
        func payload(_ value: CadenceValue, _ ending: [UInt8] = [0x0a]) -> [UInt8] { JSONCDC.encode(value) + ending }
        #expect(results { $0.events[0].payload = payload(Self.minted(id: 9 << 40 | 1, serial: 1)) }.isEmpty)
        #expect(
            results { $0.events[0].payload = payload(Self.minted(id: 9 << 40 | 1, serial: 2)) }.map(\.path)
                == ["events.payload.serial"])
        #expect(results { $0.events[0].payload = payload(Self.minted(id: 3 << 40 | 5, serial: 1), []) }.count == 1)
        #expect(
            results { $0.events[0].payload = payload(Self.minted(id: 9 << 40 | 5, serial: 1), []) }.map(\.recorded)
                == ["another ending"])
    }

    @Test func `two ids can't stand for one, nor one for two`() {
        var pairs = OneToOne<String>()
        let learned = [("a", "x"), ("a", "x"), ("a", "y"), ("b", "x"), ("b", "y")].map { pairs.learn($0, $1) }
        #expect(learned == [true, true, false, false, true])
    }

    @Test func `every recorded body is laid out by us to the byte`() throws {
        var bodies = 0
        for name in ["story", "errors"] {
            for exchange in try EmulatorRecording(Fixtures.url("recordings/\(name)").path).exchanges
            where exchange.transport == "http" {
                #expect(GoJSON.indented(try JSON(parsing: exchange.responseBytes)) == exchange.responseBytes)
                bodies += 1
            }
        }
        #expect(bodies > 45)
    }
}
