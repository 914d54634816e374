import CCrypto

/// The curve by libcrypto, which computes it in constant time (ecp_nistz256). What is read here never changes after it is
/// made, so all threads share it.
enum P256 {
    nonisolated(unsafe) static let group: OpaquePointer = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1)!
    nonisolated(unsafe) static let order: OpaquePointer = EC_GROUP_get0_order(group)!

    /// Zero and everything from the order on is no key. The comparison looks at the number's top limbs only where those are
    /// all but equal to the order's.
    static func isValid(scalar: UnsafePointer<UInt8>) -> Bool {
        guard let number = BN_secure_new() else { return false }
        defer { BN_clear_free(number) }
        return BN_bin2bn(scalar, 32, number) != nil && BN_is_zero(number) == 0 && BN_ucmp(number, order) < 0
    }

    /// x‖y of a scalar that is known to be valid.
    static func publicKey(scalar: UnsafePointer<UInt8>) throws(SignerError) -> [UInt8] {
        guard let number = BN_secure_new(), let point = EC_POINT_new(group), let context = BN_CTX_secure_new() else {
            throw SignerError(.libraryFailed, "libcrypto is out of memory")
        }
        defer {
            BN_clear_free(number)
            EC_POINT_clear_free(point)
            BN_CTX_free(context)
        }
        var out = [UInt8](repeating: 0, count: 65)
        guard BN_bin2bn(scalar, 32, number) != nil, EC_POINT_mul(group, point, number, nil, nil, context) == 1,
            EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, &out, 65, context) == 65
        else { throw SignerError(.libraryFailed, "libcrypto could not compute the public key") }
        return Array(out.dropFirst())
    }

    /// The scalar plus a tweak modulo the order, in place: child keys. False where the result is no key.
    static func add(tweak: UnsafePointer<UInt8>, to scalar: UnsafeMutablePointer<UInt8>) -> Bool {
        guard let a = BN_secure_new(), let b = BN_secure_new(), let context = BN_CTX_secure_new() else { return false }
        defer {
            BN_clear_free(a)
            BN_clear_free(b)
            BN_CTX_free(context)
        }
        guard BN_bin2bn(scalar, 32, a) != nil, BN_bin2bn(tweak, 32, b) != nil, BN_ucmp(b, order) < 0,
            BN_mod_add_quick(a, a, b, order) == 1, BN_is_zero(a) == 0
        else { return false }
        return BN_bn2binpad(a, scalar, 32) == 32
    }

    /// A point of the curve, as a key that libcrypto verifies with. Immutable after init, hence shared freely.
    final class Parsed: @unchecked Sendable {
        private let key: OpaquePointer

        /// SEC1, 33 or 65 bytes. Nil where that is no point of the curve.
        init?(sec1: [UInt8]) {
            guard let key = EC_KEY_new() else { return nil }
            self.key = key
            guard EC_KEY_set_group(key, group) == 1, EC_KEY_oct2key(key, sec1, sec1.count, nil) == 1 else { return nil }
        }

        deinit { EC_KEY_free(key) }

        func bytes(compressed: Bool) -> [UInt8] {
            let form = compressed ? POINT_CONVERSION_COMPRESSED : POINT_CONVERSION_UNCOMPRESSED
            var out = [UInt8](repeating: 0, count: compressed ? 33 : 65)
            let written = EC_POINT_point2oct(group, EC_KEY_get0_public_key(key), form, &out, out.count, nil)
            precondition(written == out.count, "a point that was read could not be written")
            return out
        }

        /// The point plus tweak·G; nil where the result is no key.
        func adding(tweak: [UInt8]) -> Parsed? {
            guard let number = BN_bin2bn(tweak, 32, nil), let one = BN_new(), let sum = EC_POINT_new(group) else {
                return nil
            }
            defer {
                BN_free(number)
                BN_free(one)
                EC_POINT_free(sum)
            }
            var out = [UInt8](repeating: 0, count: 65)
            guard BN_ucmp(number, order) < 0, BN_set_word(one, 1) == 1,
                EC_POINT_mul(group, sum, number, EC_KEY_get0_public_key(key), one, nil) == 1,
                EC_POINT_is_at_infinity(group, sum) == 0,
                EC_POINT_point2oct(group, sum, POINT_CONVERSION_UNCOMPRESSED, &out, 65, nil) == 65
            else { return nil }
            return Parsed(sec1: out)
        }

        /// Takes either S, as a node does. Refuses r and s outside 1…n−1.
        func verify(signature: UnsafePointer<UInt8>, digest: UnsafePointer<UInt8>) -> Bool {
            guard let parsed = ECDSA_SIG_new() else { return false }
            defer { ECDSA_SIG_free(parsed) }
            let r = BN_bin2bn(signature, 32, nil)
            let s = BN_bin2bn(signature + 32, 32, nil)
            guard ECDSA_SIG_set0(parsed, r, s) == 1 else {
                BN_free(r)
                BN_free(s)
                return false
            }
            let verdict = ECDSA_do_verify(digest, 32, parsed, key)
            // Out-of-range numbers leave an entry in this thread's error queue; nobody reads it.
            if verdict != 1 { ERR_clear_error() }
            return verdict == 1
        }
    }
}
