import GRPC
import Testing

/// A message with one field of each kind.
private struct Sample: ProtobufMessage, Equatable {
    static var protobufName: String { "test.Sample" }
    var number: UInt64 = 0
    var small: UInt32 = 0
    var signed: Int32 = 0
    var text = ""
    var bytes: [UInt8] = []
    var numbers: [UInt64] = []
    var flag = false
    var optional: Child?
    var children: [Child] = []
    var map: [String: [UInt8]] = [:]

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "number", &number)
        try visitor.field(2, "small", &small)
        try visitor.field(3, "signed", &signed)
        try visitor.field(4, "text", &text)
        try visitor.field(5, "bytes", &bytes)
        try visitor.repeated(6, "numbers", &numbers)
        try visitor.field(7, "flag", &flag)
        try visitor.message(9, "optional", &optional)
        try visitor.repeated(10, "children", &children)
        try visitor.map(11, "map", &map)
    }

    struct Child: ProtobufMessage, Equatable {
        static var protobufName: String { "test.Child" }
        var a: UInt64 = 0
        var b = ""
        var inner: [Child] = []
        mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
            try visitor.field(1, "a", &a)
            try visitor.field(2, "b", &b)
            try visitor.repeated(3, "inner", &inner)
        }
    }
}

@Suite struct ProtobufTests {
    private func decode(_ bytes: [UInt8]) throws -> Sample { try Sample(protobuf: bytes) }
    private func reason(_ bytes: [UInt8]) -> ProtobufError.Reason? {
        do throws(ProtobufError) {
            _ = try Sample(protobuf: bytes)
            return nil
        } catch {
            return error.reason
        }
    }

    @Test func `defaults are not written, and nothing decodes to them`() throws {
        #expect(Sample().protobuf == [])
        #expect(try decode([]) == Sample())
    }

