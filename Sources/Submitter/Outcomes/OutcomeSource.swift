package import FlowClient

/// Our own index of the chain, as far as the submitter reads it. What it says is sealed and complete up to its height.
package protocol OutcomeSource: Sendable {
    /// Nil where nothing has been indexed yet.
    func indexedHeight() async throws -> BlockHeight?
    /// Of these transactions, in chain order.
    func events(of transactions: [TransactionID]) async throws -> [OperationEvent]
    /// Naming these operations, in whatever transaction, in chain order.
    func events(naming operations: [OperationID]) async throws -> [OperationEvent]
    /// What became of those of these transactions that are in the index: sealed, for good.
    func results(of transactions: [TransactionID]) async throws -> [IndexedResult]
    /// Transactions that name operations which are not finished, and are not in the record of attempts.
    func strangers() async throws -> [TransactionID: Set<OperationID>]
}

package struct IndexedResult: Hashable, Sendable {
    package var transactionID: TransactionID
    package var height: BlockHeight
    /// Nil where it succeeded.
    package var errorMessage: String?
}
