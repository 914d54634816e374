import Encoding

/// 32 bytes, as every id of the protocol is. Kept as four words, so that it costs no allocation.
public struct Identifier: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Big-endian words, most significant first.
    let words: (UInt64, UInt64, UInt64, UInt64)

    public static let zero = Identifier(words: (0, 0, 0, 0))

    init(words: (UInt64, UInt64, UInt64, UInt64)) {
        self.words = words
    }

    /// Nil unless there are exactly 32 bytes.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 32 else { return nil }
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        withUnsafeMutableBytes(of: &words) { $0.copyBytes(from: bytes) }
        self.words = (
            UInt64(bigEndian: words.0), UInt64(bigEndian: words.1), UInt64(bigEndian: words.2),
            UInt64(bigEndian: words.3)
        )
    }

    /// Nil unless there are exactly 64 hex digits, of either case, without prefix.
    public init?(hex: some StringProtocol) {
        guard let bytes = Hex.decode(hex) else { return nil }
        self.init(bytes: bytes)
    }

    public var bytes: [UInt8] {
        let bigEndian = (words.0.bigEndian, words.1.bigEndian, words.2.bigEndian, words.3.bigEndian)
        return withUnsafeBytes(of: bigEndian) { Array($0) }
    }

    public var hex: String { Hex.encode(bytes) }
    public var description: String { hex }

    public static func == (a: Identifier, b: Identifier) -> Bool { a.words == b.words }
    public static func < (a: Identifier, b: Identifier) -> Bool { a.words < b.words }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
    }
}

/// An id that says of what it is the id.
public protocol TypedIdentifier: Hashable, Comparable, Sendable, CustomStringConvertible {
    var raw: Identifier { get }
    init(raw: Identifier)
}

extension TypedIdentifier {
    public init?(bytes: some Collection<UInt8>) {
        guard let raw = Identifier(bytes: bytes) else { return nil }
        self.init(raw: raw)
    }

    public init?(hex: some StringProtocol) {
        guard let raw = Identifier(hex: hex) else { return nil }
        self.init(raw: raw)
    }

    public static var zero: Self { Self(raw: .zero) }
    public var bytes: [UInt8] { raw.bytes }
    public var hex: String { raw.hex }
    public var description: String { raw.hex }
    public static func < (a: Self, b: Self) -> Bool { a.raw < b.raw }
}

public struct BlockID: TypedIdentifier {
    public let raw: Identifier
    public init(raw: Identifier) { self.raw = raw }
}

public struct TransactionID: TypedIdentifier {
    public let raw: Identifier
    public init(raw: Identifier) { self.raw = raw }
}

public struct CollectionID: TypedIdentifier {
    public let raw: Identifier
    public init(raw: Identifier) { self.raw = raw }
}

/// The height of a block. Heights go on across sporks.
public struct BlockHeight: RawRepresentable, Hashable, Comparable, Strideable, Sendable, ExpressibleByIntegerLiteral,
    CustomStringConvertible
{
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }
    public init(_ value: UInt64) { self.rawValue = value }
    public init(integerLiteral value: UInt64) { self.rawValue = value }
    public var description: String { String(rawValue) }
    public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
    public func distance(to other: Self) -> Int { Int(Int64(bitPattern: other.rawValue &- rawValue)) }
    public func advanced(by n: Int) -> Self { Self(rawValue: rawValue &+ UInt64(bitPattern: Int64(n))) }
}

/// The index of an account's key: permanent, 0-based. The wire calls it key_id.
public struct KeyIndex: RawRepresentable, Hashable, Comparable, Sendable, ExpressibleByIntegerLiteral,
    CustomStringConvertible
{
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    public init(_ value: UInt32) { self.rawValue = value }
    public init(integerLiteral value: UInt32) { self.rawValue = value }
    public var description: String { String(rawValue) }
    public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// The sequence number of a proposal key. uint64 on the chain, though account queries carry 32 bits.
public struct SequenceNumber: RawRepresentable, Hashable, Comparable, Sendable, ExpressibleByIntegerLiteral,
    CustomStringConvertible
{
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }
    public init(_ value: UInt64) { self.rawValue = value }
    public init(integerLiteral value: UInt64) { self.rawValue = value }
    public var description: String { String(rawValue) }
    public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}
