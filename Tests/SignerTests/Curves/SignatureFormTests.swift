import Encoding
import Testing

@testable import Signer

struct SignatureFormTests {
    private let key = PrivateKey.generate(.ecdsaSecp256k1)
    private let digest = Digest.sha2_256([1])

    @Test(arguments: SignatureAlgorithm.allCases)
    func `a signature has 64 bytes, no fewer, no more, no DER`(algorithm: SignatureAlgorithm) throws {
        let key = PrivateKey.generate(algorithm)
        let signature = try key.sign(digest: digest)
        #expect(!key.publicKey.verify(signature: Array(signature.dropLast()), digest: digest))
        #expect(!key.publicKey.verify(signature: signature + [0], digest: digest))
        #expect(!key.publicKey.verify(signature: [], digest: digest))
        let der = DERSignature.encode(rawSignature: signature)
        #expect(!key.publicKey.verify(signature: der, digest: digest))
        #expect(key.publicKey.verify(derSignature: der, digest: digest))
        #expect(DERSignature.rawSignature(der) == signature)
    }

    @Test(arguments: SignatureAlgorithm.allCases)
    func `the other S is taken too, as nodes do`(algorithm: SignatureAlgorithm) throws {
        let key = PrivateKey.generate(algorithm)
        let order = Hex.decode(
            algorithm == .ecdsaP256
                ? "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
                : "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141")!
        let signature = try key.sign(digest: digest)
        var borrow = 0
        var other = signature
        for index in (0..<32).reversed() {
            let difference = Int(order[index]) - Int(signature[32 + index]) - borrow
            other[32 + index] = UInt8(truncatingIfNeeded: difference)
            borrow = difference < 0 ? 1 : 0
        }
        #expect(other != signature)
        #expect(key.publicKey.verify(signature: other, digest: digest))
        // r or s of zero, or from the order on, never.
        let zero = [UInt8](repeating: 0, count: 32)
        let (r, s) = (Array(signature[..<32]), Array(signature[32...]))
        let outside: [[UInt8]] = [zero + s, r + zero, order + s, r + order]
        for bad in outside {
            #expect(!key.publicKey.verify(signature: bad, digest: digest))
        }
    }

    @Test func `S on secp256k1 is the lower one`() throws {
        for message in 0..<100 as Range<UInt8> {
            #expect(try key.sign(digest: Digest.sha3_256([message]))[32] < 0x80)
        }
    }

    @Test(arguments: [
        "", "30", "3000", "3080", "300602010102010100", "30060201010201", "310602010102010101", "30070201010201010500",
        "30080282000102010101", "3007020200010201", "300702020001020101", "300602018102 0101", "30060201010281010101",
        "308006020101020101", "3081060201010201010000", "30050201010200", "300602010102010100ff", "3006020101030101",
    ])
    func `DER in any form but the shortest is refused`(hex: String) {
        let bytes = Hex.decode(hex.filter { $0 != " " })!
        #expect(DERSignature.rawSignature(bytes) == nil)
    }

    @Test func `DER of the shortest form is read`() {
        let raw = DERSignature.rawSignature(Hex.decode("300702010102020080")!)
        #expect(
            raw.map { Hex.encode($0) } == String(repeating: "0", count: 63) + "1" + String(repeating: "0", count: 62)
                + "80")
        #expect(DERSignature.encode(rawSignature: raw!) == Hex.decode("300702010102020080")!)
    }
}
