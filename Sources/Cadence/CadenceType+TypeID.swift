extension CadenceType {
    /// The id, as Cadence forms it: `[UInt64]`, `(String)?`, `{String:Int}`, `auth(Mutate)&Int`, `Capability<&{A.1.C.I}>`.
    /// Intersections and entitlements are sorted in it.
    public var typeID: String {
        switch self {
        case .simple(let name), .repeated(let name): name
        case .unknown: ""
        case .optional(let inner): "(\(inner.typeID))?"
        case .variableSizedArray(let element): "[\(element.typeID)]"
        // The reference writes the size as a signed number.
        case .constantSizedArray(let element, let size): "[\(element.typeID);\(Int64(bitPattern: size))]"
        case .dictionary(let key, let value): "{\(key.typeID):\(value.typeID)}"
        case .inclusiveRange(let element): "InclusiveRange<\(element.typeID)>"
        case .capability(let borrow):
            switch borrow?.typeID {
            case nil, "": "Capability"
            case let id?: "Capability<\(id)>"
            }
        case .reference(let authorization, let inner): authorization.prefix + "&" + inner.typeID
        case .intersection(let types):
            "{" + types.map(\.typeID).sorted(by: CadenceType.isBytewiseLess).joined(separator: ",") + "}"
        // As they were written: only since Cadence 1.0 are such lists sorted.
        case .restricted(let inner, let types):
            (inner?.typeID ?? "") + "{" + types.map(\.typeID).joined(separator: ",") + "}"
        case .nominal(let nominal): nominal.typeID
        case .function(let function): function.typeID
        }
    }

    /// Swift compares strings by their characters, Go by their bytes.
    static func isBytewiseLess(_ a: String, _ b: String) -> Bool {
        a.utf8.lexicographicallyPrecedes(b.utf8)
    }

    static let anyStruct = CadenceType.simple("AnyStruct")
}

extension CadenceAuthorization {
    fileprivate var prefix: String {
        if self == .authorized { return "auth" }
        let inner =
            switch self {
            case .unauthorized, .authorized: ""
            case .entitlementMap(let id): id
            case .conjunction(let ids): ids.sorted(by: CadenceType.isBytewiseLess).joined(separator: ",")
            case .disjunction(let ids): ids.sorted(by: CadenceType.isBytewiseLess).joined(separator: "|")
            }
        return inner.isEmpty ? "" : "auth(\(inner))"
    }
}

extension CadenceFunctionType {
    public var typeID: String {
        var text = isView ? "view fun" : "fun"
        if !typeParameters.isEmpty {
            let parts = typeParameters.map { parameter in
                parameter.bound.map { "\(parameter.name):\($0.typeID)" } ?? parameter.name
            }
            text += "<\(parts.joined(separator: ","))>"
        }
        return text + "(\(parameters.map(\.type.typeID).joined(separator: ","))):\(returnType.typeID)"
    }
}
