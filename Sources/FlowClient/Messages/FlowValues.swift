public import Cadence
public import GRPC

// Ids are 32 bytes, and are written even where all are zero, as nodes do. An id that is absent reads as zero; one of
// another length is refused: a mutilated id must not become a valid one.
extension Identifier: ProtobufValue {
    public static var protobufType: String { "bytes" }
    public static var wireType: ProtobufWireType { .lengthDelimited }
    public var isProtobufDefault: Bool { false }

    public init(from reader: inout ProtobufReader) throws(ProtobufError) {
        let start = reader.position
        let bytes = try reader.lengthDelimited()
        guard !bytes.isEmpty else {
            self = .zero
            return
        }
        guard bytes.count == 32 else {
            throw ProtobufError(.invalidValue("an id of \(bytes.count) bytes, where one has 32"), at: start)
        }
        func word(_ at: Int) -> UInt64 {
            UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8 * at, as: UInt64.self))
        }
        self.init(words: (word(0), word(1), word(2), word(3)))
    }

    public func write(to writer: inout ProtobufWriter) {
        let bigEndian = (words.0.bigEndian, words.1.bigEndian, words.2.bigEndian, words.3.bigEndian)
        withUnsafeBytes(of: bigEndian) { writer.lengthDelimited($0) }
    }
}

extension TypedIdentifier {
    public static var protobufType: String { "bytes" }
    public static var wireType: ProtobufWireType { .lengthDelimited }
    public var isProtobufDefault: Bool { false }
    public init(from reader: inout ProtobufReader) throws(ProtobufError) {
        self.init(raw: try Identifier(from: &reader))
    }
    public func write(to writer: inout ProtobufWriter) { raw.write(to: &writer) }
}

extension BlockID: ProtobufValue {}
extension TransactionID: ProtobufValue {}
extension CollectionID: ProtobufValue {}

/// Short addresses are padded on the left and long ones cropped there, as nodes do
/// (onflow/flow-go:engine/common/rpc/convert/validate.go); zero is absent.
extension Address: ProtobufValue {
    public static var protobufType: String { "bytes" }
    public static var wireType: ProtobufWireType { .lengthDelimited }
    public var isProtobufDefault: Bool { rawValue == 0 }
    public init(from reader: inout ProtobufReader) throws(ProtobufError) {
        self.init(rawValue: try reader.lengthDelimited().suffix(8).reduce(0) { $0 << 8 | UInt64($1) })
    }
    public func write(to writer: inout ProtobufWriter) {
        withUnsafeBytes(of: rawValue.bigEndian) { writer.lengthDelimited($0) }
    }
}

/// A number of the chain that is one number on the wire.
public protocol ProtobufNumber: ProtobufValue, RawRepresentable where RawValue: ProtobufValue {
    init(rawValue: RawValue)
}

extension ProtobufNumber {
    public static var protobufType: String { RawValue.protobufType }
    public static var wireType: ProtobufWireType { .varint }
    public var isProtobufDefault: Bool { rawValue.isProtobufDefault }
    public init(from reader: inout ProtobufReader) throws(ProtobufError) {
        self.init(rawValue: try RawValue(from: &reader))
    }
    public func write(to writer: inout ProtobufWriter) { rawValue.write(to: &writer) }
}

extension BlockHeight: ProtobufNumber {
    /// Heights above this are nobody's: 63 bits, as tables hold them, so that nothing that is added to one overflows.
    static let largest = UInt64(Int64.max)

    public init(from reader: inout ProtobufReader) throws(ProtobufError) {
        let start = reader.position
        let height = try UInt64(from: &reader)
        guard height <= Self.largest else {
            throw ProtobufError(.invalidValue("a height of \(height), which no chain has"), at: start)
        }
        self.init(rawValue: height)
    }
}
extension KeyIndex: ProtobufNumber {}
extension SequenceNumber: ProtobufNumber {}

/// Values that a later protocol may add read as the first, which is "unknown" or the default.
public protocol ProtobufEnum: ProtobufValue, RawRepresentable where RawValue == Int32 {}

extension ProtobufEnum {
    public static var wireType: ProtobufWireType { .varint }
    public var isProtobufDefault: Bool { rawValue == 0 }
    public init(from reader: inout ProtobufReader) throws(ProtobufError) {
        self = Self(rawValue: try Int32(from: &reader)) ?? Self(rawValue: 0)!
    }
    public func write(to writer: inout ProtobufWriter) { rawValue.write(to: &writer) }
}

extension BlockStatus: ProtobufEnum {
    public static var protobufType: String { "e:flow.entities.BlockStatus" }
}

extension TransactionStatus: ProtobufEnum {
    public static var protobufType: String { "e:flow.entities.TransactionStatus" }
}

extension EventEncoding: ProtobufEnum {
    public static var protobufType: String { "e:flow.entities.EventEncodingVersion" }
}
