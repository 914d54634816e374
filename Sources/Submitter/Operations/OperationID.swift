package import FoundationEssentials

/// The name of an operation, on the chain too: every event that it causes carries it. 24 characters of Crockford's
/// base 32 in lower case: 40 bits of milliseconds since 2025, so that ids sort by time, and 80 random bits, so that
/// nobody guesses one. Shorter than a UUID, because the size of all events is what stops a batch.
package struct OperationID: Hashable, Comparable, Sendable, CustomStringConvertible, RawRepresentable {
    package let rawValue: String

    /// Nil unless the text has the form of an id.
    package init?(rawValue: String) {
        guard rawValue.utf8.count == Self.length, rawValue.utf8.allSatisfy({ Self.alphabet.contains($0) }) else {
            return nil
        }
        self.rawValue = rawValue
    }

    package init(at time: Date = Date(), random: UInt128 = .random(in: 0...UInt128.max)) {
        let milliseconds = UInt64(max(0, ((time.timeIntervalSince1970 - Self.epoch) * 1000).rounded())) & (1 << 40 - 1)
        var characters: [UInt8] = []
        characters.reserveCapacity(Self.length)
        for shift in stride(from: 35, through: 0, by: -5) {
            characters.append(Self.alphabet[Int(milliseconds >> UInt64(shift) & 31)])
        }
        for shift in stride(from: 75, through: 0, by: -5) {
            characters.append(Self.alphabet[Int(truncatingIfNeeded: random >> UInt128(shift) & 31)])
        }
        rawValue = String(decoding: characters, as: UTF8.self)
    }

    /// When it was made, to the millisecond.
    package var time: Date {
        let digits = rawValue.utf8.prefix(8).map { UInt64(Self.alphabet.firstIndex(of: $0)!) }
        return Date(timeIntervalSince1970: Self.epoch + Double(digits.reduce(0) { $0 << 5 | $1 }) / 1000)
    }

    package var description: String { rawValue }
    package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }

    private static let length = 24
    /// 2025-01-01T00:00:00Z
    private static let epoch: Double = 1_735_689_600
    private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
}
