/// Hexadecimal text. Written in lower case, read in either.
public enum Hex {
    public static func encode(_ bytes: some Sequence<UInt8>) -> String {
        bytes.withContiguousStorageIfAvailable { encode($0) } ?? Array(bytes).withUnsafeBufferPointer { encode($0) }
    }

    private static func encode(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
        String(unsafeUninitializedCapacity: 2 * bytes.count) { out in
            digits.withUnsafeBufferPointer { digits in
                for at in bytes.indices {
                    out[2 * at] = digits[Int(bytes[at] >> 4)]
                    out[2 * at + 1] = digits[Int(bytes[at] & 15)]
                }
            }
            return 2 * bytes.count
        }
    }

    /// Nil where the length is odd or a character is not a hex digit. Takes no prefix.
    public static func decode(_ text: some StringProtocol) -> [UInt8]? {
        let utf8 = text.utf8
        // Nil for both where the text does not lie in one piece and where it is no hex: then it is copied and read again.
        return (utf8.withContiguousStorageIfAvailable { decode($0) } ?? nil)
            ?? Array(utf8).withUnsafeBufferPointer { decode($0) }
    }

    private static func decode(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        guard text.count.isMultiple(of: 2) else { return nil }
        var isHex = true
        let bytes = [UInt8](unsafeUninitializedCapacity: text.count / 2) { out, written in
            written = text.count / 2
            for at in 0..<written {
                guard let high = value(of: text[2 * at]), let low = value(of: text[2 * at + 1]) else {
                    isHex = false
                    written = 0
                    return
                }
                out[at] = high << 4 | low
            }
        }
        return isHex ? bytes : nil
    }

    public static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x61...0x66: digit - 0x61 + 10
        case 0x41...0x46: digit - 0x41 + 10
        default: nil
        }
    }

    private static let digits = Array("0123456789abcdef".utf8)
}
