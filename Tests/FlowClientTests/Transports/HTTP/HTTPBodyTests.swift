import Foundation
import HTTP
import Recordings
import TestSupport
import Testing

@testable import Encoding
@testable import FlowClient

/// Bodies that no node should send.
@Suite(.timeLimit(.minutes(2)))
struct HTTPBodyTests {
    /// What reads a recorded body, by its route.
    struct Sample: Sendable {
        let label: String
        let bytes: [UInt8]
        let read: @Sendable ([UInt8]) throws -> Void
    }

    private static func one<Body: HTTPBody & SendableMetatype>(_ type: Body.Type) -> @Sendable ([UInt8]) throws -> Void
    {
        { bytes in _ = try HTTPBodies.read(bytes) { try $0.value(Body.self) } }
    }

    private static func many<Body: HTTPBody & SendableMetatype>(_ type: Body.Type) -> @Sendable ([UInt8]) throws -> Void
    {
        { bytes in _ = try HTTPBodies.read(bytes) { try $0.list(of: Body.self) } }
    }

    private static func withoutID(_ segment: Substring) -> Substring {
        [16, 18, 64].contains(segment.count) ? "…" : segment
    }

    private static func reader(_ method: String) -> @Sendable ([UInt8]) throws -> Void {
        let path = method.split(separator: "?")[0]
        return switch path.split(separator: "/").dropFirst().map(withoutID).joined(separator: "/") {
        case "v1/network/parameters": one(NetworkParameters.self)
        case "v1/node_version_info": one(NodeVersionInfo.self)
        case "v1/blocks", "v1/blocks/…": many(BlockBody.self)
        case "v1/events": many(BlockEvents.self)
        case "v1/transactions", "v1/transactions/…": one(Transaction.self)
        case "v1/transaction_results/…": one(TransactionResult.self)
        case "v1/accounts/…": one(AccountBody.self)
        case "v1/accounts/…/keys": one(AccountKeyList.self)
        case "v1/accounts/…/keys/0": one(AccountKey.self)
        case "v1/accounts/…/balance": one(AccountBalance.self)
        case "v1/scripts": { bytes in _ = try HTTPBodies.read(bytes) { try $0.base64() } }
        case let other: preconditionFailure("nobody reads \(other)")
        }
    }

    /// A body of each route, the smallest that was recorded, and messages of every topic.
    static let samples = Result {
        let twins = try RecordedTwins.story.get()
        var all: [String: Sample] = [:]
        for exchange in twins.exchanges
        where exchange.transport == "http" && exchange.code == 200 && !exchange.method.contains("select") {
            let label = exchange.method.split(separator: "?")[0].split(separator: "/").prefix(5).map(withoutID)
                .joined(separator: "/")
            if let known = all[label], known.bytes.count <= exchange.body.count { continue }
            all[label] = Sample(label: label, bytes: exchange.body, read: reader(exchange.method))
        }
        // Of 160 blocks, one with events and one without.
        let blocks = try JSON(parsing: all["GET /v1/events"]!.bytes).array!
        let few = [blocks.first { $0["events"] != nil }!, blocks.first { $0["events"] == nil }!]
        all["GET /v1/events"] = Sample(
            label: "GET /v1/events", bytes: JSON.array(few).bytes, read: reader("GET /v1/events"))
        let topics: [(String, @Sendable (TopicMessage) throws -> Void)] = [
            ("blocks", { _ = try $0.payload { try $0.value(BlockBody.self) } }),
            ("events from the start", { _ = try $0.payload { try $0.value(EventsMessage.self) } }),
            ("account statuses", { _ = try $0.payload { try $0.value(AccountStatusesMessage.self) } }),
            (
                "statuses of a sealed transaction",
                { _ = try $0.payload { try $0.value(TransactionStatusMessage.self) } }
            ),
        ]
        for (step, read) in topics {
            let message = try twins.messages(of: step).dropFirst().min { $0.byteCount < $1.byteCount }!
            all[step] = Sample(label: step, bytes: Array(message.text.utf8)) { bytes in
                try read(try TopicMessage(String(decoding: bytes, as: UTF8.self)))
            }
        }
        return all.values.sorted { $0.label < $1.label }
    }

