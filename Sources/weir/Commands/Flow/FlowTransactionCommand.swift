import Cadence
import Daemon
import Encoding
import FlowClient
import HTTP

extension Weir {
    static let flowTransactionCommand = Command(
        "flow tx", summary: "what became of a transaction: status, error with its remedy, events",
        discussion: "Exits with 0 where it has not failed so far, with 1 where it failed, expired or is not known.",
        arguments: [.required("ID", "the transaction's id, 64 hex digits")],
        options: FlowOptions.connection + [
            FlowOptions.json, .flag("wait", "until it is sealed or expired"),
            .value("patience", "DURATION", "how long --wait waits (default 5m)"),
            .flag("script", "print its script too"),
        ],
        examples: [.init("weir flow tx 2c8e…01 --wait", "wait until it is sealed")]
    ) { context in
        let id = try context.argument("ID", as: FlowArgument.transaction)
        let patience = try context.option("patience", as: .duration()) ?? .seconds(300)
        try await withFlow(context) { flow in
            let result =
                context.flag("wait")
                ? try await flow.sealed(id, reference: nil, patience: patience)
                : try await flow.api.transactionResult(id, blockID: nil, collectionID: nil, encoding: .jsonCDC).value
            guard result.status != .unknown else {
                throw FlowFailure(
                    "no node that was asked knows transaction \(id)",
                    remedy:
                        "see that the id is of this network (\(flow.chain)); one that was just sent may take some seconds"
                )
            }
            let body = try await transaction(id, flow)
            if context.flag("json") {
                context.print(json(result, body, script: context.flag("script")).text)
            } else {
                context.print(text(result, body))
                if context.flag("script"), let body {
                    context.print("\n" + String(decoding: body.script, as: UTF8.self))
                }
            }
            if [.failed, .expired].contains(result.outcome) { throw ExitCode.failed }
        }
    }

    /// Nil where the node has the result and not the transaction, as after an import of results.
    private static func transaction(_ id: TransactionID, _ flow: FlowConnection) async throws -> Transaction? {
        do { return try await flow.api.transaction(id, blockID: nil, collectionID: nil).value } catch let error
            as AccessError
            where error.code == .notFound
        {
            return nil
        }
    }

    static func text(_ result: TransactionResult, _ body: Transaction?) -> String {
        var rows = result.fields
        if let body {
            let key = body.proposalKey
            rows.insert(
                contentsOf: [
                    ("proposer", "\(key.address) key \(key.keyIndex) sequence number \(key.sequenceNumber)"),
                    ("payer", "\(body.payer)"),
                    (
                        "authorizers",
                        body.authorizers.isEmpty ? "none" : body.authorizers.map(\.description).joined(separator: ", ")
                    ),
                ], at: 1)
        }
        return FlowText.fields(rows) + (result.events.isEmpty ? "" : "\n\n" + result.eventTable)
    }

    static func json(_ result: TransactionResult, _ body: Transaction?, script: Bool) -> JSON {
        var members = result.json.object ?? []
        if let body {
            let key = body.proposalKey
            members += [
                .init(
                    "proposalKey",
                    [
                        "address": JSON(key.address.hex), "keyIndex": JSON(key.keyIndex.rawValue),
                        "sequenceNumber": JSON(key.sequenceNumber.rawValue),
                    ]), .init("payer", JSON(body.payer.hex)),
                .init("authorizers", .array(body.authorizers.map { JSON($0.hex) })),
                .init("referenceBlockID", JSON(body.referenceBlockID.hex)),
                .init("computationLimit", JSON(body.computationLimit)),
            ]
            if script { members.append(.init("script", JSON(String(decoding: body.script, as: UTF8.self)))) }
        }
        return .object(members)
    }
}
