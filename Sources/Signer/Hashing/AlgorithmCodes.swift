// An algorithm has one number on the wire and in legacy RLP keys, and another in Cadence's enums: ECDSA_P256 is 2 in the
// first two and 1 in the last. Three types, so that no number crosses over unseen (
// onflow/crypto:sign.go, onflow/cadence-lang.org:docs/language/crypto.mdx).

/// As in `entities.AccountKey` of the Access API.
public struct ProtoCode: Hashable, Sendable, ExpressibleByIntegerLiteral, CustomStringConvertible {
    public let rawValue: UInt32
    public init(_ rawValue: UInt32) { self.rawValue = rawValue }
    public init(integerLiteral value: UInt32) { rawValue = value }
    public var description: String { String(rawValue) }
}

/// As in the RLP of an account key.
public struct RLPCode: Hashable, Sendable, ExpressibleByIntegerLiteral, CustomStringConvertible {
    public let rawValue: UInt32
    public init(_ rawValue: UInt32) { self.rawValue = rawValue }
    public init(integerLiteral value: UInt32) { rawValue = value }
    public var description: String { String(rawValue) }
}

/// The raw value of Cadence's `SignatureAlgorithm` and `HashAlgorithm`.
public struct CadenceCode: Hashable, Sendable, ExpressibleByIntegerLiteral, CustomStringConvertible {
    public let rawValue: UInt8
    public init(_ rawValue: UInt8) { self.rawValue = rawValue }
    public init(integerLiteral value: UInt8) { rawValue = value }
    public var description: String { String(rawValue) }
}
