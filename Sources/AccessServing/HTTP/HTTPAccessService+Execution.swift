import Encoding
import FlowClient
import HTTP

extension HTTPAccessService {
    mutating func registerExecution() {
        get("/execution_results") { api, request in
            let blocks = try request.blockIDs("block_id")
            guard !blocks.isEmpty else { throw Refusal.bad("no block IDs provided") }
            var results: [JSON] = []
            for block in blocks {
                guard let found = try await Self.executionResult(of: block, api, whole: true), let result = found.result
                else { throw AccessError(.notFound, "no execution result of block \(block)") }
                results.append(Body.executionResult(result, id: found.id))
            }
            return .array(results)
        }
        get("/execution_results/{id}") { api, request in
            let id = try request.id()
            return Body.executionResult(try await api.executionResult(id).value, id: id)
        }
        get("/execution_receipts") { api, request in
            guard !request.query("block_id").isEmpty, let block = try request.blockID() else {
                throw Refusal.bad("block_id query parameter is required")
            }
            let whole = request.expands("execution_result")
            let receipts = try await api.executionReceipts(forBlock: block, includeResult: whole).value
            return .array(receipts.map { Body.receipt($0, expandsResult: whole) })
        }
        get("/execution_receipts/results/{id}") { api, request in
            let whole = request.expands("execution_result")
            let receipts = try await api.executionReceipts(forResult: request.id(), includeResult: whole).value
            return .array(receipts.map { Body.receipt($0, expandsResult: whole) })
        }
    }

    struct FoundResult {
        var id: Identifier
        /// Nil where it was not asked for.
        var result: ExecutionResult?
    }

    /// A block's execution result with its id, which only receipts tell. Nil where the block has none yet, or the node
    /// keeps none.
    static func executionResult(
        of block: BlockID, _ api: any AccessAPI, whole: Bool
    ) async throws -> FoundResult? {
        do {
            let receipts = try await api.executionReceipts(forBlock: block, includeResult: whole).value
            guard let receipt = receipts.first, let id = Identifier(bytes: receipt.meta.resultID) else { return nil }
            guard whole else { return FoundResult(id: id) }
            if let result = receipt.result { return FoundResult(id: id, result: result) }
            return FoundResult(id: id, result: try await api.executionResult(id).value)
        } catch let error as AccessError where error.code == .notFound || error.code == .unimplemented {
            return nil
        }
    }
}
