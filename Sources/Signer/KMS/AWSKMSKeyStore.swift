import Encoding
import FoundationEssentials
import HTTP

/// Keys that AWS KMS keeps: ECC_NIST_P256 and ECC_SECG_P256K1. The key NAME is the one behind the alias
/// `alias/weir-NAME`; its hash is kept as the tag `weir-hash`, because KMS signs digests and does not care.
public struct AWSKMSKeyStore: KeyStore {
    public let kind = "AWS KMS"
    static let hashTag = "weir-hash"
    private let client: AWSKMSClient
    private let prefix: String

    public init(client: AWSKMSClient, aliasPrefix: String = "alias/weir-") {
        self.client = client
        prefix = aliasPrefix
    }

    public func list() async throws -> [KeyDescription] {
        var found: [KeyDescription] = []
        var marker: JSON?
        repeat {
            let page = try await client.call("ListAliases", marker.map { ["Marker": $0] } ?? .object([]))
            for alias in page["Aliases"]?.array ?? [] {
                guard let text = alias["AliasName"]?.string, text.hasPrefix(prefix),
                    alias["TargetKeyId"]?.string != nil,
                    let name = try? KeyName(unescaped(text.dropFirst(prefix.count)))
                else { continue }
                // A key that is disabled or on its way out signs nothing: it is not among the keys.
                do { found.append(try await describe(name)) } catch let error as SignerError
                    where error.code == .keyUnusable
                { continue }
            }
            marker = page["Truncated"]?.bool == true ? page["NextMarker"] : nil
        } while marker != nil
        return found.sorted { $0.name < $1.name }
    }

    public func signer(for name: KeyName) async throws -> any TransactionSigner {
        let description = try await describe(name)
        return KMSSigner(name: kind, publicKey: description.publicKey, hashAlgorithm: description.hashAlgorithm) {
            digest in
            let answer = try await client.call(
                "Sign",
                [
                    "KeyId": .string(alias(name)), "Message": .string(Data(digest.bytes).base64EncodedString()),
                    "MessageType": "DIGEST", "SigningAlgorithm": "ECDSA_SHA_256",
                ])
            return try bytes(answer, "Signature")
        }
    }

    public func generate(
        name: KeyName, algorithm: SignatureAlgorithm, hashAlgorithm: HashAlgorithm
    ) async throws -> KeyDescription {
        let created = try await client.call(
            "CreateKey",
            [
                "KeySpec": algorithm == .ecdsaP256 ? "ECC_NIST_P256" : "ECC_SECG_P256K1", "KeyUsage": "SIGN_VERIFY",
                "Description": .string("weir key \(name)"),
                "Tags": [["TagKey": .string(Self.hashTag), "TagValue": .string(hashAlgorithm.rawValue)]],
            ], isRepeatable: false)
        guard let id = created["KeyMetadata"]?["KeyId"]?.string else {
            throw SignerError(.badAnswer, "\(kind) made a key and did not say which")
        }
        do {
            _ = try await client.call("CreateAlias", ["AliasName": .string(alias(name)), "TargetKeyId": .string(id)])
        } catch {
            // A key that no name leads to would only cost money.
            _ = try? await client.call("ScheduleKeyDeletion", ["KeyId": .string(id), "PendingWindowInDays": 7])
            throw error
        }
        return try await describe(name)
    }

    /// Takes the name away and lets KMS delete the key after its longest delay, 30 days, in which it can be saved.
    public func remove(_ name: KeyName) async throws {
        let id = try await keyID(name)
        _ = try await client.call("DeleteAlias", ["AliasName": .string(alias(name))])
        _ = try await client.call("ScheduleKeyDeletion", ["KeyId": .string(id), "PendingWindowInDays": 30])
    }

    /// The one step that counts, the change of the alias, is KMS' own and whole; a failure before or after it leaves at most
    /// one name too many.
    public func replace(_ name: KeyName, with successor: KeyName, retiring retired: KeyName) async throws {
        let old = try await keyID(name)
        let new = try await keyID(successor)
        _ = try await client.call("CreateAlias", ["AliasName": .string(alias(retired)), "TargetKeyId": .string(old)])
        _ = try await client.call("UpdateAlias", ["AliasName": .string(alias(name)), "TargetKeyId": .string(new)])
        _ = try await client.call("DeleteAlias", ["AliasName": .string(alias(successor))])
    }

    private func describe(_ name: KeyName) async throws -> KeyDescription {
        let answer: JSON
        do {
            answer = try await client.call("GetPublicKey", ["KeyId": .string(alias(name))])
        } catch let error as SignerError where error.code == .keyNotFound {
            throw SignerError.noKey(name, in: kind)
        }
        let publicKey = try PublicKey(subjectPublicKeyInfo: try bytes(answer, "PublicKey"))
        let tags = try await client.call("ListResourceTags", ["KeyId": .string(try await keyID(name))])
        let hash = tags["Tags"]?.array?.first { $0["TagKey"]?.string == Self.hashTag }?["TagValue"]?.string
        guard let hash else { return KeyDescription(name: name, publicKey: publicKey, hashAlgorithm: .sha2_256) }
        guard let algorithm = HashAlgorithm(rawValue: hash) else {
            throw SignerError(.badAnswer, "the tag \(Self.hashTag) of the key \(name) is neither SHA2_256 nor SHA3_256")
        }
        return KeyDescription(name: name, publicKey: publicKey, hashAlgorithm: algorithm)
    }

    private func keyID(_ name: KeyName) async throws -> String {
        do {
            let answer = try await client.call("DescribeKey", ["KeyId": .string(alias(name))])
            guard let id = answer["KeyMetadata"]?["KeyId"]?.string else {
                throw SignerError(.badAnswer, "\(kind) described a key without naming it")
            }
            return id
        } catch let error as SignerError where error.code == .keyNotFound {
            throw SignerError.noKey(name, in: kind)
        }
    }

    // An alias may hold letters, digits, slashes, underscores and dashes: a dot becomes a slash.
    private func alias(_ name: KeyName) -> String { prefix + name.description.replacing(".", with: "/") }
    private func unescaped(_ text: some StringProtocol) -> String { String(text).replacing("/", with: ".") }

    private func bytes(_ answer: JSON, _ field: String) throws -> [UInt8] {
        guard let text = answer[field]?.string, let data = Data(base64Encoded: text) else {
            throw SignerError(.badAnswer, "\(kind) answered without a \(field)")
        }
        return Array(data)
    }
}
