/// The DER form of an ECDSA signature, as TLS and key management services speak it. The chain takes r‖s only.
package enum DERSignature {
    /// r‖s, 64 bytes; nil unless the bytes are the one DER encoding of two positive numbers that fit. Whether they
    /// are in the group's range is for verification to say.
    package static func rawSignature(_ der: [UInt8]) -> [UInt8]? {
        var reader = Reader(rest: der[...])
        guard var body = reader.contents(tag: 0x30), reader.rest.isEmpty, let r = body.number(), let s = body.number(),
            body.rest.isEmpty
        else { return nil }
        return r + s
    }

    package static func encode(rawSignature raw: [UInt8]) -> [UInt8] {
        let numbers = number(raw.prefix(32)) + number(raw.suffix(32))
        return [0x30, UInt8(numbers.count)] + numbers
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var digits = Array(bytes.drop { $0 == 0 })
        if digits.first.map({ $0 >= 0x80 }) ?? true { digits.insert(0, at: 0) }
        return [0x02, UInt8(digits.count)] + digits
    }

    private struct Reader {
        var rest: ArraySlice<UInt8>

        /// Two numbers of 32 bytes need 70 at most, so the only valid length has one byte.
        mutating func contents(tag: UInt8) -> Reader? {
            guard rest.count >= 2, rest.removeFirst() == tag else { return nil }
            let length = Int(rest.removeFirst())
            guard length < 0x80, length <= rest.count else { return nil }
            defer { rest.removeFirst(length) }
            return Reader(rest: rest.prefix(length))
        }

        mutating func number() -> [UInt8]? {
            guard let digits = contents(tag: 0x02)?.rest, let first = digits.first, first < 0x80 else { return nil }
            // A leading zero only where the sign bit of the next byte asks for it.
            if first == 0, digits.count > 1, digits[digits.startIndex + 1] < 0x80 { return nil }
            let significant = digits.drop { $0 == 0 }
            guard significant.count <= 32 else { return nil }
            return [UInt8](repeating: 0, count: 32 - significant.count) + significant
        }
    }
}
