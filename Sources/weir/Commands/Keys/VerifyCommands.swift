import Cadence
import Daemon
import Encoding
import FlowClient
import FoundationEssentials
import HTTP
import PlatformBridge
import Signer

extension Weir {
    /// It could not be found out: neither valid nor invalid.
    static let undecided = ExitCode(rawValue: 3)
    private static let exits = "Exits with 0 where it is valid, 1 where it is not, 3 where that could not be found out."

    static let verifyCommand = Command(
        "verify", summary: "whether a signature by a public key is good: prints valid or invalid",
        discussion: exits,
        options: [
            .value("public-key", "HEX", "64 bytes x‖y, or an SEC1 form"),
            .value("public-key-file", "PATH", "the same from a file, or PEM"), KeyOptions.algorithm, KeyOptions.hash,
            .value("signature", "HEX", "r‖s, 64 bytes"),
        ] + SigningInput.messages + [SigningInput.tag],
        examples: [
            .init("weir verify --public-key HEX --signature HEX --message hello", "secp256k1 with SHA3_256, user tag")
        ]
    ) { context in
        let message = try SigningInput.tagged(context)
        let signature = try SigningInput.hex(context, "signature")
        let (key, hash) = (try publicKey(context), try KeyOptions.hash(context) ?? .sha3_256)
        guard signature.count == 64 else {
            let isDER = DERLook.isSignature(signature)
            throw UsageError(
                "--signature: r‖s has 64 bytes, this has \(signature.count)\(isDER ? "; it looks like DER, which Flow does not take" : "")"
            )
        }
        try tell(key.verify(signature: signature, message: message, hash: hash) ? nil : "invalid", context)
    }

    private enum DERLook {
        static func isSignature(_ bytes: [UInt8]) -> Bool {
            bytes.count > 8 && bytes[0] == 0x30 && Int(bytes[1]) == bytes.count - 2 && bytes[2] == 2
        }
    }

    private static func publicKey(_ context: CommandContext) throws -> PublicKey {
        let algorithm = try KeyOptions.algorithm(context)
        let text: String
        switch (context.option("public-key"), context.option("public-key-file")) {
        case (let hex?, nil): text = hex
        case (nil, let path?):
            text = String(decoding: try SigningInput.file(path), as: UTF8.self)
                .trimmed()
        default: throw UsageError("either --public-key or --public-key-file is needed")
        }
        do throws(SignerError) {
            guard text.hasPrefix("-----BEGIN") else {
                guard let bytes = Hex.decode(text) else {
                    throw SignerError(.malformed, "expected hex, or PEM in a file")
                }
                return try PublicKey(algorithm: algorithm ?? .ecdsaSecp256k1, bytes: bytes)
            }
            let key = try PublicKey(pem: text)
            guard algorithm == nil || algorithm == key.algorithm else {
                throw SignerError(.unsupported, "it is on \(key.algorithm.curveName)")
            }
            return key
        } catch {
            throw UsageError("the public key: \(error.message)")
        }
    }

    /// Nil is valid.
    private static func tell(_ refusal: String?, _ context: CommandContext) throws {
        context.print(refusal ?? "valid")
        if refusal != nil { throw ExitCode.failed }
    }

    // MARK: By the chain's keys

    static let verifyTransactionCommand = Command(
        "verify transaction",
        summary: "whether a transaction's signatures are good and enough, by the account keys on chain",
        discussion: """
            Reads the keys of all who sign from a node, and checks what a node checks: each signature, revocations, duplicates, weights \
            of 1000 for payer and authorizers, the proposal key and its sequence number. \(exits)
            """,
        arguments: [.optional("FILE", "the transaction as RLP in hex; standard input by default")],
        options: [KeyOptions.json],
        examples: [.init("weir verify transaction signed.hex --flow-network testnet", "before it is sent")],
        usesConfiguration: true, shownSettings: KeyOptions.chainSettings
    ) { context in
        let configuration = try KeyOptions.configuration(context)
        let transaction = try SigningInput.transaction(context.optionalArgument("FILE"))
        let review = try await deciding(context) {
            try await TransactionReview.make(
                transaction, api: try await FlowConnection.makeConfigured(configuration).api)
        }
        context.print(context.flag("json") ? review.json.text : review.text)
        guard review.isAcceptable else { throw ExitCode.failed }
    }

