import CCrypto
import Secrets
import Synchronization

extension P256 {
    /// A private key in libcrypto's hands: the scalar lies in its secure heap. Signing reads it only, so threads share it.
    final class SigningKey: @unchecked Sendable {
        fileprivate let key: OpaquePointer

        init(scalar: UnsafePointer<UInt8>, publicKey: [UInt8]) throws(SignerError) {
            guard let key = EC_KEY_new(), let number = BN_secure_new() else {
                throw SignerError(.libraryFailed, "libcrypto is out of memory")
            }
            self.key = key
            defer { BN_clear_free(number) }
            guard EC_KEY_set_group(key, group) == 1, BN_bin2bn(scalar, 32, number) != nil,
                EC_KEY_set_private_key(key, number) == 1, EC_KEY_oct2key(key, [4] + publicKey, 65, nil) == 1
            else { throw SignerError(.libraryFailed, "libcrypto did not take the private key") }
        }

        deinit { EC_KEY_free(key) }

        /// Writes r‖s to `signature`. Nonces are RFC 6979's; what computes with them is libcrypto in constant time: k·G
        /// by the group's own multiplication, products by Montgomery's, s by `ECDSA_do_sign_ex`. The one inverse is taken
        /// of the nonce times a fresh random number.
        func sign(
            digest: Digest, scalar: UnsafePointer<UInt8>, into signature: UnsafeMutablePointer<UInt8>
        ) throws(SignerError) {
            let bench = Workbench.take()
            defer { Workbench.giveBack(bench) }
            guard bench.sign(digest: digest, scalar: scalar, key: key, into: signature) else {
                ERR_clear_error()
                throw SignerError(.libraryFailed, "libcrypto could not sign")
            }
        }
    }

    /// The temporaries of one signature, used again by the next: allocating them costs as much as half the arithmetic.
    /// One thread at a time holds a bench; everything secret on it is wiped before it is given back.
    private final class Workbench: @unchecked Sendable {
        private static let idle = Mutex<[Workbench]>([])
        private static let limit = 64
        /// n, little-endian.
        private static let modulus = BlindedInverse.Words(
            w0: 0xf3b9_cac2_fc63_2551, w1: 0xbce6_faad_a717_9e84, w2: 0xffff_ffff_ffff_ffff, w3: 0xffff_ffff_0000_0000)
        // Computed once, then read only.
        nonisolated(unsafe) private static let montgomery: OpaquePointer = {
            let made = BN_MONT_CTX_new()!
            let context = BN_CTX_new()
            defer { BN_CTX_free(context) }
            precondition(BN_MONT_CTX_set(made, order, context) == 1, "libcrypto could not prepare the order of P-256")
            return made
        }()
        nonisolated(unsafe) private static let one: OpaquePointer = {
            let one = BN_new()!
            precondition(BN_set_word(one, 1) == 1)
            return one
        }()

        private let context = BN_CTX_secure_new()!
        private let nonce = BN_secure_new()!
        private let blind = BN_secure_new()!
        private let inverse = BN_secure_new()!
        private let power = BN_new()!
        private let r = BN_new()!
        private let point = EC_POINT_new(group)!
        private let memory = SecretBytes(count: DeterministicNonce.stateBytes + 32) { _ in }
        private var randomness: UnsafeMutablePointer<UInt8> {
            (memory.unsafeMemory + DeterministicNonce.stateBytes).assumingMemoryBound(to: UInt8.self)
        }

        static func take() -> Workbench {
            return idle.withLock { $0.popLast() } ?? Workbench()
        }

        static func giveBack(_ bench: Workbench) {
            bench.wipe()
            idle.withLock { if $0.count < limit { $0.append(bench) } }
        }

        deinit {
            for number in [nonce, blind, inverse, power, r] { BN_clear_free(number) }
            EC_POINT_clear_free(point)
            BN_CTX_free(context)
        }

        private func wipe() {
            OPENSSL_cleanse(memory.unsafeMemory, memory.count)
            BN_clear(nonce)
            BN_clear(blind)
            BN_clear(inverse)
        }

