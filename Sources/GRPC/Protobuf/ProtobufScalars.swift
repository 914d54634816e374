extension UInt64: ProtobufValue {
    public static var protobufType: String { "uint64" }
    @inlinable public static var wireType: ProtobufWireType { .varint }
    @inlinable public var isProtobufDefault: Bool { self == 0 }
    @inlinable public init(from reader: inout ProtobufReader) throws(ProtobufError) { self = try reader.varint() }
    @inlinable public func write(to writer: inout ProtobufWriter) { writer.varint(self) }
}

// Narrower numbers keep the low bits, as Google's libraries do.
extension UInt32: ProtobufValue {
    public static var protobufType: String { "uint32" }
    @inlinable public static var wireType: ProtobufWireType { .varint }
    @inlinable public var isProtobufDefault: Bool { self == 0 }
    @inlinable public init(from reader: inout ProtobufReader) throws(ProtobufError) {
        self.init(truncatingIfNeeded: try reader.varint())
    }
    @inlinable public func write(to writer: inout ProtobufWriter) { writer.varint(UInt64(self)) }
}

extension Int64: ProtobufValue {
    public static var protobufType: String { "int64" }
    @inlinable public static var wireType: ProtobufWireType { .varint }
    @inlinable public var isProtobufDefault: Bool { self == 0 }
    @inlinable public init(from reader: inout ProtobufReader) throws(ProtobufError) {
        self.init(bitPattern: try reader.varint())
    }
    @inlinable public func write(to writer: inout ProtobufWriter) { writer.varint(UInt64(bitPattern: self)) }
}

extension Int32: ProtobufValue {
    public static var protobufType: String { "int32" }
    @inlinable public static var wireType: ProtobufWireType { .varint }
    @inlinable public var isProtobufDefault: Bool { self == 0 }
    @inlinable public init(from reader: inout ProtobufReader) throws(ProtobufError) {
        self.init(truncatingIfNeeded: try reader.varint())
    }
    // A negative one takes ten bytes: it is written as if it had 64 bits.
    @inlinable public func write(to writer: inout ProtobufWriter) { writer.varint(UInt64(bitPattern: Int64(self))) }
}

extension Bool: ProtobufValue {
    public static var protobufType: String { "bool" }
    @inlinable public static var wireType: ProtobufWireType { .varint }
    @inlinable public var isProtobufDefault: Bool { !self }
    @inlinable public init(from reader: inout ProtobufReader) throws(ProtobufError) { self = try reader.varint() != 0 }
    @inlinable public func write(to writer: inout ProtobufWriter) { writer.varint(self ? 1 : 0) }
}

extension String: ProtobufValue {
    public static var protobufType: String { "string" }
    @inlinable public static var wireType: ProtobufWireType { .lengthDelimited }
    @inlinable public var isProtobufDefault: Bool { isEmpty }
    @inlinable public init(from reader: inout ProtobufReader) throws(ProtobufError) {
        let start = reader.position
        guard let text = String(validating: try reader.lengthDelimited(), as: UTF8.self) else {
            throw ProtobufError(.invalidUTF8, at: start)
        }
        self = text
    }
    @inlinable public func write(to writer: inout ProtobufWriter) { writer.lengthDelimited(self) }
}

extension [UInt8]: ProtobufValue {
    public static var protobufType: String { "bytes" }
    @inlinable public static var wireType: ProtobufWireType { .lengthDelimited }
    @inlinable public var isProtobufDefault: Bool { isEmpty }
    @inlinable public init(from reader: inout ProtobufReader) throws(ProtobufError) {
        self.init(try reader.lengthDelimited())
    }
    @inlinable public func write(to writer: inout ProtobufWriter) { writer.lengthDelimited(self) }
}
