import Cadence
import Daemon
import Encoding
import FlowClient
import HTTP
import Signer

extension Weir {
    static let flowSendCommand = Command(
        "flow send", summary: "build, sign and send a transaction, and wait for what becomes of it",
        discussion: """
            One account proposes, pays and authorizes: the one of --address, or account.address. Its key is --signer out of the key \
            store, or the daemon's own by the configuration. \(SourceInput.names) The id is told before anything is sent; sending the \
            same bytes again does no harm. With --signed the transaction comes ready, as `weir sign transaction` makes it for several \
            signers. Exits with 0 where it is sealed without an error.
            """,
        arguments: [
            .required("TRANSACTION", "a file, - for standard input, or the name of one in cadence/transactions")
        ],
        options: FlowOptions.connection + SourceInput.options + KeyOptions.places + [
            .value("signer", "NAME", "the key in the store; default: account.keys or account.private_key"),
            .value("address", "ADDRESS", "whose key it is; account.address by default"),
            .value("key-index", "N", "the key's index; default: the account's key with this public key"),
            .value("limit", "N", "the computation limit, 1 to 9999 (default 9999)"),
            .flag("signed", "TRANSACTION is a signed transaction, RLP in hex: nothing is built or signed"),
            .flag("dry-run", "print the signed transaction as RLP in hex, and send nothing"),
            .flag("no-wait", "end once a node has taken it"),
            .value("patience", "DURATION", "how long to wait for the seal (default 5m)"), FlowOptions.json,
        ],
        examples: [
            .init(
                "weir flow send transfer.cdc --arg 10.0 --arg 0x01cf0e2f2f715450 --signer payer --address f8d6e0586b0a20c7",
                "FLOW"),
            .init("weir flow send signed.hex --signed --node testnet", "what several have signed"),
        ]
    ) { context in
        let patience = try context.option("patience", as: .duration()) ?? .seconds(300)
        let limit = try context.option("limit", as: .integer(1...9999)) ?? 9999
        let isReady = context.flag("signed")
        // Before anything has threads: keys are taken out of the environment.
        let author = isReady ? nil : try await TransactionAuthor.open(context)
        try await withFlow(context) { flow in
            let transaction =
                if let author {
                    try await author.transaction(
                        try SourceInput.read(
                            context.argument("TRANSACTION"), known: CadenceSources.transactions, context, flow),
                        limit: UInt64(limit), flow)
                } else {
                    try SigningInput.transaction(context.argument("TRANSACTION"))
                }
            if context.flag("dry-run") { return context.print(Hex.encode(transaction.rlp)) }
            let reference = try? await flow.api.blockHeader(.id(transaction.referenceBlockID)).value.height
            context.printError("sending \(transaction.id)")
            try await flow.send(transaction)
            if context.flag("no-wait") {
                return context.print(
                    context.flag("json")
                        ? JSON.object([.init("id", JSON(transaction.id.hex))]).text : transaction.id.hex)
            }
            let result = try await flow.sealed(transaction.id, reference: reference, patience: patience)
            context.print(
                context.flag("json") ? json(result, transaction, script: false).text : text(result, transaction))
            if [.failed, .expired].contains(result.outcome) { throw ExitCode.failed }
        }
    }
}

/// An account that proposes, pays and authorizes, with the one key that signs for it.
private struct TransactionAuthor: Sendable {
    let address: Address
    let signer: any TransactionSigner
    let keyIndex: KeyIndex?

    static func open(_ context: CommandContext) async throws -> TransactionAuthor {
        let index = try context.option("key-index", as: .integer(0...Int(UInt32.max))).map { KeyIndex(UInt32($0)) }
        let given = try SigningInput.address(context, "address")
        guard context.option("signer") != nil else {
            guard given == nil else { throw UsageError("--address needs --signer: whose key is it?") }
            let settings = try FlowOptions.configuration(context, roles: "submit")
            Settings.wipeSecrets()
            guard let first = try await AccountSigners.open(settings, environment: context.environment).first,
                let address = settings[Settings.accountAddress]
            else {
                throw UsageError(
                    "--signer and --address are needed, or account.address and its key in the configuration")
            }
            return TransactionAuthor(
                address: address, signer: first.signer,
                keyIndex: index ?? settings[Settings.accountKeyIndex].map { KeyIndex(UInt32($0)) })
        }
        let settings = try FlowOptions.configuration(context)
        Settings.wipeSecrets()
        guard let address = given ?? settings[Settings.accountAddress] else {
            throw UsageError("--address is needed: whose key is it?")
        }
        let name = try KeyName(context.option("signer") ?? "")
        let signer = try await KeyOptions.openStore(context, settings).signer(for: name)
        return TransactionAuthor(address: address, signer: signer, keyIndex: index)
    }

    func transaction(
        _ source: SourceInput.Source, limit: UInt64, _ flow: FlowConnection
    ) async throws -> Transaction {
        guard let authorizers = source.authorizers else {
            throw UsageError("TRANSACTION: this is a script; weir flow script runs those")
        }
        guard authorizers <= 1 else {
            throw UsageError(
                "TRANSACTION: its prepare takes \(authorizers) accounts, and here is one; let each sign with weir sign transaction, then --signed"
            )
        }
        let key = try key(try await Weir.account(address, at: .latest, flow).keys)
        let head = try await flow.api.blockHeader(.latestFinalized).value
        var transaction = Transaction(
            script: source.script, arguments: source.arguments, referenceBlockID: head.id, computationLimit: limit,
            proposalKey: .init(address: address, keyIndex: key.index, sequenceNumber: key.sequenceNumber),
            payer: address, authorizers: authorizers == 1 ? [address] : [])
        let signature = try await signer.sign(transaction.envelopeMessage())
        transaction.addEnvelopeSignature(.init(address: address, keyIndex: key.index, signature: signature))
        return transaction
    }

    /// The account's key that is ours; what a node would refuse is refused here, with the reason.
    private func key(_ keys: [AccountKey]) throws -> AccountKey {
        let findings = AccountCheck(
            account: address, signers: [AccountSigner(name: "of --signer", signer: signer)], keyIndex: keyIndex
        ).findings(keys)
        if let problem = findings.problems.first { throw FlowFailure(problem) }
        guard
            let key = keys.first(where: {
                $0.publicKey == signer.publicKey.bytes && !$0.revoked && $0.weight >= SigningPlan.requiredWeight
                    && $0.hashAlgorithm == signer.hashAlgorithm && (keyIndex == nil || keyIndex == $0.index)
            })
        else { throw FlowFailure("account \(address) has no key of full weight with this public key") }
        return key
    }
}
