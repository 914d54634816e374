import Testing

@testable import Cadence
@testable import Encoding
@testable import FlowClient

struct TransactionArgumentsTests {
    private static let script = Array(
        #"""
        import NovaPass from 0x01 // transaction(comment: Int)
        /* transaction(nested: /* comment */ Int) */
        #pragma("transaction(text: Int) \(1 + f("a)"))")
        access(all) contract interface Nothing { fun main(no: Int) {} }

        transaction(
            ids: [UInt64], // what to drop
            to recipients: [Address?],
            _ price: UFix64,
            limit: UInt64?,
            names: {String: [String]},
            digest: [UInt8; 2], path: PublicPath,
        ) {
            prepare(account: auth(BorrowValue) &Account) {}
        }
        """#.utf8)

    private static func json(_ text: String) throws -> [String] {
        try TransactionArguments.build(script: script, json: Array(text.utf8)).map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    @Test func `parameters are found past imports, comments, texts and other declarations`() throws {
        let parameters = try TransactionArguments.parameters(of: Self.script)
        #expect(parameters.map(\.identifier) == ["ids", "recipients", "price", "limit", "names", "digest", "path"])
        #expect(parameters.map(\.label) == ["", "to", "_", "", "", "", ""])
        #expect(
            parameters.map(\.type.typeID) == [
                "[UInt64]", "[(Address)?]", "UFix64", "(UInt64)?", "{String:[String]}", "[UInt8;2]", "PublicPath",
            ])
    }

    @Test(arguments: [
        ("transaction {}", []), ("transaction() { prepare(a: &Account) {} }", []),
        (
            "access(all) fun helper(a: Int): Int { return a }\naccess(all) fun main(b: Address): [UInt64] { return [] }",
            ["b"]
        ),
        ("transaction(a: Int, b: Capability<&{A.B}>) {}", ["a", "b"]),
    ]) func `transactions and scripts declare`(_ source: String, _ names: [String]) throws {
        #expect(try TransactionArguments.parameters(of: Array(source.utf8)).map(\.identifier) == names)
    }

    @Test(arguments: [
        "", "access(all) contract A { fun main(a: Int) {} }", "transaction(a: ) {}", "transaction(a Int) {}",
        "transaction(", "/* transaction {}",
    ])
    func `a source without a readable list is refused`(_ source: String) {
        #expect(throws: CadenceCodingError.self) { try TransactionArguments.parameters(of: Array(source.utf8)) }
    }

    @Test func `plain JSON becomes arguments by the declared types`() throws {
        let arguments = try Self.json(
            #"{"ids":[1,"18446744073709551615"],"recipients":["0x01",null],"price":12.5,"names":{"a":["b"]},"digest":"0x0aff","path":"/public/x"}"#
        )
        #expect(
            arguments == [
                #"{"value":[{"value":"1","type":"UInt64"},{"value":"18446744073709551615","type":"UInt64"}],"type":"Array"}"#,
                #"{"value":[{"value":{"value":"0x0000000000000001","type":"Address"},"type":"Optional"},{"value":null,"type":"Optional"}],"type":"Array"}"#,
                #"{"value":"12.50000000","type":"UFix64"}"#, #"{"value":null,"type":"Optional"}"#,
                #"{"value":[{"key":{"value":"a","type":"String"},"value":{"value":[{"value":"b","type":"String"}],"type":"Array"}}],"type":"Dictionary"}"#,
                #"{"value":[{"value":"10","type":"UInt8"},{"value":"255","type":"UInt8"}],"type":"Array"}"#,
                #"{"value":{"domain":"public","identifier":"x"},"type":"Path"}"#,
            ])
        #expect(try Self.json(#"[[],[],"3",null,{},[1,2],"/public/x"]"#).count == 7)
    }

    @Test(arguments: [
        (#"{"ids":[1,-2]}"#, "ids[1]"), (#"{"ids":[1.5]}"#, "ids[0]"), (#"{"ids":["x"]}"#, "ids[0]"),
        (#"{"ids":5}"#, "ids"),
        (#"{"recipients":["0x01","zz"]}"#, "recipients[1]"), (#"{"price":"184467440737.1"}"#, "price"),
        (#"{"price":-1}"#, "price"),
        (#"{"price":1e3}"#, "price"), (#"{"price":null}"#, "price"), (#"{"limit":true}"#, "limit"),
        (#"{"names":{"a":[1]}}"#, "names.a[0]"),
        (#"{"digest":[1]}"#, "digest"), (#"{"digest":[1,256]}"#, "digest[1]"), (#"{"path":"/storage/x"}"#, "path"),
        (#"{"path":"x"}"#, "path"),
        (#"{"nothing":1}"#, "nothing"),
    ]) func `an error names the parameter and the path inside of it`(_ change: String, _ path: String) throws {
        // One thing wrong in what is otherwise right.
        var members = [
            "ids": "[]", "recipients": "[]", "price": "1.0", "names": "{}", "digest": "[1,2]", "path": #""/public/x""#,
        ]
        guard case .object(let changed) = try JSON(parsing: Array(change.utf8), surrogates: .replaced) else { return }
        for member in changed { members[member.name] = member.value.text }
        let text = "{" + members.map { #""\#($0)":\#($1)"# }.joined(separator: ",") + "}"
        let error = #expect(throws: CadenceCodingError.self) { try Self.json(text) }
        #expect(error?.code == .argument)
        #expect(error?.path == path)
    }

    @Test func `a parameter that is missing is named, unless it is optional`() {
        #expect(throws: CadenceCodingError.self) { try Self.json("{}") }
        #expect(throws: CadenceCodingError.self) { try Self.json("[]") }
        #expect(throws: CadenceCodingError.self) { try Self.json("1") }
        #expect(throws: CadenceCodingError.self) { try Self.json("{") }
    }

    @Test func `open types take JSON-CDC`() throws {
        let script = Array("transaction(any: AnyStruct, kind: NovaPass.Kind) {}".utf8)
        let kind =
            #"{"type":"Enum","value":{"id":"A.01.NovaPass.Kind","fields":[{"name":"rawValue","value":{"type":"UInt8","value":"1"}}]}}"#
        let built = try TransactionArguments.build(
            script: script, json: Array(#"{"any":{"type":"Int","value":"5"},"kind":\#(kind)}"#.utf8))
        #expect(String(decoding: built[0], as: UTF8.self) == #"{"value":"5","type":"Int"}"#)
        let wrong = #expect(throws: CadenceCodingError.self) {
            try TransactionArguments.build(
                script: script, json: Array(#"{"any":{"type":"Int","value":"5x"},"kind":\#(kind)}"#.utf8))
        }
        #expect(wrong?.path == "any.value")
        #expect(throws: CadenceCodingError.self) {
            try TransactionArguments.build(
                script: script, json: Array(#"{"any":5,"kind":\#(kind)}"#.utf8))
        }
    }

    @Test func `values are checked against the declaration`() throws {
        let script = Array("transaction(id: UInt64, to: Address?, all: [Integer]) {}".utf8)
        let good: [CadenceValue] = [.uint64(1), .optional(nil), .array(CadenceArray([.int8(1), .word64(2)]))]
        #expect(try TransactionArguments.build(script: script, values: good).count == 3)
        for (index, wrong) in [
            (0, CadenceValue.uint32(1)), (1, .address(Address("01")!)), (1, .optional(.string("0x01"))),
            (2, .array(CadenceArray([.ufix64(1)]))),
        ] {
            var values = good
            values[index] = wrong
            let error = #expect(throws: CadenceCodingError.self) {
                try TransactionArguments.build(script: script, values: values)
            }
            #expect(error?.path.hasPrefix(["id", "to", "all"][index]) == true)
        }
        #expect(throws: CadenceCodingError.self) { try TransactionArguments.build(script: script, values: []) }
    }
}
