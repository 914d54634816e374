import Cadence
import Daemon
import Encoding
import FlowClient
import HTTP
import Signer

extension Weir {
    static let signingCommands = [
        signCommand, signTransactionCommand, verifyCommand, verifyTransactionCommand, verifyProofCommand,
        verifyMessageCommand,
    ]

    private static let signCommand = Command(
        "sign", summary: "sign a message with a stored key, and print r‖s",
        discussion: "What is signed is the domain tag, then the message, hashed with the key's own hash.",
        arguments: [.required("NAME", "the key")],
        options: KeyOptions.places + SigningInput.messages + [SigningInput.tag, KeyOptions.json],
        examples: [
            .init("weir sign payer --message hello", "as a wallet signs a user's message"),
            .init("weir sign payer --message-file release.tar --tag none", "without a tag: r‖s of the file's hash"),
        ],
        usesConfiguration: true, shownSettings: KeyOptions.settings
    ) { context in
        let configuration = try KeyOptions.configuration(context)
        let (name, message) = (try KeyOptions.name(context), try SigningInput.tagged(context))
        let signer = try await KeyOptions.openStore(context, configuration).signer(for: name)
        let signature = Hex.encode(try await signer.sign(message))
        guard context.flag("json") else { return context.print(signature) }
        context.print(
            JSON.object([
                .init("signature", JSON(signature)), .init("key", JSON(name.description)),
                .init("public_key", JSON(signer.publicKey.hex)),
                .init("signature_algorithm", JSON(signer.publicKey.algorithm.rawValue)),
                .init("hash_algorithm", JSON(signer.hashAlgorithm.rawValue)),
            ]).text)
    }

    private static let signTransactionCommand = Command(
        "sign transaction", summary: "add a signature to a transaction, and print it for the next to sign",
        discussion: """
            The transaction comes as RLP in hex: its payload, its envelope (payload and payload signatures) or the whole of it, with \
            the signatures that others have made. What is printed is the whole of it with one signature more. The payer's keys sign \
            the envelope, everybody else's the payload; all payload signatures must be there before the first envelope signature, \
            which covers them. --with takes the signatures of other copies of the same transaction over, so that several can sign at \
            once. What is signed is shown on standard error.
            """,
        arguments: [
            .required("NAME", "the key in the store"), .optional("FILE", "the transaction; standard input by default"),
        ],
        options: KeyOptions.places + [
            .value("address", "ADDRESS", "whose key it is; account.address by default"),
            .value("key-index", "N", "the key's index on that account; account.key_index by default"),
            .value("part", "PART", "payload or envelope, if not the one that the role asks for"),
            .value("with", "FILE", "another copy of it, whose signatures are taken over", repeats: true),
            KeyOptions.json,
        ],
        examples: [
            .init(
                "weir sign transaction payer tx.hex --address f8d6e0586b0a20c7 --key-index 0 > signed.hex",
                "one signature more"),
            .init(
                "weir sign transaction payer a.hex --with b.hex --with c.hex --key-index 2",
                "signatures gathered, then ours"),
        ],
        usesConfiguration: true, shownSettings: KeyOptions.settings + ["account.address", "account.key_index"]
    ) { context in
        let configuration = try KeyOptions.configuration(context)
        let name = try KeyOptions.name(context)
        guard let address = try SigningInput.address(context, "address") ?? configuration[Settings.accountAddress]
        else {
            throw UsageError("--address is needed: whose key is \(name)?")
        }
        guard
            let index = try context.option("key-index", as: .integer(0...Int(UInt32.max)))
                ?? configuration[Settings.accountKeyIndex]
        else { throw UsageError("--key-index is needed: which key of \(address) is \(name)?") }
        let signing = TransactionSigning(address: address, keyIndex: KeyIndex(UInt32(index)))
        var transaction = try SigningInput.transaction(context.optionalArgument("FILE"))
        for path in context.options("with") {
            transaction = try signing.merged(transaction, with: try SigningInput.transaction(path), called: path)
        }
        let part = try signing.part(of: transaction, asked: context.option("part"))
        context.printError(TransactionSigning.summary(transaction))
        let signer = try await KeyOptions.openStore(context, configuration).signer(for: name)
        let signature = try await signing.sign(&transaction, part, signer)
        context.printError("signed the \(part) as key \(index) of \(address)")
        guard context.flag("json") else { return context.print(Hex.encode(transaction.rlp)) }
        context.print(
            JSON.object([
                .init("transaction", JSON(Hex.encode(transaction.rlp))), .init("id", JSON(transaction.id.hex)),
                .init("part", JSON(part.rawValue)), .init("address", JSON(address.hex)),
                .init("key_index", JSON(index)),
                .init("signature", JSON(Hex.encode(signature))),
            ]).text)
    }
}

