import Cadence
import Devnet
import FlowClient
import Foundation
import Recordings
import TestSupport
import Testing

@testable import Retelling

/// The devnet stands in for a Flow node because it answers as the recorded emulator did: every request of every recording,
/// in order, over the transport that it was recorded on.
@Suite(.timeLimit(.minutes(3)))
struct RetellingTests {
    private static func recording(_ name: String) throws -> EmulatorRecording {
        try EmulatorRecording(Fixtures.url("recordings/\(name)").path)
    }

    @Test(arguments: [
        ("story", ["grpc": 1379, "http": 43, "websocket": 9]), ("history", ["grpc": 1822]),
        ("errors", ["grpc": 466, "http": 10]), ("expiry", ["grpc": 312]), ("fees", ["grpc": 327]),
    ])
    func `every recorded request is answered as it was`(_ name: String, _ transports: [String: Int]) async throws {
        let retelling = try Retelling(Self.recording(name))
        let report = try await retelling.tell()
        #expect(report.failures.isEmpty, "\(report.failures.map(\.description).joined(separator: "\n"))")
        #expect(report.agreeing == transports)
        #expect(report.isWhole)
        guard name == "story" || name == "history" else { return }
        try await expectTruth(name, retelling)
    }

    /// What the scripts say at each height that was asked about, against what they said on the recorded chain.
    private func expectTruth(_ name: String, _ retelling: Retelling) async throws {
        let truths = try JSONDecoder().decode([Truth].self, from: Fixtures.read("recordings/\(name).truth.json"))
        #expect(truths.count >= 12)
        let client = DevnetClient(api: retelling.node)
        for truth in truths {
            try await retelling.makeBlocks(to: truth.height)
            let correspondence = retelling.comparison.correspondence
            func ours(_ numbers: [UInt64]?) -> Set<UInt64>? {
                numbers.map { Set($0.map { correspondence.ours(number: $0) ?? $0 }) }
            }
            let height = BlockReference.height(BlockHeight(truth.height))
            let addresses = truth.accounts.keys.compactMap { Address($0) }.sorted()
            let holdings = try await client.script(
                "holdings", [.array(CadenceArray(addresses.map { .address($0) }))], at: height)
            for holding in holdings.asArray ?? [] {
                let composite = try #require(holding.asComposite)
                let expected = truth.accounts[composite["address"]!.asAddress!.hex]!
                #expect(Truth.ids(composite["passes"]!) == ours(expected.passes), "\(truth.height)")
                #expect(Truth.ids(composite["collectibles"]!) == ours(expected.collectibles), "\(truth.height)")
            }
            let lockers = try await client.script(
                "lockers", [.array(CadenceArray(truth.lockers.keys.map { .string($0) }))], at: height)
            for pair in try #require(lockers.asDictionary) {
                let expected = truth.lockers[pair.key.asString!]!
                let held = pair.value.asArray!.map { Set($0.asArray!.map { $0.asUInt64! }) }
                #expect(held == [ours(expected.passes)!, ours(expected.collectibles)!])
            }
            let listings = try await client.script(
                "listings", [.address(Address(rawValue: 0x179b_6b1c_b675_5e31))], at: height)
            let open = try #require(listings.asDictionary)
            let found = Set(open.map { [$0.key.asUInt64!, $0.value.asUInt64!] })
            let expected = truth.listings.map { entry in
                [UInt64(entry.key)!, entry.value].map { correspondence.ours(number: $0) ?? $0 }
            }
            #expect(found == Set(expected), "\(truth.height)")
        }
    }

    @Test(arguments: ["amount", "parent", "message", "sequence", "order", "status"])
    func `another answer in the recording is found, and only that`(_ change: String) async throws {
        var recording = try Self.recording("errors")
        let n = try #require(recording.exchanges.firstIndex { Self.isMeant($0, change) })
        recording.exchanges[n] = try Self.changed(recording.exchanges[n], change)
        let report = try await Retelling(recording).tell()
        #expect(report.failures.map(\.n) == [n], "\(report.failures)")
        #expect(report.agreed == report.total - 1)
    }

    private static func isMeant(_ exchange: RecordedExchange, _ change: String) -> Bool {
        switch change {
        case "message": exchange.call == "SendTransaction" && (exchange.message ?? "").contains("compute limit")
        case "sequence": exchange.call == "GetAccountKeyAtLatestBlock"
        case "status": exchange.transport == "http" && exchange.code == 400
        case "parent": exchange.call == "GetLatestBlockHeader" && exchange.n > 100
        case "order": exchange.call == "GetTransactionResult" && events(in: exchange.responseBytes).count > 1
        default: exchange.call == "GetTransactionResult" && amount(in: exchange.responseBytes) != nil
        }
    }

    private static func events(in answer: [UInt8]) -> [Int] {
        guard let message = try? WireMessage(answer) else { return [] }
        return message.fields.indices.filter { message.fields[$0].number == 4 }
    }

    /// Where the last decimal of an amount in JSON-CDC is.
    private static func amount(in answer: [UInt8]) -> Int? {
        answer.firstRange(of: Array(#"","type":"UFix64""#.utf8)).map { $0.lowerBound - 1 }
    }

    private static func changed(_ exchange: RecordedExchange, _ change: String) throws -> RecordedExchange {
        var other = exchange
        switch change {
        case "message": other.message = exchange.message! + "."
        case "status": other.code = 404
        case "sequence":
            var key = try WireMessage(exchange.responseBytes)
            var inner = try WireMessage(key[bytes: 1]!)
            let at = try #require(inner.fields.firstIndex { $0.number == 6 })
            inner.fields[at].value = .varint(77)
            key.fields[0].value = .bytes(inner.bytes)
            other.response = Data(key.bytes)
        case "parent":
            // Its own parent.
            var answer = try WireMessage(exchange.responseBytes)
            var header = try WireMessage(answer[bytes: 1]!)
            header.fields[1].value = header.fields[0].value
            answer.fields[0].value = .bytes(header.bytes)
            other.response = Data(answer.bytes)
        case "order":
            var answer = try WireMessage(exchange.responseBytes)
            let events = Self.events(in: exchange.responseBytes)
            answer.fields.swapAt(events[0], events[1])
            other.response = Data(answer.bytes)
        default:
            var bytes = exchange.responseBytes
            let at = try #require(Self.amount(in: bytes))
            bytes[at] = bytes[at] == UInt8(ascii: "7") ? UInt8(ascii: "8") : UInt8(ascii: "7")
            other.response = Data(bytes)
        }
        return other
    }

    @Test func `a recording that is not there, or damaged, is said with its line`() throws {
        #expect(throws: RecordingError.self) { try EmulatorRecording("/nowhere/story") }
        let whole = try [UInt8](Fixtures.read("recordings/expiry.jsonl.gz"))
        #expect(throws: RecordingError.self) { try RecordedExchange.read(Array(whole.dropLast(1000))) }
        let error = #expect(throws: RecordingError.self) {
            try RecordedExchange.read(
                Array(#"{"n":0,"step":"a","transport":"grpc","method":"/x"}"#.utf8) + [10, 123, 10])
        }
        #expect(error?.line == 2)
    }
}

/// What the recorded node's scripts said at a height.
struct Truth: Decodable {
    struct Held: Decodable {
        var passes: [UInt64]?
        var collectibles: [UInt64]?
    }
    var height: UInt64
    var accounts: [String: Held]
    var lockers: [String: Held]
    var listings: [String: UInt64]

    static func ids(_ value: CadenceValue) -> Set<UInt64>? {
        guard case .optional(let inner?) = value else { return nil }
        return Set(inner.asArray!.map { $0.asUInt64! })
    }
}