    private static let way = Command.Option.flag(
        "on-chain", "let FCLCrypto decide, the contract for it, where it is deployed (mainnet, testnet)")
    private static let contract = Command.Option.value(
        "fcl-crypto", "ADDRESS", "with --on-chain: where the contract is, if not where it usually is")

    static let verifyProofCommand = Command(
        "verify proof", summary: "whether an account proof of a wallet is good, by the account keys on chain",
        discussion: """
            The proof is the JSON that wallets give: {"address", "nonce", "signatures": […]}, or the service or the data around that. \
            The nonce has 32 bytes at least; whether it is one of yours, and fresh, is yours to check. \(exits)
            """,
        arguments: [.optional("FILE", "the proof; standard input by default")],
        options: [
            .value("app", "ID", "your application's identifier, which is never taken from the proof"),
            .flag("lenient", "take proofs under the tag of user messages too, which some wallets sign"), way, contract,
            KeyOptions.json,
        ],
        examples: [.init("weir verify proof proof.json --app 'Nova (v1)' --flow-network mainnet", "log-in by wallet")],
        usesConfiguration: true, shownSettings: KeyOptions.chainSettings
    ) { context in
        let configuration = try KeyOptions.configuration(context)
        guard let app = context.option("app"), !app.isEmpty else { throw UsageError("--app is needed") }
        let proof = try WalletProof(json: try SigningInput.file(context.optionalArgument("FILE")))
        guard let address = proof.address, let nonce = proof.nonce else {
            throw UsageError("the proof has no address, or no nonce")
        }
        try await judge(context, configuration, address) { verifier, way in
            try await verifier.verifyAccountProof(
                appIdentifier: app, address: address, nonce: nonce, signatures: proof.signatures,
                tags: context.flag("lenient") ? [.accountProof, .user] : [.accountProof], by: way)
        }
    }

    static let verifyMessageCommand = Command(
        "verify message",
        summary: "whether a message that a wallet's user signed is good, by the account keys on chain",
        discussion:
            "The signatures are the JSON array that wallets give: [{\"addr\", \"keyId\", \"signature\"}, …]. \(exits)",
        arguments: [.optional("FILE", "the signatures; standard input by default")],
        options: [.value("address", "ADDRESS", "the account that is said to have signed")] + SigningInput.messages
            + [way, contract, KeyOptions.json],
        examples: [
            .init("weir verify message signatures.json --address 0x1 --message 'I am'", "as FCL's verifyUserSignatures")
        ],
        usesConfiguration: true, shownSettings: KeyOptions.chainSettings
    ) { context in
        let configuration = try KeyOptions.configuration(context)
        guard let address = try SigningInput.address(context, "address") else {
            throw UsageError("--address is needed")
        }
        let message = try SigningInput.message(context)
        let proof = try WalletProof(json: try SigningInput.file(context.optionalArgument("FILE")))
        try await judge(context, configuration, address) { verifier, way in
            try await verifier.verifyUserMessage(message, address: address, signatures: proof.signatures, by: way)
        }
    }

