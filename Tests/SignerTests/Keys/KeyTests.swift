import Encoding
import Secrets
import Testing

@testable import Signer

struct KeyTests {
    private static let order: [SignatureAlgorithm: String] = [
        .ecdsaP256: "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
        .ecdsaSecp256k1: "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141",
    ]

    @Test(arguments: SignatureAlgorithm.allCases)
    func `a scalar of zero or from the order on is no key`(algorithm: SignatureAlgorithm) throws {
        let order = Hex.decode(Self.order[algorithm]!)!
        for scalar in [[UInt8](repeating: 0, count: 32), order, [UInt8](repeating: 255, count: 32)] {
            let error = #expect(throws: SignerError.self) { try PrivateKey(algorithm: algorithm, scalar: scalar) }
            #expect(error?.code == .scalarOutOfRange)
        }
        for count in [0, 31, 33] {
            let error = #expect(throws: SignerError.self) {
                try PrivateKey(algorithm: algorithm, scalar: [UInt8](repeating: 1, count: count))
            }
            #expect(error?.code == .malformed)
        }
        var last = order
        last[31] -= 1
        _ = try PrivateKey(algorithm: algorithm, scalar: last)
    }

    @Test(arguments: SignatureAlgorithm.allCases)
    func `all forms of a public key are the same key`(algorithm: SignatureAlgorithm) throws {
        for _ in 0..<20 {
            let key = PrivateKey.generate(algorithm).publicKey
            #expect(try PublicKey(algorithm: algorithm, bytes: key.compressed) == key)
            #expect(try PublicKey(algorithm: algorithm, bytes: [4] + key.bytes) == key)
            #expect(try PublicKey(algorithm: algorithm, bytes: key.bytes) == key)
        }
    }

    @Test(arguments: SignatureAlgorithm.allCases)
    func `a point off the curve, at infinity or in another shape is refused`(algorithm: SignatureAlgorithm) throws {
        let key = PrivateKey.generate(algorithm).publicKey
        var off = key.bytes
        off[63] ^= 1
        let zero = [UInt8](repeating: 0, count: 64)
        for bytes in [off, zero, [UInt8](repeating: 255, count: 64)] {
            let error = #expect(throws: SignerError.self) { try PublicKey(algorithm: algorithm, bytes: bytes) }
            #expect(error?.code == .pointNotOnCurve)
        }
        let shapes: [[UInt8]] = [
            [6 | key.bytes[63] & 1] + key.bytes, [0], [], Array(key.bytes.dropLast()),
            [5] + Array(key.compressed.dropFirst()),
            [4] + key.bytes + [0],
        ]
        for bytes in shapes {
            let error = #expect(throws: SignerError.self) { try PublicKey(algorithm: algorithm, bytes: bytes) }
            #expect(error?.code == .malformed)
        }
    }

    @Test func `codes differ by place, and cross over nowhere`() {
        #expect(SignatureAlgorithm.ecdsaP256.protoCode == 2)
        #expect(SignatureAlgorithm.ecdsaSecp256k1.protoCode == 3)
        #expect(SignatureAlgorithm.ecdsaP256.cadenceCode == 1)
        #expect(SignatureAlgorithm.ecdsaSecp256k1.cadenceCode == 2)
        #expect(SignatureAlgorithm(protoCode: 2) == .ecdsaP256)
        #expect(SignatureAlgorithm(cadenceCode: 2) == .ecdsaSecp256k1)
        #expect(SignatureAlgorithm(protoCode: 1) == nil)
        #expect(HashAlgorithm(protoCode: 3) == .sha3_256)
        #expect(HashAlgorithm(protoCode: 2) == nil)
        #expect(HashAlgorithm(cadenceCode: 6) == nil)
    }

    @Test func `no private key shows itself`() throws {
        let scalar = [UInt8](repeating: 0x5a, count: 32)
        let key = try PrivateKey(algorithm: .ecdsaP256, scalar: scalar)
        let secret = SecretBytes(count: 32) { $0.copyBytes(from: scalar) }
        var dumped = ""
        dump(key, to: &dumped)
        dump(secret, to: &dumped)
        dumped +=
            "\(key) \(secret) \(String(reflecting: key)) \(String(reflecting: secret)) \([secret]) \(InMemorySigner(key: key, hashAlgorithm: .sha3_256))"
        #expect(!dumped.contains("5a5a"))
        #expect(!dumped.contains("90, 90"))
    }

    @Test func `a secret's source is wiped as it is taken over`() {
        var bytes: [UInt8] = [1, 2, 3]
        let secret = SecretBytes(wiping: &bytes)
        #expect(bytes.isEmpty)
        #expect(secret.withUnsafeBytes { Array($0) } == [1, 2, 3])
        #expect(secret.isEqual(to: SecretBytes(count: 3) { $0.copyBytes(from: [1, 2, 3] as [UInt8]) }))
        #expect(!secret.isEqual(to: SecretBytes(count: 3) { _ in }))
    }
}
