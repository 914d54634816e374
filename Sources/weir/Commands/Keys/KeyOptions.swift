import Daemon
import Encoding
import FlowClient
import FoundationEssentials
import Glibc
import HTTP
import Secrets
import Signer

/// What the commands on keys share: which store, which passphrase, which algorithms, which input.
enum KeyOptions {
    static let store = Command.Option.value(
        "store", "STORE", "\(KeyStorePlace.forms); default: keys.store of the configuration, or else file:weir-keys")
    static let passphraseFile = Command.Option.value(
        "passphrase-file", "PATH",
        "the key file's passphrase, in the first line (- is standard input); else WEIR_KEYS_PASSPHRASE or …_FILE, else the terminal is asked"
    )
    static let places = [store, passphraseFile]
    static let algorithm = Command.Option.value(
        "algorithm", "NAME", "ECDSA_secp256k1 (the default for new keys) or ECDSA_P256")
    static let hash = Command.Option.value(
        "hash", "NAME", "SHA3_256 (default) or SHA2_256: the hash that the account key is registered with")
    static let kinds = [algorithm, hash]
    static let input = Command.Option.value(
        "from", "PATH", "read it from this file; default: standard input, or the terminal")
    static let variable = Command.Option.value(
        "from-variable", "NAME", "take it out of this variable of the environment")
    static let json = Command.Option.flag("json", "as JSON")
    static let name = Command.Argument.required("NAME", "the key's name in the store")

    /// The settings that matter to commands on keys, and to those that look at the chain.
    static let settings = ["keys."]
    static let chainSettings = ["flow.network", "flow.nodes", "account.address"]

    /// Nothing but the store is needed: what a submitter must have is not asked for.
    static func configuration(_ context: CommandContext) throws -> Configuration {
        let configuration = try context.loadConfiguration(also: [("roles", "serve")])
        return configuration
    }

    static func place(_ context: CommandContext, _ configuration: Configuration) throws -> KeyStorePlace {
        guard let text = context.option("store") else {
            return configuration[Settings.keyStore] ?? .file("weir-keys")
        }
        guard let place = KeyStorePlace(text) else {
            // A key that was pasted here by mistake must not be said back.
            throw UsageError("--store: expected \(KeyStorePlace.forms)")
        }
        return place
    }

    /// - Parameter isNew: a key file that is not there yet will be made: its passphrase is asked for twice.
    static func openStore(
        _ context: CommandContext, _ configuration: Configuration, makesFile: Bool = false
    ) async throws -> any KeyStore {
        let place = try place(context, configuration)
        if case .file(let path) = place, !makesFile, access(path, F_OK) != 0, errno == ENOENT {
            throw SignerError(
                .unavailable, "there is no key file \(path): `weir keys generate` and `weir keys import` make it")
        }
        return try await place.open(environment: context.environment) {
            try passphrase(context, configuration, of: place, makesFile: makesFile)
        }
    }

    private static func passphrase(
        _ context: CommandContext, _ configuration: Configuration, of place: KeyStorePlace, makesFile: Bool
    ) throws -> SecretBytes {
        if let path = context.option("passphrase-file") { return try passphrase(path, context) }
        if let passphrase = AccountSigners.passphrase(configuration) { return passphrase }
        let advice = "use --passphrase-file, or WEIR_KEYS_PASSPHRASE_FILE"
        guard case .file(let path) = place, makesFile, access(path, F_OK) != 0 else {
            return try SecretInput.ask("Passphrase of the key file: ", orElse: advice)
        }
        let first = try SecretInput.ask("Passphrase for the new key file \(path): ", orElse: advice)
        let second = try SecretInput.ask("The same once more: ", orElse: advice)
        guard first.isEqual(to: second) else { throw UsageError("the two passphrases are not the same") }
        return first
    }

    static func passphrase(_ path: String, _ context: CommandContext) throws -> SecretBytes {
        try SecretInput.passphrase(path: path) { context.printError("weir \(context.command.name): \($0)") }
    }

    static func name(_ context: CommandContext, _ argument: String = "NAME") throws -> KeyName {
        do throws(SignerError) { return try KeyName(context.argument(argument)) } catch {
            throw UsageError("\(argument): \(error.message)")
        }
    }

    static func algorithm(_ context: CommandContext) throws -> SignatureAlgorithm? {
        guard let text = context.option("algorithm") else { return nil }
        guard let algorithm = SignatureAlgorithm(rawValue: text) ?? SignatureAlgorithm(curveName: text) else {
            throw UsageError("--algorithm: expected ECDSA_secp256k1 or ECDSA_P256")
        }
        return algorithm
    }

    static func hash(_ context: CommandContext) throws -> HashAlgorithm? {
        guard let text = context.option("hash") else { return nil }
        guard let hash = HashAlgorithm(rawValue: text) else {
            throw UsageError("--hash: expected SHA3_256 or SHA2_256")
        }
        return hash
    }

    /// A secret from `--from`, `--from-variable`, standard input or the terminal.
    static func secretInput(_ context: CommandContext, asking question: String) throws -> SecretBytes {
        switch (context.option("from"), context.option("from-variable")) {
        case (.some, .some): throw UsageError("either --from or --from-variable, not both")
        case (let path?, nil) where path != "-": return try SecretInput.read(path: path)
        case (nil, let name?): return try SecretInput.variable(name, of: context.environment)
        case (nil, nil) where isatty(0) == 1:
            return try SecretInput.ask(question, orElse: "use --from")
        default:
            guard context.option("passphrase-file") != "-" else {
                throw UsageError("standard input can't be both the passphrase and the key")
            }
            return try SecretInput.read(descriptor: 0, called: "standard input")
        }
    }
}

/// How keys are shown.
enum KeyListing {
    static func json(_ key: KeyDescription) -> JSON {
        .object([
            .init("name", JSON(key.name.description)),
            .init("signature_algorithm", JSON(key.publicKey.algorithm.rawValue)),
            .init("hash_algorithm", JSON(key.hashAlgorithm.rawValue)),
            .init("public_key", JSON(key.publicKey.hex)), .init("created_at", JSON(created(key))),
        ])
    }

    static func table(_ keys: [KeyDescription]) -> String {
        FlowText.table(
            ["NAME", "CURVE", "HASH", "CREATED", "PUBLIC KEY"],
            keys.map { key in
                [
                    key.name.description, key.publicKey.algorithm.rawValue, key.hashAlgorithm.rawValue,
                    created(key).map { String($0.prefix(10)) } ?? "–", key.publicKey.hex,
                ]
            })
    }

    static func show(_ key: KeyDescription, _ context: CommandContext) {
        context.print(context.flag("json") ? json(key).text : table([key]))
    }

    private static func created(_ key: KeyDescription) -> String? {
        guard let milliseconds = key.createdAt, milliseconds > 0 else { return nil }
        return RFC3339.format(Date(timeIntervalSince1970: Double(milliseconds) / 1000))
    }
}
