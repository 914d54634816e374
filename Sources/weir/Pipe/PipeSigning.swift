import Cadence
import Encoding
import FlowClient
import Signer

extension PipeOperations {
    /// Hashes, keys, signatures and account proofs.
    static let signing = [
        PipeOperation("hash") { input in
            let input = PipeField(input)
            return hex(Digest.hash(try input["messageHex"].hex(), with: try hashAlgorithm(input["algorithm"])).bytes)
        },
        PipeOperation("domain-tag") { input in
            hex(try DomainTag(try PipeField(input, path: "tag").text()).bytes)
        },
        PipeOperation("public-key") { input in
            let input = PipeField(input)
            let curve = try curve(input)
            if let scalar = try input.optional("privateKeyHex") {
                return hex(try PrivateKey(algorithm: curve, scalar: try scalar.hex()).publicKey.bytes)
            }
            let field = try input.optional("compressedPublicKeyHex") ?? input["publicKeyHex"]
            return hex(try PublicKey(algorithm: curve, bytes: try field.hex()).bytes)
        },
        PipeOperation("sign") { input in
            let input = PipeField(input)
            let key = try PrivateKey(algorithm: try curve(input), scalar: try input["privateKeyHex"].hex())
            return hex(try key.sign(digest: try digest(input["digestHex"])))
        },
        PipeOperation("verify") { input in
            let input = PipeField(input)
            let key = try PublicKey(algorithm: try curve(input), bytes: try input["publicKeyHex"].hex())
            let signature = try input["signatureHex"].hex()
            let digest =
                if let given = try input.optional("digestHex") {
                    try digest(given)
                } else {
                    Digest.hash(try input["messageHex"].hex(), with: try hashAlgorithm(input["hash"]))
                }
            switch try input["format"].text() {
            case "raw": return .bool(key.verify(signature: signature, digest: digest))
            case "der": return .bool(key.verify(derSignature: signature, digest: digest))
            default: throw try input["format"].wrong("raw or der")
            }
        },
        PipeOperation("account-proof") { input in
            let input = PipeField(input)
            let address = try input["address"].address()
            let proof = try AccountProof.message(
                appIdentifier: try input["appIdentifier"].text(), address: address.bytes,
                nonce: try input["nonce"].hex())
            guard let tagged = try input["domainTag"].value.bool else {
                throw try input["domainTag"].wrong("true or false")
            }
            return hex(tagged ? DomainTag.accountProof.bytes + proof : proof)
        },
    ]

    private static func hex(_ bytes: [UInt8]) -> JSON { ["hex": .string(Hex.encode(bytes))] }

    private static func curve(_ input: PipeField) throws -> SignatureAlgorithm {
        guard let curve = SignatureAlgorithm(curveName: try input["curve"].text()) else {
            throw try input["curve"].wrong("P-256 or secp256k1")
        }
        return curve
    }

    private static func hashAlgorithm(_ field: PipeField) throws -> HashAlgorithm {
        guard let algorithm = HashAlgorithm(rawValue: try field.text()) else {
            throw field.wrong("SHA2_256 or SHA3_256")
        }
        return algorithm
    }

    private static func digest(_ field: PipeField) throws -> Digest {
        guard let digest = Digest(bytes: try field.hex(count: 32)) else { throw field.wrong("32 bytes in hex") }
        return digest
    }
}
