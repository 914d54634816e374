import Cadence
import FlowClient

/// What a transaction has cost by its fee event: a unit of computation is 0.00000001 of `executionEffort`, which stands where
/// the node's result says 0 (flow-core-contracts:contracts/FlowFees.cdc).
struct FeesDeducted: Hashable, Sendable {
    var computation: Int
    /// In FLOW, scaled by 1e8.
    var amount: UInt64

    /// Nil where there is no such event: the chain takes no fees.
    init?(in events: [Event]) throws {
        guard let event = events.last(where: { $0.type.hasSuffix(".FlowFees.FeesDeducted") }) else { return nil }
        let fields = try OperationEvent.decode(event.payload).asComposite
        computation = Int(clamping: fields?["executionEffort"]?.asUFix64?.rawValue ?? 0)
        amount = fields?["amount"]?.asUFix64?.rawValue ?? 0
    }
}
