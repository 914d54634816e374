/// Durations as people write them: `250ms`, `1.5s`, `2m`, `1h30m`, `7d`.
public enum DurationText {
    private static let units: [(name: String, nanoseconds: Int64)] = [
        ("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000),
        ("ms", 1_000_000), ("us", 1000), ("ns", 1),
    ]

    /// Nil unless every number has a unit (a lone 0 needs none). Finer than a nanosecond is not kept.
    public static func parse(_ text: String) -> Duration? {
        if text == "0" { return .zero }
        var rest = text[...]
        var total: Int64 = 0
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber || $0 == "." }
            let unit = rest.dropFirst(digits.count).prefix { $0.isLetter || $0 == "µ" }
            let name = unit == "µs" ? "us" : String(unit)
            guard let scale = units.first(where: { $0.name == name })?.nanoseconds,
                let amount = scaled(digits, by: scale)
            else { return nil }
            let (sum, overflow) = total.addingReportingOverflow(amount)
            guard !overflow else { return nil }
            total = sum
            rest = rest.dropFirst(digits.count + unit.count)
        }
        return text.isEmpty ? nil : .nanoseconds(total)
    }

    private static func scaled(_ digits: Substring, by scale: Int64) -> Int64? {
        let parts = digits.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first.flatMap({ Int64($0) }) else { return nil }
        let (amount, overflow) = whole.multipliedReportingOverflow(by: scale)
        guard !overflow else { return nil }
        guard parts.count == 2 else { return amount }
        guard let fraction = Double("0." + parts[1]), !parts[1].isEmpty else { return nil }
        return amount.addingReportingOverflow(Int64((fraction * Double(scale)).rounded())).partialValue
    }

    /// The shortest exact form, as `parse` reads it.
    public static func format(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        var rest = seconds &* 1_000_000_000 &+ attoseconds / 1_000_000_000
        guard rest != 0 else { return "0s" }
        var out = rest < 0 ? "-" : ""
        rest = rest < 0 ? -rest : rest
        for (name, scale) in units where rest >= scale {
            out += "\(rest / scale)\(name)"
            rest %= scale
        }
        return out
    }
}

/// Numbers of bytes as people write them: `512`, `64KiB`, `10MB`, `1.5GiB`.
public enum SizeText {
    private static let units: [(name: String, bytes: Int)] = [
        ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000),
        ("B", 1),
    ]

    public static func parse(_ text: String) -> Int? {
        let unit = units.first { text.lowercased().hasSuffix($0.name.lowercased()) }
        let number = text.dropLast(unit?.name.count ?? 0)
        if let whole = Int(number), whole >= 0 {
            let (bytes, overflow) = whole.multipliedReportingOverflow(by: unit?.bytes ?? 1)
            return overflow ? nil : bytes
        }
        guard let unit, let amount = Double(number), amount >= 0, amount * Double(unit.bytes) < 9e18 else { return nil }
        return Int(amount * Double(unit.bytes))
    }

    /// The largest unit that divides it.
    public static func format(_ bytes: Int) -> String {
        guard bytes > 0, let unit = units.first(where: { bytes.isMultiple(of: $0.bytes) }) else { return "\(bytes)B" }
        return "\(bytes / unit.bytes)\(unit.name)"
    }
}