    @Test func `what is written is what the specification shows`() {
        // protobuf.dev/programming-guides/encoding: 150 is 96 01, "testing" is 12 07 74 …, -2 takes ten bytes.
        var sample = Sample()
        sample.number = 150
        sample.signed = -2
        sample.text = "testing"
        sample.numbers = [3, 270, 86942]
        #expect(
            sample.protobuf == [
                0x08, 0x96, 0x01, 0x18, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0x22, 0x07, 0x74,
                0x65, 0x73,
                0x74, 0x69, 0x6e, 0x67, 0x32, 0x06, 0x03, 0x8e, 0x02, 0x9e, 0xa7, 0x05,
            ])
    }

    private static let numbers: [UInt64] = {
        let small: [UInt64] = [0, 1, 127, 128, 300]
        let powers: [UInt64] = stride(from: 14, through: 63, by: 7).map { (bits: Int) -> UInt64 in 1 << UInt64(bits) }
        return small + powers + [UInt64.max]
    }()

    @Test(arguments: numbers)
    func `numbers of every length come back`(number: UInt64) throws {
        var sample = Sample()
        sample.number = number
        sample.numbers = [number, 0, number]
        #expect(try decode(sample.protobuf) == sample)
    }

    @Test(arguments: [0, 1, 100, 126, 127, 128, 129, 16_383, 16_384, 70_000, 2_100_000])
    func `a nested message of any length has its length before it`(length: Int) throws {
        var sample = Sample()
        sample.optional = .init(a: 1, b: String(repeating: "x", count: length), inner: [.init(), .init(a: 5)])
        #expect(try decode(sample.protobuf) == sample)
    }

    @Test func `repeated numbers are taken packed, unpacked and mixed`() throws {
        #expect(try decode([0x32, 2, 1, 2, 0x30, 3, 0x32, 0, 0x30, 4]).numbers == [1, 2, 3, 4])
    }

    @Test func `the last of several values wins, and several of one message are merged`() throws {
        #expect(try decode([0x08, 1, 0x22, 1, 0x61, 0x08, 2]).number == 2)
        let merged = try decode([0x4a, 2, 0x08, 7, 0x4a, 3, 0x12, 1, 0x62, 0x4a, 2, 0x1a, 0, 0x4a, 2, 0x1a, 0])
        #expect(merged.optional == .init(a: 7, b: "b", inner: [.init(), .init()]))
    }

    @Test func `fields may come in any order`() throws {
        #expect(try decode([0x38, 1, 0x22, 1, 0x61, 0x10, 3, 0x08, 9, 0x2a, 1, 5]).text == "a")
        let sample = try decode([0x38, 1, 0x22, 1, 0x61, 0x10, 3, 0x08, 9, 0x2a, 1, 5])
        #expect((sample.number, sample.small, sample.flag, sample.bytes) == (9, 3, true, [5]))
    }

    @Test func `unknown fields of every wire type are passed over, groups with all that is in them`() throws {
        let unknown: [UInt8] =
            [0x78, 0x96, 0x01] + [0x79, 1, 2, 3, 4, 5, 6, 7, 8] + [0x7a, 3, 9, 9, 9] + [0x7d, 1, 2, 3, 4]
            + [0x7b, 0x08, 1, 0x7b, 0x0a, 1, 1, 0x7c, 0x7c]
        #expect(try decode(unknown + [0x08, 5] + unknown + [0x10, 6] + unknown).small == 6)
        #expect(try decode(unknown) == Sample())
    }

    @Test func `a known number with another wire type is an unknown field`() throws {
        #expect(try decode([0x0a, 1, 7, 0x10, 3]).number == 0)
        #expect(try decode([0x0a, 1, 7, 0x10, 3]).small == 3)
        #expect(try decode([0x08, 4, 0x0d, 1, 1, 1, 1, 0x10, 3]) == decode([0x08, 4, 0x10, 3]))
    }

    @Test func `narrow numbers keep the low bits and any number but zero is true`() throws {
        #expect(try decode([0x10, 0x80, 0x80, 0x80, 0x80, 0x10]).small == 0)
        #expect(try decode([0x10, 0x81, 0x80, 0x80, 0x80, 0x10]).small == 1)
        #expect(try decode([0x38, 0x80, 0x80, 0x80, 0x80, 0x10]).flag)
    }

    @Test func `a map's entries may miss a part, and the last of a key wins`() throws {
        let bytes: [UInt8] = [
            0x5a, 6, 0x0a, 1, 0x61, 0x12, 1, 1, 0x5a, 6, 0x12, 1, 2, 0x0a, 1, 0x61, 0x5a, 3, 0x12, 1, 3, 0x5a, 0,
        ]
        #expect(try decode(bytes).map == ["a": [2], "": []])
    }

    @Test func `what is cut off, too long or no text is refused with its place`() {
        #expect(reason([0x08]) == .truncated)
        #expect(reason([0x80]) == .truncated)
        #expect(reason([0x22, 5, 0x61]) == .truncated)
        #expect(reason([0x22, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]) == .truncated)
        #expect(reason([0x22, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]) == .truncated)
        #expect(reason([0x79, 1]) == .truncated)
        #expect(reason([0x7d, 1]) == .truncated)
        #expect(reason([0x7b, 0x08, 1]) == .truncated)
        #expect(reason([0x32, 2, 0x80, 0x80]) == .truncated)
        #expect(reason([0x08] + [UInt8](repeating: 0xff, count: 10)) == .overlongVarint)
        #expect(reason([0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02]) == .overlongVarint)
        #expect(reason([0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01]) == nil)
        #expect(reason([0x22, 1, 0xff]) == .invalidUTF8)
        #expect(reason([0x22, 3, 0xed, 0xa0, 0x80]) == .invalidUTF8)
        #expect(reason([0x22, 2, 0xc0, 0x80]) == .invalidUTF8)
        #expect(reason([0x00, 1]) == .invalidFieldNumber)
        #expect(reason([0x80, 0x80, 0x80, 0x80, 0x10, 1]) == .invalidFieldNumber)
        #expect(reason([0x7e]) == .invalidWireType(6))
        #expect(reason([0x7f]) == .invalidWireType(7))
        #expect(reason([0x7c]) == .invalidWireType(4))
        #expect(reason([0x7b, 0x84, 0x01]) == .invalidWireType(4))
    }

    @Test func `an error names the field and the byte`() {
        do throws(ProtobufError) {
            _ = try Sample(protobuf: [0x08, 1, 0x4a, 4, 0x1a, 2, 0x12, 9] as [UInt8])
            Issue.record("it decoded")
        } catch {
            #expect(error.path == ["optional", "inner", "b"])
            #expect(error.offset == 7)
            #expect(error.description == "protobuf: a value is cut off, at byte 7 in optional.inner.b")
        }
    }

    @Test func `nesting has a limit, for messages and for groups`() throws {
        func nested(_ levels: Int) -> [UInt8] {
            var child = Sample.Child()
            for _ in 0..<levels { child = .init(inner: [child]) }
            var sample = Sample()
            sample.optional = child
            return sample.protobuf
        }
        #expect(reason(nested(60)) == nil)
        #expect(reason(nested(70)) == .tooDeep)
        #expect(reason([UInt8](repeating: 0x7b, count: 100_000)) == .tooDeep)
    }

    @Test func `a million fields in the worst order take no more than their number`() throws {
        var bytes: [UInt8] = []
        for _ in 0..<250_000 { bytes += [0x38, 1, 0x78, 1, 0x10, 2, 0x08, 3] }
        let start = ContinuousClock.now
        #expect(try decode(bytes).number == 3)
        #expect(ContinuousClock.now - start < .seconds(20))
    }
}
