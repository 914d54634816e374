import Daemon
import Encoding
import FlowClient
import Glibc
import HTTP
import Secrets
import Signer

extension Weir {
    static let keysCommands = [
        keysGenerateCommand, keysImportCommand, keysDeriveCommand, keysListCommand, keysExportCommand,
        keysRotateCommand, keysRemoveCommand, keysPassphraseCommand,
    ]

    private static let keysGenerateCommand = Command(
        "keys generate", summary: "make a key in a key store, and print its public key",
        discussion: """
            The private key never leaves the store; in a key management service it is never anywhere else. Add the public key to the \
            account before the daemon uses it.
            """,
        arguments: [.required("NAME", "what the key is to be called")],
        options: KeyOptions.places + KeyOptions.kinds + [KeyOptions.json],
        examples: [
            .init("weir keys generate payer", "a secp256k1 key in ./weir-keys; asks for a passphrase"),
            .init("weir keys generate payer --algorithm ECDSA_P256 --store aws-kms:eu-central-1", "a key in AWS KMS"),
        ],
        usesConfiguration: true, shownSettings: KeyOptions.settings
    ) { context in
        let configuration = try KeyOptions.configuration(context)
        let (name, algorithm) = (try KeyOptions.name(context), try KeyOptions.algorithm(context))
        let hash = try KeyOptions.hash(context)
        let store = try await KeyOptions.openStore(context, configuration, makesFile: true)
        let made = try await store.generate(
            name: name, algorithm: algorithm ?? .ecdsaSecp256k1, hashAlgorithm: hash ?? .sha3_256)
        KeyListing.show(made, context)
    }

    private static let keysImportCommand = Command(
        "keys import", summary: "take a private key into a key store: hex, PEM, DER, or an account of a flow.json",
        discussion: """
            The key is read from a file, standard input, a variable or the terminal, never from the command line. Hex (64 digits) does \
            not say its curve: --algorithm must. PEM and DER may be PKCS#8 or SEC1 (EC PRIVATE KEY), encrypted or not. Of a flow.json, \
            keys of type hex, file and bip44 can be imported. The source is left as it is: remove it yourself.
            """,
        arguments: [.required("NAME", "what the key is to be called")],
        options: KeyOptions.places + KeyOptions.kinds + [
            KeyOptions.input, KeyOptions.variable,
            .value("account", "NAME", "the input is a flow.json: the account whose key is meant"),
            .value("key-passphrase-file", "PATH", "the passphrase of an encrypted PEM"), KeyOptions.json,
        ],
        examples: [
            .init("weir keys import payer --from payer.pem", "PEM says its curve"),
            .init("weir keys import payer --algorithm ECDSA_P256 < payer.hex", "hex, from standard input"),
            .init("weir keys import payer --from flow.json --account platform", "from Flow's own project file"),
        ],
        usesConfiguration: true, shownSettings: KeyOptions.settings
    ) { context in
        let configuration = try KeyOptions.configuration(context)
        let name = try KeyOptions.name(context)
        let (key, hash) = try importedKey(context)
        let store = try await KeyOptions.openStore(context, configuration, makesFile: true)
        KeyListing.show(try await store.add(key, name: name, hashAlgorithm: hash), context)
    }

    private static func importedKey(_ context: CommandContext) throws -> (PrivateKey, HashAlgorithm) {
        let (algorithm, hash) = (try KeyOptions.algorithm(context), try KeyOptions.hash(context))
        let passphrase = try context.option("key-passphrase-file").map { try KeyOptions.passphrase($0, context) }
        let source = try KeyOptions.secretInput(context, asking: "The private key: ")
        guard let account = context.option("account") else {
            let key = try PrivateKey.importing(source, algorithm: algorithm, passphrase: passphrase)
            return (key, hash ?? .sha3_256)
        }
        let folder = context.option("from").map {
            $0.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        }
        let isRoot = folder == "" && context.option("from")?.hasPrefix("/") == true
        let entry = try FlowJSONKeys.read(
            source, account: account, directory: isRoot ? "/" : folder.flatMap { $0.isEmpty ? nil : $0 } ?? ".",
            environment: context.environment)
        guard algorithm == nil || algorithm == entry.key.algorithm else {
            throw UsageError("--algorithm: the account's key is \(entry.key.algorithm.rawValue)")
        }
        return (entry.key, hash ?? entry.hashAlgorithm)
    }

