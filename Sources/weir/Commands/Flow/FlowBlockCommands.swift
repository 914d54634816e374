import Daemon
import Encoding
import FlowClient
import HTTP

extension Weir {
    static let flowHeadCommand = Command(
        "flow head", summary: "the sealed and the finalized head of a network",
        options: FlowOptions.connection + [FlowOptions.json],
        examples: [
            .init("weir flow head --node testnet", "how far the public test network is"),
            .init("weir flow head --node grpc://127.0.0.1:3569 --json", "of a devnet, for a program"),
        ]
    ) { context in
        try await withFlow(context) { flow in
            let sealed = try await flow.api.blockHeader(.latestSealed).value
            let finalized = try await flow.api.blockHeader(.latestFinalized).value
            let lag = finalized.height.rawValue - min(sealed.height, finalized.height).rawValue
            if context.flag("json") {
                let answer: JSON = [
                    "chain": JSON(flow.chain.rawValue), "sealed": sealed.json, "finalized": finalized.json,
                    "unsealed": JSON(lag),
                ]
                context.print(answer.text)
                return
            }
            context.print(
                FlowText.fields([
                    ("chain", flow.chain.rawValue),
                    ("sealed", "\(sealed.height)  \(sealed.id)  \(sealed.timestamp.text)"),
                    ("finalized", "\(finalized.height)  \(finalized.id)  \(finalized.timestamp.text)"),
                    ("unsealed", "\(lag) blocks"),
                ]))
        }
    }

    static let flowBlockCommand = Command(
        "flow block", summary: "a block by height or id",
        arguments: [.optional("BLOCK", "a height, an id, sealed (the default) or final")],
        options: FlowOptions.connection + [
            FlowOptions.json,
            .flag("transactions", "its transactions too, the system's included, and what became of them"),
        ],
        examples: [
            .init("weir flow block 42 --transactions", "what happened in block 42"),
            .init("weir flow block sealed --node mainnet --json", "the sealed head, for a program"),
        ]
    ) { context in
        let reference = try context.optionalArgument("BLOCK").map { _ in
            try context.argument("BLOCK", as: FlowArgument.block)
        }
        try await withFlow(context) { flow in
            let block = try await found(reference ?? .latestSealed, flow)
            let results =
                context.flag("transactions")
                ? try await flow.api.transactionResults(inBlock: block.id, encoding: .jsonCDC).value : nil
            context.print(context.flag("json") ? json(block, results).text : text(block, results))
        }
    }

    private static func found(_ reference: BlockReference, _ flow: FlowConnection) async throws -> Block {
        do { return try await flow.api.block(reference, full: false).value } catch let error as AccessError
            where error.code == .notFound || error.code == .outOfRange
        {
            let head = try await flow.api.blockHeader(.latestSealed).value.height
            let what =
                switch reference {
                case .height(let height): "block \(height)"
                case .id(let id): "block \(id)"
                default: "block"
                }
            throw FlowFailure("there is no \(what) here; the sealed head of \(flow.chain) is \(head)")
        }
    }

    private static func text(_ block: Block, _ results: [TransactionResult]?) -> String {
        var out = FlowText.fields(
            [
                ("height", "\(block.height)"), ("id", block.id.hex), ("parent", block.parentID.hex),
                ("time", block.timestamp.text), ("status", block.status.word), ("seals", "\(block.seals.count)"),
                ("collections", "\(block.collectionGuarantees.count)"),
            ] + block.collectionGuarantees.map { ("", $0.collectionID.hex) })
        if let results {
            let rows = results.enumerated().map { index, result in
                [
                    "\(index)", result.transactionID.hex, result.collectionID == .zero ? "system" : "user",
                    result.outcome.word, "\(result.events.count)",
                    TransactionFailure.classify(result)?.description ?? "",
                ]
            }
            out += "\n\n" + FlowText.table(["#", "transaction", "by", "outcome", "events", "error"], rows)
        }
        return out
    }

    private static func json(_ block: Block, _ results: [TransactionResult]?) -> JSON {
        var members: [JSON.Member] = [
            .init("height", JSON(block.height.rawValue)), .init("id", JSON(block.id.hex)),
            .init("parentID", JSON(block.parentID.hex)), .init("timestamp", JSON(block.timestamp.text)),
            .init("status", JSON(block.status.word)), .init("seals", JSON(block.seals.count)),
            .init("collections", .array(block.collectionGuarantees.map { JSON($0.collectionID.hex) })),
        ]
        if let results { members.append(.init("transactions", .array(results.map(\.json)))) }
        return .object(members)
    }
}

extension BlockStatus {
    var word: String {
        switch self {
        case .unknown: "unknown"
        case .finalized: "finalized"
        case .sealed: "sealed"
        }
    }
}

extension BlockHeader {
    var json: JSON {
        [
            "height": JSON(height.rawValue), "id": JSON(id.hex), "parentID": JSON(parentID.hex),
            "timestamp": JSON(timestamp.text),
        ]
    }
}
