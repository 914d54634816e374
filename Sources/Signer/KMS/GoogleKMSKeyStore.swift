import Encoding
import FoundationEssentials
import HTTP

/// Keys that Google Cloud KMS keeps in one key ring: EC_SIGN_P256_SHA256 and EC_SIGN_SECP256K1_SHA256 (HSM only). The key NAME
/// is the crypto key of that id, used in its newest enabled version; its hash is the label `weir-hash`. Checksums are sent and
/// checked both ways, as Google asks of clients (cloud.google.com/kms/docs/data-integrity-guidelines).
public struct GoogleKMSKeyStore: KeyStore {
    public let kind = "Google Cloud KMS"
    private let keyRing: String
    private let endpoint: String
    private let token: @Sendable () async throws -> String
    private let transport: KMSTransport

    /// - Parameters:
    ///   - keyRing: `projects/P/locations/L/keyRings/R`
    ///   - token: an OAuth 2 access token, asked for before each call.
    public init(
        keyRing: String, endpoint: String = "https://cloudkms.googleapis.com",
        token: @escaping @Sendable () async throws -> String, transport: @escaping KMSTransport
    ) throws(SignerError) {
        let parts = keyRing.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "projects", parts[2] == "locations", parts[4] == "keyRings",
            parts.allSatisfy({
                !$0.isEmpty && $0.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != 0x3f && $0 != 0x23 }
            })
        else { throw SignerError(.malformed, "a key ring is named projects/P/locations/L/keyRings/R") }
        self.keyRing = keyRing
        self.endpoint = endpoint
        self.token = token
        self.transport = transport
    }

    public func list() async throws -> [KeyDescription] {
        var found: [KeyDescription] = []
        var page: String?
        repeat {
            let query = page.map { "?pageToken=\(Self.escaped($0))" } ?? ""
            let answer = try await call("GET", "\(keyRing)/cryptoKeys\(query)")
            for key in answer["cryptoKeys"]?.array ?? [] where key["purpose"]?.string == "ASYMMETRIC_SIGN" {
                guard let id = key["name"]?.string?.split(separator: "/").last, let name = try? KeyName(String(id)),
                    let key = try await loadIfUsable(name)
                else { continue }
                found.append(key.description)
            }
            page = answer["nextPageToken"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        } while page != nil
        return found.sorted { $0.name < $1.name }
    }

    public func signer(for name: KeyName) async throws -> any TransactionSigner {
        let key = try await load(name)
        return KMSSigner(name: kind, publicKey: key.description.publicKey, hashAlgorithm: key.description.hashAlgorithm)
        {
            try await sign($0, version: key.version)
        }
    }

    public func generate(
        name: KeyName, algorithm: SignatureAlgorithm, hashAlgorithm: HashAlgorithm
    ) async throws -> KeyDescription {
        let google = algorithm == .ecdsaP256 ? "EC_SIGN_P256_SHA256" : "EC_SIGN_SECP256K1_SHA256"
        _ = try await call(
            "POST", "\(keyRing)/cryptoKeys?cryptoKeyId=\(Self.escaped(name.description))",
            [
                "purpose": "ASYMMETRIC_SIGN",
                "versionTemplate": ["algorithm": .string(google), "protectionLevel": "HSM"],
                "labels": ["weir-hash": .string(hashAlgorithm.rawValue.lowercased())],
            ])
        return try await load(name).description
    }

    private func sign(_ digest: Digest, version: String) async throws -> [UInt8] {
        let bytes = digest.bytes
        let answer = try await call(
            "POST", "\(version):asymmetricSign",
            [
                // KMS does not ask which hash made the 32 bytes, only that the key's algorithm takes so many.
                "digest": ["sha256": .string(Data(bytes).base64EncodedString())],
                "digestCrc32c": .string(String(CRC32C.checksum(bytes))),
            ])
        guard answer["verifiedDigestCrc32c"]?.bool == true else {
            throw SignerError(.badAnswer, "\(kind) did not receive the digest as it was sent")
        }
        guard let text = answer["signature"]?.string, let signature = Data(base64Encoded: text).map({ Array($0) }),
            checksumFits(signature, answer["signatureCrc32c"]), answer["name"]?.string == version
        else {
            throw SignerError(
                .badAnswer, "\(kind) answered with a signature that did not arrive whole, or of another key")
        }
        return signature
    }

    private struct Key {
        var description: KeyDescription
        var version: String
    }

    private func loadIfUsable(_ name: KeyName) async throws -> Key? {
        do { return try await load(name) } catch let error as SignerError where error.code == .keyUnusable {
            return nil
        }
    }

    private func load(_ name: KeyName) async throws -> Key {
        let path = "\(keyRing)/cryptoKeys/\(Self.escaped(name.description))"
        let key: JSON
        do { key = try await call("GET", path) } catch let error as SignerError where error.code == .keyNotFound {
            throw SignerError.noKey(name, in: kind)
        }
        let version = try await newestVersion(path, name)
        let answer = try await call("GET", "\(version)/publicKey")
        guard let pem = answer["pem"]?.string, checksumFits(Array(pem.utf8), answer["pemCrc32c"]) else {
            throw SignerError(.badAnswer, "\(kind) answered with a public key that did not arrive whole")
        }
        let publicKey = try PublicKey(pem: pem)
        guard answer["algorithm"]?.string.map({ Self.algorithms[$0] == publicKey.algorithm }) ?? false else {
            throw SignerError(.unsupported, "the key \(name) has an algorithm that Flow does not know")
        }
        let hash: HashAlgorithm =
            switch key["labels"]?["weir-hash"]?.string {
            case nil, "sha2_256": .sha2_256
            case "sha3_256": .sha3_256
            default:
                throw SignerError(.badAnswer, "the label weir-hash of the key \(name) is neither sha2_256 nor sha3_256")
            }
        return Key(description: KeyDescription(name: name, publicKey: publicKey, hashAlgorithm: hash), version: version)
    }

    private func newestVersion(_ path: String, _ name: KeyName) async throws -> String {
        var best: (number: Int, name: String)?
        var page: String?
        repeat {
            let query = page.map { "?pageToken=\(Self.escaped($0))" } ?? ""
            let answer = try await call("GET", "\(path)/cryptoKeyVersions\(query)")
            for version in answer["cryptoKeyVersions"]?.array ?? [] where version["state"]?.string == "ENABLED" {
                guard let name = version["name"]?.string,
                    let number = name.split(separator: "/").last.flatMap({ Int($0) })
                else { continue }
                if number > best?.number ?? 0 { best = (number, name) }
            }
            page = answer["nextPageToken"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        } while page != nil
        guard let best else { throw SignerError(.keyUnusable, "the key \(name) has no enabled version") }
        return best.name
    }

    private static let algorithms: [String: SignatureAlgorithm] = [
        "EC_SIGN_P256_SHA256": .ecdsaP256, "EC_SIGN_SECP256K1_SHA256": .ecdsaSecp256k1,
    ]

    /// Checksums are 64-bit numbers, which JSON carries as text.
    private func checksumFits(_ bytes: [UInt8], _ field: JSON?) -> Bool {
        field?.string == String(CRC32C.checksum(bytes)) || field?.integer(UInt32.self) == CRC32C.checksum(bytes)
    }

    private func call(_ method: String, _ path: String, _ body: JSON? = nil) async throws -> JSON {
        let response = try await KMS.send(kind, transport: transport) {
            var headers: HTTPFields = ["Authorization": "Bearer \(try await token())"]
            if body != nil { headers["Content-Type"] = "application/json" }
            return HTTPRequest(method: method, url: "\(endpoint)/v1/\(path)", headers: headers, body: body?.bytes ?? [])
        } isBusy: {
            $0.status >= 500 || $0.status == 429
        }
        let json = try KMS.json(response, from: kind)
        guard response.status == 200 else {
            let status = json["error"]?["status"]?.string ?? "HTTP status \(response.status)"
            let code: SignerError.Code =
                switch status {
                case "NOT_FOUND": .keyNotFound
                case "ALREADY_EXISTS": .keyExists
                case "FAILED_PRECONDITION": .keyUnusable
                default: .refused
                }
            throw SignerError(code, "\(kind) refused: \(status)")
        }
        return json
    }

    private static func escaped(_ text: String) -> String {
        URLText.encode(text)
    }
}
