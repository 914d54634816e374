import Encoding

/// The content of a JSON string, decoded as Go does it: each byte that is no part of valid UTF-8, and each escaped half of a
/// surrogate pair without its other half, becomes one U+FFFD.
enum JSONString {
    static func decode(_ content: UnsafeRawBufferPointer) -> String {
        String(unsafeUninitializedCapacity: content.count * 3) { out in
            var length = 0
            var at = 0
            func put(_ byte: UInt8) {
                out[length] = byte
                length += 1
            }
            func put(scalar value: UInt32) {
                for byte in UTF8.encode(Unicode.Scalar(value) ?? "\u{FFFD}").unsafelyUnwrapped { put(byte) }
            }
            while at < content.count {
                let byte = content[at]
                if byte == UInt8(ascii: "\\") {
                    if content[at + 1] == UInt8(ascii: "u") {
                        put(scalar: escapedScalar(content, &at))
                    } else {
                        put(plainEscape(content[at + 1]))
                        at += 2
                    }
                } else if byte < 0x80 {
                    put(byte)
                    at += 1
                } else {
                    let valid = UTF8Check.sequenceLength(content, at)
                    if valid == 0 {
                        put(scalar: 0xFFFD)
                        at += 1
                    } else {
                        for offset in at..<at + valid { put(content[offset]) }
                        at += valid
                    }
                }
            }
            return length
        }
    }

    private static func plainEscape(_ letter: UInt8) -> UInt8 {
        switch letter {
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: letter
        }
    }

    private static func escapedScalar(_ content: UnsafeRawBufferPointer, _ at: inout Int) -> UInt32 {
        let first = unit(content, at)
        at += 6
        guard (0xD800...0xDFFF).contains(first) else { return first }
        guard first < 0xDC00, at + 6 <= content.count, content[at] == UInt8(ascii: "\\"),
            content[at + 1] == UInt8(ascii: "u")
        else { return 0xFFFD }
        let second = unit(content, at)
        guard (0xDC00...0xDFFF).contains(second) else { return 0xFFFD }
        at += 6
        return 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)
    }

    private static func unit(_ content: UnsafeRawBufferPointer, _ at: Int) -> UInt32 {
        (at + 2..<at + 6).reduce(0) { $0 << 4 | UInt32(Hex.value(of: content[$1]) ?? 0) }
    }
}

/// UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF.
enum UTF8Check {
    /// The length of the valid sequence that begins here, 0 where there is none. The first byte is not ASCII.
    static func sequenceLength(_ bytes: UnsafeRawBufferPointer, _ at: Int) -> Int {
        func isContinuation(_ offset: Int, _ range: ClosedRange<UInt8> = 0x80...0xBF) -> Bool {
            at + offset < bytes.count && range.contains(bytes[at + offset])
        }
        switch bytes[at] {
        case 0xC2...0xDF: return isContinuation(1) ? 2 : 0
        case 0xE0: return isContinuation(1, 0xA0...0xBF) && isContinuation(2) ? 3 : 0
        case 0xED: return isContinuation(1, 0x80...0x9F) && isContinuation(2) ? 3 : 0
        case 0xE1...0xEF: return isContinuation(1) && isContinuation(2) ? 3 : 0
        case 0xF0: return isContinuation(1, 0x90...0xBF) && isContinuation(2) && isContinuation(3) ? 4 : 0
        case 0xF4: return isContinuation(1, 0x80...0x8F) && isContinuation(2) && isContinuation(3) ? 4 : 0
        case 0xF1...0xF3: return isContinuation(1) && isContinuation(2) && isContinuation(3) ? 4 : 0
        default: return 0
        }
    }

    static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var at = 0
        while at < bytes.count {
            if at + 8 <= bytes.count,
                bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
            {
                at += 8
            } else if bytes[at] < 0x80 {
                at += 1
            } else {
                let length = sequenceLength(bytes, at)
                if length == 0 { return false }
                at += length
            }
        }
        return true
    }
}
