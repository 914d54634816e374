import CCrypto
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
        /// by the group's own multiplication, its inverse as a power (`BN_mod_exp_mont_consttime`), s by `ECDSA_do_sign_ex`.
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
        // Computed once, then read only.
        nonisolated(unsafe) private static let montgomery: OpaquePointer = {
            let made = BN_MONT_CTX_new()!
            let context = BN_CTX_new()
            defer { BN_CTX_free(context) }
            precondition(BN_MONT_CTX_set(made, order, context) == 1, "libcrypto could not prepare the order of P-256")
            return made
        }()
        /// n − 2
        nonisolated(unsafe) private static let exponent: OpaquePointer = {
            let exponent = BN_dup(order)!
            precondition(BN_sub_word(exponent, 2) == 1)
            return exponent
        }()

        private let context = BN_CTX_secure_new()!
        private let nonce = BN_secure_new()!
        private let inverse = BN_secure_new()!
        private let reduced = BN_new()!
        private let r = BN_new()!
        private let point = EC_POINT_new(group)!
        private let memory = SecretBytes(count: DeterministicNonce.stateBytes) { _ in }

        static func take() -> Workbench {
            return idle.withLock { $0.popLast() } ?? Workbench()
        }

        static func giveBack(_ bench: Workbench) {
            bench.wipe()
            idle.withLock { if $0.count < limit { $0.append(bench) } }
        }

        deinit {
            for number in [nonce, inverse, reduced, r] { BN_clear_free(number) }
            EC_POINT_clear_free(point)
            BN_CTX_free(context)
        }

        private func wipe() {
            OPENSSL_cleanse(memory.unsafeMemory, memory.count)
            BN_clear(nonce)
            BN_clear(inverse)
        }

        func sign(
            digest: Digest, scalar: UnsafePointer<UInt8>, key: OpaquePointer,
            into signature: UnsafeMutablePointer<UInt8>
        ) -> Bool {
            guard let reduced = reduce(digest) else { return false }
            return reduced.withUnsafeBufferPointer { reduced in
                let bytes = reduced.baseAddress!
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

        /// 1/k by Fermat: kⁿ⁻², in a time that does not depend on k.
        private func invert() -> Bool {
            BN_mod_exp_mont_consttime(inverse, nonce, Self.exponent, order, context, Self.montgomery) == 1
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

        /// The digest modulo n, big-endian: it has 256 bits, as n does, so one subtraction at most. It is no secret.
        private func reduce(_ digest: Digest) -> [UInt8]? {
            var bytes = [UInt8](repeating: 0, count: 32)
            let read = digest.withUnsafeBytes {
                BN_bin2bn($0.baseAddress!.assumingMemoryBound(to: UInt8.self), 32, reduced)
            }
            guard read != nil, BN_ucmp(reduced, order) < 0 || BN_sub(reduced, reduced, order) == 1,
                BN_bn2binpad(reduced, &bytes, 32) == 32
            else { return nil }
            return bytes
        }
    }
}
