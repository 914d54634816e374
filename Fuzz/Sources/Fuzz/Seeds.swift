import FlowClient

let depositedType = "A.1d7e57aa55817448.NonFungibleToken.Deposited"

/// Something well-formed to start from.
func seeds(for target: String) -> [[UInt8]] {
    switch target {
    case "json-cdc": return values.map { JSONCDC.encode($0) }
    case "ccf": return values.compactMap { try? CCF.encode($0) }
    case "event-reader": return [JSONCDC.encode(deposited), (try? CCF.encode(deposited)) ?? []]
    case "arguments": return [Array("transaction(a: [UInt64], to b: {String: Address?}, c: Capability<&{A.B}>?) {}".utf8)]
    case "lines": return [Array(#"{"a":[1,-2.5e3,true,null,"\u00e9"]}"#.utf8)]
    case "rlp": return [[0xC8, 0x83, 0x63, 0x61, 0x74, 0x83, 0x64, 0x6F, 0x67], [0x80], [0xB8, 0x38] + Array(repeating: 7, count: 56)]
    default: return [[0], [3, 10, 2, 8, 1]]
    }
}

private let deposited = CadenceValue.composite(
    CadenceComposite(
        .event, depositedType,
        fields: [
            CadenceField("type", .string("A.0b2a3299cc857e29.TopShot.NFT")), CadenceField("id", .uint64(45_678_901)),
            CadenceField("to", .optional(.address(Address("0x85d4ee4b4ae86ea9")!))),
        ],
        fieldTypes: [.simple("String"), .simple("UInt64"), .optional(.simple("Address"))]))

private let values: [CadenceValue] = [
    deposited, .optional(.optional(.int(BigInt(-5)))), .path(CadencePath(.public, "x")), .fix128(.min),
    .array(CadenceArray([.uint8(1), deposited], type: .variableSizedArray(.simple("AnyStruct")))),
    .dictionary(
        CadenceDictionary([.init(key: .string("a"), value: .ufix64(1))], type: .dictionary(key: .simple("String"), value: .simple("UFix64")))),
    .type(
        .nominal(
            CadenceNominalType(
                .resource, "A.01.C.NFT", fields: [.init("a", .reference(.conjunction(["E"]), .intersection([.simple("Int")])))]))),
    .type(.function(CadenceFunctionType(parameters: [], returnType: .capability(nil)))),
    .inclusiveRange(CadenceInclusiveRange(start: .int8(1), end: .int8(9), step: .int8(2))),
    .capability(CadenceCapability(id: 1, address: Address("01")!, borrowType: .simple("Int"))),
]
