import Daemon
import FlowClient
import FoundationEssentials
import Postgres
import Synchronization

extension LaneSubmitter {
    /// Whether transactions may be made: the account is known, the lanes' numbers come from the chain, and the index has
    /// got to where the chain was when we started, so that what was done before us is known to have been done.
    func mayWork() async throws -> Bool {
        let now = configuration.now()
        let due = shared.withLock {
            $0.builder == nil
                || now.timeIntervalSince($0.lanesReadAt) * 1000 > Double(configuration.laneRefresh.milliseconds)
        }
        var reads = due
        if !reads { reads = try await store.hasUnreadLanes() }
        if reads { try await readAccount() }
        return try await indexIsThere()
    }

    /// The account's keys, and with them the lanes, from the chain's sealed state.
    func readAccount() async throws {
        let sealed = try await api.blockHeader(.latestSealed).value.height
        let keys = try await api.accountKeys(configuration.account, at: .height(sealed)).value
        let keyring = AccountKeyring(account: configuration.account, keys: keys, signers: configuration.signers)
        guard keyring.payer != nil else {
            throw SubmitterError(
                .account,
                "no key of \(configuration.account) has the full weight of 1000 and a signer here: it has \(keys.count) keys"
            )
        }
        let warnings = try await store.readLanes(
            keys, own: Set(keyring.entries.keys), at: sealed, epoch: try epoch)
        for warning in warnings { logger.warning("a lane is not as it was", ["warning": warning]) }
        let builder = TransactionBuilder(keyring: keyring, computationLimit: configuration.computationLimit)
        let now = configuration.now()
        shared.withLock { shared in
            shared.builder = builder
            shared.lanesReadAt = now
        }
    }

    private func indexIsThere() async throws -> Bool {
        guard shared.withLock({ $0.mayReconcile }) else { return true }
        if shared.withLock({ $0.indexTarget }) == nil {
            let sealed = try await api.blockHeader(.latestSealed).value.height
            shared.withLock { $0.indexTarget = sealed }
        }
        guard let target = shared.withLock({ $0.indexTarget }), let indexed = try await outcomes.indexedHeight(),
            indexed >= target
        else { return false }
        try await reconcile()
        shared.withLock { $0.mayReconcile = false }
        return true
    }

    /// After a restore from an old backup the record knows less than the chain: items that wait, and were done. What the
    /// chain says was done is done, before anything is signed.
    private func reconcile() async throws {
        for (transaction, operations) in try await outcomes.strangers() {
            let events = try await outcomes.events(naming: operations.sorted()).filter {
                $0.transactionID == transaction
            }
            guard let height = events.first?.height, let (recipe, named) = try await content(of: transaction) else {
                continue
            }
            let said = OutcomeResolver.outcomes(of: named, recipe: recipe, events: events)
            let epoch = try epoch
            let found = try await store.owned(epoch) { connection in
                let waiting = try await store.waitingItems(of: operations, recipe: recipe, on: connection)
                let results = Self.match(waiting, recipe, Array(zip(named, said))).map { reference, outcome in
                    DecidedOutcome(outcome: outcome, transactionID: transaction, height: height).result(of: reference)
                }
                try await store.finish(results.compactMap { $0 }, on: connection)
                return results.count
            }
            if found > 0 {
                logger.warning(
                    "the chain had done what the record did not know of",
                    [
                        "weir.transaction": transaction.hex, "weir.items": "\(found)",
                    ])
            }
        }
    }

    /// Which of our items a transaction's successes were.
    private static func match(
        _ waiting: [ReadyItem], _ recipe: Recipe, _ said: [(OutcomeResolver.Item, OutcomeResolver.Outcome)]
    ) -> [(ItemReference, OutcomeResolver.Outcome)] {
        var left: [DeedName: [ItemReference]] = [:]
        for item in waiting.reversed() {
            let name = DeedName(operation: item.reference.operation.rawValue, key: item.content.key)
            left[name, default: []].append(item.reference)
        }
        return said.compactMap { item, outcome in
            guard case .done = outcome else { return nil }
            return left[DeedName(operation: item.operation, key: item.key)]?.popLast().map { ($0, outcome) }
        }
    }
}
