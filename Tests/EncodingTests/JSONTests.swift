import Encoding
import Foundation
import Testing

struct JSONTests {
    @Test(arguments: [
        #"{"a":[1,-0.5e3,true,false,null,"x\"\\/é😀"],"b":{}}"#, "[]", #""""#, "0", "-0", "1e5", " [ 1 , 2 ] ",
        #"["\ud83d\ude00\u0000\b\f\n\r\t\/"]"#, "18446744073709551615",
    ])
    func `what is JSON is read, and written as Foundation reads it`(text: String) throws {
        let value = try JSON(parsing: text)
        #expect(try JSON(parsing: value.bytes) == value)
        let ours = try JSONSerialization.jsonObject(with: Data(value.bytes), options: .fragmentsAllowed) as? NSObject
        let theirs = try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed) as? NSObject
        #expect(ours == theirs)
    }

    @Test(arguments: [
        "", " ", "{", "[", "[1", "[1,", "[1,]", "{,}", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{"a":1,"a":2}"#, "01",
        "-", "1.",
        ".5", "1e", "+1", "tru", "truex", "nul", "[1 2]", "'a'", "\"\u{1}\"", #""\x""#, #""\u12"#, #""\ud800""#,
        #""\udc00""#,
        #""\ud800\u0041""#, "\"", "1 1", "// x\n1", "NaN", "Infinity", "[1]]", "\u{FEFF}1", "{1:2}",
    ])
    func `what is not JSON is refused with its place`(text: String) {
        let failure = #expect(throws: JSONScanner.Failure.self) { try JSON(parsing: text) }
        #expect((0...text.utf8.count).contains(failure?.offset ?? -1))
    }

    @Test func `bytes that are not UTF-8 are refused`() {
        for bytes: [UInt8] in [
            [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xE2, 0x82, 0x22],
        ] {
            #expect(throws: JSONScanner.Failure.self) { try JSON(parsing: bytes) }
        }
    }

    @Test func `depth is limited, and every prefix of a text is refused`() throws {
        #expect(throws: JSONScanner.Failure.self) { try JSON(parsing: String(repeating: "[", count: 100_000)) }
        let text = #"{"a":[1,-0.5e3,true,false,null,"x\"\\\u00e9"],"b":{"c":""}}"#
        for length in 0..<text.utf8.count {
            #expect(throws: JSONScanner.Failure.self) { try JSON(parsing: Array(text.utf8.prefix(length))) }
        }
        #expect(
            try JSON(parsing: String(repeating: "[", count: 200) + String(repeating: "]", count: 200)).array?.count == 1
        )
    }

    @Test func `numbers keep their digits`() throws {
        let value = try JSON(parsing: #"[18446744073709551615,-9223372036854775808,1.5,256]"#)
        #expect(value.array?[0].integer(UInt64.self) == .max)
        #expect(value.array?[1].integer(Int64.self) == .min)
        #expect(value.array?[2].integer(Int.self) == nil)
        #expect(value.array?[3].integer(UInt8.self) == nil)
    }

    @Test func `any bytes end in a value or an error`() {
        var generator = SystemRandomNumberGenerator()
        let alphabet = Array(#"{}[]",:0123456789.eE+-truefalsn\u "#.utf8) + [0xFF, 0xC3, 0x00]
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0...30, using: &generator)).map { _ in
                alphabet.randomElement(using: &generator)!
            }
            if let value = try? JSON(parsing: bytes) { #expect((try? JSON(parsing: value.bytes)) == value) }
        }
    }
}
