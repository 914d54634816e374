import Testing

@testable import Cadence
@testable import Encoding
@testable import FlowClient

struct CCFTests {
    private static func failure(_ hex: String) -> CadenceCodingError? {
        do {
            _ = try CCF.decode(Hex.decode(hex)!)
            return nil
        } catch {
            return error
        }
    }

    static let deposited = CadenceValue.composite(
        CadenceComposite(
            .event, "A.1d7e57aa55817448.NonFungibleToken.Deposited",
            fields: [
                CadenceField("type", .string("A.0b2a3299cc857e29.TopShot.NFT")),
                CadenceField("id", .uint64(45_678_901)),
                CadenceField("uuid", .uint64(189_155_342)),
                CadenceField("to", .optional(.address(Address("0x85d4ee4b4ae86ea9")!))),
                CadenceField("collectionUUID", .uint64(257_698_038_784)),
            ],
            fieldTypes: [
                .simple("String"), .simple("UInt64"), .simple("UInt64"), .optional(.simple("Address")),
                .simple("UInt64"),
            ]))

    @Test func `an event written is the event read, types included`() throws {
        let bytes = try CCF.encode(Self.deposited)
        let value = try CCF.decode(bytes)
        #expect(value == Self.deposited)
        #expect(try CCF.encode(value) == bytes)
        #expect(value.asComposite?.fieldTypes == Self.deposited.asComposite?.fieldTypes)
        #expect(try CCF.encode(value, sorted: true) != bytes)
        #expect(try CCF.decode(try CCF.encode(value, sorted: true)).asComposite?["to"] == value.asComposite?["to"])
    }

    @Test func `every cut of a message is refused`() throws {
        let bytes = try CCF.encode(Self.deposited)
        for length in 0..<bytes.count {
            let error = #expect(throws: CadenceCodingError.self) { try CCF.decode(Array(bytes[..<length])) }
            #expect(error?.offset != nil)
        }
        #expect(throws: CadenceCodingError.self) { try CCF.decode(bytes + [0]) }
    }

    @Test(arguments: [
        "d88282d88900f6", "d88282d8890b02", "d88282d8890bc34100", "d88282d8890c190100", "d88282d8891864f6",
        "d88282d889181df6",
        "d88282d88903470102030405060708", "d88282d889016161ff", "d88282d8890161ff", "d88282d889026161616161",
        "d88282d8890262ff",
        "d88282d88b d88904 9fc24101ff", "d88282d88cd8 8202d8890481c24101", "d88282d88dd88901d889048361610102",
        "d88282d88dd88901d889048461 62c2410161 61c24101", "d8 80 82", "d88180", "d8818082d88900f5", "a0", "f6", "",
        "d88282d88f80f6", "d88282d8884082d88900f5", "ffff", "d88282d8890ac3582080" + String(repeating: "00", count: 31),
    ]) func `what the reference refuses is refused with a reason and an offset`(_ hex: String) throws {
        let error = try #require(Self.failure(hex.replacing(" ", with: "")))
        #expect(!error.reason.isEmpty)
        #expect(error.offset != nil)
    }

    @Test func `heads need not be shortest, as the reference has it`() throws {
        #expect(try CCF.decode(Hex.decode("d88282d8890c1805")!) == .uint8(5))
        #expect(try CCF.decode(Hex.decode("d9008282d900891b000000000000000c1b0000000000000005")!) == .uint8(5))
    }

    @Test func `null in an optional of an optional is the innermost one's`() throws {
        #expect(try CCF.decode(Hex.decode("d88282d88ad88ad88904f6")!) == .optional(.optional(nil)))
        #expect(try CCF.decode(Hex.decode("d88282d88ad88904f6")!) == .optional(nil))
    }

    @Test(.timeLimit(.minutes(1))) func `a length is not believed before its bytes are there`() {
        #expect(Self.failure("d88282d88bd889009b7fffffffffffffff") != nil)
        #expect(Self.failure("d88282d88bd889009a7fffffff") != nil)
        #expect(Self.failure("d88282d88901 7b7fffffffffffffff".replacing(" ", with: "")) != nil)
        #expect(Self.failure("d8819b7fffffffffffffff") != nil)
        #expect(Self.failure("d88182 9a00ffffff".replacing(" ", with: "")) != nil)
    }

