import CCrypto
import CSecp256k1

/// The curve by libsecp256k1: RFC 6979 nonces, low S, constant time.
enum Secp256k1 {
    /// Made and randomised once (against side channels of the multiplication). Const from then on, so that all threads may
    /// use it at once: libsecp256k1 says of a context that only create, clone, randomise and destroy need exclusion.
    nonisolated(unsafe) private static let context: OpaquePointer = {
        let context = secp256k1_context_create(UInt32(SECP256K1_CONTEXT_NONE))!
        var seed = [UInt8](repeating: 0, count: 32)
        precondition(RAND_priv_bytes(&seed, 32) == 1, "no randomness")
        precondition(secp256k1_context_randomize(context, &seed) == 1, "could not randomise")
        OPENSSL_cleanse(&seed, seed.count)
        return context
    }()

    static func isValid(scalar: UnsafePointer<UInt8>) -> Bool {
        secp256k1_ec_seckey_verify(context, scalar) == 1
    }

    /// x‖y of a scalar that is known to be valid.
    static func publicKey(scalar: UnsafePointer<UInt8>) throws(SignerError) -> [UInt8] {
        var key = secp256k1_pubkey()
        guard secp256k1_ec_pubkey_create(context, &key, scalar) == 1 else {
            throw SignerError(.scalarOutOfRange, "the private key is zero or not below the order of secp256k1")
        }
        return Parsed(key: key).bytes(compressed: false).dropFirst().map { $0 }
    }

    /// Writes r‖s to `signature`.
    static func sign(
        digest: UnsafePointer<UInt8>, scalar: UnsafePointer<UInt8>, into signature: UnsafeMutablePointer<UInt8>
    ) throws(SignerError) {
        var made = secp256k1_ecdsa_signature()
        guard secp256k1_ecdsa_sign(context, &made, digest, scalar, nil, nil) == 1 else {
            throw SignerError(.libraryFailed, "libsecp256k1 could not sign")
        }
        secp256k1_ecdsa_signature_serialize_compact(context, signature, &made)
    }

    /// The scalar plus a tweak modulo the order, in place: child keys. False where the result is no key.
    static func add(tweak: UnsafePointer<UInt8>, to scalar: UnsafeMutablePointer<UInt8>) -> Bool {
        secp256k1_ec_seckey_tweak_add(context, scalar, tweak) == 1
    }

    /// A point of the curve, in the library's own form. Immutable.
    final class Parsed: Sendable {
        private let key: secp256k1_pubkey

        init(key: secp256k1_pubkey) {
            self.key = key
        }

        /// SEC1, 33 or 65 bytes. Nil where that is no point of the curve.
        init?(sec1: [UInt8]) {
            var key = secp256k1_pubkey()
            guard secp256k1_ec_pubkey_parse(context, &key, sec1, sec1.count) == 1 else { return nil }
            self.key = key
        }

        func bytes(compressed: Bool) -> [UInt8] {
            var key = key
            var count = compressed ? 33 : 65
            var out = [UInt8](repeating: 0, count: count)
            let form = compressed ? SECP256K1_EC_COMPRESSED : SECP256K1_EC_UNCOMPRESSED
            precondition(secp256k1_ec_pubkey_serialize(context, &out, &count, &key, UInt32(form)) == 1)
            return out
        }

        /// The point plus tweak·G; nil where the result is no key.
        func adding(tweak: [UInt8]) -> Parsed? {
            var key = key
            guard secp256k1_ec_pubkey_tweak_add(context, &key, tweak) == 1 else { return nil }
            return Parsed(key: key)
        }

        /// Takes either S, as a node does: the library wants the lower one, so it is normalised first.
        func verify(signature: UnsafePointer<UInt8>, digest: UnsafePointer<UInt8>) -> Bool {
            var parsed = secp256k1_ecdsa_signature()
            guard secp256k1_ecdsa_signature_parse_compact(context, &parsed, signature) == 1 else { return false }
            withUnsafeMutablePointer(to: &parsed) { _ = secp256k1_ecdsa_signature_normalize(context, $0, $0) }
            return withUnsafePointer(to: key) { secp256k1_ecdsa_verify(context, &parsed, digest, $0) == 1 }
        }
    }
}
