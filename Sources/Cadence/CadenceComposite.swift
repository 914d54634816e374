public enum CadenceCompositeKind: String, Hashable, Sendable {
    case structure = "Struct"
    case resource = "Resource"
    case event = "Event"
    case contract = "Contract"
    case enumeration = "Enum"
    case attachment = "Attachment"

    init?(_ kind: CadenceNominalKind) { self.init(rawValue: kind.rawValue) }
    var nominal: CadenceNominalKind { CadenceNominalKind(rawValue: rawValue)! }
}

public struct CadenceField: Hashable, Sendable {
    public var name: String
    public var value: CadenceValue
    public init(_ name: String, _ value: CadenceValue) {
        self.name = name
        self.value = value
    }
}

/// What all values of one composite type share: its id and what its fields are called. Decoders make it once and hand it out again.
public final class CadenceCompositeLayout: Sendable {
    public let kind: CadenceCompositeKind
    /// The full type id.
    public let typeID: String
    /// In declaration order. An attachment among the fields has the empty name.
    public let fieldNames: [String]
    /// The declared types of the fields, where known; they decide how CCF writes each value.
    public let fieldTypes: [CadenceType]?
    /// Its place in the definitions of a CCF message.
    let defined: CadenceNominalType?

    public init(_ kind: CadenceCompositeKind, _ typeID: String, fieldNames: [String], fieldTypes: [CadenceType]? = nil)
    {
        self.kind = kind
        self.typeID = typeID
        self.fieldNames = fieldNames
        self.fieldTypes = fieldTypes
        defined = nil
    }

    init(defined: CadenceNominalType, kind: CadenceCompositeKind) {
        self.kind = kind
        self.defined = defined
        typeID = defined.typeID
        let fields = defined.fields
        fieldNames = fields.map(\.name)
        fieldTypes = fields.map(\.type)
    }
}

/// A struct, resource, event, contract, enum or attachment.
public struct CadenceComposite: Sendable {
    public let layout: CadenceCompositeLayout
    /// One for each name of the layout.
    public let values: [CadenceValue]

    /// There must be as many values as the layout has names.
    public init(_ layout: CadenceCompositeLayout, values: [CadenceValue]) {
        precondition(values.count == layout.fieldNames.count, "a value for each field")
        self.layout = layout
        self.values = values
    }

    /// For decoders, which have counted.
    @inline(__always)
    init(unchecked layout: CadenceCompositeLayout, values: [CadenceValue]) {
        self.layout = layout
        self.values = values
    }

    public init(
        _ kind: CadenceCompositeKind, _ typeID: String, fields: [CadenceField], fieldTypes: [CadenceType]? = nil
    ) {
        layout = CadenceCompositeLayout(kind, typeID, fieldNames: fields.map(\.name), fieldTypes: fieldTypes)
        values = fields.map(\.value)
    }

    public var kind: CadenceCompositeKind { layout.kind }
    /// The full type id.
    public var typeID: String { layout.typeID }
    public var fieldTypes: [CadenceType]? { layout.fieldTypes }

    /// In declaration order, as the encoders of the chain keep it.
    public var fields: [CadenceField] {
        zip(layout.fieldNames, values).map { CadenceField($0, $1) }
    }

    /// The first field of that name, nil where there is none.
    public subscript(_ name: String) -> CadenceValue? {
        layout.fieldNames.firstIndex(of: name).map { values[$0] }
    }

    /// Whether there are attachments among the fields. A name that was declared empty makes none.
    var hasAttachments: Bool {
        guard layout.fieldTypes == nil, layout.fieldNames.contains("") else { return false }
        return zip(layout.fieldNames, values).contains { name, value in
            guard name.isEmpty, case .composite(let inner) = value else { return false }
            return inner.kind == .attachment
        }
    }
}

extension CadenceComposite: Hashable {
    public static func == (a: CadenceComposite, b: CadenceComposite) -> Bool {
        (a.layout === b.layout
            || a.kind == b.kind && a.typeID == b.typeID && a.layout.fieldNames == b.layout.fieldNames)
            && a.values == b.values
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(kind)
        hasher.combine(typeID)
        hasher.combine(values)
    }
}
