import Cadence
public import FlowClient

extension DevnetNode {
    public func send(_ given: Transaction) async throws -> Reply<TransactionID> {
        // A transaction has one order of signatures, whichever it came in: the id is that of the sorted form.
        let transaction = given.canonicalized()
        let reply = try await answer(.send) { shared in
            if shared.misbehaviour.refusesSends {
                throw AccessError(.unavailable, "the devnet was told to take no transactions")
            }
            if shared.misbehaviour.dropSends > 0 {
                shared.misbehaviour.dropSends -= 1
                return (id: transaction.id, isLost: false)
            }
            let id = try shared.chain.submit(transaction)
            if shared.misbehaviour.repeatedSends > 0 {
                shared.misbehaviour.repeatedSends -= 1
                _ = try shared.chain.submit(transaction)
            }
            guard shared.misbehaviour.loseReplies > 0 else { return (id: id, isLost: false) }
            shared.misbehaviour.loseReplies -= 1
            return (id: id, isLost: true)
        }
        if configuration.blockMaking == .everyTransaction { makeBlock() }
        guard !reply.value.isLost else { throw AccessError(.deadlineExceeded, "the devnet was told to lose its reply") }
        return Reply(reply.value.id, metadata: reply.metadata)
    }

    public func transaction(
        _ id: TransactionID, blockID: BlockID?, collectionID: CollectionID?
    ) async throws -> Reply<Transaction> {
        try await answer(.transactions) { shared in
            if shared.misses() { throw AccessError(.notFound, "could not find transaction with ID \(id)") }
            if let system = SystemTransactions.all.first(where: { $0.id == id }) { return system }
            let known =
                shared.chain.record(of: id)?.record.transaction ?? shared.chain.pendingTransaction(id)
                ?? shared.chain.expired[id]
            guard let known else { throw AccessError(.notFound, "could not find transaction with ID \(id)") }
            return known
        }
    }

    public func transactions(inBlock id: BlockID) async throws -> Reply<[Transaction]> {
        try await answer(.transactions) { shared in
            let block = try shared.find(.id(id))
            return block.transactions.map(\.transaction) + (block.header.height > 0 ? SystemTransactions.all : [])
        }
    }

    public func transactionResult(
        _ id: TransactionID, blockID: BlockID?, collectionID: CollectionID?, encoding: EventEncoding
    ) async throws -> Reply<TransactionResult> {
        let reply = try await answer(.results) { [configuration] shared in
            if shared.misses() { throw AccessError(.notFound, "could not find transaction with ID \(id)") }
            return try shared.result(of: id, blockID: blockID, style: configuration.style)
        }
        return try reply.encoded(encoding)
    }

    public func transactionResult(
        inBlock id: BlockID, index: UInt32, encoding: EventEncoding
    ) async throws -> Reply<TransactionResult> {
        let reply = try await answer(.results) { [configuration] shared in
            let results = shared.results(of: try shared.find(.id(id)), style: configuration.style)
            guard Int(index) < results.count else {
                throw AccessError(.notFound, "could not find transaction with ID \(TransactionID.zero)")
            }
            return results[Int(index)]
        }
        return try reply.encoded(encoding)
    }

    public func transactionResults(
        inBlock id: BlockID, encoding: EventEncoding
    ) async throws -> Reply<[TransactionResult]> {
        let reply = try await answer(.results) { [configuration] shared in
            let block = try shared.find(.id(id))
            let root = shared.misbehaviour.sporkRoot
            guard block.header.height > root || (root == 0 && configuration.style == .publicNode) else {
                throw AccessError(.internal, "failed to get system transactions could not find entity")
            }
            return shared.results(of: block, style: configuration.style)
        }
        return Reply(try reply.value.map { try $0.encoded(encoding) }, metadata: reply.metadata)
    }

    public func systemTransaction(inBlock id: BlockID, transactionID: TransactionID?) async throws -> Reply<Transaction>
    {
        try await answer(.transactions) { shared in
            let block = try shared.find(.id(id))
            let wanted = transactionID ?? SystemTransactions.chunkID
            guard block.header.height > 0, let found = SystemTransactions.all.first(where: { $0.id == wanted }) else {
                throw AccessError(.notFound, "could not find transaction with ID \(wanted)")
            }
            return found
        }
    }

