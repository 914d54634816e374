import Cadence
import FlowClient

/// What is paid for a transaction, where the chain takes fees.
struct FlowFeesContract {
    let execution: Execution

    /// Takes the fee from the payer, or what the payer has left.
    func deduct(from payer: Address, _ rules: ChainRules) throws {
        let computed = UInt64(execution.computation.rounded())
        let amount = min(rules.fee(for: computed), execution.state.accounts[payer]?.balance ?? 0)
        let flow = FlowTokenContract(execution: execution)
        let fee = try flow.withdraw(amount, from: payer)
        try flow.deposit(fee, to: CoreContracts.flowFees.address)
        try execution.emit(
            "FeesDeducted", of: CoreContracts.flowFees, .ufix64("amount", amount),
            .ufix64("inclusionEffort", 100_000_000), .ufix64("executionEffort", computed))
    }
}
