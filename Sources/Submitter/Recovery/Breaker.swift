package import FoundationEssentials

/// Stops a loop of failures from draining the payer: after so many transactions in a row that were charged for and did
/// nothing, nothing of the recipe goes out for a while; then one transaction is let through to see.
package struct Breaker: Hashable, Sendable {
    package enum State: Hashable, Sendable {
        case closed(failures: Int)
        case open(until: Date, because: String)
        /// One transaction is on its way to see whether it works again.
        case probing(because: String)
    }

    package let threshold: Int
    package let pause: Double
    package private(set) var state = State.closed(failures: 0)

    /// `pause` in seconds. A split of 250 items around one culprit fails nine times in a row at the worst.
    package init(threshold: Int = 12, pause: Double = 60) {
        self.threshold = threshold
        self.pause = pause
    }

    /// How many transactions may go out now.
    package func allowance(at now: Date) -> Int {
        switch state {
        case .closed: .max
        case .probing: 0
        case .open(let until, _): now >= until ? 1 : 0
        }
    }

    /// A transaction goes out. While it is open, that is the probe.
    package mutating func sent() {
        if case .open(_, let reason) = state { state = .probing(because: reason) }
    }

    package mutating func succeeded() { state = .closed(failures: 0) }

    package mutating func failed(_ reason: String, at now: Date) {
        switch state {
        case .closed(let failures) where failures + 1 < threshold: state = .closed(failures: failures + 1)
        case .closed, .probing, .open: trip(reason, at: now)
        }
    }

    /// Opens at once, whatever went before.
    package mutating func trip(_ reason: String, at now: Date) {
        state = .open(until: now.addingTimeInterval(pause), because: reason)
    }

    /// An operator's word.
    package mutating func reset() { state = .closed(failures: 0) }

    package var reason: String? {
        switch state {
        case .closed: nil
        case .open(_, let reason), .probing(let reason): reason
        }
    }
}
