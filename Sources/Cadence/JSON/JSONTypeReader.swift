/// Reads type objects off a tape: the static types of Type values, the borrow types of capabilities, the types of functions.
struct JSONTypeReader {
    let view: JSONView
    let forms: JSONCDC.Forms
    /// The nominal types told so far, by the id as it was written; a text that is such an id stands for the type.
    private var told: [String: String] = [:]

    init(view: JSONView, forms: JSONCDC.Forms) {
        self.view = view
        self.forms = forms
    }

    /// Nil for the empty text, which stands for a type that is not there.
    mutating func type(_ index: Int) throws(JSONFailure) -> CadenceType? {
        if view[index].kind == .string {
            let text = view.string(index)
            if text.isEmpty { return nil }
            if let id = told[text] { return .repeated(id) }
            if forms == .historic { return .repeated(text) }
            throw JSONFailure(index, "the type `\(text)` has not been told before")
        }
        guard view[index].kind == .object else { throw JSONFailure(index, "a type object was expected") }
        let kindIndex = try string("kind", of: index)
        let kind = view.string(kindIndex)
        switch kind {
        case "Function": return .function(try function(index))
        case "Intersection": return .intersection(try types(try required("types", of: index)))
        case "Optional": return .optional(try inner("type", of: index))
        case "VariableSizedArray": return .variableSizedArray(try inner("type", of: index))
        case "ConstantSizedArray":
            let size = try size(of: index)
            return .constantSizedArray(try inner("type", of: index), size: size)
        case "Capability": return .capability(try type(try required("type", of: index)))
        case "Dictionary":
            let key = try inner("key", of: index)
            return .dictionary(key: key, value: try inner("value", of: index))
        case "InclusiveRange": return .inclusiveRange(try inner("element", of: index))
        case "Reference":
            let inner = try inner("type", of: index)
            if forms == .historic, let flag = view.member("authorized", of: index) {
                switch view[flag].kind {
                case .true: return .reference(.authorized, inner)
                case .false: return .reference(.unauthorized, inner)
                default: throw JSONFailure(flag, "true or false was expected")
                }
            }
            return .reference(try authorization(try required("authorization", of: index)), inner)
        case "Restriction":
            guard forms == .historic else { throw JSONFailure(kindIndex, "restricted types ended with Cadence 1.0") }
            let restricted = try type(try required("type", of: index))
            return .restricted(restricted, to: try types(try required("restrictions", of: index)))
        default:
            if CadenceSimpleType.isKnownToJSON(kind) { return .simple(kind) }
            guard let nominal = CadenceNominalKind(rawValue: kind) else {
                throw JSONFailure(kindIndex, "there is no kind of type `\(kind)`")
            }
            return .nominal(try self.nominal(nominal, index))
        }
    }

    private mutating func inner(_ name: StaticString, of index: Int) throws(JSONFailure) -> CadenceType {
        try type(try required(name, of: index)) ?? .unknown
    }

    private mutating func types(_ index: Int) throws(JSONFailure) -> [CadenceType] {
        var types: [CadenceType] = []
        for element in try elements(of: index) { types.append(try type(element) ?? .unknown) }
        return types
    }

    private mutating func nominal(_ kind: CadenceNominalKind, _ index: Int) throws(JSONFailure) -> CadenceNominalType {
        var initializers: [[CadenceParameter]] = []
        let initializersIndex = try required("initializers", of: index)
        for initializer in try elements(of: initializersIndex) { initializers.append(try parameters(initializer)) }

        let idIndex = try string("typeID", of: index)
        let text = view.string(idIndex)
        guard let identifier = CadenceTypeIdentifier(text) else {
            throw JSONFailure(idIndex, "`\(text)` is no type id")
        }
        let id = identifier.description

        var rawOrBaseType: CadenceType?
        switch kind {
        case .event where initializers.count != 1: throw JSONFailure(initializersIndex, "an event has one initializer")
        case .enumeration, .attachment: rawOrBaseType = try type(try required("type", of: index))
        default: break
        }

        told[text] = id
        var fields: [CadenceNominalType.Field] = []
        for field in try elements(of: try required("fields", of: index)) {
            let name = view.string(try string("id", of: field))
            fields.append(CadenceNominalType.Field(name, try inner("type", of: field)))
        }
        return CadenceNominalType(kind, id, fields: fields, initializers: initializers, rawOrBaseType: rawOrBaseType)
    }

