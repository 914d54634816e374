/// A message's fields as the protocol's own table lists them.
public struct ProtobufDescription: ProtobufFieldVisitor {
    public struct Field: Hashable, Sendable {
        public var number: Int
        public var name: String
        public var type: String
        /// `repeated`, `map` or empty.
        public var label: String
    }

    public let name: String
    public private(set) var fields: [Field] = []
    /// The messages that its fields are.
    public private(set) var nested: [any ProtobufMessage.Type] = []

    public init<M: ProtobufMessage>(of message: M.Type) {
        name = M.protobufName
        var blank = M()
        try! blank.fields(&self)  // only decoders throw
    }

    public mutating func field<T: ProtobufValue>(_ number: Int, _ name: StaticString, _ value: inout T) {
        add(number, name, T.protobufType)
    }
    public mutating func field<T: ProtobufValue>(_ number: Int, _ name: StaticString, _ value: inout T?) {
        add(number, name, T.protobufType)
    }
    public mutating func repeated<T: ProtobufValue>(_ number: Int, _ name: StaticString, _ values: inout [T]) {
        add(number, name, T.protobufType, "repeated")
    }
    public mutating func message<M: ProtobufMessage>(_ number: Int, _ name: StaticString, _ message: inout M) {
        nested.append(M.self)
        add(number, name, "m:" + M.protobufName)
    }
    public mutating func message<M: ProtobufMessage>(_ number: Int, _ name: StaticString, _ message: inout M?) {
        nested.append(M.self)
        add(number, name, "m:" + M.protobufName)
    }
    public mutating func repeated<M: ProtobufMessage>(_ number: Int, _ name: StaticString, _ messages: inout [M]) {
        nested.append(M.self)
        add(number, name, "m:" + M.protobufName, "repeated")
    }
    public mutating func map<T: ProtobufValue>(_ number: Int, _ name: StaticString, _ map: inout [String: T]) {
        // A map is a repeated message of the compiler's making: `some_names` is of SomeNamesEntry.
        let entry =
            "\(name)".split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined() + "Entry"
        add(number, name, "m:\(self.name).\(entry)", "map")
    }
    public mutating func unused(_ number: Int, _ name: StaticString, _ type: StaticString) {
        add(number, name, "\(type)")
    }

    private mutating func add(_ number: Int, _ name: StaticString, _ type: String, _ label: String = "") {
        fields.append(Field(number: number, name: "\(name)", type: type, label: label))
    }
}
