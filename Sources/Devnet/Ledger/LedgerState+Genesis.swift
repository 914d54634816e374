import Cadence
import FlowClient

extension LedgerState {
    /// The state of the first block: four accounts of the chain's own and one for EVM's storage, so that the first account
    /// that is created is the sixth, as on the emulator. All FLOW there is lies with the service account.
    static func genesis(serviceKey: AccountKey) -> LedgerState {
        var state = LedgerState()
        // The uuids that the vaults have on the emulator.
        let accounts: [(Address, vault: UInt64, balance: UInt64)] = [
            (CoreContracts.serviceAddress, 0, 99_999_999_999_600_000),
            (CoreContracts.fungibleToken.address, 1, 100_000),
            (CoreContracts.flowToken.address, 2, 100_000), (CoreContracts.flowFees.address, 3, 0),
            (evmStorage, 4, 100_000),
        ]
        for (address, vault, balance) in accounts {
            state.accounts[address] = AccountState(balance: balance, vaultUUID: vault)
            state.accountCount += 1
        }
        for (address, names) in CoreContracts.names {
            for name in names {
                state.accounts[address]?.contracts[name] = Array("// \(name) is the devnet's own\n".utf8)
            }
        }
        // The chain's own resources have taken the first ones.
        state.uuidCounters[0] = 100
        _ = state.addKey(serviceKey, to: CoreContracts.serviceAddress)
        return state
    }

    private static let evmStorage = Address(rawValue: 0x01cf_0e2f_2f71_5450)
}
