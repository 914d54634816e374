/// The five ways in which a value lies on the wire (protobuf.dev/programming-guides/encoding).
public enum ProtobufWireType: UInt8, Sendable {
    case varint = 0
    case fixed64 = 1
    case lengthDelimited = 2
    case startGroup = 3
    case endGroup = 4
    case fixed32 = 5
}

/// Reads wire values from borrowed bytes, in place. No length is believed before it is compared with what is there.
/// Valid as long as the bytes are: inside `withUnsafeBytes`.
public struct ProtobufReader {
    /// Deeper than any message of ours, and shallow enough for any stack. Google's own libraries allow 100.
    public static let maximumDepth = 64

    @usableFromInline let base: UnsafeRawBufferPointer
    public var position: Int
    @usableFromInline let end: Int

    @inlinable public init(_ bytes: UnsafeRawBufferPointer) {
        self.init(bytes, 0..<bytes.count)
    }

    @inlinable init(_ base: UnsafeRawBufferPointer, _ range: Range<Int>) {
        self.base = base
        position = range.lowerBound
        end = range.upperBound
    }

    @inlinable public var isAtEnd: Bool { position == end }

    @inlinable public mutating func varint() throws(ProtobufError) -> UInt64 {
        guard position < end else { throw ProtobufError(.truncated, at: position) }
        let first = base[position]
        if first < 0x80 {
            position += 1
            return UInt64(first)
        }
        return try longVarint()
    }

    @usableFromInline mutating func longVarint() throws(ProtobufError) -> UInt64 {
        var value: UInt64 = 0
        for at in 0..<10 {
            guard position + at < end else { throw ProtobufError(.truncated, at: position) }
            let byte = base[position + at]
            value |= UInt64(byte & 0x7f) << UInt64(7 * at)
            if byte < 0x80 {
                // The tenth byte has room for one bit.
                guard at < 9 || byte <= 1 else { break }
                position += at + 1
                return value
            }
        }
        throw ProtobufError(.overlongVarint, at: position)
    }

    @inlinable public mutating func fixed32() throws(ProtobufError) -> UInt32 {
        UInt32(littleEndian: try take(4).loadUnaligned(as: UInt32.self))
    }

    @inlinable public mutating func fixed64() throws(ProtobufError) -> UInt64 {
        UInt64(littleEndian: try take(8).loadUnaligned(as: UInt64.self))
    }

    /// The bytes of a length-delimited value, in place.
    @inlinable public mutating func lengthDelimited() throws(ProtobufError) -> UnsafeRawBufferPointer {
        try take(length())
    }

    /// A reader of a length-delimited value; offsets go on counting from the outermost message.
    @inlinable public mutating func nested() throws(ProtobufError) -> ProtobufReader {
        let start = try length()
        defer { position += start }
        return ProtobufReader(base, position..<(position + start))
    }

    @inlinable mutating func length() throws(ProtobufError) -> Int {
        let start = position
        let count = try varint()
        guard count <= UInt64(end - position) else { throw ProtobufError(.truncated, at: start) }
        return Int(count)
    }

    @inlinable mutating func take(_ count: Int) throws(ProtobufError) -> UnsafeRawBufferPointer {
        guard end - position >= count else { throw ProtobufError(.truncated, at: position) }
        defer { position += count }
        return UnsafeRawBufferPointer(rebasing: base[position..<(position + count)])
    }

    /// A field's number and how its value lies; nil at the end.
    @inlinable public mutating func key() throws(ProtobufError) -> (number: Int, type: ProtobufWireType)? {
        guard position < end else { return nil }
        let start = position
        let key = try varint()
        guard let type = ProtobufWireType(rawValue: UInt8(key & 7)) else {
            throw ProtobufError(.invalidWireType(UInt8(key & 7)), at: start)
        }
        guard (1...0x1fff_ffff).contains(key >> 3) else { throw ProtobufError(.invalidFieldNumber, at: start) }
        return (Int(key >> 3), type)
    }

    /// Passes over a value that nobody asked for; a group with all that is in it.
    public mutating func skip(_ number: Int, _ type: ProtobufWireType, depth: Int) throws(ProtobufError) {
        switch type {
        case .varint: _ = try varint()
        case .fixed64: _ = try take(8)
        case .fixed32: _ = try take(4)
        case .lengthDelimited: _ = try lengthDelimited()
        case .endGroup: throw ProtobufError(.invalidWireType(type.rawValue), at: position)
        case .startGroup:
            guard depth < Self.maximumDepth else { throw ProtobufError(.tooDeep, at: position) }
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
