import Cadence
import FlowClient

/// What NovaPass and NovaCollectible share: tokens, collections, lockers, and the events of the NonFungibleToken interface.
struct TokenContract {
    let execution: Execution
    let contract: ContractLocation

    private static let standard = CoreContracts.nonFungibleToken
    private var type: String { contract.typeID("NFT") }

    /// A token on its way, in no collection.
    struct Loose {
        var id: UInt64
        var token: Token
    }

    func makeCollection(owner: Address) -> UInt64 {
        let uuid = execution.makeUUID()
        execution.state.collections[uuid] = TokenCollection(owner: owner, contract: contract)
        grow(owner, by: AccountState.bytesPerCollection)
        return uuid
    }

    /// The interface's pre-condition emits the event before the collection takes the token.
    func deposit(_ loose: Loose, to collection: UInt64) throws {
        let owner = execution.state.collections[collection]!.owner
        try execution.emit(
            "Deposited", of: Self.standard, .string("type", type), .uint64("id", loose.id), .uint64("uuid", loose.id),
            .optionalAddress("to", owner), .uint64("collectionUUID", collection))
        var token = loose.token
        token.collection = collection
        execution.state.tokens[loose.id] = token
        var changed = execution.state.collections[collection]!
        changed.tokens[loose.id] = true
        execution.state.collections[collection] = changed
        grow(owner, by: AccountState.bytesPerToken)
    }

    func holds(_ id: UInt64, in collection: UInt64) -> Bool {
        execution.state.collections[collection]?.tokens[id] != nil
    }

    /// The interface's post-condition emits the event once the collection has given the token.
    func withdraw(_ id: UInt64, from collection: UInt64) throws -> Loose {
        var changed = execution.state.collections[collection]!
        guard changed.tokens[id] != nil, let token = execution.state.tokens[id] else {
            throw execution.panic(
                "\(contract.name): no token \(id) in this collection", at: "panic(\"\(contract.name): no token",
                in: .contract(contract))
        }
        changed.tokens[id] = nil
        execution.state.collections[collection] = changed
        shrink(changed.owner, by: AccountState.bytesPerToken)
        try execution.emit(
            "Withdrawn", of: Self.standard, .string("type", type), .uint64("id", id), .uint64("uuid", id),
            .optionalAddress("from", changed.owner), .uint64("providerUUID", collection))
        return Loose(id: id, token: token)
    }

    /// Two events: the interface's and the contract's own.
    func destroy(_ loose: Loose) throws {
        try execution.emit(
            "NFT.ResourceDestroyed", of: Self.standard, .uint64("id", loose.id), .uint64("uuid", loose.id))
        let kind = contract.name == "NovaPass" ? "passID" : "collectibleID"
        try execution.emit(
            "NFT.ResourceDestroyed", of: contract, .uint64("id", loose.id), .string(kind, loose.token.kindID),
            .uint64("serial", loose.token.serial))
        execution.state.tokens[loose.id] = nil
    }

    func grow(_ address: Address, by bytes: UInt64) {
        execution.state.accounts[address]?.storageUsed += bytes
        execution.touched.insert(address)
    }

    func shrink(_ address: Address, by bytes: UInt64) {
        let used = execution.state.accounts[address]?.storageUsed ?? 0
        execution.state.accounts[address]?.storageUsed = used < bytes ? 0 : used - bytes
        execution.touched.insert(address)
    }
}
