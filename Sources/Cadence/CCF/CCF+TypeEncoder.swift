extension CCF.Encoder {
    // MARK: Definitions and inline types

    mutating func definitions() throws(CadenceCodingError) {
        array(types.count)
        for (number, type) in types.enumerated() {
            if let index = CCF.interfaceKinds.firstIndex(of: type.kind) {
                tag(CCF.Tag.structureInterface + UInt64(index))
                array(2)
                identifier(UInt64(number))
                text(type.typeID)
            } else {
                tag(CCF.Tag.structure + UInt64(CCF.compositeKinds.firstIndex(of: type.kind) ?? 0))
                array(3)
                identifier(UInt64(number))
                text(type.typeID)
                let fields = type.fields
                array(fields.count)
                for index in order(fields) {
                    array(2)
                    text(fields[index].name)
                    try inlineType(fields[index].type)
                }
            }
        }
    }

    mutating func inlineType(_ type: CadenceType) throws(CadenceCodingError) {
        switch type {
        case .nominal(let nominal): try typeReference(nominal.typeID)
        case .repeated(let id): try typeReference(id)
        case .function: simple(CCF.Tag.typeReference, 51)
        default:
            var writer = TypeValueWriter(type)
            try shared(type, base: CCF.Tag.typeReference, &writer)
        }
    }

    private mutating func typeReference(_ typeID: String) throws(CadenceCodingError) {
        guard let number = numbers[typeID] else {
            throw CadenceCodingError(.encoding, "\(typeID) has no definition in the message")
        }
        tag(CCF.Tag.typeReference)
        identifier(number)
    }

    private mutating func identifier(_ number: UInt64) {
        byteString(BigInt.bytes(of: [number]))
    }

    private mutating func simple(_ base: UInt64, _ number: UInt64) {
        tag(base + 1)
        head(0, number)
    }

    // MARK: Type values

    mutating func typeValue(_ type: CadenceType?) throws(CadenceCodingError) {
        guard let type else { return null() }
        var writer = TypeValueWriter(type)
        try typeValue(type, &writer)
    }

    mutating func functionValue(_ function: CadenceFunctionType) throws(CadenceCodingError) {
        var writer = TypeValueWriter(.function(function))
        try self.function(function, &writer)
    }

    /// What one type value has told so far. A nominal type is told once, at the first place that names it in the order of writing, and is a
    /// number from then on.
    struct TypeValueWriter {
        var numbers: [String: UInt64] = [:]
        private let whole: CadenceType
        private var definitions: [String: CadenceNominalType]?

        init(_ whole: CadenceType) { self.whole = whole }

        mutating func definition(_ typeID: String) -> CadenceNominalType? {
            if definitions == nil { definitions = whole.toldTypes() }
            return definitions?[typeID]
        }
    }

    private mutating func typeValue(_ type: CadenceType, _ writer: inout TypeValueWriter) throws(CadenceCodingError) {
        switch type {
        case .nominal(let nominal): try self.nominal(nominal, &writer)
        case .repeated(let id):
            if let number = writer.numbers[id] {
                tag(CCF.Tag.typeValueReference)
                identifier(number)
            } else if let definition = writer.definition(id) {
                try nominal(definition, &writer)
            } else {
                throw CadenceCodingError(.encoding, "\(id) is not told in the type")
            }
        case .function(let function):
            tag(CCF.Tag.functionValue)
            try self.function(function, &writer)
        default: try shared(type, base: CCF.Tag.typeValueReference, &writer)
        }
    }

    private mutating func nominal(_ nominal: CadenceNominalType, _ writer: inout TypeValueWriter)
        throws(CadenceCodingError)
    {
        if let number = writer.numbers[nominal.typeID] {
            tag(CCF.Tag.typeValueReference)
            identifier(number)
            return
        }
        let number = UInt64(writer.numbers.count)
        writer.numbers[nominal.typeID] = number
        if let index = CCF.interfaceKinds.firstIndex(of: nominal.kind) {
            tag(CCF.Tag.structureInterfaceValue + UInt64(index))
        } else {
            tag(CCF.Tag.structureValue + UInt64(CCF.compositeKinds.firstIndex(of: nominal.kind) ?? 0))
        }
        array(5)
        identifier(number)
        text(nominal.typeID)
        if let type = nominal.rawOrBaseType { try typeValue(type, &writer) } else { null() }
        let fields = nominal.fields
        array(fields.count)
        for index in order(fields) {
            array(2)
            text(fields[index].name)
            try typeValue(fields[index].type, &writer)
        }
        let initializers = nominal.initializers
        guard initializers.count <= 1 else {
            throw CadenceCodingError(
                .encoding, "\(nominal.typeID) has \(initializers.count) initializers, CCF has room for one")
        }
        array(initializers.count)
        for initializer in initializers { try parameters(initializer, &writer) }
    }

    private mutating func parameters(
        _ parameters: [CadenceParameter], _ writer: inout TypeValueWriter
    ) throws(CadenceCodingError) {
        array(parameters.count)
        for parameter in parameters {
            array(3)
            text(parameter.label)
            text(parameter.identifier)
            try typeValue(parameter.type, &writer)
        }
    }

    private mutating func function(
        _ function: CadenceFunctionType, _ writer: inout TypeValueWriter
    ) throws(CadenceCodingError) {
        array(4)
        array(function.typeParameters.count)
        for parameter in function.typeParameters {
            array(2)
            text(parameter.name)
            if let bound = parameter.bound { try typeValue(bound, &writer) } else { null() }
        }
        try parameters(function.parameters, &writer)
        try typeValue(function.returnType, &writer)
        head(0, function.isView ? 1 : 0)
    }

    // MARK: What inline types and type values share

    private mutating func inner(
        _ type: CadenceType, _ base: UInt64, _ writer: inout TypeValueWriter
    ) throws(CadenceCodingError) {
        if base == CCF.Tag.typeReference { try inlineType(type) } else { try typeValue(type, &writer) }
    }

    private mutating func shared(
        _ type: CadenceType, base: UInt64, _ writer: inout TypeValueWriter
    ) throws(CadenceCodingError) {
        switch type {
        case .simple(let name):
            guard let number = CadenceSimpleType.numbers[name] else {
                throw CadenceCodingError(.encoding, "CCF has no number for the type \(name)")
            }
            simple(base, number)
        case .optional(let wrapped):
            tag(base + 2)
            try inner(wrapped, base, &writer)
        case .variableSizedArray(let element):
            tag(base + 3)
            try inner(element, base, &writer)
        case .constantSizedArray(let element, let size):
            tag(base + 4)
            array(2)
            head(0, size)
            try inner(element, base, &writer)
        case .dictionary(let key, let value):
            tag(base + 5)
            array(2)
            try inner(key, base, &writer)
            try inner(value, base, &writer)
        case .reference(.authorized, _): throw .historic(type)
        case .reference(let authorization, let referenced):
            tag(base + 6)
            array(2)
            self.authorization(authorization, base)
            try inner(referenced, base, &writer)
        case .intersection(let types):
            tag(base + 7)
            array(types.count)
            let ordered = isSorted ? types.sorted { CCF.Encoder.precedes($0.typeID, $1.typeID) } : types
            for type in ordered { try inner(type, base, &writer) }
        case .capability(let borrow):
            tag(base + 8)
            array(1)
            if let borrow { try inner(borrow, base, &writer) } else { null() }
        case .inclusiveRange(let element):
            tag(base + (base == CCF.Tag.typeReference ? 9 : 10))
            try inner(element, base, &writer)
        case .restricted: throw .historic(type)
        case .unknown: throw CadenceCodingError(.encoding, "a type inside of the type is not known")
        case .nominal, .repeated, .function: preconditionFailure("handled where the two differ")
        }
    }

    private mutating func authorization(_ authorization: CadenceAuthorization, _ base: UInt64) {
        let isValue = base == CCF.Tag.typeValueReference
        let kind: UInt64
        let ids: [String]
        switch authorization {
        case .unauthorized, .authorized: return null()
        case .entitlementMap(let id):
            tag(isValue ? 196 : 147)
            return text(id)
        case .conjunction(let all): (kind, ids) = (0, all)
        case .disjunction(let any): (kind, ids) = (1, any)
        }
        tag(isValue ? 195 : 146)
        array(2)
        head(0, kind)
        array(ids.count)
        for id in isSorted ? ids.sorted(by: CCF.Encoder.precedes) : ids { text(id) }
    }
}

