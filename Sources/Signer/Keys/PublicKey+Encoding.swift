import Encoding
import FoundationEssentials

extension PublicKey {
    /// X.509 SubjectPublicKeyInfo, as `openssl` and key management services write it.
    public var subjectPublicKeyInfo: [UInt8] { Self.prefix(algorithm) + bytes }

    public var pem: String {
        let text = Data(subjectPublicKeyInfo).base64EncodedString(options: [
            .lineLength64Characters, .endLineWithLineFeed,
        ])
        return "-----BEGIN PUBLIC KEY-----\n\(text)\n-----END PUBLIC KEY-----\n"
    }

    /// Reads SubjectPublicKeyInfo: a named curve and an uncompressed point, in the one form that services give out.
    public init(subjectPublicKeyInfo der: [UInt8]) throws(SignerError) {
        for algorithm in SignatureAlgorithm.allCases {
            let prefix = Self.prefix(algorithm)
            if der.starts(with: prefix), der.count == prefix.count + 64 {
                try self.init(algorithm: algorithm, bytes: Array(der.dropFirst(prefix.count)))
                return
            }
        }
        throw SignerError(
            .unsupported, "the public key is no uncompressed point of P-256 or secp256k1 in SubjectPublicKeyInfo")
    }

    public init(pem: String) throws(SignerError) {
        let lines = pem.split(whereSeparator: \.isNewline).map { $0.trimmed() }
        guard lines.first == "-----BEGIN PUBLIC KEY-----", lines.last == "-----END PUBLIC KEY-----",
            let der = Data(base64Encoded: lines.dropFirst().dropLast().joined())
        else { throw SignerError(.malformed, "no public key in PEM") }
        try self.init(subjectPublicKeyInfo: Array(der))
    }

    /// SEQUENCE { SEQUENCE { id-ecPublicKey, curve }, BIT STRING 04 … }; only the curve's name differs.
    private static func prefix(_ algorithm: SignatureAlgorithm) -> [UInt8] {
        let curve: [UInt8] =
            switch algorithm {
            case .ecdsaP256: [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07]
            case .ecdsaSecp256k1: [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x0a]
            }
        let names = [0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01] + curve
        let point: [UInt8] = [0x03, 0x42, 0x00, 0x04]
        return [0x30, UInt8(2 + names.count + point.count + 64), 0x30, UInt8(names.count)] + names + point
    }
}
