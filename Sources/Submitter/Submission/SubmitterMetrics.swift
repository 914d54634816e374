import Daemon

/// Names are the steps of a submission.
struct SubmitterMetrics: Sendable {
    let signed: Counter
    let sendsAccepted: Counter
    let sendsRefused: Counter
    let sendsUnclear: Counter
    let failedTransactions: Counter
    let itemsDone: Counter
    let itemsRejected: Counter
    let underWay: Gauge
    private let held: [String: Gauge]
    let untilExecuted: Histogram

    init(_ metrics: Metrics) {
        func sends(_ answer: String) -> Counter {
            metrics.counter(
                "weir_submitter_sends_total", help: "Sends of transactions, by answer.", labels: ["answer": answer])
        }
        func items(_ outcome: String) -> Counter {
            metrics.counter(
                "weir_submitter_items_total", help: "Items whose outcome the chain has told.",
                labels: ["outcome": outcome])
        }
        signed = metrics.counter("weir_submitter_signed_total", help: "Transactions signed and recorded.")
        (sendsAccepted, sendsRefused, sendsUnclear) = (sends("accepted"), sends("refused"), sends("unclear"))
        failedTransactions = metrics.counter(
            "weir_submitter_failed_transactions_total", help: "Transactions that were executed and failed.")
        (itemsDone, itemsRejected) = (items("done"), items("rejected"))
        underWay = metrics.gauge("weir_submitter_under_way", help: "Transactions whose outcome is not known yet.")
        held = Dictionary(
            uniqueKeysWithValues: [
                "recipe", Hold.Scope.payer.name, Hold.Scope.platformAccount.name, Hold.Scope.network.name,
                Hold.Scope.database.name,
            ].map { kind in
                (
                    kind,
                    metrics.gauge(
                        "weir_submitter_held", help: "Whether transactions are held back, by whose trouble it is.",
                        labels: ["by": kind])
                )
            })
        untilExecuted = metrics.histogram(
            "weir_submitter_seconds_until_executed", help: "From the record of a transaction to its execution.")
    }

    /// 1 for what is held.
    func set(_ holds: [Hold]) {
        for (kind, gauge) in held { gauge.set(holds.contains { Self.kind($0.scope) == kind } ? 1 : 0) }
    }

    private static func kind(_ scope: Hold.Scope) -> String {
        if case .recipe = scope { "recipe" } else { scope.name }
    }

    func sends(_ event: AttemptStateMachine.Event) -> Counter {
        switch event {
        case .sendAccepted: sendsAccepted
        case .sendRefused: sendsRefused
        default: sendsUnclear
        }
    }
}
