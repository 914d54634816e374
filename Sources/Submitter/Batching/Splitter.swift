import Cadence

/// What becomes of the items of a transaction that failed as a whole.
package enum Splitter {
    package struct Verdict: Hashable, Sendable {
        /// For good, and why.
        package var failed: [ReadyItem] = []
        package var reason = ""
        /// Each list is tried again as a transaction of its own.
        package var groups: [[ReadyItem]] = []

        static func fail(_ items: [ReadyItem], _ reason: String) -> Verdict { Verdict(failed: items, reason: reason) }
        static func again(_ items: [ReadyItem]) -> Verdict { Verdict(groups: [items]) }
    }

    /// Halves until the culprit stands alone, unless the text names it.
    package static func verdict(on items: [ReadyItem], _ failure: ExecutionFailure) -> Verdict {
        switch failure.remedy {
        case .fail: return .fail(items, failure.reason)
        case .split, .splitAndLearn: return halves(items, failure.reason)
        case .setApart(let account):
            let guilty = items.filter { $0.content.recipientAccount == account }
            guard !guilty.isEmpty else { return halves(items, failure.reason) }
            let rest = items.filter { $0.content.recipientAccount != account }
            return Verdict(failed: guilty, reason: failure.reason, groups: rest.isEmpty ? [] : [rest])
        case .hold, .leaveLane, .wrongNumber: return .again(items)
        }
    }

    package static func verdict(on items: [ReadyItem], _ refusal: SendRefusal) -> Verdict {
        switch refusal.kind {
        case .tooLarge: halves(items, "refused by the node: \(refusal.reason)")
        case .computationLimit: .again(items)
        default: .fail(items, "refused by the node: \(refusal.reason)")
        }
    }

    private static func halves(_ items: [ReadyItem], _ reason: String) -> Verdict {
        guard items.count > 1 else { return .fail(items, reason) }
        let middle = (items.count + 1) / 2
        return Verdict(groups: [Array(items[..<middle]), Array(items[middle...])])
    }
}
