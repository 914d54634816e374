import Testing

@testable import Cadence
@testable import FlowClient

struct BigIntTests {
    @Test(arguments: [
        "0", "1", "-1", "9", "10", "18446744073709551615", "18446744073709551616", "-18446744073709551616",
        "10000000000000000000", "99999999999999999999999999999999999999",
        "115792089237316195423570985008687907853269984665640564039457584007913129639935",
        "-57896044618658097711785492504343953926634992332820282019728792003956564819968",
    ]) func `a decimal text comes back as it went in`(_ text: String) {
        #expect(BigInt(decimal: text)?.description == text)
    }

    @Test func `zeros in front, a plus and minus zero are read away`() {
        #expect(BigInt(decimal: "+000123")?.description == "123")
        #expect(BigInt(decimal: "-0") == .zero)
        #expect(BigInt(decimal: "-0")?.isNegative == false)
    }

    @Test(arguments: ["", "-", "+", "--1", "1_000", "0x10", " 1", "1 ", "1e3", "１"])
    func `what is no decimal number is none`(_ text: String) {
        #expect(BigInt(decimal: text) == nil)
    }

    @Test(.timeLimit(.minutes(1))) func `the largest number is read and written, and one digit more is refused`() {
        let largest = String(repeating: "9", count: BigInt.maximumDigits)
        #expect(BigInt(decimal: largest)?.description == largest)
        #expect(BigInt(decimal: "0000" + largest)?.description == largest)
        #expect(BigInt(decimal: "1" + largest) == nil)
        #expect(BigInt(decimal: String(repeating: "7", count: 4_000_000)) == nil)
        #expect(BigInt(bigEndianMagnitude: [UInt8](repeating: 255, count: BigInt.maximumBytes + 1)) == nil)
    }

    @Test func `numbers that a machine word holds agree with the machine`() {
        var random = SeededRandom(seed: 1)
        for _ in 0..<2_000 {
            let a = Int128(random.next()) &* Int128(Int64(bitPattern: random.next()))
            let b = Int128(Int64(bitPattern: random.next() >> (random.next() % 64)))
            let (x, y) = (BigInt(a), BigInt(b))
            #expect(x.description == String(a))
            #expect((x < y) == (a < b))
            #expect((x == y) == (a == b))
            #expect(x.exactly(Int128.self) == a)
            #expect(x.exactly(Int64.self) == Int64(exactly: a))
            #expect(y.exactly(UInt32.self) == UInt32(exactly: b))
            #expect((-x).description == String(-a))
            #expect(BigInt(decimal: String(a)) == x)
        }
    }

    @Test func `two's complement is what the machine stores`() {
        var random = SeededRandom(seed: 2)
        for _ in 0..<2_000 {
            let number = Int64(bitPattern: random.next() >> (random.next() % 64)) &* (random.next() % 2 == 0 ? 1 : -1)
            let bytes = withUnsafeBytes(of: number.bigEndian) { Array($0) }
            #expect(BigInt(number).twosComplementBytes(count: 8) == bytes)
            #expect(BigInt(twosComplement: bytes) == BigInt(number))
        }
        #expect(BigInt(128).twosComplementBytes(count: 1) == nil)
        #expect(BigInt(-128).twosComplementBytes(count: 1) == [0x80])
        #expect(BigInt(-129).twosComplementBytes(count: 1) == nil)
    }

    @Test func `widths end where Cadence's types end`() {
        let top = BigInt(decimal: "57896044618658097711785492504343953926634992332820282019728792003956564819968")!
        #expect(!top.fitsSigned(bits: 256))
        #expect((-top).fitsSigned(bits: 256))
        #expect(top.fitsUnsigned(bits: 256))
        #expect(!(-top).fitsUnsigned(bits: 256))
        #expect(BigInt(bigEndianMagnitude: (-top).magnitudePlusOneBytes)?.isZero == false)
    }
}

extension BigInt {
    fileprivate var magnitudePlusOneBytes: [UInt8] { BigInt.bytes(of: magnitudePlusOne) }
}

/// The same numbers in every run.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
