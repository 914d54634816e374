import Cadence
import Daemon
import Encoding
import FlowClient
import HTTP
import Signer

extension Weir {
    static let keysRotateCommand = Command(
        "keys rotate", summary: "replace a key by a new one, on chain too",
        discussion: """
            A rotation has three steps, each of which can be repeated. Whatever fails, NAME keeps the key that it had.
              1. The new key is made as NAME.next, and added to the account: by --send, which signs that with the old key, or by \
            your own transaction, for which the command without an option prints what it takes.
              2. Once the account has it, it takes the name NAME, and the old one is kept as NAME.old1: --send does this too, \
            --activate does only this. Restart the daemon then.
              3. Once nothing that the old key signed is under way: --revoke NAME.old1, signed with the new key.
            Key files and AWS KMS let a new key take an old one's name; elsewhere make another key and name that in account.keys. \
            Proposal keys without weight keep the old public key: they go on working while account.keys names NAME.old1 after NAME.
            """,
        arguments: [KeyOptions.name],
        options: KeyOptions.places + KeyOptions.kinds + [
            .flag("send", "add the new key to account.address, wait until that is sealed, and let it take the name"),
            .flag("activate", "the account has the new key: let it take the name"),
            .flag("unchecked", "with --activate: do not look at the chain"),
            .value("revoke", "OLD", "revoke this key, such as NAME.old1, on the account"), KeyOptions.json,
        ],
        examples: [
            .init("weir keys rotate payer", "make the new key, and print how to add it"),
            .init("weir keys rotate payer --send --config /etc/weir/weir.yaml", "add it and take it into use"),
            .init("weir keys rotate payer --revoke payer.old1 --config /etc/weir/weir.yaml", "end the old one"),
        ],
        usesConfiguration: true, shownSettings: KeyOptions.settings + KeyOptions.chainSettings
    ) { context in
        let configuration = try KeyOptions.configuration(context)
        let name = try KeyOptions.name(context)
        let steps =
            ["send", "activate"].filter { context.flag($0) } + (context.option("revoke") == nil ? [] : ["revoke"])
        guard steps.count <= 1 else { throw UsageError("one step at a time: --\(steps.joined(separator: " or --"))") }
        guard !context.flag("unchecked") || steps == ["activate"] else {
            throw UsageError("--unchecked goes with --activate")
        }
        switch try KeyOptions.place(context, configuration) {
        case .file, .awsKMS: break
        case let place:
            throw SignerError(
                .unsupported,
                "keys of \(place) keep their names: make another key there, add it to the account, and name it in account.keys"
            )
        }
        let rotation = Rotation(
            context: context, configuration: configuration, name: name, algorithm: try KeyOptions.algorithm(context),
            hash: try KeyOptions.hash(context), store: try await KeyOptions.openStore(context, configuration))
        try await askingNodes {
            switch steps.first {
            case nil: try await rotation.prepare()
            case "revoke": try await rotation.revoke(try KeyName(context.option("revoke") ?? ""))
            default: try await rotation.activate(sends: steps == ["send"])
            }
        }
    }
}

/// The steps of `weir keys rotate`.
private struct Rotation {
    let context: CommandContext
    let configuration: Configuration
    let name: KeyName
    let algorithm: SignatureAlgorithm?
    let hash: HashAlgorithm?
    let store: any KeyStore

    private struct NotYet: Error {}

    /// Makes the new key, and says how it gets on the account.
    func prepare() async throws {
        do {
            _ = try await KeyRotation(store).rotate(name, algorithm: algorithm, hashAlgorithm: hash) { key, _ in
                show(key)
                throw NotYet()
            }
        } catch is NotYet {}
    }

    private func show(_ key: KeyDescription) {
        let arguments = Self.arguments(key, weight: 1000)
        if context.flag("json") {
            context.print(
                JSON.object([
                    .init("key", KeyListing.json(key)),
                    .init(
                        "transaction",
                        .object([
                            .init("name", "add_key"),
                            .init("cadence", JSON(CadenceSources.transactions["add_key"] ?? "")),
                            .init(
                                "arguments",
                                .array(arguments.map { JSON(String(decoding: JSONCDC.encode($0), as: UTF8.self)) })),
                        ])),
                ]).text)
            return
        }
        context.print(KeyListing.table([key]))
        let algorithm = key.publicKey.algorithm.cadenceCode
        context.print(
            """

            \(name) goes on signing. Add \(key.name) to the account, by either of
              weir keys rotate \(name) --send
              flow transactions send cadence/transactions/add_key.cdc \(key.publicKey.hex) \(algorithm) \(key.hashAlgorithm.cadenceCode) 1000.0
            and after the second of them
              weir keys rotate \(name) --activate
            """)
    }

