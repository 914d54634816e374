/// A Cadence type, as JSON-CDC's type objects and CCF's types and type values tell it.
public indirect enum CadenceType: Hashable, Sendable {
    /// A type that is its name: `String`, `UInt64`, `AnyStruct`, `Never`, …
    case simple(String)
    case optional(CadenceType)
    case variableSizedArray(CadenceType)
    case constantSizedArray(CadenceType, size: UInt64)
    case dictionary(key: CadenceType, value: CadenceType)
    case inclusiveRange(CadenceType)
    case capability(CadenceType?)
    case reference(CadenceAuthorization, CadenceType)
    case intersection([CadenceType])
    /// `T{I, J}`: before Cadence 1.0, T with the members of these interfaces only. Nil where T was left out.
    case restricted(CadenceType?, to: [CadenceType])
    case nominal(CadenceNominalType)
    /// A nominal type that has been told already, further out or further ahead in the same type value: only its id. Before Cadence 1.0,
    /// any type, which was told by its id alone.
    case repeated(String)
    case function(CadenceFunctionType)
    /// A type that is not there, inside of another (JSON-CDC writes "" for it).
    case unknown
}

public enum CadenceAuthorization: Hashable, Sendable {
    case unauthorized
    /// `auth&T`: before Cadence 1.0, all members of whatever is referred to.
    case authorized
    case entitlementMap(String)
    /// All of them.
    case conjunction([String])
    /// Any of them.
    case disjunction([String])
}

public enum CadenceNominalKind: String, Hashable, Sendable {
    case structure = "Struct"
    case resource = "Resource"
    case event = "Event"
    case contract = "Contract"
    case enumeration = "Enum"
    case attachment = "Attachment"
    case structureInterface = "StructInterface"
    case resourceInterface = "ResourceInterface"
    case contractInterface = "ContractInterface"

    var isInterface: Bool {
        switch self {
        case .structureInterface, .resourceInterface, .contractInterface: true
        default: false
        }
    }
}

/// A declared type: composite or interface. It is told in place (in a type value), or stands in a CCF message's table of definitions.
public struct CadenceNominalType: Sendable {
    public struct Field: Hashable, Sendable {
        public var name: String
        public var type: CadenceType
        public init(_ name: String, _ type: CadenceType) {
            self.name = name
            self.type = type
        }
    }

    public let kind: CadenceNominalKind
    /// The full type id.
    public let typeID: String
    let body: Body

    enum Body: Sendable {
        case told(Told)
        /// An entry of a message's table, seen from outside.
        case defined(CadenceTypeTable, Int)
        /// The same, seen from a field of an entry of that table: so that definitions may run in circles and still be freed.
        case local(Int)
    }

    struct Told: Hashable, Sendable {
        var fields: [Field]
        var initializers: [[CadenceParameter]]
        var rawOrBaseType: CadenceType?
    }

    init(_ kind: CadenceNominalKind, _ typeID: String, body: Body) {
        self.kind = kind
        self.typeID = typeID
        self.body = body
    }

    /// A type told in place.
    public init(
        _ kind: CadenceNominalKind, _ typeID: String, fields: [Field] = [], initializers: [[CadenceParameter]] = [],
        rawOrBaseType: CadenceType? = nil
    ) {
        self.init(
            kind, typeID, body: .told(Told(fields: fields, initializers: initializers, rawOrBaseType: rawOrBaseType)))
    }

    public var fields: [Field] {
        switch body {
        case .told(let told): told.fields
        case .defined(let table, let index): table.fields(of: index)
        case .local: []
        }
    }

    public var initializers: [[CadenceParameter]] {
        if case .told(let told) = body { told.initializers } else { [] }
    }

    /// The raw type of an enum, the base type of an attachment.
    public var rawOrBaseType: CadenceType? {
        if case .told(let told) = body { told.rawOrBaseType } else { nil }
    }
}

extension CadenceNominalType: Hashable {
    /// Same kind and id, and where both are told in place, told the same.
    public static func == (a: CadenceNominalType, b: CadenceNominalType) -> Bool {
        guard a.kind == b.kind, a.typeID == b.typeID else { return false }
        if case .told(let x) = a.body, case .told(let y) = b.body { return x == y }
        return true
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(kind)
        hasher.combine(typeID)
    }
}

/// The definitions of one CCF message. Entries name each other by index, so that no definition owns another.
final class CadenceTypeTable: Sendable {
    struct Definition: Sendable {
        var kind: CadenceNominalKind
        var typeID: String
        /// Nominal types in here are `.local`.
        var fields: [CadenceNominalType.Field]
    }

    let definitions: [Definition]

    init(_ definitions: [Definition]) { self.definitions = definitions }

    func type(_ index: Int) -> CadenceNominalType {
        CadenceNominalType(definitions[index].kind, definitions[index].typeID, body: .defined(self, index))
    }

    func fields(of index: Int) -> [CadenceNominalType.Field] {
        definitions[index].fields.map { .init($0.name, resolved($0.type)) }
    }

    /// The same type, usable outside of the table.
    func resolved(_ type: CadenceType) -> CadenceType {
        switch type {
        case .simple, .repeated, .unknown, .function: type
        case .optional(let inner): .optional(resolved(inner))
        case .variableSizedArray(let element): .variableSizedArray(resolved(element))
        case .constantSizedArray(let element, let size): .constantSizedArray(resolved(element), size: size)
        case .dictionary(let key, let value): .dictionary(key: resolved(key), value: resolved(value))
        case .inclusiveRange(let element): .inclusiveRange(resolved(element))
        case .capability(let borrow): .capability(borrow.map(resolved))
        case .reference(let authorization, let inner): .reference(authorization, resolved(inner))
        case .intersection(let types): .intersection(types.map(resolved))
        case .restricted(let inner, let types): .restricted(inner.map(resolved), to: types.map(resolved))
        case .nominal(let nominal):
            if case .local(let index) = nominal.body { .nominal(self.type(index)) } else { type }
        }
    }
}

public struct CadenceParameter: Hashable, Sendable {
    public var label: String
    public var identifier: String
    public var type: CadenceType
    public init(label: String, identifier: String, type: CadenceType) {
        self.label = label
        self.identifier = identifier
        self.type = type
    }
}

public struct CadenceFunctionType: Hashable, Sendable {
    public var isView: Bool
    public var typeParameters: [TypeParameter]
    public var parameters: [CadenceParameter]
    public var returnType: CadenceType

    public struct TypeParameter: Hashable, Sendable {
        public var name: String
        public var bound: CadenceType?
        public init(name: String, bound: CadenceType?) {
            self.name = name
            self.bound = bound
        }
    }

    public init(
        isView: Bool = false, typeParameters: [TypeParameter] = [], parameters: [CadenceParameter],
        returnType: CadenceType
    ) {
        self.isView = isView
        self.typeParameters = typeParameters
        self.parameters = parameters
        self.returnType = returnType
    }
}
