import Daemon
import FlowClient
import FoundationEssentials
import Postgres
import Synchronization

extension LaneSubmitter {
    /// Whether transactions may be made: the index and the chain agree, the account is known, the lanes' numbers come from
    /// the chain, and the index has got to where the chain was when we started, so that what was done before us is known to
    /// have been done.
    func mayWork() async throws -> Bool {
        guard try await chainIsOne() else { return false }
        try await checkServer()
        let now = configuration.now()
        let (isDue, keys) = shared.withLock { shared in
            let known = shared.builder.map { Set($0.keyring.entries.keys).union(shared.foreignKeys) }
            return (
                shared.builder == nil || shared.lanesReadAt.map { now - $0 > configuration.laneRefresh } ?? true, known
            )
        }
        var reads = isDue
        if !reads { reads = try await store.hasUnreadLanes() }
        // A lane that another process has found: its key may be ours to sign with.
        if !reads, let keys { reads = try await store.hasLanes(besides: keys) }
        if reads { try await readAccount() }
        return try await indexIsThere()
    }

    /// False where ingest has stopped because the chain contradicts what was indexed: then nothing is signed, by any process,
    /// until a person has said which of the two is right.
    func chainIsOne() async throws -> Bool {
        let stop = try await outcomes.standing().stop
        let before = shared.withLock { shared in
            defer { shared.chainStop = stop }
            return shared.chainStop
        }
        if let stop, before == nil {
            logger.error(
                "nothing is signed: what is indexed and what the chain is do not agree",
                ["reason": stop, "remedy": "look at it with weir chain, then weir chain clear"])
        }
        if stop == nil, before != nil { logger.info("the index and the chain agree again: signing goes on") }
        return stop == nil
    }

    /// A database that was restored, or whose standby took over, may have lost what was committed: the chain is read
    /// anew, from a height at which nothing that was lost can still be executed.
    private func checkServer() async throws {
        guard try await store.isNewServer() else { return }
        let isFirst = try await store.isFirstServer()
        guard !isFirst else { return try await store.rememberServer() }
        let sealed = try await api.blockHeader(.latestSealed).value.height
        let target = BlockHeight(sealed.rawValue + configuration.expiry + configuration.expiryMargin)
        let isNew = shared.withLock { shared in
            guard shared.serverTarget == nil else { return false }
            (shared.serverTarget, shared.indexTarget, shared.mayReconcile) = (target, target, true)
            return true
        }
        guard isNew else { return }
        let reason =
            "the database was restored or failed over, or the chain was rolled back: until block \(target), what was lost "
            + "may still be executed"
        try await store.owned(try epoch) { connection in
            _ = try await store.hold(
                .database, because: reason, remedy: "wait: the chain is read, and it goes on by itself",
                firstPause: configuration.probePause, on: connection)
        }
        logger.error("held back until the cause is gone", ["weir.hold": Hold.Scope.database.name, "reason": reason])
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
        let builder = TransactionBuilder(keyring: keyring)
        let now = configuration.now()
        let foreign = Set(keys.map(\.index)).subtracting(keyring.entries.keys)
        shared.withLock { shared in
            (shared.builder, shared.lanesReadAt, shared.foreignKeys) = (builder, now, foreign)
        }
    }

    private func indexIsThere() async throws -> Bool {
        guard shared.withLock({ $0.mayReconcile }) else { return true }
        if shared.withLock({ $0.indexTarget }) == nil {
            let sealed = try await api.blockHeader(.latestSealed).value.height
            shared.withLock { $0.indexTarget = sealed }
        }
        guard let target = shared.withLock({ $0.indexTarget }),
            let indexed = try await outcomes.standing().height, indexed >= target
        else { return false }
        try await reconcile()
        let wasLost = shared.withLock { shared in
            defer { (shared.mayReconcile, shared.indexTarget, shared.serverTarget) = (false, nil, nil) }
            return shared.serverTarget != nil
        }
        if wasLost {
            try await store.owned(try epoch) { _ = try await store.lift([.database], on: $0) }
            try await store.rememberServer()
            logger.info("the chain has been read since the database was restored: signing goes on")
        }
        return true
    }

    /// After a restore from an old backup the record knows less than the chain: items that wait, and were done. What the
    /// chain says was done is done, before anything is signed.
    private func reconcile() async throws {
        for (transaction, operations) in try await outcomes.strangers() {
            let epoch = try epoch
            // All of the transaction's: what it did to whom is told by their order.
            let events = try await outcomes.events(of: [transaction]).events
            let found: (Recipe, [OutcomeResolver.Item])?
            do { found = try await content(of: transaction) } catch let error as AccessError
                where error.code == .notFound
            {
                let reason =
                    "transaction \(transaction.hex) names the operation, and no node has it any more to say what it did"
                logger.error("a person must say what became of these operations", ["reason": reason])
                try await store.owned(epoch) { connection in
                    let waiting = try await store.waitingItems(of: operations, recipe: nil, on: connection)
                    try await ItemOutcomes.leaveUnproven(waiting.map(\.reference), because: reason, on: connection)
                }
                continue
            }
            guard let height = events.first?.height, let (recipe, named) = found else { continue }
            let said = OutcomeResolver.outcomes(of: named, recipe: recipe, events: events)
            let count = try await store.owned(epoch) { connection in
                let waiting = try await store.waitingItems(of: operations, recipe: recipe, on: connection)
                let results = Self.match(waiting, recipe, Array(zip(named, said))).map { reference, outcome in
                    DecidedOutcome(outcome: outcome, transactionID: transaction, height: height).result(of: reference)
                }
                try await ItemOutcomes.finish(results.compactMap { $0 }, on: connection)
                return results.count
            }
            if count > 0 {
                logger.warning(
                    "the chain had done what the record did not know of",
                    [
                        "weir.transaction": transaction.hex, "weir.items": "\(count)",
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
