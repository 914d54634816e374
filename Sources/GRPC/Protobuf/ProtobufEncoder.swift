/// Writes a message as Google's libraries do: fields by number, defaults left out, numbers packed, maps by key.
public struct ProtobufEncoder: ProtobufFieldVisitor {
    public var writer: ProtobufWriter

    public init(capacity: Int = 256) { writer = ProtobufWriter(capacity: capacity) }

    @inlinable public mutating func encode<M: ProtobufMessage>(_ message: inout M) {
        // Only decoders throw.
        try! message.fields(&self)
    }

    @inlinable public mutating func field<T: ProtobufValue>(_ number: Int, _ name: StaticString, _ value: inout T) {
        guard !value.isProtobufDefault else { return }
        writer.key(number, T.wireType)
        value.write(to: &writer)
    }

    @inlinable public mutating func field<T: ProtobufValue>(_ number: Int, _ name: StaticString, _ value: inout T?) {
        if var value { field(number, name, &value) }
    }

    @inlinable public mutating func repeated<T: ProtobufValue>(_ number: Int, _ name: StaticString, _ values: inout [T])
    {
        guard !values.isEmpty else { return }
        if T.wireType == .lengthDelimited {
            for value in values {
                writer.key(number, .lengthDelimited)
                value.write(to: &writer)
            }
        } else {
            writer.key(number, .lengthDelimited)
            writer.lengthDelimited { writer in for value in values { value.write(to: &writer) } }
        }
    }

    @inlinable public mutating func message<M: ProtobufMessage>(_ number: Int, _ name: StaticString, _ message: inout M)
    {
        writer.key(number, .lengthDelimited)
        let start = writer.beginLengthDelimited()
        encode(&message)
        writer.endLengthDelimited(start)
    }

    @inlinable public mutating func message<M: ProtobufMessage>(
        _ number: Int, _ name: StaticString, _ message: inout M?
    ) {
        if var value = message { self.message(number, name, &value) }
    }

    @inlinable public mutating func repeated<M: ProtobufMessage>(
        _ number: Int, _ name: StaticString, _ messages: inout [M]
    ) {
        guard !messages.isEmpty else { return }
        // In place: a copy of each would cost more than to write it, and nothing is changed.
        messages.withUnsafeMutableBufferPointer { messages in
            for at in messages.indices { message(number, name, &messages[at]) }
        }
    }

    @inlinable public mutating func map<T: ProtobufValue>(_ number: Int, _ name: StaticString, _ map: inout [String: T])
    {
        // Both fields of an entry are written, defaults too, as Google's libraries do.
        for (key, value) in map.sorted(by: { $0.key < $1.key }) {
            writer.key(number, .lengthDelimited)
            writer.lengthDelimited { writer in
                writer.key(1, .lengthDelimited)
                writer.lengthDelimited(key)
                writer.key(2, T.wireType)
                value.write(to: &writer)
            }
        }
    }

    @inlinable public mutating func unused(_ number: Int, _ name: StaticString, _ type: StaticString) {}
}
