/// Goes from field to field of a message, whether its bytes lie in one run (`ProtobufReader`) or in several
/// (`SlicedProtobufReader`). Offsets, those of errors too, count from the start of the outermost message.
public protocol ProtobufFieldReader {
    var position: Int { get }
    /// How many bytes are left.
    var remaining: Int { get }
    mutating func varint() throws(ProtobufError) -> UInt64
    mutating func pass(over count: Int) throws(ProtobufError)
    /// Lends the next bytes; they are valid inside `body` only. Throws `ProtobufError` where there are fewer.
    mutating func withBytes<R>(_ count: Int, _ body: (UnsafeRawBufferPointer) throws -> R) throws -> R
}

extension ProtobufFieldReader {
    /// A field's number and how its value lies; nil at the end.
    @inlinable public mutating func key() throws(ProtobufError) -> (number: Int, type: ProtobufWireType)? {
        guard remaining > 0 else { return nil }
        let start = position
        let key = try varint()
        guard let type = ProtobufWireType(rawValue: UInt8(key & 7)) else {
            throw ProtobufError(.invalidWireType(UInt8(key & 7)), at: start)
        }
        guard (1...0x1fff_ffff).contains(key >> 3) else { throw ProtobufError(.invalidFieldNumber, at: start) }
        return (Int(key >> 3), type)
    }

    /// How long a length-delimited value is, which follows; never more than is there.
    @inlinable public mutating func length() throws(ProtobufError) -> Int {
        let start = position
        let count = try varint()
        guard count <= UInt64(remaining) else { throw ProtobufError(.truncated, at: start) }
        return Int(count)
    }

    /// Passes over a value that nobody asked for; a group with all that is in it.
    public mutating func skip(_ number: Int, _ type: ProtobufWireType, depth: Int) throws(ProtobufError) {
        switch type {
        case .varint: _ = try varint()
        case .fixed64: try pass(over: 8)
        case .fixed32: try pass(over: 4)
        case .lengthDelimited: try pass(over: length())
        case .endGroup: throw ProtobufError(.invalidWireType(type.rawValue), at: position)
        case .startGroup:
            guard depth < ProtobufReader.maximumDepth else { throw ProtobufError(.tooDeep, at: position) }
            while true {
                guard let (inner, innerType) = try key() else { throw ProtobufError(.truncated, at: position) }
                if innerType == .endGroup {
                    guard inner == number else {
                        throw ProtobufError(.invalidWireType(innerType.rawValue), at: position)
                    }
                    return
                }
                try skip(inner, innerType, depth: depth + 1)
            }
        }
    }
}
