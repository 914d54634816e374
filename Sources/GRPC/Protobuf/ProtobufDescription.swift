/// A message's fields as the protocol's own table lists them.
public struct ProtobufDescription: ProtobufFieldVisitor {
    public struct Field: Hashable, Sendable {
        public var number: Int
        public var name: String
        public var type: String
        /// `repeated`, `map` or empty.
        public var label: String
    }

    public private(set) var fields: [Field] = []

    public init<M: ProtobufMessage>(of message: M.Type) {
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
        add(number, name, "m:" + M.protobufName)
    }
    public mutating func message<M: ProtobufMessage>(_ number: Int, _ name: StaticString, _ message: inout M?) {
        add(number, name, "m:" + M.protobufName)
    }
    public mutating func repeated<M: ProtobufMessage>(_ number: Int, _ name: StaticString, _ messages: inout [M]) {
        add(number, name, "m:" + M.protobufName, "repeated")
    }
    public mutating func map<T: ProtobufValue>(_ number: Int, _ name: StaticString, _ map: inout [String: T]) {
        add(number, name, T.protobufType, "map")
    }
    public mutating func unused(_ number: Int, _ name: StaticString, _ type: StaticString) {
        add(number, name, "\(type)")
    }

    private mutating func add(_ number: Int, _ name: StaticString, _ type: String, _ label: String = "") {
        fields.append(Field(number: number, name: "\(name)", type: type, label: label))
    }
}
