/// Reads types from CCF: inline types, which say how a value's bytes are to be read, and type values, which are data. The two have
/// the same shape under different tags.
struct CCFTypeReader {
    var cbor: CBORReader
    /// The definitions that an inline type may refer to; each read of one is noted.
    private(set) var definitions: [(kind: CadenceNominalKind, typeID: String)]
    private(set) var referenced: Set<Int> = []
    private var depth = 0

    /// Of the type value being read: the nominal types told so far and how many have begun.
    private var told: [UInt64: String] = [:]
    private var begun: UInt64 = 0
    private var isValue = false

    init(_ cbor: CBORReader, definitions: [(kind: CadenceNominalKind, typeID: String)] = []) {
        self.cbor = cbor
        self.definitions = definitions
    }

    // MARK: Types

    /// Nominal types in it are `.local` entries of the definitions.
    mutating func inlineType() throws(CCFFailure) -> CadenceType {
        isValue = false
        return try type()
    }

    /// What a Type value holds; nil for null.
    mutating func typeValue() throws(CCFFailure) -> CadenceType? {
        isValue = true
        told = [:]
        begun = 0
        return try nullable()
    }

    private mutating func nullable() throws(CCFFailure) -> CadenceType? {
        if cbor.isNil {
            cbor.at += 1
            return nil
        }
        return try type()
    }

    private mutating func type() throws(CCFFailure) -> CadenceType {
        let start = cbor.at
        guard depth < CCF.typeDepth else { throw CCFFailure(start, "types are nested too deep", isLimit: true) }
        depth += 1
        defer { depth -= 1 }

        let tag = try cbor.tag()
        switch isValue ? tag &- CCF.Tag.typeValueReference : tag &- CCF.Tag.typeReference {
        case 0: return try reference(start)
        case 1:
            let number = try cbor.unsigned()
            guard let name = CadenceSimpleType.names[number] else {
                throw CCFFailure(start, "no simple type has the number \(number)")
            }
            return .simple(name)
        case 2: return .optional(try type())
        case 3: return .variableSizedArray(try type())
        case 4:
            try cbor.array(of: 2)
            let size = try cbor.unsigned()
            return .constantSizedArray(try type(), size: size)
        case 5:
            try cbor.array(of: 2)
            let key = try type()
            return .dictionary(key: key, value: try type())
        case 6:
            try cbor.array(of: 2)
            let authorization = try authorization()
            return .reference(authorization, try type())
        case 7: return .intersection(try intersection())
        case 8:
            try cbor.array(of: 1)
            return .capability(try nullable())
        // From here on the two lists of tags differ: 193 is a function, 145 and 194 are ranges.
        case 9 where !isValue, 10 where isValue: return .inclusiveRange(try type())
        case 9: return .function(try function())
        default: break
        }
        if isValue, let kind = CCFTypeReader.kind(of: tag, CCF.Tag.structureValue, CCF.Tag.structureInterfaceValue) {
            return .nominal(try nominal(kind))
        }
        throw CCFFailure(start, "the tag \(tag) is no type's")
    }

    static func kind(of tag: UInt64, _ composites: UInt64, _ interfaces: UInt64) -> CadenceNominalKind? {
        if (composites..<composites + 6).contains(tag) { return CCF.compositeKinds[Int(tag - composites)] }
        if (interfaces..<interfaces + 3).contains(tag) { return CCF.interfaceKinds[Int(tag - interfaces)] }
        return nil
    }

    private mutating func reference(_ start: Int) throws(CCFFailure) -> CadenceType {
        let id = try identifier()
        if isValue {
            guard let typeID = told[id] else { throw CCFFailure(start, "the type \(id) has not been told before") }
            return .repeated(typeID)
        }
        guard let index = Int(exactly: id), index < definitions.count else {
            throw CCFFailure(start, "there is no definition \(id)")
        }
        referenced.insert(index)
        return .nominal(CadenceNominalType(definitions[index].kind, definitions[index].typeID, body: .local(index)))
    }

    /// A type's number in its message: a big-endian byte string, of which the last eight bytes count.
    mutating func identifier() throws(CCFFailure) -> UInt64 {
        try cbor.bytes().reduce(0) { $0 << 8 | UInt64($1) }
    }

    mutating func typeID() throws(CCFFailure) -> (raw: String, identifier: CadenceTypeIdentifier) {
        let start = cbor.at
        let text = try cbor.text()
        guard let identifier = CadenceTypeIdentifier(text) else { throw CCFFailure(start, "`\(text)` is no type id") }
        return (text, identifier)
    }

    private mutating func intersection() throws(CCFFailure) -> [CadenceType] {
        let start = cbor.at
        let count = try cbor.array()
        guard count > 0 else { throw CCFFailure(start, "an intersection has one type at least") }
        var types: [CadenceType] = []
        var ids: Set<UTF8Key> = []
        for _ in 0..<count {
            let start = cbor.at
            let type = try type()
            guard ids.insert(UTF8Key(type.typeID)).inserted else {
                throw CCFFailure(start, "an intersection names each type once")
            }
            types.append(type)
        }
        return types
    }

