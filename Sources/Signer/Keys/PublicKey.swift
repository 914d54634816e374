import Encoding

/// A point of one of the two curves. It exists only where the point is on the curve.
public struct PublicKey: Hashable, Sendable, CustomStringConvertible {
    public let algorithm: SignatureAlgorithm
    /// x‖y, 64 bytes: the form of the chain.
    public let bytes: [UInt8]
    private let point: Point

    /// In the library's own form, made once, so that verifying does not read the point again.
    private enum Point: Sendable {
        case secp256k1(Secp256k1.Parsed)
        case p256(P256.Parsed)
    }

    /// Takes x‖y (64 bytes) or an SEC1 form: 33 bytes from 2 or 3, 65 bytes from 4. Throws `malformed` for any other
    /// shape and `pointNotOnCurve` where the numbers are no point.
    public init(algorithm: SignatureAlgorithm, bytes: [UInt8]) throws(SignerError) {
        let sec1 = try Self.sec1(bytes)
        switch algorithm {
        case .ecdsaSecp256k1:
            guard let parsed = Secp256k1.Parsed(sec1: sec1) else { throw Self.notOnCurve(algorithm) }
            self.init(parsed)
        case .ecdsaP256:
            guard let parsed = P256.Parsed(sec1: sec1) else { throw Self.notOnCurve(algorithm) }
            self.init(parsed)
        }
    }

    init(_ parsed: Secp256k1.Parsed) {
        algorithm = .ecdsaSecp256k1
        point = .secp256k1(parsed)
        bytes = Array(parsed.bytes(compressed: false).dropFirst())
    }

    init(_ parsed: P256.Parsed) {
        algorithm = .ecdsaP256
        point = .p256(parsed)
        bytes = Array(parsed.bytes(compressed: false).dropFirst())
    }

    private static func sec1(_ bytes: [UInt8]) throws(SignerError) -> [UInt8] {
        switch (bytes.count, bytes.first) {
        case (64, _): return [4] + bytes
        case (65, 4), (33, 2), (33, 3): return bytes
        default:
            throw SignerError(
                .malformed,
                "a public key is 64 bytes x‖y, 65 bytes from 04 or 33 bytes from 02 or 03; this has \(bytes.count) bytes"
            )
        }
    }

    private static func notOnCurve(_ algorithm: SignatureAlgorithm) -> SignerError {
        SignerError(.pointNotOnCurve, "the public key is no point of \(algorithm.curveName)")
    }

    /// SEC1, 33 bytes.
    public var compressed: [UInt8] {
        switch point {
        case .secp256k1(let parsed): parsed.bytes(compressed: true)
        case .p256(let parsed): parsed.bytes(compressed: true)
        }
    }

    /// x‖y in hexadecimal, as Cadence templates take it.
    public var hex: String { Hex.encode(bytes) }
    public var description: String { "\(algorithm.rawValue) \(hex)" }

    /// Whether r‖s signs the digest. Both S are taken, as nodes do; anything but 64 bytes is refused, as are r and s
    /// outside 1…n−1.
    public func verify(signature: [UInt8], digest: Digest) -> Bool {
        guard signature.count == 64 else { return false }
        return digest.withUnsafeBytes { digest in
            let digest = digest.baseAddress!.assumingMemoryBound(to: UInt8.self)
            return switch point {
            case .secp256k1(let parsed): parsed.verify(signature: signature, digest: digest)
            case .p256(let parsed): parsed.verify(signature: signature, digest: digest)
            }
        }
    }

    /// As above, for a message and the hash of the key. A domain tag is part of the message.
    public func verify(signature: [UInt8], message: [UInt8], hash: HashAlgorithm) -> Bool {
        verify(signature: signature, digest: Digest.hash(message, with: hash))
    }

    /// As above, for a signature in strict DER.
    public func verify(derSignature der: [UInt8], digest: Digest) -> Bool {
        guard let raw = DERSignature.rawSignature(der) else { return false }
        return verify(signature: raw, digest: digest)
    }

    /// The point plus tweak·G, for public derivation; nil where that is no key.
    func adding(tweak: [UInt8]) -> PublicKey? {
        switch point {
        case .secp256k1(let parsed): parsed.adding(tweak: tweak).map { PublicKey($0) }
        case .p256(let parsed): parsed.adding(tweak: tweak).map { PublicKey($0) }
        }
    }

    public static func == (a: PublicKey, b: PublicKey) -> Bool { a.algorithm == b.algorithm && a.bytes == b.bytes }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(algorithm)
        hasher.combine(bytes)
    }
}
