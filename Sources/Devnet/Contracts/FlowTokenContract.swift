import Cadence
import FlowClient

/// FlowToken and the events of the FungibleToken interface around it.
struct FlowTokenContract {
    let execution: Execution

    /// A vault on its way, in no account's storage.
    struct Vault {
        var uuid: UInt64
        var balance: UInt64
    }

    private static let vaultType = CoreContracts.flowToken.typeID("Vault")

    /// Takes from an account's vault. A pre-condition of the interface stops it where there is too little.
    func withdraw(_ amount: UInt64, from address: Address) throws -> Vault {
        let account = execution.state.accounts[address] ?? AccountState()
        guard account.balance >= amount else { throw tooLittle(amount, of: account.balance) }
        execution.state.accounts[address]?.balance -= amount
        try emitTokensWithdrawn(amount, from: address)
        let taken = Vault(uuid: execution.makeUUID(), balance: amount)
        try emitWithdrawn(taken, from: address, fromUUID: account.vaultUUID, left: account.balance - amount)
        return taken
    }

    /// Takes from a vault on its way.
    func withdraw(_ amount: UInt64, from vault: inout Vault) throws -> Vault {
        guard vault.balance >= amount else { throw tooLittle(amount, of: vault.balance) }
        vault.balance -= amount
        try emitTokensWithdrawn(amount, from: nil)
        let taken = Vault(uuid: execution.makeUUID(), balance: amount)
        try emitWithdrawn(taken, from: nil, fromUUID: vault.uuid, left: vault.balance)
        return taken
    }

    func deposit(_ vault: Vault, to address: Address) throws {
        execution.state.accounts[address]?.balance += vault.balance
        execution.touched.insert(address)
        if address != CoreContracts.serviceAddress {
            try execution.emit(
                "TokensDeposited", of: CoreContracts.flowToken, .ufix64("amount", vault.balance),
                .optionalAddress("to", address))
        }
        let account = execution.state.accounts[address] ?? AccountState()
        try execution.emit(
            "Deposited", of: CoreContracts.fungibleToken, .string("type", Self.vaultType),
            .ufix64("amount", vault.balance),
            .optionalAddress("to", address), .uint64("toUUID", account.vaultUUID), .uint64("depositedUUID", vault.uuid),
            .ufix64("balanceAfter", account.balance))
    }

    /// The contract's own event, which it leaves out for the service account.
    private func emitTokensWithdrawn(_ amount: UInt64, from address: Address?) throws {
        guard address != CoreContracts.serviceAddress else { return }
        try execution.emit(
            "TokensWithdrawn", of: CoreContracts.flowToken, .ufix64("amount", amount), .optionalAddress("from", address)
        )
    }

    private func emitWithdrawn(_ vault: Vault, from address: Address?, fromUUID: UInt64, left: UInt64) throws {
        try execution.emit(
            "Withdrawn", of: CoreContracts.fungibleToken, .string("type", Self.vaultType),
            .ufix64("amount", vault.balance),
            .optionalAddress("from", address), .uint64("fromUUID", fromUUID), .uint64("withdrawnUUID", vault.uuid),
            .ufix64("balanceAfter", left))
    }

    private func tooLittle(_ amount: UInt64, of balance: UInt64) -> ExecutionFailure {
        execution.preconditionFailed(
            "FungibleToken.Vault.withdraw: Cannot withdraw tokens! The amount requested to be withdrawn "
                + "(\(UFix64Text.of(amount))) is greater than the balance of the Vault (\(UFix64Text.of(balance))).")
    }
}

/// UFix64 as Cadence prints it: always 8 decimals.
enum UFix64Text {
    static func of(_ value: UInt64) -> String {
        let fraction = String(value % 100_000_000)
        return "\(value / 100_000_000)." + String(repeating: "0", count: 8 - fraction.utf8.count) + fraction
    }
}
