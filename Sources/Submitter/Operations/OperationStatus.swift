package import FlowClient
package import FoundationEssentials

/// What an operation has come to.
package struct OperationStatus: Hashable, Sendable {
    package enum State: String, Sendable {
        /// Taken in; its items are not made yet.
        case accepted
        case queued, running, finished
    }

    package enum Outcome: String, Sendable {
        case done
        /// Some items were done and some were not.
        case partial
        /// No item was done: the contract said no, the chain could not, someone took it back.
        case rejected, failed, cancelled
    }

    package struct Counts: Hashable, Sendable {
        package var total = 0
        package var done = 0
        package var rejected = 0
        package var failed = 0
        package var cancelled = 0
        package var finished: Int { done + rejected + failed + cancelled }
    }

    package var id: OperationID
    package var tenant: String
    package var type: String
    /// JSON text.
    package var payload: String
    package var idempotencyKey: String
    package var priority: Int16
    package var notBefore: Date?
    package var state: State
    package var outcome: Outcome?
    /// The reason of the first item that was not done.
    package var reason: String?
    /// Transactions that carried items of it.
    package var attempts: Int
    package var items: Counts
    package var createdAt: Date
    package var updatedAt: Date
    package var finishedAt: Date?
}

/// What one item has come to.
package struct ItemStatus: Hashable, Sendable {
    package enum State: String, CaseIterable, Sendable {
        /// For another item of its operation.
        case waiting
        /// For its time.
        case scheduled
        case queued, batched
        /// Its transaction may or may not have reached the chain; the chain will say, at the latest when it expires.
        case inDoubt = "in_doubt"
        /// The chain may have done it, and nobody can tell by its events: a person decides (`OperationStore.resolve`).
        case unproven
        case done, rejected, failed, cancelled
        package var isFinal: Bool { self == .done || self == .rejected || self == .failed || self == .cancelled }
    }

    package var operation: OperationID
    package var ordinal: Int
    package var recipe: String
    package var key: String
    package var state: State
    package var attempts: Int
    package var reason: String?
    /// The token that was minted, given or claimed.
    package var tokenID: UInt64?
    /// Of the transaction that decided it.
    package var transactionID: TransactionID?
    package var height: BlockHeight?
}

/// One line of an operation's history.
package struct HistoryEntry: Hashable, Sendable {
    package var at: Date
    /// enqueued, batched, sent, in doubt, executed, sealed, rejected, …
    package var what: String
    /// How many items of the operation it is about.
    package var items: Int?
    package var transactionID: TransactionID?
    package var height: BlockHeight?
    package var detail: String?
}