extension CadenceCodingError {
    fileprivate static func historic(_ type: CadenceType) -> CadenceCodingError {
        CadenceCodingError(.encoding, "\(type.typeID) is a type from before Cadence 1.0, which CCF has no room for")
    }
}

extension CadenceType {
    /// The nominal types told in this type, by their ids. Of two with one id, the first.
    func toldTypes() -> [String: CadenceNominalType] {
        var found: [String: CadenceNominalType] = [:]
        collect(into: &found)
        return found
    }

    private func collect(into found: inout [String: CadenceNominalType]) {
        switch self {
        case .simple, .repeated, .unknown: break
        case .optional(let inner), .variableSizedArray(let inner), .constantSizedArray(let inner, _),
            .inclusiveRange(let inner), .reference(_, let inner):
            inner.collect(into: &found)
        case .dictionary(let key, let value):
            key.collect(into: &found)
            value.collect(into: &found)
        case .capability(let borrow): borrow?.collect(into: &found)
        case .intersection(let types): for type in types { type.collect(into: &found) }
        case .restricted(let inner, let types):
            inner?.collect(into: &found)
            for type in types { type.collect(into: &found) }
        case .function(let function):
            for parameter in function.typeParameters { parameter.bound?.collect(into: &found) }
            for parameter in function.parameters { parameter.type.collect(into: &found) }
            function.returnType.collect(into: &found)
        case .nominal(let nominal):
            // A definition of a message's table may refer to itself.
            guard found[nominal.typeID] == nil else { return }
            found[nominal.typeID] = nominal
            nominal.rawOrBaseType?.collect(into: &found)
            for field in nominal.fields { field.type.collect(into: &found) }
            for initializer in nominal.initializers {
                for parameter in initializer { parameter.type.collect(into: &found) }
            }
        }
    }
}
