import Encoding

/// An account's address: 8 bytes. Text forms differ by place (0x + 16 hex in Cadence and JSON-CDC, 16 hex in REST and
/// type ids, bytes in gRPC); `hex` and `description` are the two that are written here.
public struct Address: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The 8 bytes as a big-endian number.
    public let rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Nil unless there are exactly 8 bytes.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 8 else { return nil }
        rawValue = bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Takes 1 to 16 hex digits, with or without 0x; short forms are padded with zeros on the left.
    public init?(_ text: some StringProtocol) {
        let digits = text.hasPrefix("0x") ? text.dropFirst(2) : text[...]
        guard (1...16).contains(digits.utf8.count), digits.utf8.allSatisfy({ Hex.value(of: $0) != nil }),
            let value = UInt64(digits, radix: 16)
        else { return nil }
        rawValue = value
    }

    public var bytes: [UInt8] {
        withUnsafeBytes(of: rawValue.bigEndian) { Array($0) }
    }

    /// 16 lower-case hex digits without prefix: the form in type ids, REST and this project's tables and answers.
    public var hex: String {
        let digits = String(rawValue, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// 0x and 16 hex digits: the form of Cadence and JSON-CDC.
    public var description: String { "0x" + hex }

    public static func < (a: Address, b: Address) -> Bool { a.rawValue < b.rawValue }
}
