package import FlowClient

/// Our own index of the chain, as far as the submitter reads it. What it says is sealed and complete up to its height.
package protocol OutcomeSource: Sendable {
    /// How far it is, and whether it can be believed.
    func standing() async throws -> IndexStanding
    /// Of these transactions, in chain order.
    func events(of transactions: [TransactionID]) async throws -> IndexedEvents
    /// Naming these operations, in whatever transaction, in chain order.
    func events(naming operations: [OperationID]) async throws -> IndexedEvents
    /// What became of those of these transactions that are in the index: sealed, for good. One a transaction.
    func results(of transactions: [TransactionID]) async throws -> [IndexedResult]
    /// Transactions that name operations which are not finished, and are not in the record of attempts.
    func strangers() async throws -> [TransactionID: Set<OperationID>]
}

package struct IndexStanding: Hashable, Sendable {
    /// Nil where nothing has been indexed yet, or what is needed is being built again.
    package var height: BlockHeight?
    /// Why ingest has stopped until a person has looked: the chain contradicts what was indexed. Nil where it has not.
    package var stop: String?

    package init(height: BlockHeight?, stop: String? = nil) {
        self.height = height
        self.stop = stop
    }
}

/// Events, and the height up to which there are no others, both of one moment.
package struct IndexedEvents: Hashable, Sendable {
    package var events: [OperationEvent]
    /// Nil as in `IndexStanding`: then what is missing says nothing.
    package var height: BlockHeight?

    package init(_ events: [OperationEvent], height: BlockHeight?) {
        self.events = events
        self.height = height
    }
}

package struct IndexedResult: Hashable, Sendable {
    package var transactionID: TransactionID
    package var height: BlockHeight
    /// Nil where it succeeded.
    package var errorMessage: String?
}
