/// How many items one transaction of a recipe may hold, learned from those that went before: 75 % of what the limit that
/// binds first would allow, never more than the recipe's own bound, and never what has failed before.
package struct RecipeLimit: Hashable, Sendable {
    package let recipe: Recipe
    package private(set) var items: Int
    package private(set) var failedAtItems: Int?
    package private(set) var eventBytesPerItem: Double?
    package private(set) var computationPerItem: Double?

    package init(
        _ recipe: Recipe, items: Int? = nil, failedAtItems: Int? = nil, eventBytesPerItem: Double? = nil,
        computationPerItem: Double? = nil
    ) {
        self.recipe = recipe
        self.items = items ?? recipe.startingLimit
        self.failedAtItems = failedAtItems
        self.eventBytesPerItem = eventBytesPerItem
        self.computationPerItem = computationPerItem
    }

    /// Onflow/flow-go fvm/environment/event_emitter.go.
    static let eventBytesLimit = 256_000.0
    package static let computationLimit = 9_999.0
    static let share = 0.75

    /// A transaction of so many items succeeded. What it cost is zero where the node did not say. Few items tell little
    /// of what a further one costs, so only batches of ten and more teach. `computationLimit` is the network's.
    package mutating func succeeded(
        items count: Int, eventBytes: Int, computation: Int, computationLimit: Double = Self.computationLimit
    ) {
        // A size that failed once, perhaps for one item's sake, is come back to step by step.
        if let failed = failedAtItems, count >= items {
            failedAtItems = count >= failed ? nil : failed + max(1, failed / 10)
        }
        guard count >= 10 || failedAtItems != nil else { return }
        if count >= 10 {
            if eventBytes > 0 { eventBytesPerItem = Self.blend(eventBytesPerItem, Double(eventBytes) / Double(count)) }
            if computation > 0 {
                computationPerItem = Self.blend(computationPerItem, Double(computation) / Double(count))
            }
        }
        let bounds = [
            eventBytesPerItem.map { Self.eventBytesLimit / $0 }, computationPerItem.map { computationLimit / $0 },
        ].compactMap { $0 }
        guard let binding = bounds.min() ?? failedAtItems.map({ _ in Double(recipe.startingLimit) / Self.share }) else {
            return
        }
        var learned = Int(binding * Self.share)
        if let failedAtItems { learned = min(learned, Int(Double(failedAtItems) * Self.share)) }
        items = max(1, min(learned, recipe.largestLimit))
    }

    /// A batch of so many items was too much. Not to be told of the halves of one that failed: they are a search for an
    /// item that is too much by itself.
    package mutating func wasTooMuch(items count: Int) {
        guard count > 1 else { return }
        failedAtItems = min(failedAtItems ?? count, count)
        items = max(1, min(items, Int(Double(count) * Self.share)))
    }

    /// The network allows less computation than was thought.
    package mutating func shrink(to computationLimit: Double) {
        let share = min(1, computationLimit / Self.computationLimit)
        items = max(1, min(items, Int(Double(recipe.startingLimit) * share)))
    }

    /// The costlier of the two counts at once, the cheaper one slowly: locker rows cost more than wallet rows, and a
    /// batch may be all of the one or all of the other.
    private static func blend(_ before: Double?, _ measured: Double) -> Double {
        guard let before, measured < before else { return measured }
        return before * 0.9 + measured * 0.1
    }
}
