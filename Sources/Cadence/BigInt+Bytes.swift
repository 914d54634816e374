extension BigInt {
    /// Big-endian bytes of the magnitude; leading zero bytes are fine. Nil beyond 8,192 bytes after them.
    public init?(bigEndianMagnitude bytes: some BidirectionalCollection<UInt8>, isNegative: Bool = false) {
        let bytes = bytes.drop { $0 == 0 }
        guard bytes.count <= BigInt.maximumBytes else { return nil }
        var words: [UInt64] = []
        words.reserveCapacity(bytes.count / 8 + 1)
        var word: UInt64 = 0
        var shift: UInt64 = 0
        for byte in bytes.reversed() {
            word |= UInt64(byte) << shift
            shift += 8
            if shift == 64 {
                words.append(word)
                word = 0
                shift = 0
            }
        }
        if word != 0 { words.append(word) }
        self.init(magnitude: words, isNegative: isNegative)
    }

    /// Big-endian, without leading zero bytes; empty for zero. The sign is not in it.
    public var magnitudeBytes: [UInt8] { BigInt.bytes(of: magnitude) }

    static func bytes(of words: [UInt64]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(words.count * 8)
        for word in words.reversed() {
            for shift in stride(from: 56, through: 0, by: -8) {
                let byte = UInt8(truncatingIfNeeded: word >> UInt64(shift))
                if !bytes.isEmpty || byte != 0 { bytes.append(byte) }
            }
        }
        return bytes
    }

    /// Two's complement, big-endian, as many bytes as asked for. Nil where the number does not fit.
    public func twosComplementBytes(count: Int) -> [UInt8]? {
        guard fitsSigned(bits: count * 8) else { return nil }
        let source = isNegative ? BigInt.bytes(of: magnitudeMinusOne) : magnitudeBytes
        let padded = [UInt8](repeating: 0, count: count - source.count) + source
        return isNegative ? padded.map { ~$0 } : padded
    }

    /// Reads two's complement, big-endian. Nil beyond 8,192 bytes.
    public init?(twosComplement bytes: some BidirectionalCollection<UInt8>) {
        guard let first = bytes.first, first & 0x80 != 0 else {
            self.init(bigEndianMagnitude: bytes)
            return
        }
        guard let inverse = BigInt(bigEndianMagnitude: bytes.map { ~$0 }) else { return nil }
        self.init(magnitude: inverse.magnitudePlusOne, isNegative: true)
    }
}
