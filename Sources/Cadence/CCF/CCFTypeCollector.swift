/// Finds the nominal types that a message must define: those of the value's static type, and those of what stands in it where the static
/// type leaves that open (onflow/cadence:encoding/ccf/traverse_value.go, down to where it stops looking).
struct CCFTypeCollector {
    private var types: [String: CadenceNominalType] = [:]
    /// Whether values of a composite may hold types that its definition does not name.
    private var isOpen: [String: Bool] = [:]

    /// The shorter ids first, then by their bytes. A type's number is its place.
    func sortedTypes() -> [CadenceNominalType] {
        types.values.sorted { CCF.Encoder.precedes($0.typeID, $1.typeID) }
    }

    mutating func visit(_ value: CadenceValue) {
        guard let type = value.type, visit(type) else { return }
        switch value {
        case .optional(let inner?): visit(inner)
        case .array(let array): for element in array.elements { visit(element) }
        case .dictionary(let dictionary):
            for pair in dictionary.pairs {
                visit(pair.key)
                visit(pair.value)
            }
        case .composite(let composite) where composite.kind != .enumeration:
            for field in composite.values { visit(field) }
        default: break
        }
    }

    /// Whether the values of this type must be looked at.
    @discardableResult
    private mutating func visit(_ type: CadenceType) -> Bool {
        switch type {
        case .optional(let inner), .variableSizedArray(let inner), .constantSizedArray(let inner, _),
            .reference(_, let inner):
            return visit(inner)
        case .dictionary(let key, let value):
            let isKeyOpen = visit(key)
            return visit(value) || isKeyOpen
        case .capability(let borrow): return borrow.map { visit($0) } ?? true
        case .intersection(let types):
            var isOpen = false
            for type in types { isOpen = visit(type) || isOpen }
            return isOpen
        case .restricted(let inner, let types):
            var isOpen = inner.map { visit($0) } ?? true
            for type in types { isOpen = visit(type) || isOpen }
            return isOpen
        case .nominal(let nominal):
            if types[nominal.typeID] != nil { return nominal.kind.isInterface || isOpen[nominal.typeID] ?? false }
            types[nominal.typeID] = nominal
            if nominal.kind.isInterface { return true }
            var isOpen = false
            for field in nominal.fields { isOpen = visit(field.type) || isOpen }
            self.isOpen[nominal.typeID] = isOpen
            return isOpen
        case .inclusiveRange, .function: return false
        case .repeated(let id): return isOpen[id] ?? false
        case .unknown: return true
        case .simple(let name): return !CCFTypeCollector.closed.contains(name)
        }
    }

    private static let closed: Set<String> = [
        "Void", "Bool", "Never", "Character", "String", "Address", "Int", "Int8", "Int16", "Int32", "Int64", "Int128",
        "Int256", "UInt", "UInt8", "UInt16", "UInt32", "UInt64", "UInt128", "UInt256", "Word8", "Word16", "Word32",
        "Word64", "Word128", "Word256", "Fix64", "UFix64", "Path", "StoragePath", "PublicPath", "PrivatePath", "Type",
        "Number", "SignedNumber", "Integer", "SignedInteger", "FixedSizeUnsignedInteger", "FixedPoint",
        "SignedFixedPoint", "Bytes",
    ]
}
