public import Secrets

/// A private key in secret memory. Signing is deterministic (RFC 6979) on both curves; S is the lower one on secp256k1
/// and as it comes on P-256.
public final class PrivateKey: Sendable, CustomStringConvertible, CustomReflectable {
    public let algorithm: SignatureAlgorithm
    public let publicKey: PublicKey
    private let scalar: SecretBytes
    private let p256: P256.SigningKey?

    /// Throws `malformed` where the scalar has not 32 bytes, `scalarOutOfRange` where it is zero or not below the order.
    public init(algorithm: SignatureAlgorithm, scalar: SecretBytes) throws(SignerError) {
        guard scalar.count == 32 else {
            throw SignerError(.malformed, "a private key has 32 bytes, this has \(scalar.count)")
        }
        let isValid = scalar.withPointer { pointer in
            switch algorithm {
            case .ecdsaP256: P256.isValid(scalar: pointer)
            case .ecdsaSecp256k1: Secp256k1.isValid(scalar: pointer)
            }
        }
        guard isValid else {
            throw SignerError(
                .scalarOutOfRange, "the private key is zero or not below the order of \(algorithm.curveName)")
        }
        self.algorithm = algorithm
        self.scalar = scalar
        let point = try scalar.withPointer { pointer throws(SignerError) in
            switch algorithm {
            case .ecdsaP256: try P256.publicKey(scalar: pointer)
            case .ecdsaSecp256k1: try Secp256k1.publicKey(scalar: pointer)
            }
        }
        publicKey = try PublicKey(algorithm: algorithm, bytes: point)
        p256 =
            switch algorithm {
            case .ecdsaSecp256k1: nil
            case .ecdsaP256:
                try scalar.withPointer { pointer throws(SignerError) in
                    try P256.SigningKey(scalar: pointer, publicKey: point)
                }
            }
    }

    /// As above; the caller's array should not outlive the call.
    public convenience init(algorithm: SignatureAlgorithm, scalar: [UInt8]) throws(SignerError) {
        try self.init(algorithm: algorithm, scalar: SecretBytes(count: scalar.count) { $0.copyBytes(from: scalar) })
    }

    /// A new key, from libcrypto's private randomness.
    public static func generate(_ algorithm: SignatureAlgorithm) -> PrivateKey {
        while true {
            // Out of range with a chance of 2⁻³² at most.
            if let key = try? PrivateKey(algorithm: algorithm, scalar: .random(count: 32)) { return key }
        }
    }

    /// r‖s, 64 bytes. The same for the same key and digest, always.
    public func sign(digest: Digest) throws(SignerError) -> [UInt8] {
        var failure: SignerError?
        let signature = [UInt8](unsafeUninitializedCapacity: 64) { buffer, count in
            count = 64
            let out = buffer.baseAddress!
            do throws(SignerError) {
                try sign(digest, into: out)
            } catch {
                out.update(repeating: 0, count: 64)
                failure = error
            }
        }
        if let failure { throw failure }
        return signature
    }

    private func sign(_ digest: Digest, into out: UnsafeMutablePointer<UInt8>) throws(SignerError) {
        try scalar.withPointer { pointer throws(SignerError) in
            if let p256 {
                try p256.sign(digest: digest, scalar: pointer, into: out)
            } else {
                var words = digest
                try Self.secp256k1(&words, pointer, out)
            }
        }
    }

    private static func secp256k1(
        _ digest: inout Digest, _ scalar: UnsafePointer<UInt8>, _ out: UnsafeMutablePointer<UInt8>
    ) throws(SignerError) {
        try withUnsafePointer(to: &digest) { pointer throws(SignerError) in
            let bytes = UnsafeRawPointer(pointer).assumingMemoryBound(to: UInt8.self)
            try Secp256k1.sign(digest: bytes, scalar: scalar, into: out)
        }
    }

    /// Lends the 32 bytes of the scalar: for key stores and derivation.
    package func withScalar<R, E: Error>(_ body: (UnsafePointer<UInt8>) throws(E) -> R) throws(E) -> R {
        try scalar.withPointer(body)
    }

    public var description: String { "private key of \(publicKey)" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
