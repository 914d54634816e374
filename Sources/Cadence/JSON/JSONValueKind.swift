/// What the `type` of a JSON-CDC value can say. Attachments are written, but not read.
enum JSONValueKind: UInt8 {
    case void
    case optional
    case bool
    case character
    case string
    case address
    case int
    case int8
    case int16
    case int32
    case int64
    case int128
    case int256
    case uint
    case uint8
    case uint16
    case uint32
    case uint64
    case uint128
    case uint256
    case word8
    case word16
    case word32
    case word64
    case word128
    case word256
    case fix64
    case fix128
    case ufix64
    case ufix128
    case array
    case dictionary
    case structure
    case resource
    case event
    case contract
    case enumeration
    case inclusiveRange
    case path
    case type
    case capability
    case function

    /// By the first eight bytes of the name as a little-endian number, which tell all of them apart.
    @inline(__always)
    init?(_ name: UnsafeRawBufferPointer, readableBytes: Int) {
        let length = name.count
        let start = name.baseAddress.unsafelyUnwrapped
        var word: UInt64
        if readableBytes >= 8 {
            word = UInt64(littleEndian: start.loadUnaligned(as: UInt64.self))
            if length < 8 { word &= (1 &<< (UInt64(truncatingIfNeeded: length) &* 8)) &- 1 }
        } else {
            word = 0
            for at in 0..<min(length, 8) { word |= UInt64(name[at]) &<< (UInt64(at) &* 8) }
        }
        let kind: JSONValueKind
        let rest: StaticString
        switch word {
        case 0x0000000064696F56: (kind, rest) = (.void, "")
        case 0x6C616E6F6974704F: (kind, rest) = (.optional, "")
        case 0x000000006C6F6F42: (kind, rest) = (.bool, "")
        case 0x6574636172616843: (kind, rest) = (.character, "r")
        case 0x0000676E69727453: (kind, rest) = (.string, "")
        case 0x0073736572646441: (kind, rest) = (.address, "")
        case 0x0000000000746E49: (kind, rest) = (.int, "")
        case 0x0000000038746E49: (kind, rest) = (.int8, "")
        case 0x0000003631746E49: (kind, rest) = (.int16, "")
        case 0x0000003233746E49: (kind, rest) = (.int32, "")
        case 0x0000003436746E49: (kind, rest) = (.int64, "")
        case 0x0000383231746E49: (kind, rest) = (.int128, "")
        case 0x0000363532746E49: (kind, rest) = (.int256, "")
        case 0x00000000746E4955: (kind, rest) = (.uint, "")
        case 0x00000038746E4955: (kind, rest) = (.uint8, "")
        case 0x00003631746E4955: (kind, rest) = (.uint16, "")
        case 0x00003233746E4955: (kind, rest) = (.uint32, "")
        case 0x00003436746E4955: (kind, rest) = (.uint64, "")
        case 0x00383231746E4955: (kind, rest) = (.uint128, "")
        case 0x00363532746E4955: (kind, rest) = (.uint256, "")
        case 0x0000003864726F57: (kind, rest) = (.word8, "")
        case 0x0000363164726F57: (kind, rest) = (.word16, "")
        case 0x0000323364726F57: (kind, rest) = (.word32, "")
        case 0x0000343664726F57: (kind, rest) = (.word64, "")
        case 0x0038323164726F57: (kind, rest) = (.word128, "")
        case 0x0036353264726F57: (kind, rest) = (.word256, "")
        case 0x0000003436786946: (kind, rest) = (.fix64, "")
        case 0x0000383231786946: (kind, rest) = (.fix128, "")
        case 0x0000343678694655: (kind, rest) = (.ufix64, "")
        case 0x0038323178694655: (kind, rest) = (.ufix128, "")
        case 0x0000007961727241: (kind, rest) = (.array, "")
        case 0x616E6F6974636944: (kind, rest) = (.dictionary, "ry")
        case 0x0000746375727453: (kind, rest) = (.structure, "")
        case 0x656372756F736552: (kind, rest) = (.resource, "")
        case 0x000000746E657645: (kind, rest) = (.event, "")
        case 0x74636172746E6F43: (kind, rest) = (.contract, "")
        case 0x000000006D756E45: (kind, rest) = (.enumeration, "")
        case 0x766973756C636E49: (kind, rest) = (.inclusiveRange, "eRange")
        case 0x0000000068746150: (kind, rest) = (.path, "")
        case 0x0000000065707954: (kind, rest) = (.type, "")
        case 0x696C696261706143: (kind, rest) = (.capability, "ty")
        case 0x6E6F6974636E7546: (kind, rest) = (.function, "")
        default: return nil
        }
        // Names that are longer, and a name with a zero byte behind it.
        guard length == kind.nameLength else { return nil }
        for at in 0..<rest.utf8CodeUnitCount where name[8 + at] != rest.utf8Start[at] { return nil }
        self = kind
    }

    /// As JSON-CDC writes it.
    var name: String { JSONValueKind.names[Int(rawValue)] }

    private static let names = [
        "Void", "Optional", "Bool", "Character", "String", "Address", "Int", "Int8", "Int16", "Int32", "Int64",
        "Int128", "Int256", "UInt", "UInt8", "UInt16", "UInt32", "UInt64", "UInt128", "UInt256", "Word8", "Word16",
        "Word32", "Word64", "Word128", "Word256", "Fix64", "Fix128", "UFix64", "UFix128", "Array", "Dictionary",
        "Struct", "Resource", "Event", "Contract", "Enum", "InclusiveRange", "Path", "Type", "Capability", "Function",
    ]

    private var nameLength: Int {
        switch self {
        case .int: 3
        case .void, .bool, .int8, .uint, .enumeration, .path, .type: 4
        case .int16, .int32, .int64, .uint8, .word8, .fix64, .array, .event: 5
        case .string, .int128, .int256, .uint16, .uint32, .uint64, .word16, .word32, .word64, .fix128, .ufix64,
            .structure:
            6
        case .address, .uint128, .uint256, .word128, .word256, .ufix128: 7
        case .optional, .resource, .contract, .function: 8
        case .character: 9
        case .dictionary, .capability: 10
        case .inclusiveRange: 14
        }
    }
}
