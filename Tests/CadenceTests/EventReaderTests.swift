import Testing

@testable import Cadence
@testable import FlowClient

struct EventReaderTests {
    private static let type = "A.1d7e57aa55817448.NonFungibleToken.Deposited"

    private static func event(id: UInt64, to: Address?, text: String = "A.01.C.NFT", extra: [CadenceField] = [])
        -> CadenceValue
    {
        .composite(
            CadenceComposite(
                .event, type,
                fields: [
                    CadenceField("type", .string(text)), CadenceField("id", .uint64(id)),
                    CadenceField("to", .optional(to.map { .address($0) })),
                ] + extra,
                fieldTypes: [.simple("String"), .simple("UInt64"), .optional(.simple("Address"))]
                    + extra.map { $0.value.type ?? .unknown }))
    }

    private static func payloads(_ value: CadenceValue) throws -> [[UInt8]] {
        [try CCF.encode(value), JSONCDC.encode(value)]
    }

    @Test func `the fields asked for are those of the whole value, in both encodings and every shape`() throws {
        let reader = EventReader(Self.type, fields: ["to", "id"])
        for round in 0..<50 {
            let id = UInt64.max / UInt64(round + 1)
            let address = round % 3 == 0 ? nil : Address(rawValue: UInt64(round) &* 0x0101_0101_0101)
            for payload in try Self.payloads(Self.event(id: id, to: address)) {
                let found = try reader.read(payload) { (try $0.uint64(1), try $0.optionalAddress(0)) }
                #expect(found?.0 == id)
                #expect(found?.1 == address)
            }
        }
    }

    @Test func `every kind of field is read, and whole values where there is no shorter way`() throws {
        let list = CadenceValue.array(
            CadenceArray([.uint8(1), .uint8(2)], type: .variableSizedArray(.simple("UInt8"))))
        let value = Self.event(
            id: 1, to: nil,
            extra: [
                CadenceField("price", .ufix64(150_000_000)), CadenceField("purchased", .bool(false)),
                CadenceField("list", list),
                CadenceField("name", .optional(.string("Ä<\"\n😀"))),
                CadenceField("deep", .optional(.optional(.int8(-5)))),
                CadenceField("nftType", .type(.nominal(CadenceNominalType(.resource, "A.0000000000000001.C.NFT")))),
            ])
        let names = ["price", "purchased", "list", "name", "deep", "nftType", "nothing"]
        let reader = EventReader(Self.type, fields: names)
        for payload in try Self.payloads(value) + Self.payloads(value) {
            let checked: Void? = try reader.read(payload) { try Self.check($0, names, value) }
            #expect(checked != nil)
        }
    }

    private static func check(_ event: EventFields, _ names: [String], _ whole: CadenceValue) throws {
        #expect(try event.ufix64(0).description == "1.50000000")
        #expect(try event.bool(1) == false)
        #expect(try event.optionalString(3) == "Ä<\"\n😀")
        #expect(try event.withUTF8(3) { Array($0) } == Array("Ä<\"\n😀".utf8))
        for (index, name) in names.dropLast().enumerated() {
            #expect(try event.value(index) == whole.asComposite?[name])
        }
        #expect(!event.isPresent(6))
        let error = #expect(throws: CadenceCodingError.self) { try event.uint64(6) }
        #expect(error?.path == "nothing")
        #expect(throws: CadenceCodingError.self) { try event.uint64(0) }
        #expect(throws: CadenceCodingError.self) { try event.address(3) }
    }

    @Test func `an event of another type is none, and does not disturb`() throws {
        let reader = EventReader("A.1d7e57aa55817448.NonFungibleToken.Withdrawn", fields: ["id"])
        for payload in try Self.payloads(Self.event(id: 1, to: nil)) {
            #expect(try reader.read(payload) { try $0.uint64(0) } == nil)
        }
    }

    @Test func `a text that is not what it was is read anew`() throws {
        let reader = EventReader(Self.type, fields: ["id"])
        let canonical = JSONCDC.encode(Self.event(id: 1, to: nil))
        let turned =
            #" {"type":"Event","value":{"fields":[{"name":"id","value":{"type":"UInt64","value":"2"}},{"name":"type","value":{"type":"String","value":"\"}"}}],"id":"\#(Self.type)"}}"#
        for _ in 0..<3 {
            #expect(try reader.read(canonical) { try $0.uint64(0) } == 1)
            #expect(try reader.read(Array(turned.utf8)) { try $0.uint64(0) } == 2)
            #expect(try reader.read(canonical + [0x0A]) { try $0.uint64(0) } == 1)
        }
    }

    @Test func `no cut of a payload is taken for whole`() throws {
        let reader = EventReader(Self.type, fields: ["id", "to"])
        for payload in try Self.payloads(Self.event(id: 123_456, to: Address("01"))) {
            #expect(try reader.read(payload) { try $0.uint64(0) } == 123_456)
            for length in 0..<payload.count {
                #expect(throws: CadenceCodingError.self) {
                    try reader.read(Array(payload[..<length])) { try $0.uint64(0) }
                }
            }
        }
    }

    @Test func `a number that is none is refused where it is read`() throws {
        let reader = EventReader(Self.type, fields: ["id"])
        let text = String(decoding: JSONCDC.encode(Self.event(id: 77, to: nil)), as: UTF8.self)
        _ = try reader.read(Array(text.utf8)) { try $0.uint64(0) }
        for wrong in ["7x", "", "-7", "18446744073709551616", #"\u0037"#] {
            let changed = Array(text.replacing("77", with: wrong).utf8)
            #expect(throws: CadenceCodingError.self) { try reader.read(changed) { try $0.uint64(0) } }
        }
    }

    @Test(.timeLimit(.minutes(1))) func `seeded changes end in a value or an error`() throws {
        var random = SeededRandom(seed: 7)
        let reader = EventReader(Self.type, fields: ["id", "to", "type"])
        for payload in try Self.payloads(Self.event(id: 123_456, to: Address("01"))) {
            for _ in 0..<20_000 {
                let changed = Mutation.mutate(payload, &random)
                _ = try? reader.read(changed) { event in
                    _ = try? event.uint64(0)
                    _ = try? event.optionalAddress(1)
                    _ = try? event.string(2)
                    for field in 0..<3 { _ = try? event.value(field) }
                }
            }
        }
    }
}
