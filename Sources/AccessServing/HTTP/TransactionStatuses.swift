import FlowClient
import Synchronization

/// What becomes of a transaction that somebody else has sent: every status in order, each once, up to sealed or expired.
/// No method of the Access API streams that, so it is read again at each finalized block.
enum TransactionStatuses {
    static func stream(of id: TransactionID, _ api: any AccessAPI) -> AccessStream<TransactionResult> {
        AccessStream {
            let nextHeader = try await api.subscribeBlockHeaders(from: .latest, status: .finalized).open()
            let last = Mutex<TransactionStatus>(.unknown)
            return {
                while true {
                    let said = last.withLock { $0 }
                    if said == .sealed || said == .expired { return nil }
                    let now = try await api.transactionResult(id, blockID: nil, collectionID: nil, encoding: .jsonCDC)
                    if let step = step(after: said, of: id, now.value) {
                        last.withLock { $0 = step.status }
                        return step
                    }
                    guard try await nextHeader() != nil else {
                        throw AccessError(.unavailable, "the stream of blocks ended")
                    }
                }
            }
        }
    }

    /// The status that comes next; nil where the transaction has not got there.
    static func step(
        after said: TransactionStatus, of id: TransactionID, _ now: TransactionResult
    ) -> TransactionResult? {
        if said == .unknown {
            var pending = TransactionResult()
            pending.transactionID = id
            pending.status = .pending
            return pending
        }
        guard now.status > said else { return nil }
        var next = now
        next.transactionID = id
        guard now.status != .expired, let status = TransactionStatus(rawValue: said.rawValue + 1) else { return next }
        next.status = status
        if status < .executed {
            next.events = []
            next.errorMessage = ""
            next.statusCode = 0
        }
        return next
    }
}