    @Test(.timeLimit(.minutes(1))) func `types and values inside of one another have an end`() {
        #expect(Self.failure("d88282" + String(repeating: "d88a", count: 100_000))?.code == .limit)
        #expect(Self.failure("d88282d8891829" + String(repeating: "d8ba", count: 100_000))?.code == .limit)
        // A value that says its type, which is that it says its type, …
        #expect(Self.failure("d88282d8891827" + String(repeating: "d88282d8891827", count: 100_000))?.code == .limit)
        #expect(
            Self.failure("d88282d88bd8891827" + String(repeating: "81d88282d88bd8891827", count: 100_000))?.code
                == .limit)
    }

    @Test func `messages that begin alike are told apart`() throws {
        // Ninety-six bytes and more in common, then another field type.
        func event(_ last: CadenceType, _ value: CadenceValue) throws -> [UInt8] {
            let fields =
                (0..<20).map { CadenceField("field\($0)", .uint64(UInt64($0))) } + [CadenceField("last", value)]
            return try CCF.encode(
                .composite(
                    CadenceComposite(
                        .event, "A.0000000000000001.LongContractName.LongEventName", fields: fields,
                        fieldTypes: Array(repeating: .simple("UInt64"), count: 20) + [last])))
        }
        let number = try event(.simple("UInt8"), .uint8(5))
        let text = try event(.simple("String"), .string("five"))
        #expect(number.prefix(96) == text.prefix(96))
        for _ in 0..<3 {
            #expect(try CCF.decode(number).asComposite?["last"] == .uint8(5))
            #expect(try CCF.decode(text).asComposite?["last"] == .string("five"))
        }
    }

    @Test func `a definition that nothing refers to is refused, before and after its plan is known`() throws {
        // The struct S.t.Foo is defined and only the value could refer to it.
        let definitions = "8283d8a0 8340 67532e742e466f6f 80".replacing(" ", with: "")
        let unused = "d88182" + "81" + definitions.dropFirst(4) + "82d8891827" + "d88282d88900f5"
        for _ in 0..<2 { #expect(Self.failure(unused)?.reason.contains("S.t.Foo") == true) }
        let used = "d88182" + "81" + definitions.dropFirst(4) + "82d8891827" + "d88282d8884080"
        for _ in 0..<2 { #expect(Self.failure(used) == nil) }
    }

    @Test func `what values of open types hold is defined, and written back byte for byte`() throws {
        let inner = CadenceValue.composite(
            CadenceComposite(
                .structure, "S.t.Foo", fields: [CadenceField("n", .int(BigInt(5)))], fieldTypes: [.simple("Int")]))
        let value = CadenceValue.array(
            CadenceArray(
                [inner, .uint8(1), .optional(nil), .optional(inner)], type: .variableSizedArray(.simple("AnyStruct"))))
        let bytes = try CCF.encode(value)
        #expect(try CCF.decode(bytes) == value)
        #expect(try CCF.encode(try CCF.decode(bytes)) == bytes)
    }

    /// A message with one definition, of the type `S.t.N` with one field `p`, a capability that borrows that very type.
    private static func capabilityOfItself(_ definitionTag: String) -> String {
        "d88182" + "81" + definitionTag + "83" + "40" + "65532e742e4e" + "81" + "82" + "6170" + "d89081d88840" + "82"
            + "d88840" + "81" + "82" + "48f8d6e0586b0a20c7" + "07"
    }

    @Test(.timeLimit(.minutes(1))) func `a definition that names itself is told once and then named`() throws {
        let hex = Self.capabilityOfItself("d8a1")
        let value = try CCF.decode(Hex.decode(hex)!)
        #expect(
            String(decoding: JSONCDC.encode(value), as: UTF8.self)
                == #"{"value":{"id":"S.t.N","fields":[{"value":{"value":{"borrowType":{"type":"","kind":"Resource","typeID":"S.t.N","fields":[{"type":{"type":"S.t.N","kind":"Capability"},"id":"p"}],"initializers":[]},"address":"0xf8d6e0586b0a20c7","id":"7"},"type":"Capability"},"name":"p"}]},"type":"Resource"}"#
        )
        #expect(Hex.encode(try CCF.encode(value)) == hex)
    }

    @Test func `a defined event is told with the one initializer that every event has`() throws {
        let value = try CCF.decode(Hex.decode(Self.capabilityOfItself("d8a2"))!)
        let text = String(decoding: JSONCDC.encode(value), as: UTF8.self)
        #expect(text.contains(#""kind":"Event","typeID":"S.t.N""#) && text.contains(#""initializers":[[]]"#))
        #expect(try JSONCDC.encode(JSONCDC.decode(text)) == Array(text.utf8))
    }

    @Test func `a field without a name is a field, unless an attachment is in it`() throws {
        let value = CadenceValue.composite(
            CadenceComposite(
                .structure, "S.t.S", fields: [CadenceField("", .bool(true))], fieldTypes: [.simple("Bool")]))
        #expect(try CCF.decode(CCF.encode(value)) == value)
        #expect(try JSONCDC.decode(JSONCDC.encode(value)) == value)
    }

    @Test func `equal keys are written as they were read`() throws {
        // {String: UInt8} of three pairs, two of them under "k".
        let read = "d88282d88d82d88901d8890c86616a01616b02616b03"
        let value = try CCF.decode(Hex.decode(read)!)
        #expect(Hex.encode(try CCF.encode(value)) == read)
    }

    @Test func `what CCF can't hold is said to be so`() throws {
        #expect(throws: CadenceCodingError.self) { try CCF.encode(.array(CadenceArray([.uint8(1)]))) }
        let attachment = CadenceComposite(.attachment, "S.t.A", fields: [])
        #expect(throws: CadenceCodingError.self) {
            try CCF.encode(
                .composite(CadenceComposite(.resource, "S.t.R", fields: [CadenceField("", .composite(attachment))])))
        }
    }

    @Test func `a value read from JSON-CDC is written where it tells its types`() throws {
        let value = try JSONCDC.decode(JSONCDC.encode(Self.deposited))
        #expect(try CCF.decode(try CCF.encode(value)) == Self.deposited)
    }

    @Test func `the encoding of a payload is seen from its first bytes`() throws {
        #expect(try CadenceValue.decodeEventPayload(JSONCDC.encode(Self.deposited)) == Self.deposited)
        #expect(try CadenceValue.decodeEventPayload(try CCF.encode(Self.deposited)) == Self.deposited)
        #expect(!CCF.hasMessagePrefix([0xD8, 0x81]))
        #expect(!CCF.hasMessagePrefix([0xD8, 0x80, 0x82, 0, 0]))
    }
}
