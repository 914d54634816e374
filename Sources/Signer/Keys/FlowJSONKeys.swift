import Encoding
import FoundationEssentials
import HTTP
public import Secrets

/// The private key of an account in a flow.json, Flow's own project file: hexadecimal text, or an object of type hex, file
/// or bip44 (onflow/flowkit:config/json/account.go). Keys that lie in a key management service are named in an error, not
/// fetched: they can't be.
public enum FlowJSONKeys {
    public struct Entry: Sendable {
        /// As the file has it, without 0x; `service` stands for the emulator's service account there.
        public var address: String
        public var keyIndex: UInt32
        public var key: PrivateKey
        public var hashAlgorithm: HashAlgorithm
    }

    /// - Parameters:
    ///   - directory: what the locations of key files are relative to: the folder of the flow.json.
    ///   - environment: where `$NAME` and `${NAME}` are looked up.
    /// - Throws: `keyNotFound` for an account that is not there, `unsupported` naming a type that can't be imported.
    public static func read(
        _ text: SecretBytes, account: String, directory: String, environment: ProcessEnvironment = [:]
    ) throws(SignerError) -> Entry {
        guard let json = text.withUnsafeBytes({ try? JSON(parsing: Array($0)) }) else {
            throw SignerError(.malformed, "the flow.json is no JSON")
        }
        guard let entry = json["accounts"]?[account] else {
            let names = json["accounts"]?.object?.map(\.name).sorted() ?? []
            throw SignerError(
                .keyNotFound,
                "the flow.json has no account \(account); it has \(names.isEmpty ? "none" : names.joined(separator: ", "))"
            )
        }
        let reader = Reader(account: account, directory: directory, environment: environment)
        return try reader.entry(entry)
    }

    private struct Reader {
        var account: String
        var directory: String
        var environment: ProcessEnvironment

        func entry(_ entry: JSON) throws(SignerError) -> Entry {
            let text = (entry["address"]?.string ?? "").trimmingPrefix("0x")
            let address = text == "service" ? "f8d6e0586b0a20c7" : String(text)
            guard let key = entry["key"] ?? oldKey(entry) else { throw malformed("has no key") }
            if let hex = key.string {
                return Entry(
                    address: address, keyIndex: 0, key: try hexadecimal(hex, .ecdsaP256), hashAlgorithm: .sha3_256)
            }
            guard key.object != nil else { throw malformed("has a key that is neither text nor an object") }
            var index: UInt32 = 0
            if let given = key["index"] {
                guard let number = given.integer(UInt32.self) else { throw malformed("has a key index that is none") }
                index = number
            }
            let algorithm = try named(key, "signatureAlgorithm", SignatureAlgorithm.init(rawValue:)) ?? .ecdsaP256
            return Entry(
                address: address, keyIndex: index, key: try privateKey(key, algorithm),
                hashAlgorithm: try named(key, "hashAlgorithm", HashAlgorithm.init(rawValue:)) ?? .sha3_256)
        }

        /// Before version 0.22 of Flow's command line it was `keys`: text, or a list of objects.
        private func oldKey(_ entry: JSON) -> JSON? {
            guard let keys = entry["keys"] else { return nil }
            return keys.array?.first ?? keys
        }

        private func privateKey(_ key: JSON, _ algorithm: SignatureAlgorithm) throws(SignerError) -> PrivateKey {
            switch key["type"]?.string {
            case "hex":
                guard let text = key["privateKey"]?.string ?? key["context"]?["privateKey"]?.string else {
                    throw malformed("has a key of type hex without privateKey")
                }
                return try hexadecimal(text, algorithm)
            case "file":
                guard let location = key["location"]?.string else {
                    throw malformed("has a key of type file without location")
                }
                let path = location.hasPrefix("/") ? location : directory + "/" + location
                guard let text = try? SecretBytes.reading(path: path) else {
                    throw SignerError(.unavailable, "the key file \(path) of the account \(account) can't be read")
                }
                return try imported(text, algorithm)
            case "bip44":
                guard let phrase = key["mnemonic"]?.string else {
                    throw malformed("has a key of type bip44 without mnemonic")
                }
                let path = try key["derivationPath"]?.string.map { text throws(SignerError) in
                    try DerivationPath(text)
                }
                let seed = try Mnemonic(phrase: try expanded(phrase)).seed()
                return try ExtendedPrivateKey(seed: seed, algorithm: algorithm).derived(by: path ?? .flow).key
            case let type:
                throw SignerError(
                    .unsupported,
                    "the key of the account \(account) is of type \(type ?? "none"): hex, file and bip44 can be imported"
                        + (type?.hasSuffix("kms") == true
                            ? "; a key that a service keeps stays there: see --store" : ""))
            }
        }

        private func hexadecimal(_ text: String, _ algorithm: SignatureAlgorithm) throws(SignerError) -> PrivateKey {
            try imported(try expanded(text), algorithm)
        }

        private func imported(_ text: SecretBytes, _ algorithm: SignatureAlgorithm) throws(SignerError) -> PrivateKey {
            do throws(SignerError) {
                return try .importing(text, algorithm: algorithm)
            } catch {
                throw SignerError(error.code, "the key of the account \(account): \(error.message)")
            }
        }

        /// `$NAME` and `${NAME}` stand for a variable of the environment.
        private func expanded(_ text: String) throws(SignerError) -> SecretBytes {
            guard let match = text.wholeMatch(of: /\$(?:([A-Za-z0-9_]+)|\{([A-Za-z0-9_]+)\})/) else {
                return SecretBytes(copying: Array(text.utf8))
            }
            let name = String(match.1 ?? match.2 ?? "")
            guard let value = environment.secret(name), value.count > 0 else {
                throw malformed("takes its key from the variable \(name), which is not set")
            }
            return value
        }

        private func malformed(_ what: String) -> SignerError {
            SignerError(.malformed, "the account \(account) of the flow.json \(what)")
        }

        private func named<Value>(
            _ key: JSON, _ field: String, _ make: (String) -> Value?
        ) throws(SignerError) -> Value? {
            guard let text = key[field]?.string, !text.isEmpty else { return nil }
            guard let value = make(text) else {
                throw SignerError(
                    .unsupported, "\(field) \(text.prefix(40)) of the account \(account) is none of Flow's accounts")
            }
            return value
        }
    }
}
