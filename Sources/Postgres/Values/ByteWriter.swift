/// Big-endian bytes, as the protocol wants them.
struct ByteWriter {
    var bytes: [UInt8] = []

    mutating func append<T: FixedWidthInteger>(_ value: T) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func append(contentsOf more: some Collection<UInt8>) { bytes.append(contentsOf: more) }

    /// A length before what `body` writes, patched in when it is known.
    mutating func lengthPrefixed<E: Error>(_ body: (inout ByteWriter) throws(E) -> Void) throws(E) {
        let start = bytes.count
        append(Int32(0))
        try body(&self)
        let length = Int32(truncatingIfNeeded: bytes.count - start - 4).bigEndian
        withUnsafeBytes(of: length) { source in
            for i in 0..<4 { bytes[start + i] = source[i] }
        }
    }
}

extension UnsafeRawBufferPointer {
    /// Big-endian; the caller has checked that the bytes are there.
    func integer<T: FixedWidthInteger>(_ type: T.Type = T.self, at offset: Int = 0) -> T {
        T(bigEndian: loadUnaligned(fromByteOffset: offset, as: T.self))
    }
}
