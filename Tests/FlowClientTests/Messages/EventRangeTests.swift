import Foundation
import GRPC
import Recordings
import TestSupport
import Testing

@testable import FlowClient

@Suite struct `Event range` {
    private static let method = "/flow.access.AccessAPI/GetEventsForHeightRange"

    /// Whole answers of a recording, with their bytes.
    private func answers(_ recording: String) throws -> [(bytes: [UInt8], blocks: [BlockEvents])] {
        try Recording(recording).exchanges().compactMap { exchange in
            guard exchange.method == Self.method, let request = exchange.request, let response = exchange.response,
                case .events(_, _, _, let blocks?) = try RecordedCall(
                    method: exchange.method, request: Array(request), response: Array(response))
            else { return nil }
            return (Array(response), blocks)
        }
    }

    private func lent(_ bytes: UnsafeRawBufferPointer) throws -> [BlockEvents] {
        try lent { try EventRange.read(bytes, $0) }.whole()
    }

    /// What was lent until the end or the error.
    private struct Lent: Equatable {
        var blocks: [BlockEvents] = []
        var error: ProtobufError?

        func whole() throws -> [BlockEvents] {
            if let error { throw error }
            return blocks
        }
    }

    private func lent(_ read: ((BlockEvents, LentEvents) throws -> Void) throws -> Void) throws -> Lent {
        var lent = Lent()
        do {
            try read { block, events in
                lent.blocks.append(block)
                try events.forEach { event, payload in
                    var event = event
                    event.payload = Array(payload)
                    lent.blocks[lent.blocks.count - 1].events.append(event)
                }
                #expect(events.count == lent.blocks.last?.events.count)
            }
        } catch let error as ProtobufError {
            lent.error = error
        }
        return lent
    }

    @Test(arguments: ["story", "history"])
    func `what is lent is what the answer holds, in its order, blocks without events too`(_ recording: String) throws {
        let answers = try answers(recording)
        #expect(answers.contains { $0.blocks.contains { $0.events.isEmpty } })
        #expect(answers.contains { $0.blocks.contains { $0.events.count > 1 } })
        for answer in answers {
            #expect(try answer.bytes.withUnsafeBytes { try lent($0) } == answer.blocks)
        }
    }