/// Adding one signature to a transaction that others sign as well.
struct TransactionSigning {
    enum Part: String { case payload, envelope }
    let address: Address
    let keyIndex: KeyIndex

    /// Which part this key has to sign, or why it must not.
    func part(of transaction: Transaction, asked: String?) throws -> Part {
        guard transaction.signerIndex(of: address) != nil, transaction.signers.contains(address) else {
            throw UsageError("\(address) neither proposes nor pays nor authorizes: its signature would be refused")
        }
        let due: Part = address == transaction.payer ? .envelope : .payload
        if let asked, asked != due.rawValue {
            guard Part(rawValue: asked) != nil else { throw UsageError("--part: expected payload or envelope") }
            throw UsageError("\(address) has to sign the \(due): nodes refuse its signature on the other part")
        }
        let have = due == .payload ? transaction.payloadSignatures : transaction.envelopeSignatures
        guard !have.contains(where: { $0.address == address && $0.keyIndex == keyIndex }) else {
            throw UsageError(
                "key \(keyIndex) of \(address) has signed the \(due) already: nodes refuse a second signature")
        }
        guard due == .envelope || transaction.envelopeSignatures.isEmpty else {
            throw UsageError(
                "the envelope is signed already, and a further payload signature would make that worthless")
        }
        return due
    }

    func sign(
        _ transaction: inout Transaction, _ part: Part, _ signer: any TransactionSigner
    ) async throws -> [UInt8] {
        switch part {
        case .payload:
            let signature = try await signer.sign(transaction.payloadMessage())
            transaction.addPayloadSignature(.init(address: address, keyIndex: keyIndex, signature: signature))
            return signature
        case .envelope:
            let signature = try await signer.sign(transaction.envelopeMessage())
            transaction.addEnvelopeSignature(.init(address: address, keyIndex: keyIndex, signature: signature))
            return signature
        }
    }

    /// The signatures of both copies.
    func merged(_ transaction: Transaction, with other: Transaction, called path: String) throws -> Transaction {
        guard transaction.payloadRLP == other.payloadRLP else {
            throw UsageError("\(path) is another transaction: it has another payload")
        }
        var merged = transaction
        for signature in other.payloadSignatures where !merged.payloadSignatures.contains(signature) {
            merged.addPayloadSignature(signature)
        }
        let coversSame = merged.payloadSignatures == transaction.payloadSignatures
        guard coversSame || transaction.envelopeSignatures.isEmpty,
            other.envelopeSignatures.isEmpty || merged.payloadSignatures == other.payloadSignatures
        else {
            throw UsageError(
                "\(path) has other payload signatures, and an envelope is signed already: that signature covers them")
        }
        for signature in other.envelopeSignatures where !merged.envelopeSignatures.contains(signature) {
            merged.addEnvelopeSignature(signature)
        }
        return merged
    }

    /// Of one of this project's own programs, laid out as it may be, its name and whose contracts it calls; of any other the
    /// whole text: what is signed is what it says.
    private static func scriptLines(_ script: String, at line: inout String) -> [String] {
        let canonical = CadenceImports.canonical(script)
        let known = CadenceSources.transactions.first { CadenceImports.canonical($0.value) == canonical }
        if let known, canonical != nil {
            line += ", this project's \(known.key)"
            return CadenceImports.unresolve(script).addresses.sorted { $0.key < $1.key }.map {
                "import       \($0.key) from \($0.value)"
            }
        }
        line += ", none of this project's:"
        return script.split(omittingEmptySubsequences: false) { $0.isNewline }.map {
            "    | " + PlainText.oneLine(String($0))
        }
    }

    /// What a signer should look at: all of it, for a signature covers all of it.
    static func summary(_ transaction: Transaction) -> String {
        let proposal = transaction.proposalKey
        var lines = [
            "proposer     \(proposal.address) key \(proposal.keyIndex), sequence number \(proposal.sequenceNumber)",
            "payer        \(transaction.payer)",
            "authorizers  \(transaction.authorizers.map(\.description).joined(separator: ", "))",
            "limit        \(transaction.computationLimit)", "reference    \(transaction.referenceBlockID)",
            "script       SHA3-256 \(SHA3.hash256(transaction.script)), \(transaction.script.count) bytes",
        ]
        lines += scriptLines(String(decoding: transaction.script, as: UTF8.self), at: &lines[lines.count - 1])
        for (place, argument) in transaction.arguments.enumerated() {
            let value: String
            do { value = "\(try JSONCDC.decode(argument))" } catch {
                value = "unreadable (\(error)): \(Hex.encode(argument))"
            }
            lines.append("argument \(place)   \(value)")
        }
        lines.append(
            "signatures   \(transaction.payloadSignatures.count) of the payload, \(transaction.envelopeSignatures.count) of the envelope"
        )
        return lines.joined(separator: "\n")
    }
}
