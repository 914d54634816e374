public import Cadence

/// What a failure's text says besides its code (onflow/flow-go:fvm/errors/execution.go).
extension TransactionFailure {
    /// 1103: who stores more than its balance pays for, in bytes.
    public struct StorageShortage: Hashable, Sendable {
        public var account: Address
        public var used: UInt64
        public var capacity: UInt64
    }

    /// Nil where the text names no account.
    public var storageShortage: StorageShortage? {
        guard code?.number == 1103,
            let match = text.firstMatch(
                of:
                    /account with address \((?:0x)?([0-9a-fA-F]{1,16})\) uses ([0-9]{1,20}) bytes of storage which is over its capacity \(([0-9]{1,20}) bytes\)/
            ), let account = Address(match.1), let used = UInt64(match.2), let capacity = UInt64(match.3)
        else { return nil }
        return StorageShortage(account: account, used: used, capacity: capacity)
    }

    /// 1118: who must hold more before anything it pays for is executed. `needed` in FLOW, as the text has it.
    public var payerShortage: (account: Address, needed: String?)? {
        guard code?.number == 1118,
            let match = text.firstMatch(of: /payer (?:0x)?([0-9a-fA-F]{1,16}) has insufficient balance/),
            let account = Address(match.1)
        else { return nil }
        let needed = text.firstMatch(of: /required balance: ([0-9]{1,20}(?:\.[0-9]{1,8})?)/)
        return (account, needed.map { String($0.1) })
    }

    /// The reason with what the text adds to it: accounts and amounts.
    public var particulars: String {
        if let storage = storageShortage {
            return "account \(storage.account) stores \(storage.used) bytes, and its FLOW pays for \(storage.capacity)"
        }
        if let payer = payerShortage {
            return "the payer \(payer.account) holds less than "
                + (payer.needed.map { "the \($0) FLOW that it needs" } ?? "the least balance for execution")
        }
        return reason
    }
}
