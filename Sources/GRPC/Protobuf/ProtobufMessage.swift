/// A message of proto3. Its fields are said once, as calls on a visitor, and everything else is read from that: the
/// decoder, the encoder, and the table that a test compares with the protocol's own.
public protocol ProtobufMessage: Sendable {
    /// With its package: `flow.entities.Event`.
    static var protobufName: String { get }
    /// The message in which nothing is set.
    init()
    /// Visits every field, in the order of their numbers.
    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError)
    /// About how many bytes it takes: room that is made at once need not be made again and again.
    var expectedProtobufSize: Int { get }
}

extension ProtobufMessage {
    @inlinable public var expectedProtobufSize: Int { 256 }

    /// Replaces nothing and refuses nothing that proto3 allows: unknown fields are passed over, the last of several values
    /// wins, several of one message are merged.
    @inlinable public init(protobuf bytes: UnsafeRawBufferPointer) throws(ProtobufError) {
        self.init()
        var decoder = ProtobufDecoder(ProtobufReader(bytes), depth: 0)
        try decoder.decode(into: &self)
    }

    @inlinable public init(protobuf bytes: [UInt8]) throws(ProtobufError) {
        // A closure's typed error does not pass through `withUnsafeBytes`.
        let result = bytes.withUnsafeBytes { bytes in Result { () throws(ProtobufError) in try Self(protobuf: bytes) } }
        self = try result.get()
    }

    @inlinable public var protobuf: [UInt8] {
        var encoder = ProtobufEncoder(capacity: expectedProtobufSize)
        var copy = self
        encoder.encode(&copy)
        return encoder.writer.bytes
    }
}

/// A value that is one field's, other than a message: numbers, texts, bytes, and what is made of them.
public protocol ProtobufValue: Sendable {
    /// The type's name in the protocol: `uint64`, `bytes`, `e:flow.entities.BlockStatus`.
    static var protobufType: String { get }
    static var wireType: ProtobufWireType { get }
    /// What proto3 leaves out.
    var isProtobufDefault: Bool { get }
    init(from reader: inout ProtobufReader) throws(ProtobufError)
    func write(to writer: inout ProtobufWriter)
}

/// Told each field of a message, by its number, its name in the protocol, and its place in the struct.
public protocol ProtobufFieldVisitor {
    mutating func field<T: ProtobufValue>(_ number: Int, _ name: StaticString, _ value: inout T) throws(ProtobufError)
    /// Nil where the field is absent or has its default.
    mutating func field<T: ProtobufValue>(_ number: Int, _ name: StaticString, _ value: inout T?) throws(ProtobufError)
    mutating func repeated<T: ProtobufValue>(_ number: Int, _ name: StaticString, _ values: inout [T])
        throws(ProtobufError)
    /// A message that is always there; where it is absent it stays as it was made.
    mutating func message<M: ProtobufMessage>(_ number: Int, _ name: StaticString, _ message: inout M)
        throws(ProtobufError)
    mutating func message<M: ProtobufMessage>(_ number: Int, _ name: StaticString, _ message: inout M?)
        throws(ProtobufError)
    mutating func repeated<M: ProtobufMessage>(_ number: Int, _ name: StaticString, _ messages: inout [M])
        throws(ProtobufError)
    mutating func map<T: ProtobufValue>(_ number: Int, _ name: StaticString, _ map: inout [String: T])
        throws(ProtobufError)
    /// A field of the protocol that we have no use for: passed over, never written.
    mutating func unused(_ number: Int, _ name: StaticString, _ type: StaticString)
}
