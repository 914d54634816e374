package import Encoding
import Foundation
package import HTTP
import Signer
import Synchronization

/// Google Cloud KMS as its reference describes it (cloud.google.com/kms/docs/reference/rest/v1): paths, methods, fields,
/// checksums. What a client gets wrong is answered as Google does, with INVALID_ARGUMENT.
package final class GoogleKMSStub: Sendable {
    package static let ring = "projects/p/locations/global/keyRings/r"
    private struct Key {
        var versions: [PrivateKey]
        var label: String
    }
    private let keys = Mutex<[String: Key]>([:])
    /// Spoils an answer on purpose.
    private let spoil: @Sendable (inout [String: JSON]) -> Void

    package init(spoil: @escaping @Sendable (inout [String: JSON]) -> Void = { _ in }) {
        self.spoil = spoil
    }

    package func answer(_ request: HTTPServerRequest) -> HTTPServerResponse {
        guard request.header("Authorization") == "Bearer a-token" else { return Self.error(401, "UNAUTHENTICATED") }
        let path = String(request.path.dropFirst(1))
        guard path.hasPrefix("v1/\(Self.ring)/cryptoKeys") else { return Self.error(404, "NOT_FOUND") }
        let rest = path.dropFirst("v1/\(Self.ring)/cryptoKeys".count).split(separator: "/").map(String.init)
        switch (request.method, rest.count) {
        case ("POST", 0): return create(request)
        case ("GET", 0): return list()
        case ("GET", 1): return describe(rest[0])
        case ("GET", 2) where rest[1] == "cryptoKeyVersions": return versions(rest[0])
        case ("GET", 4) where rest[3] == "publicKey": return publicKey(rest[0], rest[2])
        case ("POST", 3) where rest[2].hasSuffix(":asymmetricSign"):
            return sign(rest[0], String(rest[2].dropLast(":asymmetricSign".count)), request)
        default: return Self.error(404, "NOT_FOUND")
        }
    }

    private func create(_ request: HTTPServerRequest) -> HTTPServerResponse {
        guard let id = request.query("cryptoKeyId"), id.wholeMatch(of: /[a-zA-Z0-9_-]{1,63}/) != nil,
            request.header("Content-Type") == "application/json", let body = try? JSON(parsing: request.body),
            body["purpose"]?.string == "ASYMMETRIC_SIGN", body["versionTemplate"]?["protectionLevel"]?.string == "HSM",
            let label = body["labels"]?["weir-hash"]?.string, label.wholeMatch(of: /[a-z0-9_-]{0,63}/) != nil,
            let algorithm = [
                "EC_SIGN_P256_SHA256": SignatureAlgorithm.ecdsaP256, "EC_SIGN_SECP256K1_SHA256": .ecdsaSecp256k1,
            ][
                body["versionTemplate"]?["algorithm"]?.string ?? ""]
        else { return Self.error(400, "INVALID_ARGUMENT") }
        let isNew = keys.withLock { keys in
            guard keys[id] == nil else { return false }
            // Two versions, so that the newest must be found.
            keys[id] = Key(versions: [.generate(algorithm), .generate(algorithm)], label: label)
            return true
        }
        return isNew ? describe(id) : Self.error(409, "ALREADY_EXISTS")
    }

    private func list() -> HTTPServerResponse {
        let names = keys.withLock { $0.keys.sorted() }
        return .json([
            "cryptoKeys": .array(
                names.map { ["name": .string("\(Self.ring)/cryptoKeys/\($0)"), "purpose": "ASYMMETRIC_SIGN"] })
        ])
    }

    private func describe(_ id: String) -> HTTPServerResponse {
        guard let key = keys.withLock({ $0[id] }) else { return Self.error(404, "NOT_FOUND") }
        return .json([
            "name": .string("\(Self.ring)/cryptoKeys/\(id)"), "purpose": "ASYMMETRIC_SIGN",
            "labels": ["weir-hash": .string(key.label)],
        ])
    }

    private func versions(_ id: String) -> HTTPServerResponse {
        guard let key = keys.withLock({ $0[id] }) else { return Self.error(404, "NOT_FOUND") }
        let all = key.versions.indices.map { index -> JSON in
            ["name": .string("\(Self.ring)/cryptoKeys/\(id)/cryptoKeyVersions/\(index + 1)"), "state": "ENABLED"]
        }
        return .json([
            "cryptoKeyVersions": .array(
                all + [["name": .string("\(Self.ring)/cryptoKeys/\(id)/cryptoKeyVersions/9"), "state": "DESTROYED"]])
        ])
    }

    private func key(_ id: String, _ version: String) -> PrivateKey? {
        keys.withLock { keys in
            guard let all = keys[id]?.versions, let number = Int(version), all.indices.contains(number - 1) else {
                return nil
            }
            return all[number - 1]
        }
    }

    private func publicKey(_ id: String, _ version: String) -> HTTPServerResponse {
        guard let key = key(id, version) else { return Self.error(404, "NOT_FOUND") }
        let pem = key.publicKey.pem
        return spoiled([
            "pem": .string(pem), "pemCrc32c": .string(String(CRC32C.checksum(Array(pem.utf8)))),
            "algorithm": key.algorithm == .ecdsaP256 ? "EC_SIGN_P256_SHA256" : "EC_SIGN_SECP256K1_SHA256",
            "name": .string("\(Self.ring)/cryptoKeys/\(id)/cryptoKeyVersions/\(version)"),
        ])
    }

    private func sign(_ id: String, _ version: String, _ request: HTTPServerRequest) -> HTTPServerResponse {
        guard let key = key(id, version), let body = try? JSON(parsing: request.body),
            let text = body["digest"]?["sha256"]?.string, let bytes = Data(base64Encoded: text),
            let digest = Digest(bytes: bytes), body["digestCrc32c"]?.string == String(CRC32C.checksum(Array(bytes))),
            let raw = try? key.sign(digest: digest)
        else { return Self.error(400, "INVALID_ARGUMENT") }
        let signature = DERSignature.encode(rawSignature: raw)
        return spoiled([
            "signature": .string(Data(signature).base64EncodedString()),
            "signatureCrc32c": .string(String(CRC32C.checksum(signature))), "verifiedDigestCrc32c": true,
            "name": .string("\(Self.ring)/cryptoKeys/\(id)/cryptoKeyVersions/\(version)"), "protectionLevel": "HSM",
        ])
    }

    private func spoiled(_ fields: [String: JSON]) -> HTTPServerResponse {
        var fields = fields
        spoil(&fields)
        return .json(.object(fields.map { JSON.Member($0, $1) }))
    }

    private static func error(_ code: Int, _ status: String) -> HTTPServerResponse {
        .json(["error": ["code": JSON(code), "message": "no", "status": .string(status)]], status: code)
    }
}
