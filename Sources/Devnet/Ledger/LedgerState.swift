import Cadence
import FlowClient

/// Everything that transactions change. A value: the state after each block is a copy that shares what it can, and a
/// transaction that fails leaves the copy that it worked on behind.
struct LedgerState: Sendable {
    var accounts = PersistentMap<Address, AccountState>()
    /// How many accounts there have been: the next one's index in the chain's sequence of addresses, less one.
    var accountCount: UInt64 = 0
    var keys = PersistentMap<KeySlot, AccountKey>()
    /// One counter for each of 256 partitions, so that transactions of one block seldom share a counter
    /// (onflow/flow-go:fvm/environment/uuids.go).
    var uuidCounters = [UInt64](repeating: 0, count: 256)

    var brandContracts: [Address: NovaBrandState] = [:]
    var passContracts: [Address: NovaPassState] = [:]
    var collectibleContracts: [Address: NovaCollectibleState] = [:]
    var tokens = PersistentMap<UInt64, Token>()
    var collections = PersistentMap<UInt64, TokenCollection>()
    var storefronts = PersistentMap<UInt64, Storefront>()

    func account(_ address: Address) -> Account? {
        guard let state = accounts[address] else { return nil }
        var account = Account()
        account.address = address
        account.balance = state.balance
        account.keys = keys(of: address)
        account.contracts = state.contracts
        return account
    }

    func keys(of address: Address) -> [AccountKey] {
        guard let state = accounts[address] else { return [] }
        return (0..<state.keyCount).compactMap { keys[KeySlot(address: address, index: KeyIndex($0))] }
    }

    mutating func addKey(_ key: AccountKey, to address: Address) -> KeyIndex {
        let index = KeyIndex(accounts[address]?.keyCount ?? 0)
        var added = key
        added.index = index
        keys[KeySlot(address: address, index: index)] = added
        accounts[address]?.keyCount += 1
        return index
    }

    /// The collection of that contract's tokens that is published at the account's public path, and can be borrowed.
    func publishedCollection(at path: String, of contract: ContractLocation, in address: Address) -> UInt64? {
        guard let account = accounts[address], let capability = account.published[path],
            case .collection(let uuid, let owner) = account.storage[capability.target], owner == contract
        else { return nil }
        return uuid
    }

    /// Whether that contract can be imported from there.
    func hasContract(_ contract: ContractLocation) -> Bool {
        accounts[contract.address]?.contracts[contract.name] != nil
            || CoreContracts.names[contract.address]?.contains(contract.name) == true
    }
}
