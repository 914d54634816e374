import Daemon
import Encoding
import FlowClient
import HTTP

extension Weir {
    static let transactionCommands = [txEncodeCommand, txIDCommand, txVerifyCommand]

    private static let file = Command.Argument.optional(
        "FILE", "the transaction: JSON, or RLP in hex; standard input by default")
    private static let form = """
        JSON has the fields of `weir pipe encode-transaction`: scriptHex, argumentsHex, referenceBlockID, gasLimit, proposalKey, payer, \
        authorizers, payloadSignatures, envelopeSignatures. RLP is a payload, an envelope or the whole transaction.
        """

    private static let txEncodeCommand = Command(
        "tx encode", summary: "a transaction's payload, envelope and whole as RLP in hex, and its id", discussion: form,
        arguments: [file], options: [FlowOptions.json],
        examples: [
            .init(
                "weir tx encode transaction.json --json | jq -r .envelopeHex", "what the payer signs, without the tag")
        ]
    ) { context in
        let transaction = try transaction(context).canonicalized()
        let parts = [
            ("payloadHex", Hex.encode(transaction.payloadRLP)), ("envelopeHex", Hex.encode(transaction.envelopeRLP)),
            ("transactionHex", Hex.encode(transaction.rlp)), ("id", transaction.id.hex),
        ]
        context.print(
            context.flag("json")
                ? JSON.object(parts.map { .init($0.0, JSON($0.1)) }).text
                : FlowText.fields(parts.map { ($0.0.replacing("Hex", with: ""), $0.1) }))
    }

    private static let txIDCommand = Command(
        "tx id", summary: "a transaction's id: SHA3-256 of the whole, signatures included", discussion: form,
        arguments: [file], examples: [.init("weir tx id signed.hex", "what to ask a node for")]
    ) { context in
        context.print(try transaction(context).canonicalized().id.hex)
    }

    private static let txVerifyCommand = Command(
        "tx verify", summary: "whether a node would take a transaction's signatures, by the account keys on chain",
        discussion: """
            Checks what a node checks: each signature, revocations, duplicates, weights of 1000 for payer and authorizers, the proposal \
            key and its sequence number. \(form) Exits with 0 where all is good, with 1 where it is not.
            """,
        arguments: [file], options: FlowOptions.connection + [FlowOptions.json],
        examples: [.init("weir tx verify signed.hex --node testnet", "before it is sent")]
    ) { context in
        let transaction = try transaction(context).canonicalized()
        try await withFlow(context) { flow in
            let review = try await TransactionReview.make(transaction, api: flow.api)
            context.print(context.flag("json") ? review.json.text : review.text)
            guard review.isAcceptable else { throw ExitCode.failed }
        }
    }

    private static func transaction(_ context: CommandContext) throws -> Transaction {
        let path = context.optionalArgument("FILE")
        let input = try SigningInput.file(path)
        guard input.first(where: { !$0.isSpace }) == UInt8(ascii: "{") else {
            return try SigningInput.transaction(input, called: path ?? "standard input")
        }
        do {
            return try PipeOperations.transaction(PipeField(try JSON(parsing: input), path: "transaction"))
        } catch {
            throw UsageError("FILE: \(error)")
        }
    }
}

extension UInt8 {
    fileprivate var isSpace: Bool { self == 0x20 || (0x09...0x0D).contains(self) }
}
