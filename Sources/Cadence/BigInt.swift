/// A whole number without bounds: sign and magnitude, as Cadence's Int and the 256-bit types need.
///
/// Texts and bytes are read up to `maximumBits`; what is longer is refused, so that no input costs more than linear time
/// with a small factor. Cadence itself knows no bound, a block's computation limit sets a far lower one.
public struct BigInt: Hashable, Sendable {
    /// 65,536 bits: 8,192 bytes, 19,729 decimal digits.
    public static let maximumBits = 65_536
    static let maximumBytes = maximumBits / 8
    static let maximumDigits = 19_729

    /// Little-endian, no leading zero words; empty is zero.
    private(set) var magnitude: [UInt64]
    /// Never true for zero.
    public private(set) var isNegative: Bool

    public static let zero = BigInt(magnitude: [], isNegative: false)

    init(magnitude: [UInt64], isNegative: Bool) {
        var magnitude = magnitude
        while magnitude.last == 0 { magnitude.removeLast() }
        self.magnitude = magnitude
        self.isNegative = isNegative && !magnitude.isEmpty
    }

    public init(_ value: some BinaryInteger) {
        self.init(magnitude: value.magnitude.words.map { UInt64($0) }, isNegative: value < 0)
    }

    public var isZero: Bool { magnitude.isEmpty }

    /// The bits of the magnitude, 0 for zero.
    public var bitWidth: Int {
        guard let top = magnitude.last else { return 0 }
        return magnitude.count * 64 - top.leadingZeroBitCount
    }

    public static prefix func - (value: BigInt) -> BigInt {
        BigInt(magnitude: value.magnitude, isNegative: !value.isNegative)
    }

    /// The magnitude and one. What a negative CBOR bignum stands for is -1 - n.
    var magnitudePlusOne: [UInt64] {
        var words = magnitude
        for at in words.indices {
            let (sum, overflow) = words[at].addingReportingOverflow(1)
            words[at] = sum
            if !overflow { return words }
        }
        words.append(1)
        return words
    }

    /// Of a magnitude that is not zero.
    var magnitudeMinusOne: [UInt64] {
        var words = magnitude
        for at in words.indices {
            let (difference, overflow) = words[at].subtractingReportingOverflow(1)
            words[at] = difference
            if !overflow { break }
        }
        while words.last == 0 { words.removeLast() }
        return words
    }

    /// In 0 ..< 2^bits.
    public func fitsUnsigned(bits: Int) -> Bool { !isNegative && bitWidth <= bits }

    /// In -2^(bits-1) ..< 2^(bits-1).
    public func fitsSigned(bits: Int) -> Bool {
        if bitWidth < bits { return true }
        guard isNegative, bitWidth == bits else { return false }
        // Only the power of two itself: one bit set.
        return magnitude.dropLast().allSatisfy { $0 == 0 } && magnitude.last?.nonzeroBitCount == 1
    }

    /// Nil where the number does not fit.
    public func exactly<T: FixedWidthInteger>(_ type: T.Type = T.self) -> T? {
        var result: T = 0
        guard bitWidth <= T.bitWidth else { return nil }
        for (at, word) in magnitude.enumerated() {
            result |= T(truncatingIfNeeded: word) << (at * 64)
        }
        if T.isSigned {
            guard fitsSigned(bits: T.bitWidth) else { return nil }
            return isNegative ? 0 &- result : result
        }
        return isNegative ? nil : result
    }
}

extension BigInt: Comparable {
    public static func < (a: BigInt, b: BigInt) -> Bool {
        if a.isNegative != b.isNegative { return a.isNegative }
        return a.isNegative ? compareMagnitudes(b, a) : compareMagnitudes(a, b)
    }

    private static func compareMagnitudes(_ a: BigInt, _ b: BigInt) -> Bool {
        if a.magnitude.count != b.magnitude.count { return a.magnitude.count < b.magnitude.count }
        for (x, y) in zip(a.magnitude.reversed(), b.magnitude.reversed()) where x != y { return x < y }
        return false
    }
}

extension BigInt: ExpressibleByIntegerLiteral {
    public init(integerLiteral value: Int64) { self.init(value) }
}
