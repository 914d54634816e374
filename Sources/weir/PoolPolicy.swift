import Daemon
import FlowClient

/// How patient the node pool is, as the configuration says it.
extension Wiring {
    static func poolPolicy(_ configuration: Configuration) -> NodePool.Policy {
        var policy = NodePool.Policy()
        let hedgeAfter = configuration[Settings.hedgeAfter]
        policy.hedgeAfter = hedgeAfter == .zero ? nil : hedgeAfter
        policy.attempts = configuration[Settings.attempts]
        policy.longestPause = configuration[Settings.longestPause]
        policy.firstPause = min(policy.firstPause, policy.longestPause)
        policy.stallAfter = configuration[Settings.stallAfter]
        policy.probeEvery = configuration[Settings.probeEvery]
        policy.toleratedLag = UInt64(configuration[Settings.toleratedLag])
        policy.failuresUntilDown = configuration[Settings.failuresUntilDown]
        policy.longestDown = configuration[Settings.longestDown]
        policy.leastShare = configuration[Settings.leastBudgetShare]
        return policy
    }
}

/// Defaults are those of `NodePool.Policy`.
extension Settings {
    private static let policy = NodePool.Policy()

    static let callTimeout = Setting(
        "flow.call_timeout", .duration(.milliseconds(100) ... .seconds(600)), default: .seconds(30),
        "how long a node may take for an answer; then it has failed")
    static let hedgeAfter = Setting(
        "flow.hedge_after", .duration(.zero ... .seconds(600)), default: policy.hedgeAfter ?? .zero,
        "a read that takes longer is asked of a second node too, and the first answer counts; 0: never")
    static let attempts = Setting(
        "flow.attempts", .integer(1...100), default: policy.attempts,
        "calls made for one request, over all nodes, before its error is the answer")
    static let longestPause = Setting(
        "flow.longest_pause", .duration(.milliseconds(10) ... .seconds(600)), default: policy.longestPause,
        "between two rounds over all nodes, at most; the first is a tenth of a second, and each doubles it")
    static let stallAfter = Setting(
        "flow.stall_after", .duration(.seconds(1) ... .seconds(3600)), default: policy.stallAfter,
        "a stream that brings nothing for so long is opened again, elsewhere if there is an elsewhere")
    static let probeEvery = Setting(
        "flow.probe_every", .duration(.milliseconds(100) ... .seconds(3600)), default: policy.probeEvery,
        "between two looks at each node: whether it is up, where its head is, whether it agrees with the others")
    static let toleratedLag = Setting(
        "flow.tolerated_lag", .integer(0...1_000_000), default: Int(policy.toleratedLag),
        "blocks: a node further behind the best one is asked for the latest only when no other is left")
    static let failuresUntilDown = Setting(
        "flow.failures_until_down", .integer(1...100), default: policy.failuresUntilDown,
        "failures in a row after which a node is left alone, for a second at first")
    static let longestDown = Setting(
        "flow.longest_down", .duration(.seconds(1) ... .seconds(3600)), default: policy.longestDown,
        "a node that keeps failing is tried again after so long, at most")
    static let leastBudgetShare = Setting(
        "flow.least_budget_share", .number(0.001...1), default: policy.leastShare,
        "a node that says \"too much\" is asked half as often, and half again, down to this part of its budget; answers raise it again"
    )
}
