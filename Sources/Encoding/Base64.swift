/// Base64 with padding (RFC 4648, section 4), as the HTTP API has it everywhere. Strict: no line breaks, no missing
/// padding, no bits left over.
package enum Base64 {
    package static func encode(_ bytes: some Collection<UInt8>) -> String {
        bytes.withContiguousStorageIfAvailable { encode($0) } ?? Array(bytes).withUnsafeBufferPointer { encode($0) }
    }

    private static func encode(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
        let size = (bytes.count + 2) / 3 * 4
        return String(unsafeUninitializedCapacity: size) { out in
            alphabet.withUnsafeBufferPointer { alphabet in
                var written = 0
                for at in stride(from: 0, to: bytes.count, by: 3) {
                    let left = bytes.count - at
                    let word =
                        UInt32(bytes[at]) << 16 | (left > 1 ? UInt32(bytes[at + 1]) << 8 : 0)
                        | (left > 2 ? UInt32(bytes[at + 2]) : 0)
                    out[written] = alphabet[Int(word >> 18)]
                    out[written + 1] = alphabet[Int(word >> 12 & 63)]
                    out[written + 2] = left > 1 ? alphabet[Int(word >> 6 & 63)] : padding
                    out[written + 3] = left > 2 ? alphabet[Int(word & 63)] : padding
                    written += 4
                }
            }
            return size
        }
    }

    /// Nil where it is not base64.
    package static func decode(_ text: String) -> [UInt8]? {
        var text = text
        return text.withUTF8 { decode($0) }
    }

    /// Nil where it is not base64.
    package static func decode(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        guard text.count.isMultiple(of: 4) else { return nil }
        guard !text.isEmpty else { return [] }
        let padded = text[text.count - 1] != padding ? 0 : text[text.count - 2] != padding ? 1 : 2
        let count = text.count / 4 * 3 - padded
        var bad: UInt8 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count + 2) { out, written in
            values.withUnsafeBufferPointer { values in
                var at = 0
                for quad in stride(from: 0, to: text.count, by: 4) {
                    let isLast = quad + 4 == text.count
                    let a = values[Int(text[quad])]
                    let b = values[Int(text[quad + 1])]
                    let c = isLast && padded == 2 ? 0 : values[Int(text[quad + 2])]
                    let d = isLast && padded > 0 ? 0 : values[Int(text[quad + 3])]
                    bad |= (a | b | c | d) & 0x80
                    out[at] = a << 2 | b >> 4
                    out[at + 1] = b << 4 | c >> 2
                    if at + 2 < count + 2 { out[at + 2] = c << 6 | d }
                    if isLast, padded == 2, b & 15 != 0 { bad = 0x80 }
                    if isLast, padded == 1, c & 3 != 0 { bad = 0x80 }
                    at += 3
                }
            }
            written = count
        }
        return bad == 0 ? bytes : nil
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let padding = UInt8(ascii: "=")

    /// 0x80 for what is no digit.
    private static let values: [UInt8] = {
        var table = [UInt8](repeating: 0x80, count: 256)
        for (value, digit) in alphabet.enumerated() { table[Int(digit)] = UInt8(value) }
        return table
    }()
}
