/// Appends wire values to bytes.
public struct ProtobufWriter {
    public var bytes: [UInt8] = []

    @inlinable public init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    @inlinable public mutating func key(_ number: Int, _ type: ProtobufWireType) {
        varint(UInt64(number) << 3 | UInt64(type.rawValue))
    }

    @inlinable public mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    @inlinable public mutating func lengthDelimited(_ value: [UInt8]) {
        varint(UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    @inlinable public mutating func lengthDelimited(_ value: UnsafeRawBufferPointer) {
        varint(UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    @inlinable public mutating func lengthDelimited(_ value: String) {
        var value = value
        value.withUTF8 {
            varint(UInt64($0.count))
            bytes.append(contentsOf: $0)
        }
    }

    @inlinable public mutating func lengthDelimited(_ body: (inout ProtobufWriter) -> Void) {
        let start = beginLengthDelimited()
        body(&self)
        endLengthDelimited(start)
    }

    /// A value whose length is known once it is written: one byte is kept free for it, and the value moves up where that
    /// is too little.
    @inlinable public mutating func beginLengthDelimited() -> Int {
        bytes.append(0)
        return bytes.count
    }

    @inlinable public mutating func endLengthDelimited(_ start: Int) {
        let count = bytes.count - start
        guard count >= 0x80 else {
            bytes[start - 1] = UInt8(count)
            return
        }
        // One byte for each seven bits.
        let more = (UInt64.bitWidth - count.leadingZeroBitCount + 6) / 7 - 1
        for _ in 0..<more { bytes.append(0) }
        bytes.withUnsafeMutableBytes { bytes in
            let value = UnsafeRawBufferPointer(rebasing: bytes[start..<(start + count)])
            UnsafeMutableRawBufferPointer(rebasing: bytes[(start + more)...]).copyMemory(from: value)
            var rest = UInt64(count)
            for at in 0..<more {
                bytes[start - 1 + at] = UInt8(truncatingIfNeeded: rest) | 0x80
                rest >>= 7
            }
            bytes[start - 1 + more] = UInt8(rest)
        }
    }
}