        func sign(
            digest: Digest, scalar: UnsafePointer<UInt8>, key: OpaquePointer,
            into signature: UnsafeMutablePointer<UInt8>
        ) -> Bool {
            var reduced = Self.reduce(digest)
            return withUnsafeBytes(of: &reduced) { reduced in
                let bytes = reduced.baseAddress!.assumingMemoryBound(to: UInt8.self)
                var nonces = DeterministicNonce(state: memory.unsafeMemory, scalar: scalar, reducedDigest: bytes)
                // A candidate fails with a chance of 2⁻³², the next as rarely: eight in a row mean that something is broken.
                for _ in 0..<8 {
                    nonces.next()
                    guard BN_bin2bn(nonces.candidate, 32, nonce) != nil else { return false }
                    guard BN_is_zero(nonce) == 0, BN_ucmp(nonce, order) < 0 else { continue }
                    guard multiply(), invert() else { return false }
                    if BN_is_zero(r) == 1 { continue }
                    return finish(digest, key, signature)
                }
                return false
            }
        }

        /// r = x of k·G, modulo n.
        private func multiply() -> Bool {
            guard EC_POINT_mul(group, point, nonce, nil, nil, context) == 1,
                EC_POINT_get_affine_coordinates(group, point, r, nil, context) == 1
            else { return false }
            return BN_ucmp(r, order) < 0 || BN_sub(r, r, order) == 1
        }

        /// 1/k: the product of k and a random b is inverted, then b is multiplied away. `BN_mod_mul_montgomery` gives
        /// a·b·2⁻²⁵⁶, and these factors cancel out: (k·b·2⁻²⁵⁶)⁻¹ · b · 2⁻²⁵⁶ = k⁻¹.
        private func invert() -> Bool {
            guard RAND_priv_bytes(randomness, 32) == 1, BN_bin2bn(randomness, 32, blind) != nil,
                montgomeryProduct(inverse, nonce, blind), BN_bn2lebinpad(inverse, randomness, 32) == 32
            else { return false }
            let blinded = randomness.withMemoryRebound(to: UInt64.self, capacity: 4) {
                BlindedInverse.Words(
                    w0: UInt64(littleEndian: $0[0]), w1: UInt64(littleEndian: $0[1]), w2: UInt64(littleEndian: $0[2]),
                    w3: UInt64(littleEndian: $0[3]))
            }
            guard let almost = BlindedInverse.almostInverse(of: blinded, modulo: Self.modulus) else { return false }
            var words = (
                almost.words.w0.littleEndian, almost.words.w1.littleEndian, almost.words.w2.littleEndian,
                almost.words.w3.littleEndian
            )
            let read = withUnsafeBytes(of: &words) {
                BN_lebin2bn($0.baseAddress!.assumingMemoryBound(to: UInt8.self), 32, inverse)
            }
            // 2ᵏ comes off as 2⁻²⁵⁶ · 2⁵¹²⁻ᵏ · 2⁻²⁵⁶.
            BN_zero_ex(power)
            return read != nil && BN_set_bit(power, Int32(512 - almost.k)) == 1
                && montgomeryProduct(inverse, inverse, Self.one) && montgomeryProduct(inverse, inverse, power)
                && montgomeryProduct(inverse, inverse, blind)
        }

        private func montgomeryProduct(_ out: OpaquePointer, _ a: OpaquePointer, _ b: OpaquePointer) -> Bool {
            BN_mod_mul_montgomery(out, a, b, Self.montgomery, context) == 1
        }

        private func finish(_ digest: Digest, _ key: OpaquePointer, _ signature: UnsafeMutablePointer<UInt8>) -> Bool {
            let made = digest.withUnsafeBytes {
                ECDSA_do_sign_ex($0.baseAddress!.assumingMemoryBound(to: UInt8.self), 32, inverse, r, key)
            }
            guard let made else { return false }
            defer { ECDSA_SIG_free(made) }
            return BN_bn2binpad(ECDSA_SIG_get0_r(made), signature, 32) == 32
                && BN_bn2binpad(ECDSA_SIG_get0_s(made), signature + 32, 32) == 32
        }

        /// The digest modulo n, big-endian: it has 256 bits, as n does, so one subtraction at most.
        private static func reduce(_ digest: Digest) -> (UInt64, UInt64, UInt64, UInt64) {
            var value = digest.withUnsafeBytes { bytes in
                BlindedInverse.Words(
                    w0: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self)),
                    w1: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)),
                    w2: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
                    w3: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)))
            }
            if !(value < modulus) { value.subtract(modulus) }
            return (value.w3.bigEndian, value.w2.bigEndian, value.w1.bigEndian, value.w0.bigEndian)
        }
    }
}
