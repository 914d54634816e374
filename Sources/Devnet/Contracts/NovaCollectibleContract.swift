import Cadence
import FlowClient

/// cadence/contracts/NovaCollectible.cdc, function by function.
struct NovaCollectibleContract {
    let execution: Execution
    let address: Address

    static let storagePath = "novaCollectibleCollection"
    static let publicPath = "novaCollectibleCollection"

    var location: ContractLocation { ContractLocation(address, "NovaCollectible") }
    var tokens: TokenContract { TokenContract(execution: execution, contract: location) }
    private var contract: NovaCollectibleState { execution.state.collectibleContracts[address]! }

    func receiver(_ to: Address?) -> UInt64? {
        to.flatMap { execution.state.publishedCollection(at: Self.publicPath, of: location, in: $0) }
    }

    struct Registration {
        var id: String
        var passID: String
        var brandID: String
        var activation: String
        var name: String
        var maxSupply: UInt64?
    }

    func createCollectible(_ collectible: Registration, operation: String) throws {
        guard contract.collectibles[collectible.id] == nil else {
            return try reject(operation, collectible.id, "exists")
        }
        guard isActive(collectible.brandID) else { return try reject(operation, collectible.id, "inactive_brand") }
        execution.state.collectibleContracts[address]?.collectibles[collectible.id] = .init(
            brandID: collectible.brandID, maxSupply: collectible.maxSupply)
        try execution.emit(
            "CollectibleCreated", of: location, .string("collectibleID", collectible.id),
            .string("passID", collectible.passID), .string("brandID", collectible.brandID),
            .string("activation", collectible.activation), .string("name", collectible.name),
            .optionalUInt64("maxSupply", collectible.maxSupply), .string("operation", operation))
    }

    /// Carries out one row of a drop: mints the token and gives it away.
    func drop(collectibleID: String, dropID: String, to: Address?, holder: String?, operation: String) throws {
        guard contract.dropped[dropID] == nil else { return try reject(operation, dropID, "already_dropped") }
        guard var collectible = contract.collectibles[collectibleID] else {
            return try reject(operation, dropID, "unknown_collectible")
        }
        let receiver = receiver(to)
        guard receiver != nil || holder != nil else { return try reject(operation, dropID, "no_collection") }
        guard isActive(collectible.brandID) else { return try reject(operation, dropID, "inactive_brand") }
        guard let serial = collectible.takeSerial() else { return try reject(operation, dropID, "supply_exhausted") }
        execution.state.collectibleContracts[address]?.collectibles[collectibleID] = collectible

        let id = execution.makeUUID()
        execution.state.collectibleContracts[address]?.dropped[dropID] = id
        try execution.emit(
            "Dropped", of: location, .uint64("id", id), .string("collectibleID", collectibleID),
            .uint64("serial", serial), .string("dropID", dropID), .optionalAddress("to", receiver == nil ? nil : to),
            .optionalString("holder", receiver == nil ? holder : nil), .string("operation", operation))
        let token = TokenContract.Loose(
            id: id,
            token: Token(contract: location, kindID: collectibleID, releaseID: "", serial: serial, collection: 0))
        try tokens.deposit(token, to: receiver ?? locker(of: holder!))
    }

    func releaseFromLocker(holder: String, ids: [UInt64], to: Address, operation: String) throws {
        guard let receiver = receiver(to) else { return try reject(operation, to.description, "no_collection") }
        for id in ids {
            guard let locker = contract.lockers[holder], tokens.holds(id, in: locker) else {
                try reject(operation, String(id), "not_held")
                continue
            }
            let token = try tokens.withdraw(id, from: locker)
            try execution.emit(
                "Released", of: location, .uint64("id", id), .string("collectibleID", token.token.kindID),
                .string("holder", holder), .address("to", to), .string("operation", operation))
            try tokens.deposit(token, to: receiver)
        }
    }

    private func locker(of holder: String) -> UInt64 {
        if let locker = contract.lockers[holder] { return locker }
        let locker = tokens.makeCollection(owner: address)
        execution.state.collectibleContracts[address]?.lockers[holder] = locker
        return locker
    }

    private func reject(_ operation: String, _ item: String, _ reason: String) throws {
        try execution.emit(
            "Rejected", of: location, .string("operation", operation), .string("item", item), .string("reason", reason))
    }

    private func isActive(_ brandID: String) -> Bool {
        NovaBrandContract(execution: execution, address: contract.brandContract).isActive(brandID)
    }
}
