package import FlowClient

/// Where an event stands on the chain. Orders all events of all blocks.
/// Source: flow-go model/flow/event.go; the event's index starts again with each transaction.
package struct EventPosition: Hashable, Comparable, Sendable, CustomStringConvertible {
    package var height: BlockHeight
    package var transactionIndex: UInt32
    package var eventIndex: UInt32

    package init(height: BlockHeight, transactionIndex: UInt32, eventIndex: UInt32) {
        self.height = height
        self.transactionIndex = transactionIndex
        self.eventIndex = eventIndex
    }

    package static func < (a: Self, b: Self) -> Bool {
        (a.height, a.transactionIndex, a.eventIndex) < (b.height, b.transactionIndex, b.eventIndex)
    }

    package var description: String { "\(height)/\(transactionIndex)/\(eventIndex)" }

    /// Without the place within its transaction.
    package var transaction: TransactionPlace { TransactionPlace(height: height, index: transactionIndex) }
}

/// Where a transaction stands on the chain.
package struct TransactionPlace: Hashable, Comparable, Sendable {
    package var height: BlockHeight
    package var index: UInt32

    package static func < (a: Self, b: Self) -> Bool { (a.height, a.index) < (b.height, b.index) }
}
