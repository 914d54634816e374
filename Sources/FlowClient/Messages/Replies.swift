// Answers, made from what an `AccessAPI` replies.

extension BlockHeaderResponse {
    package init(_ reply: Reply<BlockHeader>) {
        self.init(block: reply.value, status: reply.value.status, metadata: reply.metadata)
    }
}

extension BlockResponse {
    package init(_ reply: Reply<Block>) {
        self.init(block: reply.value, status: reply.value.status, metadata: reply.metadata)
    }
}

extension TransactionResponse {
    package init(_ reply: Reply<Transaction>) { self.init(transaction: reply.value, metadata: reply.metadata) }
}

extension TransactionResultResponse {
    package init(_ reply: Reply<TransactionResult>) { self.init(result: reply.value, metadata: reply.metadata) }
}

extension AccountResponse {
    package init(_ reply: Reply<Account>) { self.init(account: reply.value, metadata: reply.metadata) }
}

extension AccountBalanceResponse {
    package init(_ reply: Reply<UInt64>) { self.init(balance: reply.value, metadata: reply.metadata) }
}

extension AccountKeysResponse {
    package init(_ reply: Reply<[AccountKey]>) { self.init(keys: reply.value, metadata: reply.metadata) }
}

extension AccountKeyResponse {
    package init(_ reply: Reply<AccountKey>) { self.init(key: reply.value, metadata: reply.metadata) }
}

extension ExecuteScriptResponse {
    package init(_ reply: Reply<[UInt8]>) { self.init(value: reply.value, metadata: reply.metadata) }
}

extension EventsResponse {
    package init(_ reply: Reply<[BlockEvents]>) { self.init(results: reply.value, metadata: reply.metadata) }
}

extension ProtocolStateSnapshotResponse {
    package init(_ reply: Reply<[UInt8]>) { self.init(snapshot: reply.value, metadata: reply.metadata) }
}

extension ExecutionReceiptsResponse {
    package init(_ reply: Reply<[ExecutionReceipt]>) { self.init(receipts: reply.value, metadata: reply.metadata) }
}
