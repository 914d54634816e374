import Cadence
import Daemon
import FlowClient
import Postgres
import Synchronization

/// Holds: begun in the transaction that finds their cause, ended by the first success, and looked after in between.
extension LaneSubmitter {
    func hold(
        _ scope: Hold.Scope, because reason: String, remedy: String, on connection: PostgresConnection
    ) async throws {
        let isNew = try await store.hold(
            scope, because: reason, remedy: remedy, firstPause: configuration.probePause, on: connection)
        guard isNew else { return }
        logger.error(
            "held back until the cause is gone", ["weir.hold": scope.name, "reason": reason, "remedy": remedy])
    }

    /// What is held, as all processes see it. While it is the account's trouble the account is looked at, which costs
    /// nothing: when it has got better, the next probe need not wait.
    func lookAtHolds() async throws {
        let holds = try await store.holds()
        shared.withLock { $0.holds = holds }
        metrics.set(holds)
        let ofAccount = holds.filter { $0.scope == .payer || $0.scope == .platformAccount }
        guard !ofAccount.isEmpty, isAccountDue() else { return }
        try await tolerating("reading the account") {
            let account = try await api.account(configuration.account, at: .latest).value
            for hold in ofAccount {
                let seen = AccountWitness(account)
                let before = hold.witness.flatMap(AccountWitness.init)
                guard seen != before else { continue }
                // It may have been topped up before it was looked at for the first time.
                let isBetter = before.map(seen.isBetter) ?? (hold.scope == .payer && seen.holdsLeastBalance)
                try await store.witness(hold.scope, seen.text, isBetter: isBetter)
                guard isBetter else { continue }
                logger.info("the account has changed: one transaction tries", ["weir.hold": hold.scope.name])
                workWaker.signal()
                sendWaker.signal()
            }
        }
    }

    private func isAccountDue() -> Bool {
        let now = configuration.now()
        return shared.withLock { shared in
            if let last = shared.accountSeenAt, now - last < configuration.accountCheck { return false }
            shared.accountSeenAt = now
            return true
        }
    }
}

/// What of an account may end a hold: its balance and its keys.
struct AccountWitness: Hashable {
    /// In FLOW, scaled by 1e8.
    var balance: UInt64
    var keys: String

    init(_ account: Account) {
        balance = account.balance
        keys = account.keys.map { "\($0.index)\($0.revoked ? "r" : "")/\($0.weight)" }.joined(separator: ",")
    }

    init?(_ text: String) {
        let parts = text.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let balance = UInt64(parts[0]) else { return nil }
        self.balance = balance
        keys = String(parts[1])
    }

    var text: String { "\(balance) \(keys)" }

    /// 0.001 FLOW: below it nothing is executed that the account pays for (flow-core-contracts:contracts/FlowStorageFees.cdc).
    var holdsLeastBalance: Bool { balance >= 100_000 }

    func isBetter(than before: AccountWitness) -> Bool { balance > before.balance || keys != before.keys }
}
