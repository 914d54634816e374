import Cadence
import CMeasure
import FlowClient
import Foundation
import GRPC

/// What decoding keeps, and what it needs at its height.
enum MemoryFigures {
    static let all: [Figure] = [
        Figure(
            "memory.million-events", "what is kept after a million recorded events, decoded whole and field by field",
            target: .atMost(bytes: 1_048_576)
        ) { _ in
            let payloads = try RecordedEvents.all(in: "story")
            let reader = EventReader(RecordedEvents.depositedType, fields: ["id", "to", "collectionUUID"])
            func decode(_ count: Int) throws {
                var next = 0
                for _ in 0..<count {
                    consume(try CadenceValue.decodeEventPayload(payloads[next]))
                    _ = try reader.read(payloads[next]) { event in consume(try event.uint64(0)) }
                    next = next + 1 == payloads.count ? 0 : next + 1
                }
            }
            // Every shape once: what is learnt of shapes is kept, what is learnt of payloads is not.
            try decode(payloads.count)
            weir_malloc_trim()
            let before = (resident: Memory.resident, inUse: weir_malloc_in_use())
            try decode(1_000_000)
            let inUse = Double(weir_malloc_in_use()) - Double(before.inUse)
            let resident = Double(Memory.resident - before.resident)
            return .bytes(max(resident, inUse), beside: "malloc'ed \(Report.grouped(inUse)) B")
        },
        range("memory.range.json-cdc", .jsonCDC),
        range("memory.range.ccf", .ccf),
    ]

    /// As gRPC's core delivers it from a socket: most blocks straddle slices.
    private static let sliceBytes = 8192

    /// The peak of resident memory (VmHWM, set back before) while the answer is read from its slices, over what was resident
    /// with the answer already there, or what malloc has given out more after any block. A copy of the whole would show as
    /// the answer's size; joining it is tried too.
    private static func range(_ name: String, _ encoding: EventEncoding) -> Figure {
        Figure(
            name, "peak beside the answer, in slices, while 250 blocks with 10,000 events are read from it",
            target: .atMost(bytes: 262_144)
        ) { _ in
            let events = try RecordedEvents.deposited.get().map { encoding == .ccf ? $0.ccf : $0.json }
            weir_malloc_map_large()
            let answer = Self.answer(events, blocks: 250, eventsEach: 40)
            let reader = EventReader(RecordedEvents.depositedType, fields: ["id", "to", "collectionUUID"])
            var mostInUse = 0
            func read(_ answer: GRPCMessage) throws -> Int {
                var count = 0
                let before = Int(weir_malloc_in_use())
                try EventRange.read(answer) { _, events in
                    try events.forEach { _, payload in
                        _ = try reader.read(payload) { event in consume(try event.uint64(0)) }
                        count += 1
                    }
                    mostInUse = max(mostInUse, Int(weir_malloc_in_use()) - before)
                }
                return count
            }
            // The code and the shapes, once.
            _ = try read(Self.answer(events, blocks: 1, eventsEach: events.count))
            mostInUse = 0
            var count = 0
            let peak = try Memory.peak { count = try read(answer) }
            precondition(count == 10_000, "\(count) events of 10,000 were read")
            let slices = answer.withUnsafeSlices { $0.count }
            let ofJoining = try Memory.peak { answer.withUnsafeBytes { consume($0.count) } }
            guard slices > 1, ofJoining > answer.count / 2 else {
                throw Memory.Unreadable(
                    description: "joining \(answer.count) bytes was seen as \(ofJoining): no peak can be told")
            }
            return .bytes(
                Double(max(peak, mostInUse)),
                beside: "of \(Report.grouped(Double(answer.count))) B in \(Report.grouped(Double(slices))) slices")
        }
    }

    /// A flow.access.EventsResponse of recorded events.
    private static func answer(_ payloads: [[UInt8]], blocks: Int, eventsEach: Int) -> GRPCMessage {
        var writer = ProtobufWriter()
        var next = 0
        for height in 0..<blocks {
            var block = BlockEvents()
            block.blockHeight = BlockHeight(UInt64(height + 1))
            block.events = (0..<eventsEach).map { index in
                var event = Event()
                event.type = RecordedEvents.depositedType
                event.eventIndex = UInt32(index)
                event.payload = payloads[next]
                next = next + 1 == payloads.count ? 0 : next + 1
                return event
            }
            writer.key(1, .lengthDelimited)
            writer.lengthDelimited(block.protobuf)
        }
        let bytes = writer.bytes
        return GRPCMessage(
            copying: stride(from: 0, to: bytes.count, by: sliceBytes).map { start in
                Array(bytes[start..<min(start + sliceBytes, bytes.count)])
            })
    }
}

/// What the kernel says of this process, in bytes.
enum Memory {
    struct Unreadable: Error, CustomStringConvertible { var description: String }

    static var resident: Int { (try? status("VmRSS")) ?? 0 }

    /// How much more was resident while a body ran than before it.
    static func peak(of body: () throws -> Void) throws -> Int {
        let before = try begin()
        try body()
        return max(0, try status("VmHWM") - before)
    }

    static func peak(of body: () async throws -> Void) async throws -> Int {
        let before = try begin()
        try await body()
        return max(0, try status("VmHWM") - before)
    }

    private static func begin() throws -> Int {
        // Once before, or the pages of looking itself are counted.
        _ = try status("VmHWM")
        weir_malloc_trim()
        // proc(5): 5 sets the high-water mark back to what is resident now.
        guard let file = FileHandle(forWritingAtPath: "/proc/self/clear_refs") else {
            throw Unreadable(description: "/proc/self/clear_refs can't be written: the peak can't be measured here")
        }
        try file.write(contentsOf: Data("5".utf8))
        try file.close()
        return try status("VmRSS")
    }

    private static func status(_ name: String) throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        for line in text.split(separator: "\n") where line.hasPrefix(name + ":") {
            // "VmRSS:	    1234 kB"
            if let kibibytes = Int(line.filter(\.isNumber)) { return kibibytes << 10 }
        }
        throw Unreadable(description: "/proc/self/status has no \(name)")
    }
}
