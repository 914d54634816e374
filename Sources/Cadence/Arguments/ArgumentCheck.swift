/// Whether a value is of a declared type, as far as a declaration tells.
enum ArgumentCheck {
    /// Throws with the path to what does not fit.
    static func check(_ value: CadenceValue, _ type: CadenceType) throws(CadenceCodingError) {
        switch type {
        case .optional(let inner):
            guard case .optional(let content) = value else { throw mismatch(value, type) }
            if let content { try check(content, inner) }
        case .variableSizedArray(let element): try elements(value, element, type)
        case .constantSizedArray(let element, let size):
            guard let count = value.asArray?.count, UInt64(count) == size else { throw mismatch(value, type) }
            try elements(value, element, type)
        case .dictionary(let keyType, let valueType):
            guard let pairs = value.asDictionary else { throw mismatch(value, type) }
            for (index, pair) in pairs.enumerated() {
                do {
                    try check(pair.key, keyType)
                    try check(pair.value, valueType)
                } catch {
                    throw error.inside("[\(index)]")
                }
            }
        case .inclusiveRange(let element):
            guard case .inclusiveRange(let range) = value else { throw mismatch(value, type) }
            for member in [range.start, range.end, range.step] { try check(member, element) }
        case .capability: guard case .capability = value else { throw mismatch(value, type) }
        case .simple(let name): guard isOfSimpleType(value, name) else { throw mismatch(value, type) }
        case .nominal(let nominal):
            // Only the name is declared: `NovaPass.Kind`, where the value says `A.….NovaPass.Kind`.
            guard let composite = value.asComposite,
                composite.typeID == nominal.typeID || composite.typeID.hasSuffix("." + nominal.typeID)
            else { throw mismatch(value, type) }
        case .intersection: guard value.asComposite != nil else { throw mismatch(value, type) }
        case .reference, .restricted, .function, .repeated, .unknown: throw mismatch(value, type)
        }
    }

    private static func elements(_ value: CadenceValue, _ element: CadenceType, _ type: CadenceType)
        throws(CadenceCodingError)
    {
        guard let elements = value.asArray else { throw mismatch(value, type) }
        for (index, value) in elements.enumerated() {
            do { try check(value, element) } catch { throw error.inside("[\(index)]") }
        }
    }

    private static func mismatch(_ value: CadenceValue, _ type: CadenceType) -> CadenceCodingError {
        CadenceCodingError(.argument, "\(value.typeID ?? value.jsonTypeName) where \(type.typeID) was declared")
    }

    private static func isOfSimpleType(_ value: CadenceValue, _ name: String) -> Bool {
        if value.type == .simple(name) { return true }
        switch name {
        case "AnyStruct", "Any", "HashableStruct", "Storable": return true
        case "Path":
            if case .path = value { return true }
            return false
        case "CapabilityPath":
            if case .path(let path) = value { return path.domain == .public || path.domain == .private }
            return false
        case "Number": return isInteger(value) || isFixedPoint(value)
        case "Integer": return isInteger(value)
        case "FixedPoint": return isFixedPoint(value)
        case "SignedNumber", "SignedInteger", "SignedFixedPoint":
            switch value {
            case .int, .int8, .int16, .int32, .int64, .int128, .int256: return name != "SignedFixedPoint"
            case .fix64, .fix128: return name != "SignedInteger"
            default: return false
            }
        case "FixedSizeUnsignedInteger":
            if case .uint = value { return false }
            return isInteger(value) && !isOfSimpleType(value, "SignedInteger")
        default: return false
        }
    }

    private static func isInteger(_ value: CadenceValue) -> Bool { value.asBigInt != nil }

    private static func isFixedPoint(_ value: CadenceValue) -> Bool {
        switch value {
        case .fix64, .ufix64, .fix128, .ufix128: true
        default: false
        }
    }
}