    private static let keysDeriveCommand = Command(
        "keys derive", summary: "derive a key from a BIP-39 phrase into a key store",
        discussion: """
            The phrase is read from a file, standard input, a variable or the terminal. secp256k1 is derived by BIP-32, P-256 by \
            SLIP-0010; --path defaults to \(DerivationPath.flow), which Flow's command line and wallets use.
            """,
        arguments: [.required("NAME", "what the key is to be called")],
        options: KeyOptions.places + KeyOptions.kinds + [
            KeyOptions.input, KeyOptions.variable, .value("path", "PATH", "default \(DerivationPath.flow)"),
            .value("phrase-passphrase-file", "PATH", "BIP-39's own passphrase, where the phrase has one"),
            KeyOptions.json,
        ],
        examples: [.init("weir keys derive payer --from phrase.txt --algorithm ECDSA_P256", "as Flow's wallets do")],
        usesConfiguration: true, shownSettings: KeyOptions.settings
    ) { context in
        let configuration = try KeyOptions.configuration(context)
        let (name, hash) = (try KeyOptions.name(context), try KeyOptions.hash(context) ?? .sha3_256)
        let algorithm = try KeyOptions.algorithm(context) ?? .ecdsaSecp256k1
        let path: DerivationPath
        do throws(SignerError) {
            path = try context.option("path").map { text throws(SignerError) in try DerivationPath(text) } ?? .flow
        } catch {
            throw UsageError("--path: \(error.message)")
        }
        let passphrase = try context.option("phrase-passphrase-file").map { path in
            try KeyOptions.passphrase(path, context).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        }
        let phrase = try Mnemonic(phrase: try KeyOptions.secretInput(context, asking: "The phrase: "))
        let master = try ExtendedPrivateKey(seed: try phrase.seed(passphrase: passphrase ?? ""), algorithm: algorithm)
        let store = try await KeyOptions.openStore(context, configuration, makesFile: true)
        KeyListing.show(try await store.add(master.derived(by: path).key, name: name, hashAlgorithm: hash), context)
    }

    private static let unverified = Command.Option.flag(
        "unverified", "read the public part of a key file without its passphrase: nothing vouches for it then")

    private static let keysListCommand = Command(
        "keys list", summary: "the keys of a key store: names, algorithms and public keys",
        options: KeyOptions.places + [unverified, KeyOptions.json],
        examples: [
            .init("weir keys list --config /etc/weir/weir.yaml", "the keys that the daemon has"),
            .init("weir keys list --store file:/var/lib/weir/keys --unverified", "without the passphrase"),
        ],
        usesConfiguration: true, shownSettings: KeyOptions.settings
    ) { context in
        let configuration = try KeyOptions.configuration(context)
        let keys = try await listed(context, configuration)
        if context.flag("json") {
            let store = try KeyOptions.place(context, configuration).description
            context.print(
                JSON.object([.init("store", JSON(store)), .init("keys", .array(keys.map(KeyListing.json)))]).text)
        } else {
            context.print(keys.isEmpty ? "no keys" : KeyListing.table(keys))
        }
    }

    private static func listed(
        _ context: CommandContext, _ configuration: Configuration
    ) async throws -> [KeyDescription] {
        guard context.flag("unverified") else { return try await KeyOptions.openStore(context, configuration).list() }
        guard case .file(let path) = try KeyOptions.place(context, configuration) else {
            throw UsageError("--unverified is for key files: other stores have no passphrase")
        }
        guard access(path, F_OK) == 0 else { throw SignerError(.unavailable, "there is no key file \(path)") }
        return try EncryptedFileKeyStore.describe(path: path)
    }

