package import FlowClient

/// A sealed block with everything in it that the index keeps.
package struct IngestedBlock: Sendable {
    package var link: BlockLink
    package var producedAt: Timestamp
    package var transactions: [Outcome]
    /// Events of tracked contracts, raw, in the chain's order.
    package var events: [Event]
    /// The same events, read; those about tokens that are not tracked are left out.
    package var read: [ReadEvent]
    /// Those that can't be read: set aside with their bytes, so that one event does not stop all others.
    package var poison: [PoisonEvent] = []

    package init(
        link: BlockLink, producedAt: Timestamp, transactions: [Outcome] = [], events: [Event] = [],
        read: [ReadEvent] = []
    ) {
        self.link = link
        self.producedAt = producedAt
        self.transactions = transactions
        self.events = events
        self.read = read
    }

    /// What became of a transaction.
    package struct Outcome: Hashable, Sendable {
        package var index: UInt32
        package var id: TransactionID
        /// 0 where it succeeded.
        package var statusCode: UInt32
        /// Nil where it succeeded. The first `[Error Code: N]` in it is the root cause.
        package var errorMessage: String?
        /// Of the system collection: its id repeats in other blocks.
        package var isSystem: Bool
        /// All events, tracked or not.
        package var eventCount: Int

        package init(
            index: UInt32, id: TransactionID, statusCode: UInt32, errorMessage: String?, isSystem: Bool, eventCount: Int
        ) {
            self.index = index
            self.id = id
            self.statusCode = statusCode
            self.errorMessage = errorMessage
            self.isSystem = isSystem
            self.eventCount = eventCount
        }
    }
}