    private mutating func authorization() throws(CCFFailure) -> CadenceAuthorization {
        if cbor.isNil {
            cbor.at += 1
            return .unauthorized
        }
        let start = cbor.at
        switch try cbor.tag() {
        case isValue ? 195 : 146:
            try cbor.array(of: 2)
            let kind = try cbor.unsigned()
            guard kind < 2 else { throw CCFFailure(start, "a set of entitlements is 0, all, or 1, any") }
            let count = try cbor.array()
            guard count > 0 else { throw CCFFailure(start, "a set of entitlements has one at least") }
            var ids: [String] = []
            var known: Set<UTF8Key> = []
            for _ in 0..<count {
                let start = cbor.at
                let id = try cbor.text()
                guard known.insert(UTF8Key(id)).inserted else {
                    throw CCFFailure(start, "a set names each entitlement once")
                }
                ids.append(id)
            }
            return kind == 0 ? .conjunction(ids) : .disjunction(ids)
        case isValue ? 196 : 147: return .entitlementMap(try cbor.text())
        case let tag: throw CCFFailure(start, "the tag \(tag) is no authorization's")
        }
    }

    // MARK: Type values only

    private mutating func nominal(_ kind: CadenceNominalKind) throws(CCFFailure) -> CadenceNominalType {
        try cbor.array(of: 5)
        let start = cbor.at
        let number = try identifier()
        guard number == begun else { throw CCFFailure(start, "this is the type \(begun), not \(number)") }
        begun += 1
        let id = try typeID().identifier.description
        let typeStart = cbor.at
        let rawOrBaseType = try nullable()
        switch kind {
        case .enumeration, .attachment:
            if rawOrBaseType == nil { throw CCFFailure(typeStart, "an enum has a raw type, an attachment a base type") }
        default:
            if rawOrBaseType != nil {
                throw CCFFailure(typeStart, "only an enum or an attachment has a type of its own")
            }
        }
        told[number] = id
        let fields = try fields()
        let initializersStart = cbor.at
        let count = try cbor.array()
        guard count <= 1, kind != .event || count == 1 else {
            throw CCFFailure(initializersStart, "there is one initializer at most, and one in an event")
        }
        var initializers: [[CadenceParameter]] = []
        for _ in 0..<count { initializers.append(try parameters()) }
        return CadenceNominalType(kind, id, fields: fields, initializers: initializers, rawOrBaseType: rawOrBaseType)
    }

    /// The fields of a composite, in a type value or a definition.
    mutating func fields() throws(CCFFailure) -> [CadenceNominalType.Field] {
        var fields: [CadenceNominalType.Field] = []
        var names: Set<UTF8Key> = []
        for _ in 0..<(try cbor.array()) {
            try cbor.array(of: 2)
            let start = cbor.at
            let name = try cbor.text()
            guard names.insert(UTF8Key(name)).inserted else { throw CCFFailure(start, "two fields are called \(name)") }
            fields.append(CadenceNominalType.Field(name, try type()))
        }
        return fields
    }

    private mutating func parameters() throws(CCFFailure) -> [CadenceParameter] {
        var parameters: [CadenceParameter] = []
        var labels: Set<UTF8Key> = []
        var identifiers: Set<UTF8Key> = []
        for _ in 0..<(try cbor.array()) {
            try cbor.array(of: 3)
            let start = cbor.at
            let label = try cbor.text()
            let identifier = try cbor.text()
            let type = try type()
            guard labels.insert(UTF8Key(label)).inserted, identifiers.insert(UTF8Key(identifier)).inserted else {
                throw CCFFailure(start, "two parameters are called \(label) or \(identifier)")
            }
            parameters.append(CadenceParameter(label: label, identifier: identifier, type: type))
        }
        return parameters
    }

    private mutating func function() throws(CCFFailure) -> CadenceFunctionType {
        let start = cbor.at
        let count = try cbor.array()
        guard count == 3 || count == 4 else { throw CCFFailure(start, "a function has three parts, or four") }
        var typeParameters: [CadenceFunctionType.TypeParameter] = []
        var names: Set<UTF8Key> = []
        for _ in 0..<(try cbor.array()) {
            try cbor.array(of: 2)
            let start = cbor.at
            let name = try cbor.text()
            guard names.insert(UTF8Key(name)).inserted else {
                throw CCFFailure(start, "two type parameters are called \(name)")
            }
            typeParameters.append(CadenceFunctionType.TypeParameter(name: name, bound: try nullable()))
        }
        let parameters = try parameters()
        let returnType = try type()
        var isView = false
        if count == 4 {
            let start = cbor.at
            let purity = try cbor.signed(as: Int64.self)
            guard purity == 0 || purity == 1 else { throw CCFFailure(start, "purity is 0, or 1 for view") }
            isView = purity == 1
        }
        return CadenceFunctionType(
            isView: isView, typeParameters: typeParameters, parameters: parameters, returnType: returnType)
    }
}
