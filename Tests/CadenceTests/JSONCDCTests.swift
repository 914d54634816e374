import Testing

@testable import Cadence
@testable import Encoding
@testable import FlowClient

struct JSONCDCTests {
    private static func failure(_ text: String) -> CadenceCodingError? {
        do {
            _ = try JSONCDC.decode(text)
            return nil
        } catch {
            return error
        }
    }

    private static func failure(_ bytes: [UInt8]) -> CadenceCodingError? {
        do {
            _ = try JSONCDC.decode(bytes)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [
        #"{"type":"String","value":"a"}"#, #"{"value":"a","type":"String"}"#,
        "  {\n\"value\" : \"a\" ,\t\"type\":\"String\"\r} trailing",
        #"{"value":"x","value":"a","type":"Int","type":"String"}"#, #"{"\u0074ype":"Str\u0069ng","value":"\u0061"}"#,
    ]) func `order, spaces, repeated members, escapes and what follows change nothing`(_ text: String) throws {
        #expect(try JSONCDC.decode(text) == .string("a"))
    }

    @Test(arguments: [
        #"{"type":"String","value":"a","x":1}"#, #"{"type":"Void","value":null}"#, #"{"type":"String"}"#,
        #"{"value":"a"}"#,
        #"{"Type":"String","value":"a"}"#, #"{"type":"String","value":1}"#, #"{"type":"UInt8","value":1}"#,
        #"{"type":"UInt8","value":"256"}"#, #"{"type":"UInt8","value":"+1"}"#, #"{"type":"UInt8","value":""}"#,
        #"{"type":"UInt64","value":"18446744073709551616"}"#, #"{"type":"UInt64","value":"100000000000000000000000"}"#,
        #"{"type":"Int8","value":"-129"}"#, #"{"type":"Int","value":"1.0"}"#, #"{"type":"Word256","value":"-1"}"#,
        #"{"type":"Character","value":"ab"}"#, #"{"type":"Character","value":""}"#, #"{"type":"Address","value":"01"}"#,
        #"{"type":"Address","value":"0x1"}"#, #"{"type":"Address","value":"0x010000000000000000"}"#,
        #"{"type":"Attachment","value":{"id":"S.t.A","fields":[]}}"#, #"{"type":"Optional","value":5}"#,
        #"{"type":"Array","value":null}"#,
        #"{"type":"Path","value":{"domain":"Storage","identifier":"a"}}"#, "null", "[]", "\"a\"", "1", "", " ", "{",
        #"{"type":"String","value":"a"#, #"{"type":"String","value":"\x"}"#, #"{"type":"String","value":"\u12g4"}"#,
        "{\"type\":\"String\",\"value\":\"a\nb\"}", #"{"type":"String",}"#, #"{"type":"Bool","value":tru}"#,
        #"{"type":"Bool","value":"true"}"#,
        #"{"type":"Event","value":{"id":"Foo","fields":[]}}"#,
        #"{"type":"Event","value":{"id":"S.t.E","fields":[{"name":"a"}]}}"#,
        #"{"type":"Capability","value":{"id":"1","address":"0x01","borrowType":"","path":""}}"#,
    ]) func `what the reference refuses is refused with a reason`(_ text: String) throws {
        let error = try #require(Self.failure(text))
        #expect(!error.reason.isEmpty)
        #expect(error.offset != nil)
    }

    @Test func `an error says where`() throws {
        let text =
            #"{"type":"Array","value":[{"type":"Bool","value":true},{"type":"Optional","value":{"type":"UInt8","value":"-1"}}]}"#
        let error = try #require(Self.failure(text))
        #expect(error.path == ".value[1].value.value")
        #expect(error.offset == text.utf8.count - "-1\"}}]}".utf8.count)
    }

    @Test func `broken text is repaired byte by byte, as Go repairs it`() throws {
        func string(_ content: [UInt8]) throws -> String? {
            try JSONCDC.decode(Array(#"{"type":"String","value":""#.utf8) + content + Array("\"}".utf8)).asString
        }
        #expect(try string([0xE2, 0x82]) == "\u{FFFD}\u{FFFD}")
        #expect(try string([0xED, 0xA0, 0x80]) == "\u{FFFD}\u{FFFD}\u{FFFD}")
        #expect(try string([0xC0, 0xAF, 0x41]) == "\u{FFFD}\u{FFFD}A")
        #expect(try string(Array(#"\ud83d\ude00"#.utf8)) == "😀")
        #expect(try string(Array(#"\ud83dx"#.utf8)) == "\u{FFFD}x")
        #expect(try string(Array(#"\ud83d\u0041"#.utf8)) == "\u{FFFD}A")
        #expect(try string(Array(#"\ude00\ud83d"#.utf8)) == "\u{FFFD}\u{FFFD}")
        #expect(try string([0xF0, 0x9F, 0x98, 0x80]) == "😀")
    }

    @Test func `a number too large for a Float64 spoils the text wherever it stands`() {
        #expect(Self.failure(#"{"type":"Path","value":{"domain":"public","identifier":"a","x":1e400}}"#) != nil)
        #expect(Self.failure(#"{"type":"Path","value":{"domain":"public","identifier":"a","x":1e-400}}"#) == nil)
    }

    @Test(.timeLimit(.minutes(1))) func `depth, length and number of values are bounded`() throws {
        let open = #"{"type":"Optional","value":"#
        func nested(_ depth: Int) -> String {
            String(repeating: open, count: depth) + "null" + String(repeating: "}", count: depth)
        }
        #expect(Self.failure(nested(512)) == nil)
        #expect(Self.failure(nested(513))?.code == .limit)
        #expect(Self.failure(String(repeating: "[", count: 3_000_000))?.code == .limit)
        #expect(Self.failure(String(repeating: open, count: 300_000))?.code == .limit)
        let many = #"{"type":"Array","value":["# + String(repeating: "1,", count: 50) + "1]}"
        #expect(throws: CadenceCodingError.self) { try JSONCDC.decode(many, limits: .init(elements: 40)) }
        #expect(throws: CadenceCodingError.self) { try JSONCDC.decode(many, limits: .init(bytes: 40)) }
    }

    @Test(.timeLimit(.minutes(1))) func `values that come before their types cost no second look`() throws {
        // Looking for the type behind each value would be quadratic in the depth.
        var text = #"{"value":"\#(String(repeating: "x", count: 2_000_000))","type":"String"}"#
        for _ in 0..<500 { text = #"{"value":\#(text),"type":"Optional"}"# }
        #expect(Self.failure(text) == nil)
    }

    @Test func `a type told once may be named again, and only after it was told`() throws {
        let recursive =
            #"{"value":{"staticType":{"type":"","kind":"Resource","typeID":"S.t.R","fields":[{"type":{"type":"S.t.R","kind":"Optional"},"id":"next"}],"initializers":[]}},"type":"Type"}"#
        #expect(String(decoding: JSONCDC.encode(try JSONCDC.decode(recursive)), as: UTF8.self) == recursive)
        let unknown = recursive.replacing(#"{"type":"S.t.R","kind""#, with: #"{"type":"S.t.Q","kind""#)
        #expect(Self.failure(unknown)?.path == ".value.staticType.fields[0].type.type")
    }

    @Test func `a type is told at the first place in the order of writing, wherever it was read`() throws {
        // The initializer, which is read first, tells S.t.I; the field, which is written first, only names it.
        let interface = #"{"type":"","kind":"StructInterface","typeID":"S.t.I","fields":[],"initializers":[]}"#
        func text(_ field: String, _ parameter: String) -> String {
            #"{"value":{"staticType":{"type":"","kind":"Struct","typeID":"S.t.S","fields":[{"type":\#(field),"id":"a"}],"initializers":[[{"type":\#(parameter),"label":"","id":"b"}]]}},"type":"Type"}"#
        }
        let value = try JSONCDC.decode(text(#""S.t.I""#, interface))
        #expect(String(decoding: JSONCDC.encode(value), as: UTF8.self) == text(interface, #""S.t.I""#))
        #expect(try CCF.encode(try CCF.decode(try CCF.encode(value))) == CCF.encode(value))
    }

    @Test func `what an attachment's fields and its base type both name is told in the fields`() throws {
        let base = #"{"type":"","kind":"Resource","typeID":"S.t.B","fields":[],"initializers":[]}"#
        func text(_ first: String, _ second: String) -> String {
            #"{"value":{"staticType":{"type":\#(first),"kind":"Attachment","typeID":"S.t.A","fields":[{"type":\#(second),"id":"b"}],"initializers":[]}},"type":"Type"}"#
        }
        let value = try JSONCDC.decode(text(base, #""S.t.B""#))
        #expect(String(decoding: JSONCDC.encode(value), as: UTF8.self) == text(#""S.t.B""#, base))
    }

    private static let receiver =
        #"{"type":"","kind":"ResourceInterface","typeID":"A.0ae53cb6e3f42a79.T.Receiver","fields":[],"initializers":[]}"#
    private static let restricted =
        #"{"kind":"Restriction","typeID":"-","type":{"kind":"AnyResource"},"restrictions":[\#(receiver),"A.1.T.B"]}"#
    private static let path = #"{"value":{"domain":"public","identifier":"till"},"type":"Path"}"#
    private static func capability(_ borrowType: String, _ rest: String) -> String {
        #"{"value":{"borrowType":\#(borrowType),"address":"0x0ae53cb6e3f42a79",\#(rest)},"type":"Capability"}"#
    }

    @Test(arguments: [
        (
            capability(#"{"kind":"Reference","authorized":true,"type":\#(restricted)}"#, #""path":\#(path)"#),
            "Capability<auth&AnyResource{A.0ae53cb6e3f42a79.T.Receiver,A.1.T.B}>"
        ),
        (
            capability(#"{"kind":"Reference","authorized":false,"type":{"kind":"Int"}}"#, #""path":\#(path)"#),
            "Capability<&Int>"
        ),
        (capability(#""&A.1.T.Vault{A.1.T.Receiver}""#, #""id":"3""#), "Capability<&A.1.T.Vault{A.1.T.Receiver}>"),
        (capability(#"{"kind":"Restriction","type":"","restrictions":[]}"#, #""id":"3""#), "Capability<{}>"),
    ])
    func `what was written before Cadence 1.0 is read where it is asked for`(_ text: String, _ typeID: String) throws {
        #expect(Self.failure(text) != nil)
        let value = try JSONCDC.decode(text, forms: .historic)
        #expect(value.typeID == typeID)
        // A path is written as the reference writes it, beside an id of 0: whoever reads that again reads the id.
        let again = try JSONCDC.decode(JSONCDC.encode(value), forms: .historic)
        #expect(again.typeID == typeID)
        #expect(try JSONCDC.decode(JSONCDC.encode(again), forms: .historic) == again)
    }

    @Test(arguments: [
        capability(#"{"kind":"Int"}"#, #""path":{"type":"Bool","value":true}"#),
        capability(#"{"kind":"Int"}"#, #""x":1"#),
        capability(#"{"kind":"Reference","authorized":"yes","type":{"kind":"Int"}}"#, #""id":"3""#),
        capability(#"{"kind":"Restriction","type":{"kind":"Int"}}"#, #""id":"3""#),
        #"{"type":"Link","value":{"targetPath":\#(path),"borrowType":"Int"}}"#,
    ])
    func `what never was JSON-CDC is refused in every form`(_ text: String) {
        #expect(throws: CadenceCodingError.self) { try JSONCDC.decode(text, forms: .historic) }
    }

    @Test func `a capability from before Cadence 1.0 has no id, and CCF keeps no path`() throws {
        let text = Self.capability(#"{"kind":"Int"}"#, #""path":\#(Self.path)"#)
        guard case .capability(let capability) = try JSONCDC.decode(text, forms: .historic) else {
            Issue.record("no capability")
            return
        }
        #expect(capability.id == 0)
        #expect(capability.path == CadencePath(.public, "till"))
        var without = capability
        without.path = nil
        #expect(try CCF.decode(CCF.encode(.capability(capability))) == .capability(without))
        let restricted = try JSONCDC.decode(Self.capability(Self.restricted, #""id":"1""#), forms: .historic)
        #expect(throws: CadenceCodingError.self) { try CCF.encode(restricted) }
    }

    @Test(arguments: [
        ("\u{915}\u{94D}", true), ("\u{915}\u{94D}\u{937}", false), ("\u{995}\u{9CD}\u{200D}\u{995}", false),
        ("\u{915}\u{93F}\u{902}", true), ("\u{E19}\u{E33}", true), ("\u{1100}\u{1161}\u{11A8}", true),
        ("👩🏽‍🚀", true), ("👩👩", false), ("\r\n", true), ("", false),
    ])
    func `a Character is one cluster as Cadence counts them, in both encodings`(_ text: String, _ isOne: Bool) throws {
        let json = JSONCDC.encode(.character(text))
        let ccf = try CCF.encode(.character(text))
        if isOne {
            #expect(try JSONCDC.decode(json) == .character(text))
            #expect(try CCF.decode(ccf) == .character(text))
        } else {
            #expect(throws: CadenceCodingError.self) { try JSONCDC.decode(json) }
            #expect(throws: CadenceCodingError.self) { try CCF.decode(ccf) }
        }
    }

    @Test func `texts are escaped as Go escapes them`() {
        let text = String(decoding: JSONCDC.encode(.string("<&>\"\\\n\u{1}\u{2028}é\u{7f}")), as: UTF8.self)
        #expect(text == #"{"value":"\u003c\u0026\u003e\"\\\n\u0001\u2028é"# + "\u{7f}" + #"","type":"String"}"#)
    }
}
