/// What becomes of the items of a transaction that failed as a whole.
package enum Splitter {
    package enum Verdict: Hashable, Sendable {
        /// Each list is tried again as a transaction of its own.
        case tryAgain([[ReadyItem]])
        case fail(reason: String)
    }

    /// Halves until the culprit stands alone. `budget` is the number of transactions that one item may be in, besides
    /// those that the halving itself takes.
    package static func verdict(on items: [ReadyItem], _ failure: ExecutionFailure, budget: RetryBudget) -> Verdict {
        switch failure.remedy {
        case .fail:
            return .fail(reason: failure.reason)
        case .split, .splitAndLearn:
            guard items.count > 1 else { return .fail(reason: failure.reason) }
            let middle = (items.count + 1) / 2
            return .tryAgain([Array(items[..<middle]), Array(items[middle...])])
        case .waitForPayer, .leaveLane, .wrongNumber:
            return again(items, because: failure.reason, budget: budget)
        }
    }

    /// For what was no fault of the items.
    package static func again(_ items: [ReadyItem], because reason: String, budget: RetryBudget) -> Verdict {
        items.allSatisfy { budget.allows(attempts: $0.attempts) }
            ? .tryAgain([items]) : .fail(reason: "given up after \(budget.attempts) attempts: \(reason)")
    }

    package static func verdict(on items: [ReadyItem], _ refusal: SendRefusal) -> Verdict {
        guard refusal.kind == .tooLarge, items.count > 1 else {
            return .fail(reason: "refused by the node: \(refusal.reason)")
        }
        let middle = (items.count + 1) / 2
        return .tryAgain([Array(items[..<middle]), Array(items[middle...])])
    }
}

/// How often one item may go to the chain when it was not done, and was not at fault.
package struct RetryBudget: Hashable, Sendable {
    package var attempts: Int
    package init(attempts: Int = 12) { self.attempts = attempts }
    package func allows(attempts made: Int) -> Bool { made < attempts }
}