    private mutating func parameters(_ index: Int) throws(JSONFailure) -> [CadenceParameter] {
        var parameters: [CadenceParameter] = []
        for parameter in try elements(of: index) {
            let label = view.string(try string("label", of: parameter))
            let identifier = view.string(try string("id", of: parameter))
            parameters.append(
                CadenceParameter(label: label, identifier: identifier, type: try inner("type", of: parameter)))
        }
        return parameters
    }

    private mutating func function(_ index: Int) throws(JSONFailure) -> CadenceFunctionType {
        var isView = false
        if let purity = view.member("purity", of: index) {
            guard view[purity].kind == .string else { throw JSONFailure(purity, "a string was expected") }
            isView = view.string(purity, is: "view")
        }
        var typeParameters: [CadenceFunctionType.TypeParameter] = []
        if let list = view.member("typeParameters", of: index), view[list].kind != .null {
            for parameter in try elements(of: list) {
                let name = view.string(try string("name", of: parameter))
                var bound: CadenceType?
                if let boundIndex = view.member("typeBound", of: parameter) { bound = try type(boundIndex) }
                typeParameters.append(CadenceFunctionType.TypeParameter(name: name, bound: bound))
            }
        }
        let parameters = try parameters(try required("parameters", of: index))
        return CadenceFunctionType(
            isView: isView, typeParameters: typeParameters, parameters: parameters,
            returnType: try inner("return", of: index))
    }

    private func authorization(_ index: Int) throws(JSONFailure) -> CadenceAuthorization {
        let kindIndex = try string("kind", of: index)
        let kind = view.string(kindIndex)
        if kind == "Unauthorized" { return .unauthorized }
        guard ["EntitlementMapAuthorization", "EntitlementConjunctionSet", "EntitlementDisjunctionSet"].contains(kind)
        else {
            throw JSONFailure(kindIndex, "there is no authorization `\(kind)`")
        }
        let list = try required("entitlements", of: index)
        var ids: [String] = []
        for entitlement in try elements(of: list) { ids.append(view.string(try string("typeID", of: entitlement))) }
        switch kind {
        case "EntitlementConjunctionSet": return .conjunction(ids)
        case "EntitlementDisjunctionSet": return .disjunction(ids)
        default:
            guard ids.count == 1 else { throw JSONFailure(list, "a map authorization names one map") }
            return .entitlementMap(ids[0])
        }
    }

    /// A JSON number, made whole as Go on amd64 makes a Float64 a uint.
    private func size(of index: Int) throws(JSONFailure) -> UInt64 {
        let member = try required("size", of: index)
        guard view[member].kind == .number, let float = Double(String(decoding: view.content(member), as: UTF8.self))
        else {
            throw JSONFailure(member, "a number was expected")
        }
        func truncated(_ float: Double) -> UInt64 {
            guard float > -9.3e18, float < 9_223_372_036_854_775_808 else { return 1 << 63 }
            return Int64(exactly: float.rounded(.towardZero)).map { UInt64(bitPattern: $0) } ?? 1 << 63
        }
        if float < 9_223_372_036_854_775_808 { return truncated(float) }
        return truncated(float - 9_223_372_036_854_775_808) ^ 1 << 63
    }

    // MARK: Members

    private func required(_ name: StaticString, of index: Int) throws(JSONFailure) -> Int {
        guard view[index].kind == .object else { throw JSONFailure(index, "an object was expected") }
        guard let member = view.member(name, of: index) else { throw JSONFailure(index, "there is no \(name)") }
        return member
    }

    private func string(_ name: StaticString, of index: Int) throws(JSONFailure) -> Int {
        let member = try required(name, of: index)
        guard view[member].kind == .string else { throw JSONFailure(member, "a string was expected") }
        return member
    }

    private func elements(of index: Int) throws(JSONFailure) -> [Int] {
        guard view[index].kind == .array else { throw JSONFailure(index, "an array was expected") }
        var elements: [Int] = []
        var at = index + 1
        while at < Int(view[index].end) {
            elements.append(at)
            at = view.after(at)
        }
        return elements
    }
}