    @Test func `a body that is cut off is refused wherever it is cut`() throws {
        let samples = try Self.samples.get()
        #expect(samples.count == 16)
        for sample in samples {
            try sample.read(sample.bytes)
            let end = sample.bytes.lastIndex { $0 > 0x20 }!
            for length in stride(from: 0, through: end, by: max(1, end / 1500)) {
                #expect(throws: BodyError.self, "\(sample.label) cut at \(length)") {
                    try sample.read(Array(sample.bytes[..<length]))
                }
            }
        }
    }

    @Test func `fifteen thousand mutations end in a value or in an error that says where`() throws {
        let samples = try Self.samples.get()
        var random = SplitMix(state: 7)
        var refused = 0
        for turn in 0..<15_000 {
            let sample = samples[turn % samples.count]
            var bytes = sample.bytes
            for _ in 0...Int.random(in: 0..<3, using: &random) {
                let at = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<5, using: &random) {
                case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: at)
                case 2: bytes.insert("\"{}[]:,0-e\\u".utf8.randomElement(using: &random)!, at: at)
                case 3: bytes.insert(contentsOf: bytes[at..<min(bytes.count, at + 9)], at: at)
                default: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                }
                if bytes.isEmpty { bytes = [0] }
            }
            do { try sample.read(bytes) } catch {
                #expect(error is BodyError, "\(sample.label): \(error)")
                refused += 1
            }
        }
        #expect(refused > 7500)
    }

    /// Not links, nor what is told twice.
    private func isRead(_ path: String) -> Bool {
        let unread = ["_links", "_expandable", ".execution", ".topic", ".action"]
        return !path.hasPrefix(".result") && path != ".id" && !unread.contains { path.contains($0) }
    }

    /// Where they are empty, by older nodes, or unless they were asked for.
    private let mayBeAbsent = [
        "[0].block_status", ".payload.block_status", ".protocol_state_version", ".collection_id", ".keys",
        "[0].payload",
        "].reference_block_id", "].cluster_chain_id", ".transaction_result.collection_id", ".payload.payload",
        "[0].events", ".payload.events",
    ]

    @Test func `no member that a node always sends may be missing, and none of another type`() throws {
        var tried = 0
        for sample in try Self.samples.get() {
            let body = try JSON(parsing: sample.bytes)
            for (path, without) in body.withoutEachMember() where isRead(path) {
                if mayBeAbsent.contains(where: path.hasSuffix), !path.hasSuffix("guarantees[0].collection_id"),
                    !sample.label.hasSuffix("/keys"), !path.hasSuffix("events[0].payload")
                {
                    continue
                }
                tried += 1
                let error = #expect(throws: BodyError.self, "\(sample.label) without \(path)") {
                    try sample.read(without.bytes)
                }
                let name = String(path.split(separator: ".").last ?? "")
                #expect(error?.description.contains(name) == true, "\(sample.label) without \(path)")
            }
            for (path, wrong) in body.withEachLeafWrong() where isRead(path) {
                tried += 1
                #expect(throws: BodyError.self, "\(sample.label) with a list at \(path)") {
                    try sample.read(wrong.bytes)
                }
            }
        }
        #expect(tried > 150)
    }

    @Test(arguments: [
        (#"{"block_id":"","height":"1","timestamp":"2026-01-01T00:00:00Z"}"#, ".block_id: expected 64 hex digits"),
        (#"{"block_id":"ID0","height":"1","timestamp":"2026-01-01T00:00:00Z"}"#, ".block_id: expected 64 hex digits"),
        (#"{"block_id":"ID","height":1,"timestamp":"2026-01-01T00:00:00Z"}"#, ".height: expected a string"),
        (#"{"block_id":"ID","height":"01","timestamp":"2026-01-01T00:00:00Z"}"#, ".height: expected a whole number"),
        (#"{"block_id":"ID","height":"-1","timestamp":"2026-01-01T00:00:00Z"}"#, ".height: expected a whole number"),
        (#"{"block_id":"ID","height":"","timestamp":"2026-01-01T00:00:00Z"}"#, ".height: expected a whole number"),
        (#"{"block_id":"ID","height":"18446744073709551616","timestamp":"2026-01-01T00:00:00Z"}"#, ".height: expected"),
        (#"{"block_id":"ID","height":"1","timestamp":"2026-02-30T00:00:00Z"}"#, ".timestamp: expected a time"),
        (#"{"block_id":"ID","height":"1","timestamp":"2026-01-01 00:00:00Z"}"#, ".timestamp: expected a time"),
        (#"{"block_id":"ID","height":"1","timestamp":"2026-01-01T00:00:00.Z"}"#, ".timestamp: expected a time"),
        (#"{"block_id":"ID","height":"1","timestamp":"2026-01-01T00:00:00"}"#, ".timestamp: expected a time"),
        (
            #"{"block_id":"ID","height":"1","timestamp":"2026-01-01T00:00:00.1234567890Z"}"#,
            ".timestamp: expected a time"
        ),
        (#"{"block_id":"ID","height":"1","timestamp":"9999-12-31T23:59:59-00:01"}"#, ".timestamp: expected a time"),
        (#"{"block_id":"ID","height":"1","timestamp":"0000-01-01T00:00:00+00:01"}"#, ".timestamp: expected a time"),
        (#"{"block_id":"ID","height":"1","timestamp":"2026-01-01T23:59:60Z"}"#, ".timestamp: expected a time"),
        (#"{"block_id":"ID","height":"1","timestamp":null}"#, ".timestamp: expected a string"),
        (
            #"{"block_id":"ID","height":"1","timestamp":"2026-01-01T00:00:00Z","block_id":"ID"}"#,
            ": the member block_id comes twice"
        ),
        (#"{"block_id":"ID","height":"1"}"#, ".timestamp: it must be there"),
        (#"{"block_id":"ID","height":"1","timestamp":"2026-01-01T00:00:00Z"}x"#, ": something follows the value"),
        ("[]", ": expected an object"), ("null", ": expected an object"), ("", ": the text ends too early"),
        ("\u{FEFF}{}", ": expected an object"),
    ])
    func `what is wrong is named with its place`(body: String, expected: String) throws {
        let text = body.replacing("ID", with: String(repeating: "ab", count: 32))
        let error = #expect(throws: BodyError.self) {
            try HTTPBodies.read(Array(text.utf8)) { try $0.value(BlockDigest.self) }
        }
        #expect(error?.description.hasPrefix("$" + expected) == true, "\(String(describing: error))")
    }

    @Test func `nesting, names and words without end are refused and not repeated`() throws {
        let deep = #"{"x":"# + String(repeating: "[", count: 100_000)
        #expect(throws: BodyError.self) { try HTTPBodies.read(Array(deep.utf8)) { try $0.value(BlockDigest.self) } }
        let name = String(repeating: "n", count: 1 << 20)
        for text in [#"{"\#(name)":"#, #"{"\#(name)":1,"\#(name)":2}"#] {
            let error = #expect(throws: BodyError.self) {
                try HTTPBodies.read(Array(text.utf8)) { try $0.value(BlockDigest.self) }
            }
            #expect((error?.description.utf8.count ?? .max) < 400)
        }
        let words = HTTPResponse(status: 400, body: Array(#"{"code":400,"message":"\#(name)"}"#.utf8))
        #expect(AccessError(words, method: "", node: "").message.utf8.count < 70_000)
    }

    @Test func `members that are not known are passed over, whatever they hold`() throws {
        let id = String(repeating: "ab", count: 32)
        let text =
            #"{"new":{"a":[1,null,{"b":"c"}]}, "block_id" : "\#(id)","more":-1.5e3,"height":"7","timestamp":"2026-01-01T01:00:00.5+01:00"}"#
        let digest = try HTTPBodies.read(Array(text.utf8)) { try $0.value(BlockDigest.self) }
        #expect(digest.height == 7 && digest.id.hex == id)
        #expect(digest.timestamp == Timestamp(seconds: 1_767_225_600, nanoseconds: 500_000_000))
    }

    @Test(arguments: ["", "Zg==", "Zm8=", "Zm9v", "+/+/"])
    func `base64 with padding is read and written`(text: String) throws {
        let bytes = try #require(Data(base64Encoded: text)).map { $0 }
        #expect(Base64.encode(bytes) == text)
        #expect(try HTTPBodies.read(Array("\"\(text)\"".utf8)) { try $0.base64() } == bytes)
    }

    @Test(arguments: [
        "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Z===", "====", "Zm9v\\n", "Zm 9", "Zm_-", "Zg==Zg==", "=Zg=",
    ])
    func `anything else is not base64`(text: String) {
        #expect(throws: BodyError.self) { try HTTPBodies.read(Array("\"\(text)\"".utf8)) { try $0.base64() } }
    }
}

extension JSON {
    /// The same value with one member less, for every member anywhere (of lists, in the first element).
    func withoutEachMember() -> [(path: String, JSON)] {
        switch self {
        case .object(let members):
            members.indices.flatMap { at -> [(path: String, JSON)] in
                var rest = members
                let member = rest.remove(at: at)
                let inner = member.value.withoutEachMember().map { path, value in
                    var changed = members
                    changed[at].value = value
                    return (".\(member.name)\(path)", JSON.object(changed))
                }
                return [(".\(member.name)", JSON.object(rest))] + inner
            }
        case .array(let elements):
            elements.first.map { first in
                first.withoutEachMember().map { ("[0]\($0)", .array([$1] + elements.dropFirst())) }
            } ?? []
        default: []
        }
    }

    /// The same value with an empty list in the place of one leaf, for every leaf.
    func withEachLeafWrong() -> [(path: String, JSON)] {
        switch self {
        case .object(let members):
            members.indices.flatMap { at in
                members[at].value.withEachLeafWrong().map { path, value in
                    var changed = members
                    changed[at].value = value
                    return (".\(members[at].name)\(path)", JSON.object(changed))
                }
            }
        case .array(let elements):
            elements.first.map { first in
                first.withEachLeafWrong().map { ("[0]\($0)", .array([$1] + elements.dropFirst())) }
            } ?? []
        default: [("", .array([]))]
        }
    }
}
