import GRPC
import TestSupport
import Testing

@Suite struct SlicedProtobufTests {
    /// What a reader finds on its way through all fields, and where it stops.
    private enum Step: Equatable {
        case field(Int, ProtobufWireType, endsAt: Int)
        case value([UInt8], at: Int)
        case number(UInt64)
        case error(ProtobufError)
    }

    /// Odd length-delimited fields are lent, even ones skipped, as all else but odd numbers is.
    private func steps(_ reader: consuming some ProtobufFieldReader) -> [Step] {
        var steps: [Step] = []
        do {
            while let (number, type) = try reader.key() {
                switch type {
                case .lengthDelimited where !number.isMultiple(of: 2):
                    let count = try reader.length()
                    let start = reader.position
                    try reader.withBytes(count) { bytes in steps.append(.value(Array(bytes), at: start)) }
                case .varint where !number.isMultiple(of: 2): steps.append(.number(try reader.varint()))
                default: try reader.skip(number, type, depth: 0)
                }
                steps.append(.field(number, type, endsAt: reader.position))
            }
            #expect(reader.remaining == 0)
        } catch {
            steps.append(.error(error as! ProtobufError))
        }
        return steps
    }

    private func joined(_ bytes: [UInt8]) -> [Step] { bytes.withUnsafeBytes { steps(ProtobufReader($0)) } }

    private func sliced(_ bytes: [UInt8], at cuts: [Int]) -> [Step] {
        // Each run in memory of its own, so that reading beyond one finds another's bytes or none.
        let ends = cuts.sorted() + [bytes.count]
        let runs = zip([0] + ends, ends).map { start, end in
            let run = UnsafeMutableRawBufferPointer.allocate(byteCount: end - start, alignment: 1)
            run.copyBytes(from: bytes[start..<end])
            return UnsafeRawBufferPointer(run)
        }
        defer { for run in runs { run.deallocate() } }
        return steps(SlicedProtobufReader(runs))
    }

    /// Fields of every kind, groups within groups among them.
    private func message(_ random: inout SplitMix, depth: Int = 0) -> [UInt8] {
        var writer = ProtobufWriter()
        for _ in 0..<Int.random(in: 0...6, using: &random) {
            let number = Int.random(in: 1...(Bool.random(using: &random) ? 9 : 0x1fff_ffff), using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0:
                writer.key(number, .varint)
                writer.varint(
                    UInt64.random(in: 0...(.max), using: &random) >> UInt64.random(in: 0..<64, using: &random))
            case 1:
                writer.key(number, .fixed32)
                writer.bytes += (0..<4).map { _ in .random(in: 0...255, using: &random) }
            case 2:
                writer.key(number, .fixed64)
                writer.bytes += (0..<8).map { _ in .random(in: 0...255, using: &random) }
            case 3 where depth < 3:
                writer.key(number, .startGroup)
                writer.bytes += message(&random, depth: depth + 1)
                writer.key(number, .endGroup)
            default:
                let count = Int.random(in: 0...(Bool.random(using: &random) ? 5 : 200), using: &random)
                writer.key(number, .lengthDelimited)
                writer.lengthDelimited((0..<count).map { _ in UInt8.random(in: 0...255, using: &random) })
            }
        }
        return writer.bytes
    }

    private func cuts(of bytes: [UInt8], _ random: inout SplitMix) -> [Int] {
        // Twice the same makes an empty run.
        (0..<Int.random(in: 0...8, using: &random)).map { _ in Int.random(in: 0...bytes.count, using: &random) }
    }

    @Test func `runs read as the joined bytes do, whole, cut off and damaged, however they are cut`() {
        var random = SplitMix(state: 20_261_123)
        var refused = 0
        for round in 0..<6000 {
            var bytes = message(&random)
            if !bytes.isEmpty {
                switch round % 3 {
                case 1: bytes.removeLast(.random(in: 1...bytes.count, using: &random))
                case 2:
                    bytes[.random(in: 0..<bytes.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                default: break
                }
            }
            let whole = joined(bytes)
            if case .error? = whole.last { refused += 1 }
            let cuts = cuts(of: bytes, &random)
            #expect(sliced(bytes, at: cuts) == whole, "\(bytes) cut at \(cuts)")
            #expect(sliced(bytes, at: Array(bytes.indices)) == whole, "\(bytes) byte by byte")
        }
        #expect((1000...5000).contains(refused))
    }

    @Test(
        arguments: [
            [0x0a, 0xff, 0xff, 0xff, 0xff, 0x07, 1, 2],
            [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
            [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 1], [0x0a, 3, 1, 2], [0x0a],
            [0x0a, 0x80],
            [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80], [0x00], [0x07], [0x0e], [0x0c],
            [0x13, 0x1c],
            [0x13], [0x0d, 1, 2, 3], [0x11, 1, 2, 3, 4, 5, 6, 7],
        ] as [[UInt8]])
    func `what is no message is refused in runs at the same byte`(bytes: [UInt8]) {
        let before: [UInt8] = [0x0a, 2, 7, 7]
        let whole = joined(before + bytes)
        guard case .error(let error)? = whole.last else { Issue.record("it was believed"); return }
        #expect(error.offset >= before.count)
        for cut in 0...(before + bytes).count { #expect(sliced(before + bytes, at: [cut]) == whole, "cut at \(cut)") }
    }

    @Test func `groups nested too deeply are refused in runs too`() {
        let bytes = [UInt8](repeating: 0x0b, count: 200)
        let whole = joined(bytes)
        guard case .error(let error)? = whole.last else { Issue.record("it was believed"); return }
        #expect(error.reason == .tooDeep)
        #expect(sliced(bytes, at: Array(stride(from: 0, to: 200, by: 7))) == whole)
    }

    @Test func `a value within one run is lent where it lies`() throws {
        let value = [UInt8](repeating: 5, count: 40)
        try ([0x0a, 40] + value).withUnsafeBytes { first in
            try ([0x12, 40] + value).withUnsafeBytes { second in
                var reader = SlicedProtobufReader([first, second])
                for run in [first, second] {
                    _ = try reader.key()
                    let count = try reader.length()
                    try reader.withBytes(count) { bytes in
                        #expect(bytes.baseAddress == run.baseAddress! + 2)
                        #expect(bytes.count == 40)
                    }
                }
                #expect(try reader.key() == nil)
            }
        }
    }

    @Test func `more bytes than there are can't be taken, and nothing is lost by asking`() throws {
        try ([1, 2, 3] as [UInt8]).withUnsafeBytes { bytes throws in
            var reader = SlicedProtobufReader([
                UnsafeRawBufferPointer(rebasing: bytes[..<1]), UnsafeRawBufferPointer(rebasing: bytes[1...]),
            ])
            #expect(throws: ProtobufError(.truncated, at: 0)) { try reader.pass(over: 4) }
            #expect(throws: ProtobufError(.truncated, at: 0)) { try reader.withBytes(4) { _ in } }
            #expect(try reader.withBytes(3) { Array($0) } == [1, 2, 3])
            #expect(throws: ProtobufError(.truncated, at: 3)) { try reader.varint() }
        }
    }
}