    /// Lets the new key take the name, once the account has it. With `sends` it is added first where it is missing.
    func activate(sends: Bool) async throws {
        let old = try await store.signer(for: name)
        let account = context.flag("unchecked") ? nil : try await AccountChain.open(configuration)
        let outcome = try await KeyRotation(store).rotate(name, algorithm: algorithm, hashAlgorithm: hash) {
            next, signer in
            // A key that can't sign must not take the name.
            let probe = Array("weir keys rotate".utf8)
            guard
                next.publicKey.verify(signature: try await signer.sign(probe), message: probe, hash: next.hashAlgorithm)
            else { throw SignerError(.keyUnusable, "the new key \(next.name) does not sign") }
            guard let account else { return }
            let keys = try await account.keys()
            if sends, Self.valid(signer, keys).isEmpty { try await add(next, to: account, old, keys) }
            try Self.check(signer, next, on: account, try await account.keys())
        }
        if context.flag("json") {
            context.print(
                JSON.object([
                    .init("key", KeyListing.json(outcome.current)), .init("retired", JSON(outcome.retired.description)),
                ]).text)
            return
        }
        context.print(KeyListing.table([outcome.current]))
        context.print(
            """

            The old key is kept as \(outcome.retired). Restart the daemon with account.keys: [\(name), \(outcome.retired)]; when
            nothing that the old key signed is under way any more:
              weir keys rotate \(name) --revoke \(outcome.retired)
            """)
    }

    private func add(
        _ next: KeyDescription, to account: AccountChain, _ old: any TransactionSigner, _ keys: [AccountKey]
    ) async throws {
        guard let key = Self.valid(old, keys).max(by: { $0.weight < $1.weight }) else {
            throw SignerError(
                .keyUnusable, "\(name) is no valid key of account \(account.address): it can't add another one")
        }
        guard key.weight >= 1000 else {
            throw SignerError(
                .keyUnusable,
                "\(name) has a weight of \(key.weight) on account \(account.address): add \(next.name) by a transaction that several keys sign (weir sign transaction), then --activate"
            )
        }
        try await account.run("add_key", Self.arguments(next, weight: key.weight), signer: old, key: key) {
            context.printError($0)
        }
    }

    /// Ends the old key on chain: every key of the account that has its public key and any weight.
    func revoke(_ old: KeyName) async throws {
        guard old != name else { throw UsageError("--revoke: \(old) is the key that signs") }
        let account = try await AccountChain.open(configuration)
        let (mine, theirs) = (try await store.signer(for: name), try await store.signer(for: old))
        let keys = try await account.keys()
        guard let signing = Self.valid(mine, keys).first(where: { $0.weight >= 1000 }) else {
            throw SignerError(
                .keyUnusable,
                "\(name) is no valid key of weight 1000 of account \(account.address): without \(old) nobody could sign"
            )
        }
        let ending = Self.valid(theirs, keys).filter { $0.weight > 0 && $0.index != signing.index }
        if !ending.isEmpty {
            let indices = ending.map { CadenceValue.int(BigInt(Int64($0.index.rawValue))) }
            try await account.run("revoke_keys", [.array(CadenceArray(indices))], signer: mine, key: signing) {
                context.printError($0)
            }
        }
        let after = try await account.keys()
        let left = Self.valid(theirs, after)
        guard !left.contains(where: { $0.weight > 0 && $0.index != signing.index }) else {
            throw SignerError(.badAnswer, "the node says that the old key is valid still: look again in a moment")
        }
        let revoked = ending.map { "\($0.index)" }
        if context.flag("json") {
            context.print(
                JSON.object([
                    .init("revoked", .array(ending.map { JSON($0.index.rawValue) })),
                    .init("proposal_keys_left", JSON(left.count)),
                ]).text)
            return
        }
        context.print(
            revoked.isEmpty
                ? "no key of weight was left to revoke: \(old) authorizes nothing on account \(account.address)"
                : "revoked key \(revoked.joined(separator: ", ")) of account \(account.address)")
        if !left.isEmpty {
            context.print(
                "\(left.count) proposal keys without weight have the old public key: keep \(old) in the store and in account.keys for them"
            )
        } else {
            context.print("\(old) is of no more use: weir keys remove \(old) --yes")
        }
    }

    private static func check(
        _ signer: any TransactionSigner, _ next: KeyDescription, on account: AccountChain, _ keys: [AccountKey]
    ) throws {
        let named = AccountSigner(name: next.name.description, signer: signer)
        let findings = AccountCheck(account: account.address, signers: [named]).findings(keys)
        guard findings.problems.isEmpty else { throw SignerError(.keyUnusable, findings.problems[0]) }
    }

    private static func valid(_ signer: any TransactionSigner, _ keys: [AccountKey]) -> [AccountKey] {
        keys.filter {
            !$0.revoked && $0.publicKey == signer.publicKey.bytes
                && $0.signatureAlgorithmCode == signer.publicKey.algorithm.protoCode.rawValue
                && $0.hashAlgorithmCode == signer.hashAlgorithm.protoCode.rawValue
        }
    }

    private static func arguments(_ key: KeyDescription, weight: UInt32) -> [CadenceValue] {
        [
            .string(key.publicKey.hex), .uint8(key.publicKey.algorithm.cadenceCode.rawValue),
            .uint8(key.hashAlgorithm.cadenceCode.rawValue), .ufix64(UInt64(weight) * 100_000_000),
        ]
    }
}
