import Cadence
import Daemon
import Encoding
import FlowClient
import Signer

/// An account that proposes, pays and authorizes, with the one key that signs for it.
struct TransactionAuthor: Sendable {
    let address: Address
    let signer: any TransactionSigner
    let keyIndex: KeyIndex?
    /// Another key of the account that proposes, and who signs for it where it is not the same key pair.
    var proposal: (index: KeyIndex, signer: (any TransactionSigner)?)?

    static let options: [Command.Option] = [
        .value("signer", "NAME", "the key in the store; default: account.keys or account.private_key"),
        .value("address", "ADDRESS", "whose key it is; account.address by default"),
        .value("key-index", "N", "the key's index; default: the account's key with this public key"),
        .value("proposal-key", "N", "another key of the account that proposes; it may have no weight"),
        .value("proposal-signer", "NAME", "the proposal key in the store; default: the key that pays"),
    ]

    static func open(_ context: CommandContext) async throws -> TransactionAuthor {
        let index = try context.option("key-index", as: .integer(0...Int(UInt32.max))).map { KeyIndex(UInt32($0)) }
        let given = try SigningInput.address(context, "address")
        let proposal = try context.option("proposal-key", as: .integer(0...Int(UInt32.max))).map {
            KeyIndex(UInt32($0))
        }
        guard proposal != nil || context.option("proposal-signer") == nil else {
            throw UsageError("--proposal-signer needs --proposal-key: which key of the account is it?")
        }
        guard context.option("signer") != nil else {
            guard given == nil else { throw UsageError("--address needs --signer: whose key is it?") }
            let settings = try FlowOptions.configuration(context, roles: "submit")
            guard let first = try await AccountSigners.open(settings, environment: context.environment).first,
                let address = settings[Settings.accountAddress]
            else {
                throw UsageError(
                    "--signer and --address are needed, or account.address and its key in the configuration")
            }
            guard context.option("proposal-signer") == nil else {
                throw UsageError("--proposal-signer needs --signer: out of which store?")
            }
            return TransactionAuthor(
                address: address, signer: first.signer,
                keyIndex: index ?? settings[Settings.accountKeyIndex].map { KeyIndex(UInt32($0)) },
                proposal: proposal.map { ($0, nil) })
        }
        let settings = try FlowOptions.configuration(context)
        guard let address = given ?? settings[Settings.accountAddress] else {
            throw UsageError("--address is needed: whose key is it?")
        }
        let name = try KeyName(context.option("signer") ?? "")
        let store = try await KeyOptions.openStore(context, settings)
        let proposer = try context.option("proposal-signer").map { try KeyName($0) }
        var second: (any TransactionSigner)?
        if let proposer { second = try await store.signer(for: proposer) }
        return TransactionAuthor(
            address: address, signer: try await store.signer(for: name), keyIndex: index,
            proposal: proposal.map { ($0, second) })
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
        let keys = try await Weir.account(address, at: .latest, flow).keys
        let key = try key(keys)
        let proposing = try proposalKey(keys) ?? key
        let head = try await flow.api.blockHeader(.latestFinalized).value
        var transaction = Transaction(
            script: source.script, arguments: source.arguments, referenceBlockID: head.id, computationLimit: limit,
            proposalKey: .init(address: address, keyIndex: proposing.index, sequenceNumber: proposing.sequenceNumber),
            payer: address, authorizers: authorizers == 1 ? [address] : [])
        let message = transaction.envelopeMessage()
        transaction.addEnvelopeSignature(
            .init(address: address, keyIndex: key.index, signature: try await signer.sign(message)))
        if proposing.index != key.index {
            let second = proposal?.signer ?? signer
            transaction.addEnvelopeSignature(
                .init(address: address, keyIndex: proposing.index, signature: try await second.sign(message)))
        }
        return transaction
    }

    /// Builds, signs, sends, and waits for the seal. `say` hears the id before anything is sent.
    func run(
        _ template: String, _ arguments: [CadenceValue], _ flow: FlowConnection, say: (String) -> Void
    ) async throws -> TransactionResult {
        guard let source = CadenceSources.transactions[template] else {
            preconditionFailure("there is no transaction \(template)")
        }
        let script = try FlowJSON.project.resolveImports(
            source, network: flow.network, overrides: Wiring.addressOverrides(flow.settings))
        let transaction = try await transaction(
            SourceInput.Source(
                script: Array(script.utf8), arguments: arguments.map { JSONCDC.encode($0) }, authorizers: 1),
            limit: 9999, flow)
        let reference = try await flow.api.blockHeader(.id(transaction.referenceBlockID)).value.height
        say("sending \(template) as transaction \(transaction.id)")
        try await flow.send(transaction)
        let again = "run the command again: it looks at the chain first, and what is done is left"
        let result = try await flow.sealed(
            transaction.id, reference: reference, patience: .seconds(300), remedy: again)
        guard result.outcome == .sealed else {
            guard result.outcome == .failed else {
                throw FlowFailure("transaction \(transaction.id) expired before it was executed", remedy: again)
            }
            var failure = FlowFailure("transaction \(transaction.id) failed: \(PlainText.oneLine(result.errorMessage))")
            let cause = TransactionFailure.classify(result)
            (failure.reason, failure.remedy) = (cause?.reason, cause?.remedy)
            throw failure
        }
        return result
    }

    /// The key of --proposal-key; what a node would refuse is refused here.
    private func proposalKey(_ keys: [AccountKey]) throws -> AccountKey? {
        guard let proposal else { return nil }
        let mine = proposal.signer ?? signer
        guard let key = keys.first(where: { $0.index == proposal.index }) else {
            throw FlowFailure(
                "account \(address) has no key \(proposal.index)", remedy: "weir flow account \(address) lists its keys"
            )
        }
        guard !key.revoked else { throw FlowFailure("key \(proposal.index) of \(address) is revoked") }
        guard key.publicKey == mine.publicKey.bytes, key.hashAlgorithmCode == mine.hashAlgorithm.protoCode.rawValue
        else {
            throw FlowFailure(
                "key \(proposal.index) of \(address) is another key pair, or has another hash",
                remedy: "name its key in the store with --proposal-signer")
        }
        return key
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
