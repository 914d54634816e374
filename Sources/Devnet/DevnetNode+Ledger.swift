public import Cadence
import Daemon
public import FlowClient
import Synchronization

/// What happens to a chain from outside of its transactions, for those who want to see what follows from it.
extension DevnetNode {
    /// The account stores as much as its FLOW pays for, and a little more: whatever stores something there fails with 1103.
    public func fillStorage(of account: Address) { applyToState(.fill(account)) }

    /// In FLOW, scaled by 1e8. FLOW is made or destroyed by it.
    public func setBalance(of account: Address, to balance: UInt64) { applyToState(.balance(account, balance)) }

    /// As if others had used the key so many times: what its owner signs with the number that it knows is 1007.
    public func useKey(_ index: KeyIndex, of account: Address, times: UInt64 = 1) {
        applyToState(.useKey(account, index, times))
    }

    /// From the next block on.
    public var rules: ChainRules { shared.withLock { $0.chain.rules } }

    /// Changes what governs the chain, between two blocks.
    public func changeRules(_ change: @Sendable (inout ChainRules) -> Void) {
        let before = rules
        var after = before
        change(&after)
        if after != before { applyToState(.rules(after)) }
    }

    /// From the next transaction on, none may ask for a higher computation limit.
    public func setMaximumComputation(_ limit: UInt64) { changeRules { $0.maximumComputation = limit } }

    /// Takes all blocks above a height away, as a network does that is rolled back.
    public func rollBack(to height: BlockHeight) throws(AccessError) { try apply(.rollBack(height)) }

    func hasAccount(_ address: Address) -> Bool {
        shared.withLock { $0.chain.blocks[$0.chain.blocks.count - 1].state?.accounts[address] != nil }
    }

    func hasKey(_ index: KeyIndex, of address: Address) -> Bool {
        shared.withLock {
            $0.chain.blocks[$0.chain.blocks.count - 1].state?.keys[KeySlot(address: address, index: index)] != nil
        }
    }

    private func applyToState(_ change: OutsideChange) {
        // Only a roll-back can be refused.
        try? apply(change)
    }

    private func apply(_ change: OutsideChange) throws(AccessError) {
        let waiters: [CheckedContinuation<Void, Never>]
        do {
            waiters = try shared.withLock { shared in
                try shared.chain.apply(change)
                do {
                    try shared.journal?.append(change)
                } catch {
                    logger.error("the journal can't be written: what follows is lost at the end", ["error": "\(error)"])
                    shared.journal = nil
                }
                return shared.takeWaiters()
            }
        } catch {
            throw error as? AccessError ?? AccessError(.internal, "\(error)")
        }
        for waiter in waiters { waiter.resume() }
    }
}
