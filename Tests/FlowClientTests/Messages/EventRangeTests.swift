import FlowClient
import Foundation
import GRPC
import TestSupport
import Testing

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
        var blocks: [BlockEvents] = []
        try EventRange.read(bytes) { block, events in
            var whole = block
            try events.forEach { event, payload in
                var event = event
                event.payload = Array(payload)
                whole.events.append(event)
            }
            #expect(events.count == whole.events.count)
            blocks.append(whole)
        }
        return blocks
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
}
