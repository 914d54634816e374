/// Fills a message from bytes. Each visited field takes what the next key offers while the number is its own, so that a
/// message written in the order of its numbers, as all libraries do, is read in one visit; any other order takes more.
public struct ProtobufDecoder: ProtobufFieldVisitor {
    @usableFromInline var reader: ProtobufReader
    @usableFromInline let depth: Int
    /// Of the field that comes next; 0 at the end.
    @usableFromInline var number = 0
    @usableFromInline var type = ProtobufWireType.varint
    /// A field was read since the visit began.
    @usableFromInline var progressed = false

    @inlinable public init(_ reader: ProtobufReader, depth: Int) {
        self.reader = reader
        self.depth = depth
    }

    @inlinable public mutating func decode<M: ProtobufMessage>(into message: inout M) throws(ProtobufError) {
        guard depth < ProtobufReader.maximumDepth else { throw ProtobufError(.tooDeep, at: reader.position) }
        try advance()
        while number != 0 {
            progressed = false
            try message.fields(&self)
            if !progressed {
                try reader.skip(number, type, depth: depth)
                try advance()
            }
        }
    }

    @inlinable mutating func advance() throws(ProtobufError) {
        progressed = true
        if let key = try reader.key() {
            (number, type) = key
        } else {
            number = 0
        }
    }

    @inlinable public mutating func field<T: ProtobufValue>(
        _ number: Int, _ name: StaticString, _ value: inout T
    ) throws(ProtobufError) {
        // Another wire type than the field's is an unknown field, as in Google's libraries.
        while self.number == number, type == T.wireType {
            do { value = try T(from: &reader) } catch { throw error.within("\(name)") }
            try advance()
        }
    }

    @inlinable public mutating func field<T: ProtobufValue>(
        _ number: Int, _ name: StaticString, _ value: inout T?
    ) throws(ProtobufError) {
        while self.number == number, type == T.wireType {
            if T.wireType == .lengthDelimited, try isEmpty() {
                value = nil
            } else {
                do { value = try T(from: &reader) } catch { throw error.within("\(name)") }
            }
            try advance()
        }
    }

    /// Passes over a length-delimited value of no bytes.
    @inlinable mutating func isEmpty() throws(ProtobufError) -> Bool {
        var ahead = reader
        guard try ahead.length() == 0 else { return false }
        reader = ahead
        return true
    }

    @inlinable public mutating func repeated<T: ProtobufValue>(
        _ number: Int, _ name: StaticString, _ values: inout [T]
    ) throws(ProtobufError) {
        while self.number == number {
            do {
                if type == T.wireType {
                    values.append(try T(from: &reader))
                } else if type == .lengthDelimited {
                    // Packed: only numbers are, and any reader must take both forms.
                    var packed = try reader.nested()
                    while !packed.isAtEnd { values.append(try T(from: &packed)) }
                } else {
                    return
                }
            } catch { throw error.within("\(name)") }
            try advance()
        }
    }

    @inlinable public mutating func message<M: ProtobufMessage>(
        _ number: Int, _ name: StaticString, _ message: inout M
    ) throws(ProtobufError) {
        while self.number == number, type == .lengthDelimited {
            try nested(name, &message)
            try advance()
        }
    }

    @inlinable public mutating func message<M: ProtobufMessage>(
        _ number: Int, _ name: StaticString, _ message: inout M?
    ) throws(ProtobufError) {
        while self.number == number, type == .lengthDelimited {
            var value = message ?? M()
            message = nil
            try nested(name, &value)
            message = value
            try advance()
        }
    }

    @inlinable public mutating func repeated<M: ProtobufMessage>(
        _ number: Int, _ name: StaticString, _ messages: inout [M]
    ) throws(ProtobufError) {
        while self.number == number, type == .lengthDelimited {
            var value = M()
            try nested(name, &value)
            messages.append(value)
            try advance()
        }
    }

    @inlinable public mutating func map<T: ProtobufValue>(
        _ number: Int, _ name: StaticString, _ map: inout [String: T]
    ) throws(ProtobufError) {
        while self.number == number, type == .lengthDelimited {
            var entry = ProtobufMapEntry<T>()
            try nested(name, &entry)
            map[entry.key] = if let value = entry.value { value } else { try absent() }
            try advance()
        }
    }

    /// What stands for a value that was left out: a zero byte is the number 0, and the length of nothing.
    @inlinable func absent<T: ProtobufValue>() throws(ProtobufError) -> T {
        // `withUnsafeBytes` does not pass typed errors on.
        var result = Result<T, ProtobufError>.failure(ProtobufError(.truncated, at: reader.position))
        withUnsafeBytes(of: UInt8(0)) { zero in
            var reader = ProtobufReader(zero)
            do throws(ProtobufError) {
                result = .success(try T(from: &reader))
            } catch {
                result = .failure(error)
            }
        }
        return try result.get()
    }

    @inlinable public mutating func unused(_ number: Int, _ name: StaticString, _ type: StaticString) {}

    @inlinable mutating func nested<M: ProtobufMessage>(_ name: StaticString, _ message: inout M) throws(ProtobufError)
    {
        do {
            var inner = ProtobufDecoder(try reader.nested(), depth: depth + 1)
            try inner.decode(into: &message)
        } catch { throw error.within("\(name)") }
    }
}

/// One entry of a map is a message of two fields on the wire.
@usableFromInline struct ProtobufMapEntry<T: ProtobufValue>: ProtobufMessage {
    @usableFromInline static var protobufName: String { "" }
    @usableFromInline var key = ""
    @usableFromInline var value: T?
    @usableFromInline init() {}

    @inlinable mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "key", &key)
        try visitor.field(2, "value", &value)
    }
}
