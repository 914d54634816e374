import Cadence
import Daemon
import Encoding
import FlowClient
import Secrets
import Signer

/// Who signs for the account, and what people call the key.
struct AccountSigner: Sendable {
    var name: String
    var signer: any TransactionSigner
}

/// The account's keys, from the store that the configuration names, or from the configuration itself.
enum AccountSigners {
    /// Empty where this process does not submit. Throws `StartError`, or `ConfigurationError`.
    static func open(_ configuration: Configuration, environment: ProcessEnvironment) async throws -> [AccountSigner] {
        guard configuration[Settings.roles].contains(.submit) else { return [] }
        guard let place = configuration[Settings.keyStore] else {
            return [AccountSigner(name: Settings.accountKey.name, signer: try configured(configuration))]
        }
        do {
            let store = try await store(at: place, configuration, environment)
            return try await named(configuration[Settings.accountKeys], in: store)
        } catch let error as SignerError {
            throw StartError("the keys can't be taken from \(place) (keys.store): \(error)\(remedy(error))")
        }
    }

    /// Who signs receipts: the key that `receipts.key` names. Nil where it names none, or this process serves nobody.
    /// Throws `StartError`.
    static func openReceipts(
        _ configuration: Configuration, environment: ProcessEnvironment
    ) async throws -> (any TransactionSigner)? {
        guard configuration[Settings.roles].contains(.serve), let name = configuration[Settings.receiptsKey],
            let place = configuration[Settings.keyStore]
        else { return nil }
        do {
            let signer = try await store(at: place, configuration, environment).signer(for: name)
            guard signer.hashAlgorithm == .sha2_256 else {
                throw StartError(
                    "receipts.key: \(name) is for \(signer.hashAlgorithm.rawValue), and receipts are hashed with SHA2_256: "
                        + "weir keys generate makes one with --hash SHA2_256")
            }
            return signer
        } catch let error as SignerError {
            throw StartError("receipts.key: \(name) can't be taken from \(place) (keys.store): \(error)")
        }
    }

    private static func store(
        at place: KeyStorePlace, _ configuration: Configuration, _ environment: ProcessEnvironment
    ) async throws -> any KeyStore {
        try await place.open(environment: environment) {
            guard let passphrase = passphrase(configuration) else {
                throw SignerError(
                    .wrongPassphrase,
                    "the key file needs its passphrase: set WEIR_KEYS_PASSPHRASE_FILE (keys.passphrase)")
            }
            return passphrase
        }
    }

    /// That of the configuration, read as --passphrase-file is.
    static func passphrase(_ configuration: Configuration) -> SecretBytes? {
        configuration[Settings.keysPassphrase]?.firstLine
    }

    private static func named(_ names: [KeyName], in store: any KeyStore) async throws -> [AccountSigner] {
        var signers: [AccountSigner] = []
        for name in names {
            do {
                signers.append(AccountSigner(name: "\(name)", signer: try await store.signer(for: name)))
            } catch let error as SignerError where error.code == .keyNotFound {
                let known = try await store.list().map(\.name.description)
                throw SignerError(
                    .keyNotFound,
                    "\(error.message) (account.keys); it has \(known.isEmpty ? "none" : known.joined(separator: ", "))")
            }
        }
        return signers
    }

    private static func remedy(_ error: SignerError) -> String {
        switch error.code {
        case .unavailable: "\nWithout its keys the daemon can't submit; roles: [ingest, serve] runs without them."
        case .keyUnusable: "\nEnable the key where it is kept, or name another one in account.keys."
        case .tampered, .truncated: "\nRestore the key file from its backup; compare with weir keys list --unverified."
        default: ""
        }
    }

    private static func configured(_ configuration: Configuration) throws -> InMemorySigner {
        func mistake(_ message: String) -> ConfigurationError {
            ConfigurationError([ConfigurationMistake(key: Settings.accountKey.name, message)])
        }
        guard let scalar = configuration[Settings.accountKey].flatMap({ try? PrivateKey.scalar(hexadecimal: $0) })
        else {
            throw mistake("must be the key's private scalar: 64 hex digits")
        }
        let curve = SignatureAlgorithm(rawValue: configuration[Settings.accountSignatureAlgorithm]) ?? .ecdsaP256
        let hash = HashAlgorithm(rawValue: configuration[Settings.accountHashAlgorithm]) ?? .sha3_256
        do throws(SignerError) {
            let key = try PrivateKey(algorithm: curve, scalar: scalar)
            return InMemorySigner(key: key, hashAlgorithm: hash)
        } catch {
            throw mistake("is no key: \(error.code)")
        }
    }
}

/// Whether the account has the keys that sign for it here.
struct AccountCheck: Sendable {
    struct Findings: Equatable {
        /// What ends the start.
        var problems: [String] = []
        var warnings: [String] = []
    }

    var account: Address
    /// The first pays.
    var signers: [AccountSigner]
    /// Where the payer's key is said to be.
    var keyIndex: KeyIndex?

    func findings(_ keys: [AccountKey]) -> Findings {
        var findings = Findings()
        for (place, signer) in signers.enumerated() {
            guard let problem = problem(signer, keys, isPayer: place == 0) else { continue }
            if place == 0 {
                findings.problems.append(problem)
            } else {
                findings.warnings.append(problem)
            }
        }
        return findings
    }

    private func problem(_ signer: AccountSigner, _ keys: [AccountKey], isPayer: Bool) -> String? {
        let (mine, what) = (signer.signer, "the key \(signer.name)")
        var same = keys.filter {
            $0.publicKey == mine.publicKey.bytes
                && $0.signatureAlgorithmCode == mine.publicKey.algorithm.protoCode.rawValue
        }
        guard !same.isEmpty else {
            let has = keys.isEmpty ? "it has none" : "it has \(keys.prefix(5).map(Self.words).joined(separator: "; "))"
            return "account \(account) has no key with the public key of \(what), \(mine.publicKey): \(has)"
                + "\nAdd it to the account (weir keys export-public gives it), or name another key or account."
        }
        if isPayer, let keyIndex {
            same.removeAll { $0.index != keyIndex }
            guard !same.isEmpty else {
                return "key \(keyIndex) of account \(account) is not \(what) (account.key_index)"
            }
        }
        let valid = same.filter { !$0.revoked }
        guard !valid.isEmpty else {
            return "\(what) is revoked: key \(Self.indices(same)) of account \(account)"
                + "\nName another key in account.keys, or add one to the account."
        }
        let hashed = valid.filter { $0.hashAlgorithmCode == mine.hashAlgorithm.protoCode.rawValue }
        guard !hashed.isEmpty else {
            let chain = HashAlgorithm(protoCode: ProtoCode(valid[0].hashAlgorithmCode))?.rawValue ?? "another hash"
            return
                "\(what) signs with \(mine.hashAlgorithm.rawValue), and account \(account) has it as key \(Self.indices(valid)) with \(chain)"
                + "\nImport it again with --hash \(chain), or set account.hash_algorithm where there is no key store."
        }
        guard !isPayer || hashed.contains(where: { $0.weight >= 1000 }) else {
            let weight = hashed.map(\.weight).max() ?? 0
            return "\(what) has a weight of \(weight) on account \(account), and who pays needs 1000"
                + "\nPut a key of full weight first in account.keys."
        }
        return nil
    }

    private static func indices(_ keys: [AccountKey]) -> String {
        keys.map { "\($0.index)" }.joined(separator: ", ")
    }

    private static func words(_ key: AccountKey) -> String {
        "\(key.index) \(Hex.encode(key.publicKey.prefix(8)))…\(key.revoked ? " (revoked)" : "")"
    }
}
