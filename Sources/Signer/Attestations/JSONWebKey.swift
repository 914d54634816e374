import Encoding
import FoundationEssentials

/// A public key as JSON Web Key (RFC 7517, 7518 and, for secp256k1, 8812).
public struct JSONWebKey: Hashable, Sendable {
    public let publicKey: PublicKey
    /// Names the key in tokens: its thumbprint (RFC 7638), so that no two keys share one and nobody has to choose.
    public let keyID: String

    public init(_ publicKey: PublicKey) {
        self.publicKey = publicKey
        let fields = Self.fields(publicKey)
        let text = #"{"crv":"\#(fields.curve)","kty":"EC","x":"\#(fields.x)","y":"\#(fields.y)"}"#
        keyID = Base64URL.encode(Digest.sha2_256(Array(text.utf8)).bytes)
    }

    /// ES256 or ES256K: both hash with SHA-256.
    public var algorithm: String { Self.algorithm(publicKey.algorithm) }

    static func algorithm(_ algorithm: SignatureAlgorithm) -> String {
        switch algorithm {
        case .ecdsaP256: "ES256"
        case .ecdsaSecp256k1: "ES256K"
        }
    }

    /// One JSON object.
    public var json: String {
        let fields = Self.fields(publicKey)
        return #"{"kty":"EC","crv":"\#(fields.curve)","x":"\#(fields.x)","y":"\#(fields.y)","use":"sig","#
            + #""alg":"\#(algorithm)","kid":"\#(keyID)"}"#
    }

    private static func fields(_ key: PublicKey) -> (curve: String, x: String, y: String) {
        (key.algorithm.curveName, Base64URL.encode(Array(key.bytes[..<32])), Base64URL.encode(Array(key.bytes[32...])))
    }
}

/// The keys that attestations may be signed with: what is published at /.well-known/jwks.json. A retired key stays as
/// long as what it signed is to be believed.
public struct JSONWebKeySet: Sendable {
    public let keys: [JSONWebKey]

    public init(_ keys: [PublicKey]) {
        self.keys = keys.map { JSONWebKey($0) }
    }

    public var json: String { #"{"keys":["# + keys.map(\.json).joined(separator: ",") + "]}" }

    /// Reads a published set; keys of other kinds or for other purposes are passed over, as RFC 7517 asks.
    public init(json: [UInt8]) throws(SignerError) {
        struct Entry: Decodable {
            var kty: String
            var crv: String?
            var x: String?
            var y: String?
            var use: String?
        }
        struct Document: Decodable { var keys: [Entry] }
        guard let document = try? JSONDecoder().decode(Document.self, from: Data(json)) else {
            throw SignerError(.malformed, "no JSON Web Key set")
        }
        var keys: [PublicKey] = []
        for entry in document.keys where entry.kty == "EC" && entry.use ?? "sig" == "sig" {
            guard let algorithm = SignatureAlgorithm(curveName: entry.crv ?? "") else { continue }
            guard let x = Base64URL.decode(entry.x ?? ""), let y = Base64URL.decode(entry.y ?? ""), x.count == 32,
                y.count == 32
            else { throw SignerError(.malformed, "a key of the set has coordinates that are not 32 bytes each") }
            keys.append(try PublicKey(algorithm: algorithm, bytes: x + y))
        }
        self.init(keys)
    }
}
