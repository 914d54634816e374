/// The binary form of numeric: base-10000 digits, the weight of the first, sign and display scale (numeric.c, numeric_send).
enum PostgresNumeric {
    private static let negative: UInt16 = 0x4000
    private static let notANumber: UInt16 = 0xC000

    static func encode(_ value: UInt64, into writer: inout ByteWriter) {
        var groups: (UInt16, UInt16, UInt16, UInt16, UInt16) = (0, 0, 0, 0, 0)
        var rest = value
        groups.4 = UInt16(rest % 10_000)
        rest /= 10_000
        groups.3 = UInt16(rest % 10_000)
        rest /= 10_000
        groups.2 = UInt16(rest % 10_000)
        rest /= 10_000
        groups.1 = UInt16(rest % 10_000)
        groups.0 = UInt16(rest / 10_000)
        withUnsafeBytes(of: groups) { raw in
            let all = raw.bindMemory(to: UInt16.self)
            let first = all.firstIndex { $0 != 0 } ?? 5
            let last = all.lastIndex { $0 != 0 } ?? 4
            writer.append(UInt16(first == 5 ? 0 : last - first + 1))
            writer.append(Int16(first == 5 ? 0 : 4 - first))
            writer.append(UInt16(0))
            writer.append(UInt16(0))
            if first < 5 { for digit in all[first...last] { writer.append(digit) } }
        }
    }

    /// Digits with an optional sign and point. Nil where the text is anything else.
    static func encode(decimal text: String, into writer: inout ByteWriter) -> Bool {
        var digits = Array(text.utf8)
        var sign: UInt16 = 0
        if let first = digits.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
            sign = first == UInt8(ascii: "-") ? negative : 0
            digits.removeFirst()
        }
        let parts = digits.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, whole.count + (parts.count > 1 ? parts[1].count : 0) > 0 else { return false }
        let fraction = parts.count > 1 ? Array(parts[1]) : []
        // Numeric's own limits: 131072 digits before the point, 16383 after.
        guard whole.count <= 131_072, fraction.count <= 16_383 else { return false }
        guard (whole + fraction).allSatisfy({ $0 >= 48 && $0 <= 57 }) else { return false }

        let padded = Array(repeating: UInt8(48), count: (4 - whole.count % 4) % 4) + whole
        let tail = fraction + Array(repeating: UInt8(48), count: (4 - fraction.count % 4) % 4)
        var groups: [UInt16] = []
        let all = padded + tail
        for start in stride(from: 0, to: all.count, by: 4) {
            groups.append(all[start..<start + 4].reduce(0) { $0 * 10 + UInt16($1 - 48) })
        }
        var weight = padded.count / 4 - 1
        while let first = groups.first, first == 0 {
            groups.removeFirst()
            weight -= 1
        }
        while groups.last == 0 { groups.removeLast() }
        writer.append(UInt16(groups.count))
        writer.append(Int16(groups.isEmpty ? 0 : weight))
        writer.append(groups.isEmpty ? 0 : sign)
        writer.append(UInt16(fraction.count))
        for group in groups { writer.append(group) }
        return true
    }

    /// Nil where it is negative, has a fraction, is not a number or is above UInt64.max.
    static func decodeUInt64(_ bytes: UnsafeRawBufferPointer) -> UInt64? {
        guard let count = digitCount(bytes), bytes.integer(UInt16.self, at: 4) == 0 else {
            return digitCount(bytes) == 0 && bytes.integer(UInt16.self, at: 4) == negative ? 0 : nil
        }
        return magnitude(bytes, count)
    }

    /// Nil where it has a fraction, is not a number or is outside Int64.
    static func decodeInt64(_ bytes: UnsafeRawBufferPointer) -> Int64? {
        guard let count = digitCount(bytes), let value = magnitude(bytes, count) else { return nil }
        switch bytes.integer(UInt16.self, at: 4) {
        case 0: return Int64(exactly: value)
        case negative: return value == 1 << 63 ? Int64.min : Int64(exactly: value).map { -$0 }
        default: return nil
        }
    }

    /// As `select value::text` prints it.
    static func decodeText(_ bytes: UnsafeRawBufferPointer) -> String? {
        guard let count = digitCount(bytes) else { return nil }
        let sign = bytes.integer(UInt16.self, at: 4)
        switch sign {
        case notANumber: return "NaN"
        case 0xD000: return "Infinity"
        case 0xF000: return "-Infinity"
        default: break
        }
        let weight = Int(bytes.integer(Int16.self, at: 2))
        let scale = Int(bytes.integer(UInt16.self, at: 6) & 0x3FFF)
        func group(_ power: Int) -> Int {
            let index = weight - power
            return index >= 0 && index < count ? Int(bytes.integer(UInt16.self, at: 8 + 2 * index)) : 0
        }
        var text = sign == negative ? "-" : ""
        if weight < 0 {
            text += "0"
        } else {
            text += String(group(weight))
            for power in stride(from: weight - 1, through: 0, by: -1) { text += fourDigits(group(power)) }
        }
        guard scale > 0 else { return text }
        var fraction = ""
        var power = -1
        while fraction.utf8.count < scale {
            fraction += fourDigits(group(power))
            power -= 1
        }
        return text + "." + fraction.prefix(scale)
    }

    private static func fourDigits(_ value: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: 4 - digits.utf8.count) + digits
    }

    private static func digitCount(_ bytes: UnsafeRawBufferPointer) -> Int? {
        guard bytes.count >= 8 else { return nil }
        let count = Int(bytes.integer(UInt16.self))
        return bytes.count == 8 + 2 * count ? count : nil
    }

    private static func magnitude(_ bytes: UnsafeRawBufferPointer, _ count: Int) -> UInt64? {
        let weight = Int(bytes.integer(Int16.self, at: 2))
        if count == 0 { return 0 }
        guard weight >= 0, weight <= 4 else { return nil }
        var value: UInt64 = 0
        for power in 0..<max(count, weight + 1) {
            let digit = power < count ? UInt64(bytes.integer(UInt16.self, at: 8 + 2 * power)) : 0
            if power > weight {
                guard digit == 0 else { return nil }
                continue
            }
            let (scaled, over) = value.multipliedReportingOverflow(by: 10_000)
            let (sum, carried) = scaled.addingReportingOverflow(digit)
            guard !over, !carried else { return nil }
            value = sum
        }
        return value
    }
}
