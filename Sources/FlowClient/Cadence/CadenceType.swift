/// A Cadence type, as JSON-CDC's type objects and CCF's type values tell it.
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
    case nominal(CadenceNominalType)
    case function(CadenceFunctionType)
}

public enum CadenceAuthorization: Hashable, Sendable {
    case unauthorized
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
}

public struct CadenceNominalType: Hashable, Sendable {
    public struct Field: Hashable, Sendable {
        public var name: String
        public var type: CadenceType
        public init(_ name: String, _ type: CadenceType) {
            self.name = name
            self.type = type
        }
    }

    public var kind: CadenceNominalKind
    public var typeID: String
    public var fields: [Field]
    public var initializers: [[CadenceParameter]]
    /// The raw type of an enum, the base type of an attachment.
    public var rawOrBaseType: CadenceType?

    public init(
        _ kind: CadenceNominalKind, _ typeID: String, fields: [Field] = [], initializers: [[CadenceParameter]] = [],
        rawOrBaseType: CadenceType? = nil
    ) {
        self.kind = kind
        self.typeID = typeID
        self.fields = fields
        self.initializers = initializers
        self.rawOrBaseType = rawOrBaseType
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
        isView: Bool = false, typeParameters: [TypeParameter] = [], parameters: [CadenceParameter], returnType: CadenceType
    ) {
        self.isView = isView
        self.typeParameters = typeParameters
        self.parameters = parameters
        self.returnType = returnType
    }
}
