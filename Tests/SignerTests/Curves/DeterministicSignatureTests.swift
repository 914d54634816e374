import Encoding
import Testing

@testable import Signer

/// RFC 6979, appendix A.2.5 (P-256), and the widely published secp256k1 values: digests are SHA-256 of the message.
struct DeterministicSignatureTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var algorithm: SignatureAlgorithm
        var key: String
        var message: String
        var signature: String
        var testDescription: String { "\(algorithm.curveName), \(message)" }
    }

    private static let p256 = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"
    private static let one = "0000000000000000000000000000000000000000000000000000000000000001"

    static let cases = [
        Case(
            algorithm: .ecdsaP256, key: p256, message: "sample",
            signature: "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
                + "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"),
        Case(
            algorithm: .ecdsaP256, key: p256, message: "test",
            signature: "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367"
                + "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083"),
        Case(
            algorithm: .ecdsaSecp256k1, key: one, message: "Satoshi Nakamoto",
            signature: "934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d8"
                + "2442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5"),
        Case(
            algorithm: .ecdsaSecp256k1, key: one,
            message: "All those moments will be lost in time, like tears in rain. Time to die...",
            signature: "8600dbd41e348fe5c9465ab92d23e3db8b98b873beecd930736488696438cb6b"
                + "547fe64427496db33bf66019dacbf0039c04199abb0122918601db38a72cfc21"),
    ]

    @Test(arguments: cases)
    func `the published signature comes out, every time`(example: Case) throws {
        let key = try PrivateKey(algorithm: example.algorithm, scalar: Hex.decode(example.key)!)
        let digest = Digest.sha2_256(Array(example.message.utf8))
        for _ in 0..<3 { #expect(Hex.encode(try key.sign(digest: digest)) == example.signature) }
        #expect(key.publicKey.verify(signature: Hex.decode(example.signature)!, digest: digest))
    }

    @Test(arguments: SignatureAlgorithm.allCases)
    func `what is signed verifies, and nothing else does`(algorithm: SignatureAlgorithm) throws {
        for seed in 0..<200 as Range<UInt8> {
            let key = PrivateKey.generate(algorithm)
            let message = [UInt8](repeating: seed, count: Int(seed))
            for hash in HashAlgorithm.allCases {
                let digest = Digest.hash(message, with: hash)
                var signature = try key.sign(digest: digest)
                #expect(signature == (try key.sign(digest: digest)))
                #expect(key.publicKey.verify(signature: signature, message: message, hash: hash))
                #expect(!key.publicKey.verify(signature: signature, message: message + [1], hash: hash))
                #expect(!PrivateKey.generate(algorithm).publicKey.verify(signature: signature, digest: digest))
                signature[Int(seed) % 64] ^= 1 << (seed % 8)
                #expect(!key.publicKey.verify(signature: signature, digest: digest))
            }
        }
    }

    @Test(arguments: SignatureAlgorithm.allCases)
    func `extreme digests and scalars are signed`(algorithm: SignatureAlgorithm) throws {
        let order =
            algorithm == .ecdsaP256
            ? "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
            : "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
        var last = Hex.decode(order)!
        last[31] -= 1
        for scalar in [Hex.decode(Self.one)!, last] {
            let key = try PrivateKey(algorithm: algorithm, scalar: scalar)
            for digest in [Self.one, order, String(repeating: "ff", count: 32), String(repeating: "00", count: 32)] {
                let digest = Digest(bytes: Hex.decode(digest)!)!
                #expect(key.publicKey.verify(signature: try key.sign(digest: digest), digest: digest))
            }
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: SignatureAlgorithm.allCases)
    func `many tasks may sign and verify with one key at once`(algorithm: SignatureAlgorithm) async throws {
        let key = PrivateKey.generate(algorithm)
        let expected = try (0..<32 as Range<UInt8>).map { try key.sign(digest: Digest.sha3_256([$0])) }
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for task in 0..<64 {
                group.addTask {
                    let message = [UInt8(task % 32)]
                    let signature = try key.sign(digest: Digest.sha3_256(message))
                    return signature == expected[task % 32]
                        && key.publicKey.verify(signature: signature, message: message, hash: .sha3_256)
                }
            }
            for try await same in group { #expect(same) }
        }
    }

    @Test func `the blinded inverse is the inverse`() {
        let modulus = BlindedInverse.Words(
            w0: 0xf3b9_cac2_fc63_2551, w1: 0xbce6_faad_a717_9e84, w2: .max, w3: 0xffff_ffff_0000_0000)
        var lastOne = modulus
        lastOne.subtract(.init(w0: 1))
        for x in [.init(w0: 1), .init(w0: 2), .init(w3: 1 << 63), lastOne] as [BlindedInverse.Words] {
            // (x⁻¹·2ᵏ)·x ≡ 2ᵏ, checked by doubling and adding.
            let almost = BlindedInverse.almostInverse(of: x, modulo: modulus)!
            #expect(product(almost.words, x, modulus) == power(almost.k, modulus))
        }
        #expect(BlindedInverse.almostInverse(of: .init(), modulo: modulus) == nil)
    }

    private func product(
        _ a: BlindedInverse.Words, _ b: BlindedInverse.Words, _ modulus: BlindedInverse.Words
    ) -> BlindedInverse.Words {
        var sum = BlindedInverse.Words()
        for word in [a.w3, a.w2, a.w1, a.w0] {
            for bit in (0..<64).reversed() {
                sum.shiftLeft(1)
                if !(sum < modulus) { sum.subtract(modulus) }
                if word >> UInt64(bit) & 1 == 1 { sum.add(b) }
                if !(sum < modulus) { sum.subtract(modulus) }
            }
        }
        return sum
    }

    private func power(_ k: Int, _ modulus: BlindedInverse.Words) -> BlindedInverse.Words {
        var value = BlindedInverse.Words(w0: 1)
        for _ in 0..<k {
            value.shiftLeft(1)
            if !(value < modulus) { value.subtract(modulus) }
        }
        return value
    }
}
