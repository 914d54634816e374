/// An unsigned fixed-point number with 8 decimals, 0 to 184467440737.09551615: prices, amounts, fees.
public struct UFix64: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Scaled by 1e8.
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Reads what the chain reads: one point, digits on both sides, at most 8 behind it.
    public init?(_ text: some StringProtocol) {
        guard let raw = FixedPointText.ufix64(text) else { return nil }
        rawValue = raw
    }

    /// With all 8 decimals.
    public var description: String { FixedPointText.write(ufix64: rawValue) }
    public static func < (a: UFix64, b: UFix64) -> Bool { a.rawValue < b.rawValue }
}

/// A signed fixed-point number with 8 decimals.
public struct Fix64: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Scaled by 1e8.
    public let rawValue: Int64
    public init(rawValue: Int64) { self.rawValue = rawValue }

    public init?(_ text: some StringProtocol) {
        guard let raw = FixedPointText.fix64(text) else { return nil }
        rawValue = raw
    }

    public var description: String { FixedPointText.write(fix64: rawValue) }
    public static func < (a: Fix64, b: Fix64) -> Bool { a.rawValue < b.rawValue }
}

/// The texts of fixed-point numbers, by the rules of onflow/cadence:fixedpoint/parse.go: exactly one point, a whole part with an
/// optional sign, digits behind the point, no more of them than the scale, and a value in range. A sign counts even before a zero.
///
/// The chain compares the digits behind the point with the largest fraction before it scales them, so a text such as
/// 184467440737.1 passes and wraps around (to 0.00448384). `asChainReads` does as the chain does; other callers refuse it.
enum FixedPointText {
    static func ufix64(_ text: some StringProtocol, asChainReads: Bool = false) -> UInt64? {
        read(text) { ufix64($0, asChainReads: asChainReads) }
    }

    static func fix64(_ text: some StringProtocol, asChainReads: Bool = false) -> Int64? {
        read(text) { fix64($0, asChainReads: asChainReads) }
    }

    static func ufix64(_ text: UnsafeRawBufferPointer, asChainReads: Bool = true) -> UInt64? {
        guard let parts = Parts(text, scale: 8), !parts.isNegative else { return nil }
        let largest = UInt64.max.quotientAndRemainder(dividingBy: 100_000_000)
        guard parts.isWithin(UInt128(largest.quotient), UInt128(largest.remainder)) else { return nil }
        let scaled = parts.scaled(by: 100_000_000)
        return asChainReads ? UInt64(truncatingIfNeeded: scaled) : UInt64(exactly: scaled)
    }

    static func fix64(_ text: UnsafeRawBufferPointer, asChainReads: Bool = true) -> Int64? {
        guard let parts = Parts(text, scale: 8) else { return nil }
        let limit: UInt64 = parts.isNegative ? 1 << 63 : (1 << 63) - 1
        let largest = limit.quotientAndRemainder(dividingBy: 100_000_000)
        guard parts.isWithin(UInt128(largest.quotient), UInt128(largest.remainder)) else { return nil }
        let scaled = parts.scaled(by: 100_000_000)
        guard asChainReads || scaled <= UInt128(limit) else { return nil }
        let raw = Int64(truncatingIfNeeded: scaled)
        return parts.isNegative ? 0 &- raw : raw
    }

    static func ufix128(_ text: UnsafeRawBufferPointer, asChainReads: Bool = true) -> UInt128? {
        guard let parts = Parts(text, scale: 24), !parts.isNegative else { return nil }
        let largest = UInt128.max.quotientAndRemainder(dividingBy: factor128)
        guard parts.isWithin(largest.quotient, largest.remainder) else { return nil }
        guard asChainReads || parts.whole < largest.quotient || parts.fraction <= largest.remainder else { return nil }
        return parts.scaled(by: factor128)
    }

    static func fix128(_ text: UnsafeRawBufferPointer, asChainReads: Bool = true) -> Int128? {
        guard let parts = Parts(text, scale: 24) else { return nil }
        let limit: UInt128 = parts.isNegative ? 1 << 127 : (1 << 127) - 1
        let largest = limit.quotientAndRemainder(dividingBy: factor128)
        guard parts.isWithin(largest.quotient, largest.remainder) else { return nil }
        guard asChainReads || parts.whole < largest.quotient || parts.fraction <= largest.remainder else { return nil }
        let raw = Int128(truncatingIfNeeded: parts.scaled(by: factor128))
        return parts.isNegative ? 0 &- raw : raw
    }

    static func write(ufix64 raw: UInt64) -> String {
        let (whole, fraction) = raw.quotientAndRemainder(dividingBy: 100_000_000)
        return "\(whole).\(padded(String(fraction), to: 8))"
    }

    static func write(fix64 raw: Int64) -> String {
        (raw < 0 ? "-" : "") + write(ufix64: raw.magnitude)
    }

    static func write(ufix128 raw: UInt128) -> String {
        let (whole, fraction) = raw.quotientAndRemainder(dividingBy: factor128)
        return "\(whole).\(padded(String(fraction), to: 24))"
    }

    static func write(fix128 raw: Int128) -> String {
        (raw < 0 ? "-" : "") + write(ufix128: raw.magnitude)
    }

    private static let factor128: UInt128 = 1_000_000_000_000_000_000_000_000

    private static func padded(_ digits: String, to count: Int) -> String {
        String(repeating: "0", count: count - digits.count) + digits
    }

    private static func read<T>(_ text: some StringProtocol, _ body: (UnsafeRawBufferPointer) -> T?) -> T? {
        var text = String(text)
        return text.withUTF8 { body(UnsafeRawBufferPointer($0)) }
    }

    /// A text taken apart. The fraction is kept both as its digits read and as scaled.
    private struct Parts {
        let isNegative: Bool
        private(set) var whole: UInt128 = 0
        /// The digits behind the point, as a number: 1 for `.1` and for `.01`.
        private(set) var digits: UInt128 = 0
        /// The same, scaled.
        private(set) var fraction: UInt128 = 0

        init?(_ text: UnsafeRawBufferPointer, scale: Int) {
            let end = text.count
            guard end > 0 else { return nil }
            isNegative = text[0] == UInt8(ascii: "-")
            var at = isNegative || text[0] == UInt8(ascii: "+") ? 1 : 0
            let start = at
            while at < end, text[at] &- 0x30 < 10 {
                // Fifteen digits are the most that any of the types holds.
                guard whole < 1_000_000_000_000_000_000 else { return nil }
                whole = whole &* 10 &+ UInt128(text[at] &- 0x30)
                at += 1
            }
            guard at > start, at < end, text[at] == UInt8(ascii: ".") else { return nil }
            at += 1
            let decimals = end - at
            guard decimals > 0, decimals <= scale else { return nil }
            while at < end {
                guard text[at] &- 0x30 < 10 else { return nil }
                digits = digits &* 10 &+ UInt128(text[at] &- 0x30)
                at += 1
            }
            fraction = digits
            for _ in decimals..<scale { fraction = fraction &* 10 }
        }

        func isWithin(_ largestWhole: UInt128, _ largestFraction: UInt128) -> Bool {
            whole < largestWhole || whole == largestWhole && digits <= largestFraction
        }

        func scaled(by factor: UInt128) -> UInt128 { whole &* factor &+ fraction }
    }
}
