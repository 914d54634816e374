/// A Cadence value. Two values are equal when they say the same: what only the encoding adds (static types, which CCF tells and
/// JSON-CDC does not; the order of a dictionary's pairs) does not count.
public enum CadenceValue: Hashable, Sendable {
    case void
    indirect case optional(CadenceValue?)
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
    indirect case path(CadencePath)
    /// Nil for a type that is not known.
    case type(CadenceType?)
    indirect case capability(CadenceCapability)
    indirect case inclusiveRange(CadenceInclusiveRange)
    indirect case function(CadenceFunctionType)
    /// Where references run in a circle, the chain leaves a null in place of a value.
    case cycle
}

public struct CadenceArray: Sendable {
    public var elements: [CadenceValue]
    /// The array's own type (variable- or constant-sized), where known.
    public var type: CadenceType?
    public init(_ elements: [CadenceValue], type: CadenceType? = nil) {
        self.elements = elements
        self.type = type
    }
}

extension CadenceArray: Hashable {
    public static func == (a: CadenceArray, b: CadenceArray) -> Bool { a.elements == b.elements }
    public func hash(into hasher: inout Hasher) { hasher.combine(elements) }
}

public struct CadenceDictionary: Sendable {
    public struct Pair: Hashable, Sendable {
        public var key: CadenceValue
        public var value: CadenceValue
        public init(key: CadenceValue, value: CadenceValue) {
            self.key = key
            self.value = value
        }
    }

    /// In the order of the bytes. It carries no meaning: CCF sorts by key, JSON-CDC has the order of storage.
    public var pairs: [Pair]
    public var type: CadenceType?
    public init(_ pairs: [Pair], type: CadenceType? = nil) {
        self.pairs = pairs
        self.type = type
    }

    /// The value of the first such key. Looks through all of them.
    public subscript(_ key: CadenceValue) -> CadenceValue? {
        pairs.first { $0.key == key }?.value
    }
}

extension CadenceDictionary: Hashable {
    public static func == (a: CadenceDictionary, b: CadenceDictionary) -> Bool {
        guard a.pairs.count == b.pairs.count else { return false }
        if a.pairs == b.pairs { return true }
        var counts: [Pair: Int] = [:]
        for pair in a.pairs { counts[pair, default: 0] += 1 }
        for pair in b.pairs {
            guard let count = counts[pair], count > 0 else { return false }
            counts[pair] = count - 1
        }
        return true
    }

    public func hash(into hasher: inout Hasher) {
        var sum = 0
        for pair in pairs { sum = sum &+ pair.hashValue }
        hasher.combine(sum)
    }
}

public struct CadencePath: Hashable, Sendable {
    public enum Domain: RawRepresentable, Hashable, Sendable {
        case storage, `private`, `public`
        /// CCF's decoder on the chain takes any number but 0 for a domain.
        case other(UInt8)

        /// As JSON-CDC has it. Nil for a word that is none of the three.
        public init?(rawValue: String) {
            switch rawValue {
            case "storage": self = .storage
            case "private": self = .private
            case "public": self = .public
            default: return nil
            }
        }

        public var rawValue: String {
            switch self {
            case .storage: "storage"
            case .private: "private"
            case .public: "public"
            case .other(let number): String(number)
            }
        }

        /// As CCF has it (onflow/cadence:common/pathdomain.go).
        var number: UInt8 {
            switch self {
            case .storage: 1
            case .private: 2
            case .public: 3
            case .other(let number): number
            }
        }

        /// Nil for 0.
        init?(number: UInt8) {
            switch number {
            case 0: return nil
            case 1: self = .storage
            case 2: self = .private
            case 3: self = .public
            default: self = .other(number)
            }
        }
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
    /// Before Cadence 1.0 a capability was a path and had no id, which is 0 here.
    public var path: CadencePath?
    public init(id: UInt64, address: Address, borrowType: CadenceType?, path: CadencePath? = nil) {
        self.id = id
        self.address = address
        self.borrowType = borrowType
        self.path = path
    }
}

public struct CadenceInclusiveRange: Sendable {
    public var start: CadenceValue
    public var end: CadenceValue
    public var step: CadenceValue
    /// The type of its members, where known; else that of `start`.
    public var elementType: CadenceType?
    public init(start: CadenceValue, end: CadenceValue, step: CadenceValue, elementType: CadenceType? = nil) {
        self.start = start
        self.end = end
        self.step = step
        self.elementType = elementType
    }
}

extension CadenceInclusiveRange: Hashable {
    public static func == (a: CadenceInclusiveRange, b: CadenceInclusiveRange) -> Bool {
        a.start == b.start && a.end == b.end && a.step == b.step
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(start)
        hasher.combine(end)
        hasher.combine(step)
    }
}
