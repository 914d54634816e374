/// A whole number without bounds: sign and magnitude, as Cadence's Int and the 256-bit types need.
public struct BigInt: Hashable, Sendable {
    /// Little-endian, no leading zero words; empty is zero.
    var magnitude: [UInt64]
    var isNegative: Bool

    public init(_ value: some BinaryInteger) {
        isNegative = value < 0
        magnitude = Array(value.magnitude.words.map { UInt64($0) })
        while magnitude.last == 0 { magnitude.removeLast() }
    }
}