    private static func judge(
        _ context: CommandContext, _ configuration: Configuration, _ address: Address,
        _ verify: @escaping @Sendable (WalletVerifier, WalletVerifier.Way) async throws -> WalletVerifier.Proof
    ) async throws {
        let way: WalletVerifier.Way = context.flag("on-chain") ? .contract : .keys
        let contract = try SigningInput.address(context, "fcl-crypto")
        let outcome: Result<WalletVerifier.Proof, ProofRefusal> = try await deciding(context) {
            let flow = try await FlowConnection.makeConfigured(configuration)
            // What no account of the chain can have proves nothing, and no node has to be asked.
            guard address.isValid(on: flow.chain) else {
                return .failure(.malformed("\(address) is no address of \(flow.chain)"))
            }
            let verifier = WalletVerifier(api: flow.api, chain: flow.chain, fclCrypto: contract)
            do { return .success(try await verify(verifier, way)) } catch let refusal as ProofRefusal {
                return .failure(refusal)
            }
        }
        switch outcome {
        case .success(let proof):
            context.print(
                context.flag("json")
                    ? JSON.object([
                        .init("valid", true), .init("weight", proof.weight.map { JSON($0) } ?? .null),
                        .init("height", JSON(proof.height.rawValue)), .init("by", JSON(way.rawValue)),
                    ]).text
                    : "valid: \(proof.weight.map { "keys of weight \($0) signed" } ?? "FCLCrypto accepts it"), as of height \(proof.height)"
            )
        case .failure(let refusal):
            context.print(
                context.flag("json")
                    ? JSON.object([.init("valid", false), .init("reason", JSON(refusal.description))]).text
                    : "invalid: \(refusal)")
            throw ExitCode.failed
        }
    }

    /// What keeps an answer from being found is said as that.
    private static func deciding<R>(_ context: CommandContext, _ body: () async throws -> R) async throws -> R {
        do { return try await askingNodes(body) } catch let error as UsageError { throw error } catch let error
            as ConfigurationError
        {
            throw error
        } catch {
            context.printError("weir \(context.command.name): could not be found out: \(error)")
            throw undecided
        }
    }
}

/// What wallets hand over, in any of its wrappings.
struct WalletProof: Decodable {
    var address: Address?
    var nonce: [UInt8]?
    var signatures: [CompositeSignature]

    /// Throws `UsageError` naming what is wrong.
    init(json: [UInt8]) throws {
        do {
            self = try JSONDecoder().decode(WalletProof.self, from: Data(json))
        } catch let error as DecodingError {
            throw UsageError("the proof is not what wallets give: \(Self.words(error))")
        }
    }

    private enum Name: String, CodingKey { case data, address, nonce, signatures }

    init(from decoder: any Decoder) throws {
        if let list = try? decoder.unkeyedContainer(), list.count != nil {
            signatures = try decoder.singleValueContainer().decode([CompositeSignature].self)
            return
        }
        var fields = try decoder.container(keyedBy: Name.self)
        if fields.contains(.data), !fields.contains(.signatures) {
            fields = try fields.nestedContainer(keyedBy: Name.self, forKey: .data)
        }
        signatures = try fields.decode([CompositeSignature].self, forKey: .signatures)
        if let text = try fields.decodeIfPresent(String.self, forKey: .address) {
            guard let address = Address(text) else {
                throw DecodingError.dataCorruptedError(forKey: .address, in: fields, debugDescription: "is no address")
            }
            self.address = address
        }
        if let text = try fields.decodeIfPresent(String.self, forKey: .nonce) {
            guard let nonce = Hex.decode(text.hasPrefix("0x") ? text.dropFirst(2) : text[...]) else {
                throw DecodingError.dataCorruptedError(forKey: .nonce, in: fields, debugDescription: "is no hex")
            }
            self.nonce = nonce
        }
    }

    private static func words(_ error: DecodingError) -> String {
        func path(_ context: DecodingError.Context) -> String {
            context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
        }
        switch error {
        case .keyNotFound(let key, let context):
            return [path(context), "\(key.stringValue) is missing"].filter { !$0.isEmpty }.joined(separator: ": ")
        case .typeMismatch(_, let context), .valueNotFound(_, let context): return "\(path(context)) is of another type"
        case .dataCorrupted(let context): return "\(path(context)) \(context.debugDescription)"
        @unknown default: return "unreadable"
        }
    }
}
