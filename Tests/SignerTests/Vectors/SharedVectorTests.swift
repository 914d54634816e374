import Encoding
import Foundation
import TestSupport
import Testing

@testable import Signer

/// Vectors of ../shared that ask for more than `weir pipe` does; the rest is run through it by tools/check-vectors.
struct SharedVectorTests {
    private static let folder = SharedFolder.vectors

    private func load<Document: Decodable>(_ name: String, as type: Document.Type) throws -> Document {
        try JSONDecoder().decode(type, from: Data(contentsOf: Self.folder!.appendingPathComponent(name)))
    }

    private struct Deterministic: Decodable {
        var name: String
        var curve: String
        var privateKeyHex: String
        var publicKeyHex: String?
        var digestHex: String
        var signatureHex: String
        var lowS: Bool
        var highS_signatureHex: String?
    }

    @Test(.enabled(if: folder != nil, "no shared vectors"))
    func `every deterministic signature comes out, and its twin with the other S verifies`() throws {
        let cases = try load("ecdsa-deterministic.json", as: [Deterministic].self)
        #expect(cases.count > 300)
        for example in cases {
            let algorithm = try #require(SignatureAlgorithm(curveName: example.curve))
            let key = try PrivateKey(algorithm: algorithm, scalar: Hex.decode(example.privateKeyHex)!)
            let digest = Digest(bytes: Hex.decode(example.digestHex)!)!
            let signature = Hex.decode(example.signatureHex)!
            if example.lowS || algorithm == .ecdsaP256 {
                #expect(try key.sign(digest: digest) == signature, "\(example.name)")
            }
            #expect(key.publicKey.verify(signature: signature, digest: digest))
            if let twin = example.highS_signatureHex {
                #expect(key.publicKey.verify(signature: Hex.decode(twin)!, digest: digest))
            }
        }
    }

    private struct Wycheproof: Decodable {
        struct Group: Decodable {
            struct Key: Decodable {
                var curve: String
                var uncompressed: String
            }
            struct Case: Decodable {
                var tcId: Int
                var msg: String
                var sig: String
                var result: String
            }
            var publicKey: Key
            var tests: [Case]
        }
        var testGroups: [Group]
    }

    @Test(
        .enabled(if: folder != nil, "no shared vectors"),
        arguments: [
            ("secp256k1-sha256-p1363", HashAlgorithm.sha2_256), ("secp256k1-sha256", .sha2_256),
            ("secp256k1-sha3-256", .sha3_256), ("secp256r1-sha256-p1363", .sha2_256), ("secp256r1-sha256", .sha2_256),
            ("secp256r1-sha3-256", .sha3_256),
        ])
    func `Wycheproof's verdicts are ours`(name: String, hash: HashAlgorithm) throws {
        for group in try load("wycheproof-ecdsa-\(name).json", as: Wycheproof.self).testGroups {
            let algorithm: SignatureAlgorithm = group.publicKey.curve == "secp256k1" ? .ecdsaSecp256k1 : .ecdsaP256
            let key = try PublicKey(algorithm: algorithm, bytes: Hex.decode(group.publicKey.uncompressed)!)
            for test in group.tests where test.result != "acceptable" {
                let signature = Hex.decode(test.sig)!
                let digest = Digest.hash(Hex.decode(test.msg)!, with: hash)
                let verdict =
                    name.hasSuffix("p1363")
                    ? key.verify(signature: signature, digest: digest)
                    : key.verify(derSignature: signature, digest: digest)
                #expect(verdict == (test.result == "valid"), "\(name) \(test.tcId)")
            }
        }
    }
}
