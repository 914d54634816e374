/// An item by its place in its operation.
package struct ItemReference: Hashable, Comparable, Sendable {
    package var operation: OperationID
    package var ordinal: Int
    package init(_ operation: OperationID, _ ordinal: Int) {
        self.operation = operation
        self.ordinal = ordinal
    }
    package static func < (a: Self, b: Self) -> Bool { (a.operation, a.ordinal) < (b.operation, b.ordinal) }
}

/// An item that nothing stands in the way of.
package struct ReadyItem: Hashable, Sendable {
    package var reference: ItemReference
    package var content: ItemContent
    package var attempts: Int
    /// After a split: the items that are tried together, apart from others.
    package var suspectGroup: Int64?

    package init(_ reference: ItemReference, _ content: ItemContent, attempts: Int = 0, suspectGroup: Int64? = nil) {
        self.reference = reference
        self.content = content
        self.attempts = attempts
        self.suspectGroup = suspectGroup
    }
}

/// What goes into one transaction: items of one recipe, in order.
package struct Batch: Hashable, Sendable {
    package var recipe: Recipe
    package var items: [ReadyItem]
    package var sequenceKey: String? { items.first?.content.sequenceKey }

    package init(_ recipe: Recipe, _ items: [ReadyItem]) {
        self.recipe = recipe
        self.items = items
    }
}