    @Test func `an answer that is cut off or damaged gets the verdict of the whole decoder`() throws {
        let answer = try #require(
            answers("story").filter { $0.blocks.contains { $0.events.count > 0 } }.min {
                $0.bytes.count < $1.bytes.count
            })
        let bytes = Array(answer.bytes.prefix(2500))
        func agree(_ bytes: [UInt8], _ comment: Comment) {
            let whole = try? RecordedCall(method: Self.method, request: [], response: bytes)
            let parts = bytes.withUnsafeBytes { bytes in try? lent(bytes) }
            guard case .events(_, _, _, let blocks?)? = whole else {
                // The whole decoder checks fields beside the results too; what is lent never goes beyond what it takes.
                return #expect(parts == nil, comment)
            }
            #expect(parts == blocks, comment)
        }
        for count in 0...bytes.count { agree(Array(bytes.prefix(count)), "cut to \(count)") }
        for at in stride(from: 0, to: bytes.count, by: 3) {
            var damaged = bytes
            damaged[at] ^= 0x15
            let whole = try? RecordedCall(method: Self.method, request: [], response: damaged)
            guard case .events(_, _, _, let blocks?)? = whole else { continue }
            #expect(damaged.withUnsafeBytes { bytes in try? lent(bytes) } == blocks, "damaged at \(at)")
        }
    }

    @Test func `an answer in slices is the joined one, whole, cut off and damaged, however it is cut`() throws {
        let answers = try (answers("story") + answers("history")).map(\.bytes).filter { $0.count < 20_000 }
        var random = SplitMix(state: 5)
        var (whole, refused, several) = (0, 0, 0)
        for round in 0..<1500 {
            var bytes = answers[round % answers.count]
            switch Int.random(in: 0..<3, using: &random) {
            case 0: bytes.removeLast(.random(in: 0...bytes.count, using: &random))
            case 1 where !bytes.isEmpty:
                for _ in 0...Int.random(in: 0..<3, using: &random) {
                    bytes[.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
                }
            default: break
            }
            var ends = (0..<Int.random(in: 1...12, using: &random)).map { _ in
                Int.random(in: 0...bytes.count, using: &random)
            }
            ends = ends.sorted() + [bytes.count]
            let joined = try bytes.withUnsafeBytes { bytes in
                let joined = try lent { try EventRange.read(bytes, $0) }
                let runs = zip([0] + ends, ends).map { UnsafeRawBufferPointer(rebasing: bytes[$0..<$1]) }
                let sliced = try lent { try EventRange.read(slices: runs, $0) }
                #expect(sliced == joined, "round \(round), cut at \(ends)")
                return joined
            }
            // As the transport holds it, in memory that does not hang together.
            let message = GRPCMessage(copying: zip([0] + ends, ends).map { Array(bytes[$0..<$1]) })
            let slices = message.withUnsafeSlices { $0.count }
            #expect(try lent { try EventRange.read(message, $0) } == joined, "round \(round), cut at \(ends)")
            #expect(message.withUnsafeSlices { $0.count } == slices, "reading joined them")
            if slices > 1 { several += 1 }
            if joined.error == nil { whole += 1 } else { refused += 1 }
        }
        #expect(whole > 350 && refused > 350 && several > 1100)
    }

    /// The second of two blocks has a second event of these bytes.
    private func answer(_ event: [UInt8], blockID: [UInt8] = [UInt8](repeating: 1, count: 32)) -> [UInt8] {
        var good = Event()
        good.type = "A.01.C.E"
        good.payload = [UInt8](repeating: 9, count: 300)
        var first = BlockEvents()
        first.events = [good]
        var writer = ProtobufWriter()
        writer.key(1, .lengthDelimited)
        writer.lengthDelimited(first.protobuf)
        writer.key(1, .lengthDelimited)
        writer.lengthDelimited { writer in
            writer.key(1, .lengthDelimited)
            writer.lengthDelimited(blockID)
            for event in [good.protobuf, event] {
                writer.key(3, .lengthDelimited)
                writer.lengthDelimited(event)
            }
        }
        return writer.bytes
    }

    @Test func `an error has the offset in the answer and the path that the whole decoder gives it`() throws {
        let faults: [(bytes: [UInt8], path: [String])] = [
            (answer([0x0a, 2, 0xff, 0xfe]), ["results", "events", "type"]),
            (answer([0x12, 3, 1, 2, 3]), ["results", "events", "transaction_id"]),
            (answer([0x18, 0x80]), ["results", "events", "transaction_index"]),
            (answer([0x2a, 9, 1]), ["results", "events", "payload"]),
            (answer([0x07]), ["results", "events"]),
            (answer([UInt8](repeating: 0x5b, count: 200)), ["results", "events"]),
            (answer([], blockID: [1, 2, 3]), ["results", "block_id"]),
            (answer([]) + [0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f], ["results"]),
            (answer([]) + [0x0a, 0x80], ["results"]),
            (answer([]) + [0x5b], []),
        ]
        for fault in faults {
            let whole = #expect(throws: ProtobufError.self) { try EventsResponse(protobuf: fault.bytes) }
            #expect(whole?.path == fault.path)
            #expect(whole.map { $0.offset > 300 } == true)
            let error = try fault.bytes.withUnsafeBytes { bytes in try lent { try EventRange.read(bytes, $0) } }.error
            #expect(error == whole)
            for size in [1, 7, 100, 600] {
                let slices = stride(from: 0, to: fault.bytes.count, by: size).map {
                    Array(fault.bytes[$0..<min($0 + size, fault.bytes.count)])
                }
                let message = GRPCMessage(copying: slices)
                #expect(try lent { try EventRange.read(message, $0) }.error == whole, "in slices of \(size)")
            }
        }
    }
}
