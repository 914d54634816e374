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
public struct ProtobufReader: ProtobufFieldReader {
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
    @inlinable public var remaining: Int { end - position }

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

    @inlinable mutating func take(_ count: Int) throws(ProtobufError) -> UnsafeRawBufferPointer {
        guard end - position >= count else { throw ProtobufError(.truncated, at: position) }
        defer { position += count }
        return UnsafeRawBufferPointer(rebasing: base[position..<(position + count)])
    }

    @inlinable public mutating func pass(over count: Int) throws(ProtobufError) { _ = try take(count) }

    @inlinable public mutating func withBytes<R>(
        _ count: Int, _ body: (UnsafeRawBufferPointer) throws -> R
    ) throws -> R {
        try body(try take(count))
    }
}
