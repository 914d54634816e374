import Encoding
import FoundationEssentials

/// A statement signed by this server, such as "wallet W owned pass P at height H", as a compact JSON Web Signature
/// (RFC 7515) that anyone with the published key set can check.
public enum Attestation {
    /// Signs claims, which are one JSON object in UTF-8. The signer's key must be registered with SHA2-256, the only hash
    /// that ES256 and ES256K have.
    public static func sign(claims: [UInt8], with signer: any TransactionSigner) async throws -> String {
        guard signer.hashAlgorithm == .sha2_256 else {
            throw SignerError(
                .unsupported, "attestations are hashed with SHA2_256, this key is for \(signer.hashAlgorithm.rawValue)")
        }
        guard object(claims) != nil else { throw SignerError(.malformed, "the claims are no JSON object") }
        let key = JSONWebKey(signer.publicKey)
        let header = #"{"alg":"\#(key.algorithm)","typ":"JWT","kid":"\#(key.keyID)"}"#
        let input = Base64URL.encode(Array(header.utf8)) + "." + Base64URL.encode(claims)
        return input + "." + Base64URL.encode(try await signer.sign(Array(input.utf8)))
    }

    /// The claims of a token that one of the keys signed. The key decides which algorithm is right, never the token; a token
    /// that names extensions (`crit`) is refused, as is one past its `exp` or before its `nbf` (seconds since 1970).
    public static func verify(_ token: String, keys: JSONWebKeySet, now: Int64) throws(SignerError) -> [UInt8] {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let headerBytes = Base64URL.decode(parts[0]), let claims = Base64URL.decode(parts[1]),
            let signature = Base64URL.decode(parts[2]), let header = object(headerBytes), let fields = object(claims)
        else { throw SignerError(.malformed, "no compact JSON Web Signature with a JSON object in it") }
        guard let id = header["kid"]?.string, let key = keys.keys.first(where: { $0.keyID == id }) else {
            throw SignerError(.keyNotFound, "the token's key is not in the set")
        }
        guard header["alg"]?.string == key.algorithm, header["crit"] == nil, header["b64"] == nil else {
            throw SignerError(.unsupported, "the token asks for another algorithm than its key's, or for extensions")
        }
        let input = Array("\(parts[0]).\(parts[1])".utf8)
        guard key.publicKey.verify(signature: signature, message: input, hash: .sha2_256) else {
            throw SignerError(.tampered, "the token's signature does not verify")
        }
        try checkTimes(fields, now)
        return claims
    }

    private static func checkTimes(_ fields: JSON, _ now: Int64) throws(SignerError) {
        for (name, isPast) in [("exp", { $0 <= Double(now) }), ("nbf", { $0 > Double(now) })]
            as [(String, (Double) -> Bool)]
        {
            guard let value = fields[name] else { continue }
            guard let number = value.double else {
                throw SignerError(.malformed, "the token's \(name) is no number")
            }
            if isPast(number) {
                throw SignerError(.refused, name == "exp" ? "the token has expired" : "the token is not valid yet")
            }
        }
    }

    private static func object(_ bytes: [UInt8]) -> JSON? {
        guard let json = try? JSON(parsing: bytes), json.object != nil else { return nil }
        return json
    }
}
