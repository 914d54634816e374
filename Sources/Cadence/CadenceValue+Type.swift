extension CadenceValue {
    /// The type of the value as far as the value tells it: nil for an array or a dictionary whose type was not in the bytes, and for
    /// what is made of one. An empty optional is an optional of Never.
    public var type: CadenceType? {
        switch self {
        case .optional(nil): .optional(.simple("Never"))
        case .optional(let inner?): inner.type.map { .optional($0) }
        case .array(let array): array.type
        case .dictionary(let dictionary): dictionary.type
        case .composite(let composite): .nominal(composite.nominalType)
        case .capability(let capability): .capability(capability.borrowType)
        case .inclusiveRange(let range): (range.elementType ?? range.start.type).map { .inclusiveRange($0) }
        case .function(let function): .function(function)
        case .cycle: nil
        case .path(let path) where CadencePath.Domain(rawValue: path.domain.rawValue) == nil: nil
        default: .simple(simpleTypeName)
        }
    }

    /// Such as `UInt64` or `A.f8d6e0586b0a20c7.NovaPass.Minted`; nil where the value does not tell it.
    public var typeID: String? {
        if case .composite(let composite) = self { composite.typeID } else { type?.typeID }
    }

    /// What JSON-CDC calls it: the kind for composites, `Optional`, `Array` and the like for containers.
    var jsonTypeName: String {
        switch self {
        case .optional: "Optional"
        case .array: "Array"
        case .dictionary: "Dictionary"
        case .composite(let composite): composite.kind.rawValue
        case .path: "Path"
        case .capability: "Capability"
        case .inclusiveRange: "InclusiveRange"
        case .function: "Function"
        case .cycle: "null"
        default: simpleTypeName
        }
    }

    private var simpleTypeName: String {
        switch self {
        case .void: "Void"
        case .bool: "Bool"
        case .string: "String"
        case .character: "Character"
        case .address: "Address"
        case .int: "Int"
        case .int8: "Int8"
        case .int16: "Int16"
        case .int32: "Int32"
        case .int64: "Int64"
        case .int128: "Int128"
        case .int256: "Int256"
        case .uint: "UInt"
        case .uint8: "UInt8"
        case .uint16: "UInt16"
        case .uint32: "UInt32"
        case .uint64: "UInt64"
        case .uint128: "UInt128"
        case .uint256: "UInt256"
        case .word8: "Word8"
        case .word16: "Word16"
        case .word32: "Word32"
        case .word64: "Word64"
        case .word128: "Word128"
        case .word256: "Word256"
        case .fix64: "Fix64"
        case .ufix64: "UFix64"
        case .fix128: "Fix128"
        case .ufix128: "UFix128"
        case .type: "Type"
        case .path(let path):
            switch path.domain {
            case .storage: "StoragePath"
            case .public: "PublicPath"
            case .private: "PrivatePath"
            case .other: "Path"
            }
        case .optional, .array, .dictionary, .composite, .capability, .inclusiveRange, .function, .cycle:
            preconditionFailure("not a simple type")
        }
    }
}

extension CadenceComposite {
    /// Its type, with the declared types of its fields or, where those are not known, the types of their values.
    var nominalType: CadenceNominalType {
        if let defined = layout.defined { return defined }
        let types = layout.fieldTypes ?? values.map { $0.type ?? .unknown }
        return CadenceNominalType(
            kind.nominal, typeID, fields: zip(layout.fieldNames, types).map { CadenceNominalType.Field($0, $1) })
    }
}
