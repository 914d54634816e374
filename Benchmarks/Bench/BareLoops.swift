import CCrypto
import CSecp256k1
import Signer

/// What a library does without us around it: the least that gives a signature or a verdict.
struct BareLoop {
    var name: String
    var body: () -> Void
}

private let digest = Digest.sha3_256([1, 2, 3]).bytes

enum BareSecp256k1 {
    private static let name = "libsecp256k1"

    static func sign() -> BareLoop {
        let context = secp256k1_context_create(UInt32(SECP256K1_CONTEXT_NONE))!
        let out = UnsafeMutablePointer<UInt8>.allocate(capacity: 64)
        return BareLoop(name: name) {
            var signature = secp256k1_ecdsa_signature()
            precondition(secp256k1_ecdsa_sign(context, &signature, digest, SampleTransaction.scalar, nil, nil) == 1)
            secp256k1_ecdsa_signature_serialize_compact(context, out, &signature)
        }
    }

    static func verify() -> BareLoop {
        let context = secp256k1_context_create(UInt32(SECP256K1_CONTEXT_NONE))!
        var key = secp256k1_pubkey()
        var signature = secp256k1_ecdsa_signature()
        precondition(secp256k1_ec_pubkey_create(context, &key, SampleTransaction.scalar) == 1)
        precondition(secp256k1_ecdsa_sign(context, &signature, digest, SampleTransaction.scalar, nil, nil) == 1)
        return BareLoop(name: name) {
            precondition(secp256k1_ecdsa_verify(context, &signature, digest, &key) == 1)
        }
    }
}

/// libcrypto's signatures are randomised; its own loop is the one that the target names.
enum BareP256 {
    private static let name = "libcrypto"

    private static func makeKey() -> OpaquePointer {
        let key = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1)!
        precondition(EC_KEY_generate_key(key) == 1)
        return key
    }

    static func sign() -> BareLoop {
        let key = makeKey()
        return BareLoop(name: name) { ECDSA_SIG_free(ECDSA_do_sign(digest, 32, key)) }
    }

    static func verify() -> BareLoop {
        let key = makeKey()
        let signature = ECDSA_do_sign(digest, 32, key)
        return BareLoop(name: name) { precondition(ECDSA_do_verify(digest, 32, signature, key) == 1) }
    }
}
