import Cadence
import Encoding
import FlowClient
import Testing

@testable import PlatformBridge

struct PayloadReaderTests {
    private func price(_ json: String) throws -> (value: UInt64, problem: String?) {
        var reader = PayloadReader(try JSON(parsing: #"{"price": \#(json)}"#), path: "payload")
        let value = reader.ufix64("price")
        return (value, reader.violations.first.map { "\($0.field) \($0.rule)" })
    }

    @Test(arguments: [
        ("42", 4_200_000_000), ("0.1", 10_000_000), ("184467440737.09551615", UInt64.max), ("\"42\"", 4_200_000_000),
        ("\"0.00000001\"", 1),
    ]) func `a price is what its digits say`(json: String, expected: UInt64) throws {
        let read = try price(json)
        #expect(read.value == expected && read.problem == nil)
    }

    @Test(arguments: ["1e-08", "1E2", "\"1e3\""]) func `an exponent is named as what is wrong`(json: String) throws {
        #expect(try price(json).problem == "payload.price must be written without an exponent, such as \"0.00000001\"")
    }

    @Test(arguments: ["0.30000000000000004", "184467440737.09551616", "-1", "true", "null", "\"\"", "\"1.\""])
    func `nothing is rounded`(json: String) throws {
        #expect(try price(json).problem?.hasPrefix("payload.price ") == true)
    }

    @Test(arguments: [
        ("\"2026-12-01T12:00:00.123456+00:00\"", 1_796_126_400_123 as UInt64),
        ("\"2026-12-01T12:00:00Z\"", 1_796_126_400_000),
        ("1796126400123", 1_796_126_400_123), ("\"1970-01-01T00:00:00.001Z\"", 1),
    ]) func `a time keeps its milliseconds`(json: String, expected: UInt64) throws {
        var reader = PayloadReader(try JSON(parsing: #"{"at": \#(json)}"#), path: "payload")
        #expect(reader.time("at") == expected)
        #expect(reader.violations.isEmpty)
    }

    @Test(arguments: [
        "\"2026-02-30T12:00:00Z\"", "\"2026-12-01T24:00:00Z\"", "\"2026-12-01T12:60:00Z\"", "0",
        "\"1969-12-31T23:59:59Z\"", "253402300800000", "31785038664964184", "18446744073709551615",
    ])
    func `a time that does not exist is refused`(json: String) throws {
        var reader = PayloadReader(try JSON(parsing: #"{"at": \#(json)}"#), path: "payload")
        _ = reader.time("at")
        #expect(reader.violations.map(\.field) == ["payload.at"])
    }

    @Test(arguments: ["0x2aef436ae96cec3", "2aef436ae96cec3", "0x02aef436ae96cec3"])
    func `an address without its first zero is that address`(text: String) throws {
        var reader = PayloadReader(try JSON(parsing: #"{"to": "\#(text)"}"#), path: "payload")
        #expect(reader.address("to", on: .mainnet).hex == "02aef436ae96cec3")
        #expect(reader.violations.isEmpty)
    }
}