    public func systemTransactionResult(
        inBlock id: BlockID, transactionID: TransactionID?, encoding: EventEncoding
    ) async throws -> Reply<TransactionResult> {
        let reply = try await answer(.results) { [configuration] shared in
            let wanted = transactionID ?? SystemTransactions.chunkID
            let results = shared.results(of: try shared.find(.id(id)), style: configuration.style)
            guard let found = results.last(where: { $0.transactionID == wanted }) else {
                throw AccessError(.notFound, "could not find transaction with ID \(wanted)")
            }
            return found
        }
        return try reply.encoded(encoding)
    }

    public func scheduledTransaction(_ id: UInt64) async throws -> Reply<Transaction> {
        throw AccessError(.notFound, "a devnet has no scheduled transactions: there is none with ID \(id)")
    }

    public func scheduledTransactionResult(_ id: UInt64, encoding: EventEncoding) async throws -> Reply<
        TransactionResult
    > {
        throw AccessError(.notFound, "a devnet has no scheduled transactions: there is none with ID \(id)")
    }
}

extension DevnetNode.Shared {
    func result(of id: TransactionID, blockID: BlockID?, style: DevnetConfiguration.Style) throws -> TransactionResult {
        if let (block, record) = chain.record(of: id), isVisible(block.header.height) {
            return result(of: record, in: block, style: style)
        }
        if SystemTransactions.all.contains(where: { $0.id == id }) {
            guard let blockID else {
                throw AccessError(.invalidArgument, "a system transaction's result is asked for with its block")
            }
            let results = results(of: try find(.id(blockID)), style: style)
            if let found = results.last(where: { $0.transactionID == id }) { return found }
        }
        var result = TransactionResult()
        // The emulator names it once it is in a block.
        if style == .publicNode { result.transactionID = id }
        if chain.expired[id] != nil {
            result.status = .expired
        } else if chain.pendingTransaction(id) != nil || chain.record(of: id) != nil {
            result.status = .pending
        }
        return result
    }

    /// User transactions, then the system's.
    func results(of block: BlockRecord, style: DevnetConfiguration.Style) -> [TransactionResult] {
        let users = block.transactions.map { result(of: $0, in: block, style: style) }
        guard block.header.height > 0 else { return users }
        return users
            + SystemTransactions.all.map { transaction in
                var result = TransactionResult()
                result.transactionID = transaction.id
                result.blockID = block.header.id
                result.blockHeight = block.header.height
                result.status = status(of: block) == .sealed ? .sealed : .executed
                if transaction.id == SystemTransactions.chunkID { result.events = SystemTransactions.events(of: block) }
                return result
            }
    }

    private func result(
        of record: BlockRecord.TransactionRecord, in block: BlockRecord, style: DevnetConfiguration.Style
    ) -> TransactionResult {
        var result = TransactionResult()
        result.transactionID = record.id
        result.blockID = block.header.id
        result.blockHeight = block.header.height
        result.collectionID = block.collection?.id ?? .zero
        result.status = status(of: block) == .sealed ? .sealed : .executed
        result.errorMessage = record.outcome.errorMessage
        result.statusCode = record.outcome.failed ? 1 : 0
        result.events = record.outcome.events
        result.computationUsage = style == .publicNode ? record.outcome.computation : 0
        return result
    }
}

extension Reply where Value == TransactionResult {
    fileprivate func encoded(_ encoding: EventEncoding) throws -> Reply<TransactionResult> {
        Reply(try value.encoded(encoding), metadata: metadata)
    }
}

extension TransactionResult {
    func encoded(_ encoding: EventEncoding) throws -> TransactionResult {
        var result = self
        result.events = try events.map { try $0.encoded(encoding) }
        return result
    }
}

extension Event {
    /// Kept as CCF; JSON-CDC is made when it is asked for, with the newline that the chain's encoder ends with.
    func encoded(_ encoding: EventEncoding) throws -> Event {
        guard encoding == .jsonCDC, payload.first != UInt8(ascii: "{") else { return self }
        var event = self
        event.payload = JSONCDC.encode(try CCF.decode(payload)) + [0x0a]
        return event
    }
}
