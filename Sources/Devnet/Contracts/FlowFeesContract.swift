import Cadence
import FlowClient

/// What is paid for a transaction, where the chain takes fees.
struct FlowFeesContract {
    let execution: Execution

    /// 0.00001 FLOW: what each transaction of the recordings paid, whatever it computed.
    static let amount: UInt64 = 1000

    /// Takes the fee from the payer, or what the payer has left.
    func deduct(from payer: Address) throws {
        let computed = UInt64(execution.computation.rounded())
        let amount = min(Self.amount, execution.state.accounts[payer]?.balance ?? 0)
        let flow = FlowTokenContract(execution: execution)
        let fee = try flow.withdraw(amount, from: payer)
        try flow.deposit(fee, to: CoreContracts.flowFees.address)
        try execution.emit(
            "FeesDeducted", of: CoreContracts.flowFees, .ufix64("amount", amount),
            .ufix64("inclusionEffort", 100_000_000), .ufix64("executionEffort", computed))
    }
}
