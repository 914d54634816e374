import Encoding
import FlowClient
import HTTP

extension HTTPAccessService {
    mutating func registerTransactions() {
        get("/transactions/{id}") { api, request in
            guard let id = Identifier(hex: request.variable("id")).map(TransactionID.init(raw:)) else {
                return try await Self.scheduled(api, request)
            }
            let (block, collection) = (try request.blockID(), try request.collectionID())
            let transaction = try await api.transaction(id, blockID: block, collectionID: collection).value
            guard request.expands("result") else { return Body.transaction(transaction, result: nil) }
            let result = try await api.transactionResult(
                id, blockID: block, collectionID: collection, encoding: .jsonCDC)
            return Body.transaction(transaction, result: result.value)
        }
        get("/transactions") { api, request in
            let block = try await Self.block(api, request)
            let transactions = try await api.transactions(inBlock: block).value
            guard request.expands("result") else {
                return .array(transactions.map { Body.transaction($0, result: nil) })
            }
            let results = try await api.transactionResults(inBlock: block, encoding: .jsonCDC).value
            guard results.count == transactions.count else {
                throw AccessError(
                    .dataLoss, "\(transactions.count) transactions and \(results.count) results of block \(block)")
            }
            return .array(zip(transactions, results).map { Body.transaction($0, result: $1) })
        }
        on("POST", "/transactions") { api, request in
            let transaction = try TransactionBody.parse(request.body)
            _ = try await api.send(transaction)
            return Body.transaction(transaction, result: nil)
        }
        get("/transaction_results/{id}") { api, request in
            guard let id = Identifier(hex: request.variable("id")).map(TransactionID.init(raw:)) else {
                let result = try await api.scheduledTransactionResult(
                    Self.scheduledID(request), encoding: .jsonCDC)
                return Body.result(result.value, of: result.value.transactionID)
            }
            let result = try await api.transactionResult(
                id, blockID: request.blockID(), collectionID: request.collectionID(), encoding: .jsonCDC)
            return Body.result(result.value, of: id)
        }
        get("/transaction_results") { api, request in
            let block = try await Self.block(api, request)
            let results = try await api.transactionResults(inBlock: block, encoding: .jsonCDC).value
            return .array(results.map { Body.result($0, of: $0.transactionID) })
        }
    }

    /// What is no id of 64 digits is the number of a scheduled transaction.
    private static func scheduledID(_ request: Request) throws -> UInt64 {
        guard let id = Request.number(request.variable("id")) else { throw Refusal.bad("invalid ID format") }
        return id
    }

    private static func scheduled(_ api: any AccessAPI, _ request: Request) async throws -> JSON {
        let id = try scheduledID(request)
        let transaction = try await api.scheduledTransaction(id).value
        guard request.expands("result") else { return Body.transaction(transaction, result: nil) }
        let result = try await api.scheduledTransactionResult(id, encoding: .jsonCDC).value
        return Body.transaction(transaction, result: result)
    }

    /// The block that `block_id` or `block_height` names; the latest sealed one where neither does.
    private static func block(_ api: any AccessAPI, _ request: Request) async throws -> BlockID {
        let (id, height) = (try request.blockID(), try request.height("block_height"))
        guard let id else {
            return switch height {
            case nil, .sealed: try await api.blockHeader(.latestSealed).value.id
            case .final: try await api.blockHeader(.latestFinalized).value.id
            case .number(let number): try await api.blockHeader(.height(BlockHeight(number))).value.id
            }
        }
        guard height == nil else { throw Refusal.bad("can not provide both block ID and block height") }
        return id
    }
}
