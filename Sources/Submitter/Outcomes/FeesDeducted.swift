import Cadence
import FlowClient

/// What a transaction has cost by its fee event, where the node's result says 0: a unit of computation is 0.00000001 of
/// `executionEffort` (flow-core-contracts:contracts/FlowFees.cdc).
enum FeesDeducted {
    /// 0 where there is no such event.
    static func computation(in events: [Event]) throws -> Int {
        guard let event = events.last(where: { $0.type.hasSuffix(".FlowFees.FeesDeducted") }),
            let effort = try OperationEvent.decode(event.payload).asComposite?["executionEffort"]?.asUFix64?.rawValue
        else { return 0 }
        return Int(clamping: effort)
    }
}
