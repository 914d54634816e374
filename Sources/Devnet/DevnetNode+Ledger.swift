public import Cadence
public import FlowClient
import Synchronization

/// What happens to a chain from outside of its transactions, for those who want to see what follows from it.
extension DevnetNode {
    /// The account stores as much as its FLOW pays for, and a little more: whatever stores something there fails with 1103.
    public func fillStorage(of account: Address) {
        change { state in
            let balance = state.accounts[account]?.balance ?? 0
            state.accounts[account]?.storageUsed = AccountState.capacity(ofBalance: balance) + 1
        }
    }

    /// In FLOW, scaled by 1e8. FLOW is made or destroyed by it.
    public func setBalance(of account: Address, to balance: UInt64) {
        change { $0.accounts[account]?.balance = balance }
    }

    /// From the next transaction on, none may ask for a higher computation limit.
    public func setMaximumComputation(_ limit: UInt64) {
        shared.withLock { $0.chain.maximumComputation = limit }
    }

    /// Takes all blocks above a height away, as a network does that is rolled back.
    public func rollBack(to height: BlockHeight) throws(AccessError) {
        let waiters: [CheckedContinuation<Void, Never>]
        do {
            waiters = try shared.withLock { shared in
                try shared.chain.rollBack(to: height)
                return shared.takeWaiters()
            }
        } catch {
            throw error as? AccessError ?? AccessError(.internal, "\(error)")
        }
        for waiter in waiters { waiter.resume() }
    }

    func hasAccount(_ address: Address) -> Bool {
        shared.withLock { $0.chain.blocks[$0.chain.blocks.count - 1].state?.accounts[address] != nil }
    }

    private func change(_ change: (inout LedgerState) -> Void) {
        shared.withLock { $0.chain.changeState(change) }
    }
}
