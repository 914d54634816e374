import HTTP

extension HTTPAccessClient {
    public func collection(_ id: CollectionID) async throws -> Reply<TransactionCollection> {
        let body: CollectionBody = try await get("/collections/\(id)") { try $0.value() }
        guard body.id == id else { throw wrong("asked for collection \(id), got \(body.id)", "GET /v1/collections/…") }
        return Reply(TransactionCollection(id: id, transactionIDs: body.links))
    }

    public func fullCollection(_ id: CollectionID) async throws -> Reply<[Transaction]> {
        let body: CollectionBody = try await get("/collections/\(id)", [("expand", "transactions")]) { try $0.value() }
        guard body.id == id, body.links.isEmpty else {
            throw wrong("asked for all of collection \(id), got another or links", "GET /v1/collections/…")
        }
        return Reply(body.transactions)
    }

    public func send(_ transaction: Transaction) async throws -> Reply<TransactionID> {
        let method = "POST /v1/transactions"
        let post = try await translatingErrors(method) { try TransactionPost(transaction) }
        let receipt: TransactionReceipt = try await self.post("/transactions", body: post.json) { try $0.value() }
        guard receipt.id == transaction.id else {
            throw wrong("the node took \(receipt.id) for \(transaction.id)", method)
        }
        return Reply(receipt.id)
    }

    public func transaction(
        _ id: TransactionID, blockID: BlockID?, collectionID: CollectionID?
    ) async throws -> Reply<Transaction> {
        Reply(try await get("/transactions/\(id)", Self.places(blockID, collectionID)) { try $0.value() })
    }

    public func transactions(inBlock id: BlockID) async throws -> Reply<[Transaction]> {
        Reply(try await get("/transactions", [("block_id", id.hex)]) { try $0.list() })
    }

    public func scheduledTransaction(_ id: UInt64) async throws -> Reply<Transaction> {
        Reply(try await get("/transactions/\(id)") { try $0.value() })
    }

    // MARK: Results

    public func transactionResult(
        _ id: TransactionID, blockID: BlockID?, collectionID: CollectionID?, encoding: EventEncoding
    ) async throws -> Reply<TransactionResult> {
        try requireJSON(encoding)
        return try await withOneDeadline {
            var result: TransactionResult = try await get(
                "/transaction_results/\(id)", Self.places(blockID, collectionID)
            ) { try $0.value() }
            result.transactionID = id
            return Reply(try await withHeight(result))
        }
    }

    /// From the list of the whole block: there is no question for one of them.
    public func transactionResult(
        inBlock id: BlockID, index: UInt32, encoding: EventEncoding
    ) async throws -> Reply<TransactionResult> {
        let all = try await transactionResults(inBlock: id, encoding: encoding).value
        guard index < all.count else {
            throw AccessError(
                .notFound, "block \(id) has \(all.count) transactions, and none of index \(index)",
                method: "GET /v1/transaction_results", node: node)
        }
        return Reply(all[Int(index)])
    }

    public func transactionResults(
        inBlock id: BlockID, encoding: EventEncoding
    ) async throws -> Reply<[TransactionResult]> {
        try requireJSON(encoding)
        return try await withOneDeadline {
            var results: [TransactionResult] = try await get("/transaction_results", [("block_id", id.hex)]) {
                try $0.list()
            }
            for at in results.indices {
                guard results[at].transactionID != .zero else {
                    throw wrong("result \(at) of block \(id) does not say of which", "GET /v1/transaction_results")
                }
                results[at] = try await withHeight(results[at])
            }
            return Reply(results)
        }
    }

    public func scheduledTransactionResult(_ id: UInt64, encoding: EventEncoding) async throws -> Reply<
        TransactionResult
    > {
        try requireJSON(encoding)
        return try await withOneDeadline {
            Reply(try await withHeight(try await get("/transaction_results/\(id)") { try $0.value() }))
        }
    }

    /// Results say in which block, and not how high it is: the header does.
    func withHeight(_ result: TransactionResult) async throws -> TransactionResult {
        guard result.blockID != .zero else { return result }
        var result = result
        if let known = heights[result.blockID] {
            result.blockHeight = known
        } else {
            result.blockHeight = try await find(.id(result.blockID), [:]).block.height
        }
        return result
    }

    private static func places(_ block: BlockID?, _ collection: CollectionID?) -> [(String, String)] {
        [block.map { ("block_id", $0.hex) }, collection.map { ("collection_id", $0.hex) }].compactMap { $0 }
    }
}
