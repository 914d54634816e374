/// Stops a loop of failures from draining the payer: after so many transactions in a row that were charged for and did
/// nothing, with none in between that did something, the recipe is held. Halves of a batch that failed are a search for
/// its bad item, and do not count.
package struct FailureCount: Hashable, Sendable {
    package let threshold: Int
    package private(set) var failures = 0

    package init(threshold: Int = 12) { self.threshold = threshold }

    package mutating func succeeded() { failures = 0 }

    /// True where the recipe is to be held. It begins to count anew then: the hold's probes say what follows.
    package mutating func failed() -> Bool {
        failures += 1
        guard failures >= threshold else { return false }
        failures = 0
        return true
    }
}
