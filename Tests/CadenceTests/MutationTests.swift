import Testing

@testable import Cadence
@testable import Encoding
@testable import FlowClient

/// Small damage to bytes, the same in every run.
enum Mutation {
    static func mutate(_ bytes: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            guard !bytes.isEmpty else { return [UInt8(truncatingIfNeeded: random.next())] }
            let at = Int.random(in: 0..<bytes.count, using: &random)
            switch random.next() % 8 {
            case 0: bytes[at] ^= 1 << UInt8(random.next() % 8)
            case 1: bytes[at] = UInt8(truncatingIfNeeded: random.next())
            case 2: bytes.remove(at: at)
            case 3: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: at)
            case 4: bytes.removeSubrange(at...)
            case 5:
                let end = Int.random(in: at..<min(at + 40, bytes.count), using: &random)
                bytes.insert(contentsOf: bytes[at...end], at: at)
            case 6:
                let other = Int.random(in: 0..<bytes.count, using: &random)
                bytes.swapAt(at, other)
            default:
                let interesting: [UInt8] = [
                    0, 0x17, 0x18, 0x1B, 0x7F, 0x80, 0x9F, 0xC2, 0xD8, 0xF6, 0xFF, 0x22, 0x5C, 0x7B, 0x7D,
                ]
                bytes[at] = interesting[Int(random.next() % UInt64(interesting.count))]
            }
        }
        return bytes
    }
}

struct MutationTests {
    /// One of everything.
    static let values: [CadenceValue] = {
        let composite = CadenceComposite(
            .structure, "A.0000000000000001.C.S",
            fields: [CadenceField("a", .int8(-1)), CadenceField("b", .optional(.optional(nil)))],
            fieldTypes: [.simple("Int8"), .optional(.optional(.simple("String")))])
        let function = CadenceFunctionType(
            isView: true,
            typeParameters: [.init(name: "T", bound: .reference(.conjunction(["Mutate", "Insert"]), .anyStruct))],
            parameters: [.init(label: "_", identifier: "a", type: .intersection([.simple("String")]))],
            returnType: .capability(nil))
        let enumeration = CadenceNominalType(
            .enumeration, "S.t.E", fields: [.init("rawValue", .simple("UInt8"))],
            initializers: [[.init(label: "", identifier: "rawValue", type: .simple("UInt8"))]],
            rawOrBaseType: .simple("UInt8"))
        let resource = CadenceNominalType(
            .resource, "S.t.R",
            fields: [.init("kind", .nominal(enumeration)), .init("next", .optional(.repeated("S.t.R")))])
        return [
            .void, .bool(true), .string("Grüße \"<\u{2028}😀"), .character("👩‍👩‍👧"), .address(Address("0102")!),
            .int(BigInt(decimal: "-123456789012345678901234567890")!), .int256(BigInt(-1)), .uint(BigInt(0)),
            .word256(BigInt(7)),
            .int128(.min), .uint128(.max), .word128(3), .int64(.min), .uint64(.max), .fix64(.min), .ufix64(.max),
            .fix128(.min),
            .ufix128(.max), .optional(.optional(.uint16(9))), .path(CadencePath(.public, "receiver")),
            .array(
                CadenceArray(
                    [.composite(composite), .composite(composite)], type: .constantSizedArray(.anyStruct, size: 2))),
            .dictionary(
                CadenceDictionary(
                    [.init(key: .string("a"), value: .uint8(1)), .init(key: .string("b"), value: .uint8(2))],
                    type: .dictionary(key: .simple("String"), value: .simple("UInt8")))),
            .composite(composite), CCFTests.deposited, .type(.function(function)), .type(.nominal(resource)),
            .type(nil),
            .type(.dictionary(key: .simple("String"), value: .constantSizedArray(.optional(.simple("Int")), size: 3))),
            .capability(
                CadenceCapability(
                    id: 5, address: Address("01")!, borrowType: .reference(.disjunction(["A.1.E"]), .anyStruct))),
            .inclusiveRange(CadenceInclusiveRange(start: .uint8(1), end: .uint8(9), step: .uint8(2))),
        ]
    }()

    @Test(arguments: values.indices) func `everything survives both encodings`(_ index: Int) throws {
        let value = Self.values[index]
        #expect(try JSONCDC.decode(JSONCDC.encode(value)) == value)
        for sorted in [false, true] {
            let bytes = try CCF.encode(value, sorted: sorted)
            let read = try CCF.decode(bytes)
            #expect(try CCF.encode(read, sorted: sorted) == bytes)
            if !sorted { #expect(read == value) }
            #expect(read.typeID == value.typeID)
        }
    }

    @Test(.timeLimit(.minutes(2))) func `damaged CCF is refused, or means what its own encoding means`() throws {
        var random = SeededRandom(seed: 3)
        var accepted = 0
        for value in Self.values {
            let bytes = try CCF.encode(value)
            for _ in 0..<3_000 {
                guard let read = try? CCF.decode(Mutation.mutate(bytes, &random)) else { continue }
                accepted += 1
                // A null alone, or a path without a domain, can be read and not written.
                guard let again = try? CCF.encode(read) else { continue }
                let reread = try CCF.decode(again)
                #expect(JSONCDC.encode(reread) == JSONCDC.encode(read))
                #expect(try CCF.encode(reread) == again)
            }
        }
        #expect(accepted > 1_000)
    }

    @Test(.timeLimit(.minutes(2))) func `damaged JSON-CDC is refused, or means what its own encoding means`() throws {
        var random = SeededRandom(seed: 4)
        var accepted = 0
        for value in Self.values {
            let bytes = JSONCDC.encode(value)
            for _ in 0..<3_000 {
                guard let read = try? JSONCDC.decode(Mutation.mutate(bytes, &random)) else { continue }
                accepted += 1
                let again = JSONCDC.encode(read)
                // The reference writes what it can't read again: no bound of a type parameter, a type named before it is told.
                guard let reread = try? JSONCDC.decode(again) else { continue }
                #expect(JSONCDC.encode(reread) == again)
            }
        }
        #expect(accepted > 1_000)
    }
}
