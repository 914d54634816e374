import Cadence
import Daemon
import Encoding
import FlowClient
import HTTP
import Signer

extension Weir {
    static let accountCreateCommand = Command(
        "account create", summary: "create an account with a key of the store, and put FLOW into it",
        discussion: """
            The account gets one key of full weight: the public half of --key, with the store's word on curve and hash. Another \
            account creates and pays for it: the one of --address, whose key is --signer. On a public network that is one that has \
            FLOW; on a devnet or an emulator it is the service account f8d6e0586b0a20c7. Prints the new address.
            """,
        options: FlowOptions.connection + KeyOptions.places + [
            .value("key", "NAME", "the new account's key in the store (weir keys generate makes one)"),
            .value("fund", "FLOW", "how much FLOW the new account is given, such as 100 or 0.5; none by default"),
        ] + TransactionAuthor.options + [FlowOptions.json],
        examples: [
            .init(
                "weir account create --key payer --signer service --address f8d6e0586b0a20c7 --fund 100 --node 127.0.0.1:3569",
                "on a devnet")
        ]
    ) { context in
        guard let text = context.option("key") else { throw UsageError("--key is needed: whose account will it be?") }
        let name = try KeyName(text)
        let fund = try context.option("fund").map { try amount($0) }
        let author = try await TransactionAuthor.open(context)
        let settings = try FlowOptions.configuration(context)
        let store = try await KeyOptions.openStore(context, settings)
        guard let key = try await store.list().first(where: { $0.name == name }) else {
            throw FlowFailure(
                "there is no key \(name) in the store",
                remedy: "weir keys generate \(name) makes one, weir keys list shows those there are")
        }
        try await withFlow(context) { flow in
            let created = try await author.run(
                "create_account",
                [
                    list(.string(Hex.encode(key.publicKey.bytes))),
                    list(.uint8(key.publicKey.algorithm.cadenceCode.rawValue)),
                    list(.uint8(key.hashAlgorithm.cadenceCode.rawValue)), list(.ufix64(100_000_000_000)),
                ], flow, say: context.printError)
            guard let address = try address(createdBy: created) else {
                throw FlowFailure(
                    "transaction \(created.transactionID) succeeded, and no event of it names the account",
                    remedy: "weir flow tx \(created.transactionID) shows its events")
            }
            if let fund {
                // The account is there, whatever comes next: its address must not be lost.
                context.printError("account \(address.hex) is created")
                _ = try await author.run(
                    "transfer_flow", [.ufix64(fund), .address(address)], flow, say: context.printError)
            }
            context.print(
                context.flag("json")
                    ? JSON.object([
                        .init("address", JSON(address.hex)), .init("transaction", JSON(created.transactionID.hex)),
                        .init("height", JSON(created.blockHeight.rawValue)), .init("key", JSON(name.description)),
                        .init("key_index", 0),
                    ]).text : address.hex)
        }
    }

    private static func list(_ value: CadenceValue) -> CadenceValue { .array(CadenceArray([value])) }

    private static func amount(_ text: String) throws -> UInt64 {
        let digits = text.contains(".") ? text : text + ".0"
        guard let amount = UFix64(digits)?.rawValue, amount > 0 else {
            throw UsageError("--fund: expected an amount of FLOW above 0 with at most 8 decimals, such as 100 or 0.5")
        }
        return amount
    }

    private static func address(createdBy result: TransactionResult) throws -> Address? {
        guard let event = result.events.first(where: { $0.type == "flow.AccountCreated" }) else { return nil }
        return try CadenceValue.decodeEventPayload(event.payload).asComposite?["address"]?.asAddress
    }
}
