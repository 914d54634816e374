import Testing

@testable import Encoding
@testable import FlowClient

struct RLPTests {
    @Test(arguments: [
        (RLP.Item.bytes([]), "80"), (.bytes([0]), "00"), (.bytes([0x7f]), "7f"), (.bytes([0x80]), "8180"),
        (.list([]), "c0"),
        (.bytes(Array("dog".utf8)), "83646f67"), (.list([.list([]), .bytes([1]), .list([.bytes([])])]), "c4c001c180"),
        (.bytes([UInt8](repeating: 1, count: 56)), "b838" + String(repeating: "01", count: 56)),
        (.list(Array(repeating: .bytes([1]), count: 256)), "f90100" + String(repeating: "01", count: 256)),
    ])
    func `an item has one form, and is read back from it`(item: RLP.Item, hex: String) throws {
        #expect(Hex.encode(RLP.encode(item)) == hex)
        #expect(try RLP.decode(Hex.decode(hex)!) == item)
    }

    @Test(arguments: [
        ("", RLPError.Reason.empty, 0), ("8100", .nonCanonicalByte, 0), ("817f", .nonCanonicalByte, 0),
        ("82ff", .truncated, 0),
        ("b800", .nonCanonicalLength, 0), ("b837" + String(repeating: "01", count: 55), .nonCanonicalLength, 0),
        ("b90001ff", .nonCanonicalLength, 0), ("bfffffffffffffffff", .truncated, 0),
        ("ff7fffffffffffffff", .truncated, 0),
        ("0000", .trailingBytes, 1), ("c281ff00", .trailingBytes, 3), ("c1c1", .truncated, 1),
        ("c3820102c0", .trailingBytes, 4),
        ("c28201", .truncated, 1), ("b8", .truncated, 0),
    ])
    func `bytes in any other form are refused where they go wrong`(hex: String, reason: RLPError.Reason, offset: Int) {
        #expect(throws: RLPError(reason, at: offset)) { try RLP.decode(Hex.decode(hex)!) }
    }

    @Test func `every truncation of an item is refused`() {
        let whole = RLP.encode(
            .list([.bytes([UInt8](repeating: 9, count: 300)), .list([.bytes([1, 2]), .bytes([])])]))
        for count in whole.indices {
            #expect(throws: RLPError.self) { try RLP.decode(Array(whole[..<count])) }
        }
    }

    @Test func `nesting is bounded, so that no input overflows the stack`() throws {
        func nested(_ depth: Int) -> [UInt8] {
            RLP.encode((0..<depth).reduce(RLP.Item.list([])) { item, _ in .list([item]) })
        }
        _ = try RLP.decode(nested(RLP.maximumDepth - 1))
        #expect(throws: RLPError.self) { try RLP.decode(nested(RLP.maximumDepth)) }
    }

    @Test(arguments: [0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff_ffff, 0x1_0000_0000, UInt64.max])
    func `an integer is written in as few bytes as it needs`(value: UInt64) throws {
        let encoded = RLPWriter.write(count: RLP.size(of: value)) { $0.integer(value) }
        guard case .bytes(let bytes) = try RLP.decode(encoded) else { return #expect(Bool(false)) }
        #expect(bytes.first != 0)
        #expect(bytes.reduce(0) { $0 << 8 | UInt64($1) } == value)
    }
}