    private static let keysExportCommand = Command(
        "keys export-public", summary: "a key's public half in the form that somebody asks for",
        discussion: """
            Forms: hex (x‖y, 64 bytes, as Cadence takes it), compressed (SEC1, 33 bytes), pem, jwk, rlp (the whole account key, as \
            `flow accounts create` and older templates take it). --json gives all of them. Private keys can't be exported.
            """,
        arguments: [KeyOptions.name],
        options: KeyOptions.places + [
            unverified, .value("format", "FORM", "hex (default), compressed, pem, jwk or rlp"),
            .value("weight", "0…1000", "for rlp: the weight of the account key, 1000 by default"), KeyOptions.json,
        ],
        examples: [
            .init("weir keys export-public payer", "for a transaction that adds it to the account"),
            .init("weir keys export-public attest --format jwk", "for a published key set"),
        ],
        usesConfiguration: true, shownSettings: KeyOptions.settings
    ) { context in
        let configuration = try KeyOptions.configuration(context)
        let name = try KeyOptions.name(context)
        let weight = try context.option("weight", as: .integer(0...1000)) ?? 1000
        guard let key = try await listed(context, configuration).first(where: { $0.name == name }) else {
            throw SignerError(.keyNotFound, "the key store has no key \(name)")
        }
        let forms: [(String, String)] = [
            ("hex", key.publicKey.hex), ("compressed", Hex.encode(key.publicKey.compressed)),
            ("pem", key.publicKey.pem), ("jwk", JSONWebKey(key.publicKey).json),
            ("rlp", Hex.encode(accountKey(key, weight: UInt32(weight)).rlp)),
        ]
        if context.flag("json") {
            context.print(JSON.object([.init("name", JSON(name.description))] + forms.map { .init($0, JSON($1)) }).text)
            return
        }
        let form = context.option("format") ?? "hex"
        guard let text = forms.first(where: { $0.0 == form })?.1 else {
            throw UsageError("--format: expected \(forms.map(\.0).joined(separator: ", "))")
        }
        context.print(text.hasSuffix("\n") ? String(text.dropLast()) : text)
    }

    private static func accountKey(_ key: KeyDescription, weight: UInt32) -> AccountKey {
        var account = AccountKey()
        account.publicKey = key.publicKey.bytes
        account.signatureAlgorithmCode = key.publicKey.algorithm.rlpCode.rawValue
        account.hashAlgorithmCode = key.hashAlgorithm.rlpCode.rawValue
        account.weight = weight
        return account
    }

    private static let keysRemoveCommand = Command(
        "keys remove", summary: "remove a key from a key store, for good",
        discussion: """
            From a key file the key is gone at once. AWS KMS loses the name and deletes the key after 30 days, in which it can be \
            saved. Google Cloud KMS, the environment and credentials are changed by their own means.
            """,
        arguments: [KeyOptions.name],
        options: KeyOptions.places + [.flag("yes", "really: what the key signs for can't be signed any more")],
        examples: [.init("weir keys remove payer.old1 --yes", "once the old key is revoked on chain")],
        usesConfiguration: true, shownSettings: KeyOptions.settings
    ) { context in
        let configuration = try KeyOptions.configuration(context)
        let name = try KeyOptions.name(context)
        guard context.flag("yes") else { throw UsageError("removing \(name) can't be undone: say --yes to do it") }
        try await KeyOptions.openStore(context, configuration).remove(name)
        context.print("removed \(name)")
    }

    private static let keysPassphraseCommand = Command(
        "keys passphrase", summary: "encrypt a key file anew under another passphrase",
        options: KeyOptions.places + [
            .value("new-passphrase-file", "PATH", "the new passphrase, in the first line; else the terminal is asked")
        ],
        examples: [.init("weir keys passphrase", "asks for the old one and twice for the new one")],
        usesConfiguration: true, shownSettings: KeyOptions.settings
    ) { context in
        let configuration = try KeyOptions.configuration(context)
        guard let store = try await KeyOptions.openStore(context, configuration) as? EncryptedFileKeyStore else {
            throw UsageError("only key files have a passphrase")
        }
        // A wrong old passphrase is said before a new one is asked for.
        _ = try await store.list()
        let new: SecretBytes
        if let path = context.option("new-passphrase-file") {
            new = try KeyOptions.passphrase(path, context)
        } else {
            let advice = "use --new-passphrase-file"
            new = try SecretInput.ask("The new passphrase: ", orElse: advice)
            guard new.isEqual(to: try SecretInput.ask("The same once more: ", orElse: advice)) else {
                throw UsageError("the two passphrases are not the same")
            }
        }
        try await store.changePassphrase(to: new)
        context.print("the passphrase of \(store.path) is changed")
    }
}
