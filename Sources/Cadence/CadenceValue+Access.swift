extension CadenceValue {
    public var asBool: Bool? { if case .bool(let value) = self { value } else { nil } }
    /// Of a String or a Character.
    public var asString: String? {
        switch self {
        case .string(let text), .character(let text): text
        default: nil
        }
    }
    public var asAddress: Address? { if case .address(let value) = self { value } else { nil } }
    /// Nil when this is no optional at all; an inner nil when it is one and empty.
    public var asOptional: CadenceValue?? { if case .optional(let value) = self { .some(value) } else { nil } }
    public var asArray: [CadenceValue]? { if case .array(let array) = self { array.elements } else { nil } }
    public var asDictionary: [CadenceDictionary.Pair]? {
        if case .dictionary(let dictionary) = self { dictionary.pairs } else { nil }
    }
    public var asComposite: CadenceComposite? { if case .composite(let value) = self { value } else { nil } }
    public var asPath: CadencePath? { if case .path(let value) = self { value } else { nil } }
    /// The type that a Type value names.
    public var asType: CadenceType? { if case .type(let value) = self { value } else { nil } }
    public var asUFix64: UFix64? { if case .ufix64(let raw) = self { UFix64(rawValue: raw) } else { nil } }
    public var asFix64: Fix64? { if case .fix64(let raw) = self { Fix64(rawValue: raw) } else { nil } }

    /// Of any integer type, as long as the number fits.
    public var asUInt64: UInt64? { asInteger() }
    public var asUInt32: UInt32? { asInteger() }
    public var asUInt8: UInt8? { asInteger() }
    public var asInt64: Int64? { asInteger() }
    public var asInt: Int? { asInteger() }

    /// Of any integer type, as long as the number fits.
    public func asInteger<T: FixedWidthInteger>(_ type: T.Type = T.self) -> T? {
        switch self {
        case .int8(let value): T(exactly: value)
        case .int16(let value): T(exactly: value)
        case .int32(let value): T(exactly: value)
        case .int64(let value): T(exactly: value)
        case .int128(let value): T(exactly: value)
        case .uint8(let value), .word8(let value): T(exactly: value)
        case .uint16(let value), .word16(let value): T(exactly: value)
        case .uint32(let value), .word32(let value): T(exactly: value)
        case .uint64(let value), .word64(let value): T(exactly: value)
        case .uint128(let value), .word128(let value): T(exactly: value)
        case .int(let value), .int256(let value), .uint(let value), .uint256(let value), .word256(let value):
            value.exactly(T.self)
        default: nil
        }
    }

    public var asBigInt: BigInt? {
        switch self {
        case .int(let value), .int256(let value), .uint(let value), .uint256(let value), .word256(let value): value
        default: asInteger(Int128.self).map { BigInt($0) } ?? asInteger(UInt128.self).map { BigInt($0) }
        }
    }

    /// What is inside of any number of optionals; nil where one of them is empty.
    public var unwrapped: CadenceValue? {
        var value = self
        while case .optional(let inner) = value {
            guard let inner else { return nil }
            value = inner
        }
        return value
    }
}
