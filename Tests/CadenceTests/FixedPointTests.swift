import Testing

@testable import Cadence
@testable import FlowClient

struct FixedPointTests {
    @Test(arguments: [
        ("0.0", "0.00000000"), ("1.5", "1.50000000"), ("+1.5", "1.50000000"), ("007.00000001", "7.00000001"),
        ("184467440737.09551615", "184467440737.09551615"),
    ]) func `a UFix64 is read and written with eight decimals`(_ text: String, _ written: String) {
        #expect(UFix64(text)?.description == written)
    }

    @Test(arguments: [
        "", ".", "1", "1.", ".5", "1.5.5", "-0.0", "-1.0", "1.+5", "1.-5", "1.000000001", "1e3", "1,5", " 1.5", "0x1.0",
        "184467440737.09551616", "184467440738.0", "99999999999999999999999999999999999999999.0",
    ]) func `what is no UFix64 is refused`(_ text: String) {
        #expect(UFix64(text) == nil)
    }

    @Test func `a sign before a zero counts`() {
        #expect(Fix64("-0.5")?.rawValue == -50_000_000)
        #expect(Fix64("-0.5")?.description == "-0.50000000")
        #expect(Fix64("-92233720368.54775808")?.rawValue == .min)
        #expect(Fix64("-92233720368.54775809") == nil)
        #expect(Fix64("92233720368.54775807")?.rawValue == .max)
        #expect(Fix64("92233720368.54775808") == nil)
    }

    @Test func `the decoder wraps where the chain wraps, and nobody else does`() throws {
        // The chain compares the digits behind the point before it scales them (fixedpoint/check.go).
        #expect(UFix64("184467440737.1") == nil)
        #expect(try JSONCDC.decode(#"{"type":"UFix64","value":"184467440737.1"}"#) == .ufix64(448_384))
    }

    @Test func `128 bits have 24 decimals`() throws {
        let text = #"{"value":"-170141183460469.231731687303715884105728","type":"Fix128"}"#
        #expect(try JSONCDC.decode(text) == .fix128(.min))
        #expect(String(decoding: JSONCDC.encode(.fix128(.min)), as: UTF8.self) == text)
        #expect(
            try JSONCDC.decode(#"{"value":"340282366920938.463463374607431768211455","type":"UFix128"}"#)
                == .ufix128(.max))
        #expect(throws: CadenceCodingError.self) {
            try JSONCDC.decode(#"{"value":"340282366920938.463463374607431768211456","type":"UFix128"}"#)
        }
    }
}
