import Synchronization

/// What became of transactions, as far as any node knows.
extension NodePool {
    /// A node that has not seen a transaction answers OK, with the status `unknown`, and may do so for ever: what is pending
    /// is known to the node that took it and to no other (onflow/flow-go:engine/access/rpc/backend/transactions/transactions.go,
    /// getUnknownTransactionResult). So `unknown` is the answer once every node that may know was asked; where one of them
    /// could not be, there is none: `unavailable`.
    ///
    /// What was sent through this pool is not looked for in earlier sporks. What is pending at a node of one has expired.
    public func transactionResult(
        _ id: TransactionID, blockID: BlockID?, collectionID: CollectionID?, encoding: EventEncoding
    ) async throws -> Reply<TransactionResult> {
        var request = Request(
            kind: .other, method: "GetTransactionResult", isByID: true, encoding: encoding, affinity: NodeAffinity.key)
        request.isRecent = sent.withLock { $0.contains(id) }
        let unseen = Mutex<Unseen>(Unseen())
        do {
            return try await perform(request) { [self] api, node in
                do {
                    var reply = try await api.transactionResult(
                        id, blockID: blockID, collectionID: collectionID, encoding: encoding)
                    switch reply.value.status {
                    case .unknown:
                        unseen.withLock { $0.reply = reply }
                        throw Unseen.word(id)
                    // Nothing that waits there will ever be executed; flow-go says so of its historic nodes too.
                    case .pending where !isLive(node): reply.value.status = .expired
                    default: break
                    }
                    return reply
                } catch let error as AccessError where error.code == .notFound && error != Unseen.word(id) {
                    unseen.withLock { $0.refusal = error }
                    throw error
                }
            }
        } catch let error as AccessError where error.code == .notFound {
            return try unseen.withLock { try $0.answer(error) }
        }
    }

    /// What nodes said who have not seen a transaction.
    private struct Unseen: Sendable {
        var reply: Reply<TransactionResult>?
        /// Of a node that has it elsewhere than in the block or the collection that was named.
        var refusal: AccessError?

        static func word(_ id: TransactionID) -> AccessError {
            AccessError(.notFound, "transaction \(id) has not been seen", method: "GetTransactionResult")
        }

        func answer(_ error: AccessError) throws -> Reply<TransactionResult> {
            guard let reply, refusal == nil else { throw refusal ?? error }
            return reply
        }
    }

    private func isLive(_ node: Int) -> Bool { state.withLock { $0.nodes[node].heights.isLive } }
}

/// The latest transactions that went out, so many of them.
struct SentTransactions: Sendable {
    static let limit = 4096
    private var ids: Set<TransactionID> = []
    private var order: [TransactionID] = []
    private var oldest = 0

    mutating func insert(_ id: TransactionID) {
        guard ids.insert(id).inserted else { return }
        if order.count < Self.limit {
            order.append(id)
        } else {
            ids.remove(order[oldest])
            order[oldest] = id
            oldest = (oldest + 1) % Self.limit
        }
    }

    func contains(_ id: TransactionID) -> Bool { ids.contains(id) }
}
