import Cadence
import Daemon
import Encoding
import FlowClient
import HTTP
import Signer

extension Weir {
    static let flowAccountCommand = Command(
        "flow account", summary: "an account's balance, keys and contracts",
        arguments: [.required("ADDRESS", "1 to 16 hex digits, with or without 0x")],
        options: FlowOptions.connection + [
            FlowOptions.json, .value("at", "HEIGHT", "as it was after that block; default: the sealed head"),
            .value("contract", "NAME", "print the source of that contract, and nothing else"),
        ],
        examples: [
            .init("weir flow account 0x179b6b1cb6755e31", "the platform's account on the devnet"),
            .init("weir flow account 1654653399040a61 --node mainnet --contract FlowToken", "a contract's source"),
        ]
    ) { context in
        let address = try context.argument("ADDRESS", as: FlowArgument.address)
        let height = try context.option("at", as: FlowArgument.height)
        try await withFlow(context) { flow in
            let account = try await account(address, at: height.map { .height($0) } ?? .latest, flow)
            if let name = context.option("contract") {
                guard let source = account.contracts[name] else {
                    throw FlowFailure("account \(address) has no contract \(PlainText.oneLine(name))")
                }
                context.print(String(decoding: source, as: UTF8.self))
                return
            }
            context.print(context.flag("json") ? account.json.text : text(account))
        }
    }

    /// Throws where there is none: on this chain, or at that height.
    static func account(_ address: Address, at state: StateReference, _ flow: FlowConnection) async throws -> Account {
        guard Wiring.isValid(address, on: flow.chain) else {
            throw FlowFailure(
                "ADDRESS: \(address) is no address of \(flow.chain)",
                remedy: "check the address, and that --node is of its network")
        }
        do { return try await flow.api.account(address, at: state).value } catch let error as AccessError
            where error.code == .notFound
        {
            guard case .height(let height) = state else {
                throw FlowFailure("there is no account \(address) on \(flow.chain)")
            }
            throw FlowFailure(
                "there is no account \(address) on \(flow.chain) at height \(height): \(PlainText.oneLine(error.message))"
            )
        }
    }

    private static func text(_ account: Account) -> String {
        var out = FlowText.fields([
            ("address", account.address.description), ("balance", FlowText.flow(account.balance)),
            ("keys", "\(account.keys.count)"), ("contracts", "\(account.contracts.count)"),
        ])
        if !account.keys.isEmpty {
            let rows = account.keys.map { key in
                [
                    "\(key.index)", "\(key.weight)", "\(key.sequenceNumber)", key.revoked ? "yes" : "no",
                    key.signatureWord,
                    key.hashWord, Hex.encode(key.publicKey),
                ]
            }
            out +=
                "\n\n"
                + FlowText.table(["key", "weight", "sequence", "revoked", "signature", "hash", "public key"], rows)
        }
        if !account.contracts.isEmpty {
            let rows = account.contracts.sorted { $0.key < $1.key }.map { [$0.key, "\($0.value.count)"] }
            out += "\n\n" + FlowText.table(["contract", "bytes"], rows)
        }
        return out
    }
}

extension AccountKey {
    var signatureWord: String { signatureAlgorithm?.rawValue ?? "code \(signatureAlgorithmCode)" }
    var hashWord: String { hashAlgorithm?.rawValue ?? "code \(hashAlgorithmCode)" }

    /// Nil for a code that is none of Flow's accounts.
    var signatureAlgorithm: SignatureAlgorithm? {
        SignatureAlgorithm.allCases.first { $0.rlpCode.rawValue == signatureAlgorithmCode }
    }
    var hashAlgorithm: HashAlgorithm? {
        [HashAlgorithm.sha2_256, .sha3_256].first { $0.rlpCode.rawValue == hashAlgorithmCode }
    }
}

extension Account {
    fileprivate var json: JSON {
        [
            "address": JSON(address.hex), "balance": JSON("\(UFix64(rawValue: balance))"),
            "keys": .array(
                keys.map { key in
                    [
                        "index": JSON(key.index.rawValue), "weight": JSON(key.weight),
                        "sequenceNumber": JSON(key.sequenceNumber.rawValue), "revoked": JSON(key.revoked),
                        "signatureAlgorithm": JSON(key.signatureWord), "hashAlgorithm": JSON(key.hashWord),
                        "publicKey": JSON(Hex.encode(key.publicKey)),
                    ]
                }),
            "contracts": .array(
                contracts.sorted { $0.key < $1.key }.map { ["name": JSON($0.key), "bytes": JSON($0.value.count)] }),
        ]
    }
}
