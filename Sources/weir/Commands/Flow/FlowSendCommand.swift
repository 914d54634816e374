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
            store, or the daemon's own by the configuration. With --proposal-key another key of the account proposes, one of no \
            weight too, while that one pays and authorizes. \(SourceInput.names) The id is told before anything is sent; sending the \
            same bytes again does no harm. With --signed the transaction comes ready, as `weir sign transaction` makes it for several \
            signers. Exits with 0 where it is sealed without an error.
            """,
        arguments: [
            .required("TRANSACTION", "a file, - for standard input, or the name of one in cadence/transactions")
        ],
        options: FlowOptions.connection + SourceInput.options + KeyOptions.places + TransactionAuthor.options + [
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
