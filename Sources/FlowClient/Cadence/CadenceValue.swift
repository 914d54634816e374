/// A Cadence value. What its static type adds to it (the element type of an array, the fields of a composite) is kept
/// where the bytes told it, so that CCF is written again as it was read; JSON-CDC tells less, and leaves it nil.
public indirect enum CadenceValue: Hashable, Sendable {
    case void
    case optional(CadenceValue?)
    case bool(Bool)
    case string(String)
    /// One grapheme cluster.
    case character(String)
    case address(Address)

    case int(BigInt)
    case int8(Int8)
    case int16(Int16)
    case int32(Int32)
    case int64(Int64)
    case int128(Int128)
    case int256(BigInt)
    case uint(BigInt)
    case uint8(UInt8)
    case uint16(UInt16)
    case uint32(UInt32)
    case uint64(UInt64)
    case uint128(UInt128)
    case uint256(BigInt)
    case word8(UInt8)
    case word16(UInt16)
    case word32(UInt32)
    case word64(UInt64)
    case word128(UInt128)
    case word256(BigInt)

    /// Scaled by 1e8.
    case fix64(Int64)
    /// Scaled by 1e8.
    case ufix64(UInt64)
    /// Scaled by 1e24.
    case fix128(Int128)
    /// Scaled by 1e24.
    case ufix128(UInt128)

    case array(CadenceArray)
    case dictionary(CadenceDictionary)
    case composite(CadenceComposite)
    case path(CadencePath)
    /// Nil for a type that is not known.
    case type(CadenceType?)
    case capability(CadenceCapability)
    case inclusiveRange(CadenceInclusiveRange)
    case function(CadenceFunctionType)
}

public struct CadenceArray: Hashable, Sendable {
    public var elements: [CadenceValue]
    /// The array's own type (variable- or constant-sized), where known.
    public var type: CadenceType?
    public init(_ elements: [CadenceValue], type: CadenceType? = nil) {
        self.elements = elements
        self.type = type
    }
}

public struct CadenceDictionary: Hashable, Sendable {
    public struct Pair: Hashable, Sendable {
        public var key: CadenceValue
        public var value: CadenceValue
        public init(key: CadenceValue, value: CadenceValue) {
            self.key = key
            self.value = value
        }
    }

    /// In the order of the bytes. It carries no meaning.
    public var pairs: [Pair]
    public var type: CadenceType?
    public init(_ pairs: [Pair], type: CadenceType? = nil) {
        self.pairs = pairs
        self.type = type
    }
}

public enum CadenceCompositeKind: String, Hashable, Sendable {
    case structure = "Struct"
    case resource = "Resource"
    case event = "Event"
    case contract = "Contract"
    case enumeration = "Enum"
    case attachment = "Attachment"
}

public struct CadenceField: Hashable, Sendable {
    public var name: String
    public var value: CadenceValue
    public init(_ name: String, _ value: CadenceValue) {
        self.name = name
        self.value = value
    }
}

public struct CadenceComposite: Hashable, Sendable {
    public var kind: CadenceCompositeKind
    /// The full type id.
    public var typeID: String
    /// In declaration order, as the encoders of the chain keep it.
    public var fields: [CadenceField]
    /// The declared types of the fields, where known; they decide how CCF writes each value.
    public var fieldTypes: [CadenceType]?

    public init(_ kind: CadenceCompositeKind, _ typeID: String, fields: [CadenceField], fieldTypes: [CadenceType]? = nil) {
        self.kind = kind
        self.typeID = typeID
        self.fields = fields
        self.fieldTypes = fieldTypes
    }

    /// The first field of that name, nil where there is none.
    public subscript(_ name: String) -> CadenceValue? {
        fields.first { $0.name == name }?.value
    }
}

public struct CadencePath: Hashable, Sendable {
    public enum Domain: String, Hashable, Sendable {
        case storage, `private`, `public`
    }
    public var domain: Domain
    public var identifier: String
    public init(_ domain: Domain, _ identifier: String) {
        self.domain = domain
        self.identifier = identifier
    }
}

public struct CadenceCapability: Hashable, Sendable {
    public var id: UInt64
    public var address: Address
    public var borrowType: CadenceType?
    public init(id: UInt64, address: Address, borrowType: CadenceType?) {
        self.id = id
        self.address = address
        self.borrowType = borrowType
    }
}

public struct CadenceInclusiveRange: Hashable, Sendable {
    public var start: CadenceValue
    public var end: CadenceValue
    public var step: CadenceValue
    public init(start: CadenceValue, end: CadenceValue, step: CadenceValue) {
        self.start = start
        self.end = end
        self.step = step
    }
}
