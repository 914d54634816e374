import Testing

@testable import Cadence
@testable import FlowClient

struct CadenceValueTests {
    private struct Minted: CadenceDecodable, Equatable {
        var id: UInt64
        var recipient: Address?
        var traits: [String: UFix64]

        init(cadence value: CadenceValue) throws(CadenceCodingError) {
            let event = try CadenceComposite(cadence: value)
            id = try event.required("id")
            recipient = try event.required("recipient")
            traits = try event.required("traits")
        }
    }

    private static func minted(_ fields: [CadenceField]) -> CadenceValue {
        .composite(CadenceComposite(.event, "A.0000000000000001.NovaPass.Minted", fields: fields))
    }

    private static let traits = CadenceField(
        "traits", .dictionary(CadenceDictionary([.init(key: .string("rarity"), value: .ufix64(150_000_000))])))

    @Test func `an event is read into a struct`() throws {
        let value = Self.minted([
            CadenceField("id", .uint64(7)), CadenceField("recipient", .optional(.address(Address("01")!))), Self.traits,
        ])
        let minted = try value.decoded(as: Minted.self)
        #expect(minted.id == 7)
        #expect(minted.recipient == Address("01"))
        #expect(minted.traits["rarity"]?.description == "1.50000000")
    }

    @Test func `a mismatch names the path to it`() {
        let wrong = Self.minted([
            CadenceField("id", .uint64(7)), CadenceField("recipient", .optional(.string("0x01"))), Self.traits,
        ])
        let error = #expect(throws: CadenceCodingError.self) { try wrong.decoded(as: Minted.self) }
        #expect(error?.path == ".recipient")
        #expect(error?.description == "mismatch: String where Address was expected (at .recipient)")
        let missing = #expect(throws: CadenceCodingError.self) { try Self.minted([]).decoded(as: Minted.self) }
        #expect(missing?.reason.contains("has no field id") == true)
        let nested = CadenceValue.array(CadenceArray([.uint8(1), .string("two")]))
        #expect(throws: CadenceCodingError(.mismatch, "String where an integer was expected", path: "[1]")) {
            try nested.decoded(as: [UInt64].self)
        }
    }

    private enum Tier: UInt8, CadenceDecodable { case common, rare }

    @Test func `a Cadence enum is read as a Swift enum, and a case that it has not got is refused`() throws {
        func tier(_ raw: CadenceValue, _ kind: CadenceCompositeKind = .enumeration) -> CadenceValue {
            .composite(
                CadenceComposite(kind, "A.0000000000000001.NovaPass.Tier", fields: [CadenceField("rawValue", raw)]))
        }
        #expect(try tier(.uint8(1)).decoded(as: Tier.self) == .rare)
        #expect(try CadenceValue.optional(tier(.uint8(0))).decoded(as: Tier?.self) == .common)
        let unknown = #expect(throws: CadenceCodingError.self) { try tier(.uint8(2)).decoded(as: Tier.self) }
        #expect(unknown?.path == ".rawValue" && unknown?.reason.contains("NovaPass.Tier has a case 2") == true)
        for wrong in [tier(.uint8(1), .structure), tier(.string("1")), tier(.int(BigInt(300))), .uint8(1)] {
            #expect(throws: CadenceCodingError.self) { try wrong.decoded(as: Tier.self) }
        }
        let nested = #expect(throws: CadenceCodingError.self) {
            try CadenceValue.array(CadenceArray([tier(.uint8(0)), tier(.uint8(9))])).decoded(as: [Tier].self)
        }
        #expect(nested?.path == "[1].rawValue")
    }

    @Test func `capabilities and characters are read as such only`() throws {
        let capability = CadenceCapability(id: 3, address: Address("01")!, borrowType: nil)
        #expect(try CadenceValue.capability(capability).decoded(as: CadenceCapability.self) == capability)
        #expect(throws: CadenceCodingError.self) {
            try CadenceValue.address(Address("01")!).decoded(as: CadenceCapability.self)
        }
        #expect(try CadenceValue.character("e\u{301}").decoded(as: Character.self) == "é")
        for wrong in [CadenceValue.string("a"), .character("ab"), .character("")] {
            #expect(throws: CadenceCodingError.self) { try wrong.decoded(as: Character.self) }
        }
    }

    @Test func `a number is read by any type that holds it`() throws {
        #expect(CadenceValue.int(BigInt(5)).asUInt64 == 5)
        #expect(CadenceValue.int(BigInt(-5)).asUInt64 == nil)
        #expect(CadenceValue.uint256(BigInt(decimal: "18446744073709551616")!).asUInt64 == nil)
        #expect(
            CadenceValue.uint256(BigInt(decimal: "18446744073709551616")!).asBigInt?.description
                == "18446744073709551616")
        #expect(CadenceValue.word128(.max).asBigInt?.description == String(UInt128.max))
        #expect(try CadenceValue.int16(-3).decoded(as: Int8.self) == -3)
        #expect(throws: CadenceCodingError.self) { try CadenceValue.uint16(300).decoded(as: UInt8.self) }
        #expect(CadenceValue.ufix64(5).asUInt64 == nil)
    }

    @Test func `an empty optional differs from what is no optional, and from an optional of an empty one`() {
        #expect(CadenceValue.optional(nil).asOptional == .some(.none))
        #expect(CadenceValue.bool(true).asOptional == nil)
        #expect(CadenceValue.optional(nil) != .optional(.optional(nil)))
        #expect(CadenceValue.optional(.optional(.bool(true))).unwrapped == .bool(true))
        #expect(CadenceValue.optional(.optional(nil)).unwrapped == nil)
    }

    @Test func `equality is of what is said, not of how it was encoded`() {
        let plain = CadenceValue.array(CadenceArray([.uint8(1)]))
        let typed = CadenceValue.array(CadenceArray([.uint8(1)], type: .variableSizedArray(.simple("UInt8"))))
        #expect(plain == typed)
        #expect(plain.hashValue == typed.hashValue)
        let pairs = [("a", 1), ("b", 2), ("b", 2)].map { CadenceDictionary.Pair(key: .string($0), value: .uint8($1)) }
        let dictionary = CadenceValue.dictionary(CadenceDictionary(pairs))
        let turned = CadenceValue.dictionary(CadenceDictionary(pairs.reversed()))
        #expect(dictionary == turned)
        #expect(dictionary.hashValue == turned.hashValue)
        #expect(dictionary != .dictionary(CadenceDictionary([pairs[0], pairs[0], pairs[1]])))
    }
}
