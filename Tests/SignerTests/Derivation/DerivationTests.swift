import Encoding
import Secrets
import Testing

@testable import Signer

/// The vectors of BIP-32 (number 1), SLIP-0010 and BIP-39.
struct DerivationTests {
    static let seed = "000102030405060708090a0b0c0d0e0f"

    static let vectors: [(SignatureAlgorithm, String, chainCode: String, key: String, publicKey: String)] = [
        (
            .ecdsaSecp256k1, "m", "873dff81c02f525623fd1fe5167eac3a55a049de3d314bb42ee227ffed37d508",
            "e8f32e723decf4051aefac8e2c93c9c5b214313817cdb01a1494b917c8436b35",
            "0339a36013301597daef41fbe593a02cc513d0b55527ec2df1050e2e8ff49c85c2"
        ),
        (
            .ecdsaSecp256k1, "m/0'", "47fdacbd0f1097043b78c63c20c34ef4ed9a111d980047ad16282c7ae6236141",
            "edb2e14f9ee77d26dd93b4ecede8d16ed408ce149b6cd80b0715a2d911a0afea",
            "035a784662a4a20a65bf6aab9ae98a6c068a81c52e4b032c0fb5400c706cfccc56"
        ),
        (
            .ecdsaSecp256k1, "m/0'/1/2'/2/1000000000",
            "c783e67b921d2beb8f6b389cc646d7263b4145701dadd2161548a8b078e65e9e",
            "471b76e389e528d6de6d816857e012c5455051cad6660850e58372a6c3e6e7c8",
            "022a471424da5e657499d1ff51cb43c47481a03b1e77f951fe64cec9f5a48f7011"
        ),
        (
            .ecdsaP256, "m", "beeb672fe4621673f722f38529c07392fecaa61015c80c34f29ce8b41b3cb6ea",
            "612091aaa12e22dd2abef664f8a01a82cae99ad7441b7ef8110424915c268bc2",
            "0266874dc6ade47b3ecd096745ca09bcd29638dd52c2c12117b11ed3e458cfa9e8"
        ),
        (
            .ecdsaP256, "m/0'/1", "4187afff1aafa8445010097fb99d23aee9f599450c7bd140b6826ac22ba21d0c",
            "284e9d38d07d21e4e281b645089a94f4cf5a5a81369acf151a1c3a57f18b2129",
            "03526c63f8d0b4bbbf9c80df553fe66742df4676b241dabefdef67733e070f6844"
        ),
        (
            .ecdsaP256, "m/0'/1/2'/2/1000000000", "b9b7b82d326bb9cb5b5b121066feea4eb93d5241103c9e7a18aad40f1dde8059",
            "21c4f269ef0a5fd1badf47eeacebeeaa3de22eb8e5b0adcd0f27dd99d34d0119",
            "02216cd26d31147f72427a453c443ed2cde8a1e53c9cc44e5ddf739725413fe3f4"
        ),
    ]

    private func master(_ seed: String, _ algorithm: SignatureAlgorithm) throws -> ExtendedPrivateKey {
        try ExtendedPrivateKey(seed: SecretBytes(copying: Hex.decode(seed)!), algorithm: algorithm)
    }

    @Test(arguments: vectors.indices)
    func `the published children come out`(at index: Int) throws {
        let (algorithm, path, chainCode, key, publicKey) = Self.vectors[index]
        let derived = try master(Self.seed, algorithm).derived(by: DerivationPath(path))
        #expect(derived.chainCode.withUnsafeBytes { Hex.encode($0) } == chainCode)
        #expect(derived.key.withScalar { Hex.encode(UnsafeBufferPointer(start: $0, count: 32)) } == key)
        #expect(Hex.encode(derived.key.publicKey.compressed) == publicKey)
    }

    @Test func `where a half is no key, SLIP-0010's next one is taken`() throws {
        // Its two vectors for P-256 that need a second try: one child, one master key.
        let child = try master(Self.seed, .ecdsaP256).derived(by: DerivationPath("m/28578'/33941"))
        #expect(
            child.key.withScalar { Hex.encode(UnsafeBufferPointer(start: $0, count: 32)) }
                == "092154eed4af83e078ff9b84322015aefe5769e31270f62c3f66c33888335f3a")
        let retried = try master("a7305bc8df8d0951f0cb224c0e95d7707cbdf2c6ce7e8d481fec69c7ff5e9446", .ecdsaP256)
        #expect(
            retried.key.withScalar { Hex.encode(UnsafeBufferPointer(start: $0, count: 32)) }
                == "3b8c18469a4634517d6d0b65448f8e6c62091b45540a1743c5846be55d47d88f")
    }

    @Test(arguments: SignatureAlgorithm.allCases)
    func `a public key derives what its private key does`(algorithm: SignatureAlgorithm) throws {
        let parent = try master(Self.seed, algorithm)
        for number in [0, 1, 539, UInt32.max >> 1] {
            let step = DerivationPath.Step(number, hardened: false)!
            #expect(parent.publicKey.child(step)?.key == parent.child(step).key.publicKey)
            #expect(parent.publicKey.child(DerivationPath.Step(number, hardened: true)!) == nil)
        }
    }

    @Test func `Flow's path from a phrase`() throws {
        let words = String(repeating: "abandon ", count: 11) + "about"
        let seed = try Mnemonic(phrase: SecretBytes(copying: Array(words.utf8))).seed()
        let keys = try SignatureAlgorithm.allCases.map {
            Hex.encode(try ExtendedPrivateKey(seed: seed, algorithm: $0).derived(by: .flow).key.publicKey.compressed)
        }
        #expect(
            keys == [
                "02951905f6769f0a7f3f71e77e376a6608a6b19a1d244ae89b59886762452b3814",
                "02e71845e4cf0b0e0f658f738c0b429e88f823771c862f8807dc5a0beef5e092b1",
            ])
    }

    @Test(arguments: ["", "44'/0", "m/", "m//1", "m/2147483648", "m/-1", "m/1x", "m/0''", "n/1", "m/ 1", "m/+1"])
    func `a path that is none is refused`(text: String) {
        #expect(throws: SignerError.self) { try DerivationPath(text) }
    }

    @Test func `a path is written as it is read`() throws {
        #expect(try DerivationPath("m/44h/539H/0'/0/2147483647").description == "m/44'/539'/0'/0/2147483647")
        #expect(try DerivationPath("m").steps.isEmpty)
    }
}
