import Cadence
import FlowClient

/// cadence/contracts/NovaPass.cdc, function by function.
struct NovaPassContract {
    let execution: Execution
    let address: Address

    static let storagePath = "novaPassCollection"
    static let publicPath = "novaPassCollection"

    var location: ContractLocation { ContractLocation(address, "NovaPass") }
    var tokens: TokenContract { TokenContract(execution: execution, contract: location) }
    private var contract: NovaPassState { execution.state.passContracts[address]! }

    /// The collection at which this address takes passes, or nil where it is not set up for them.
    func receiver(_ to: Address?) -> UInt64? {
        to.flatMap { execution.state.publishedCollection(at: Self.publicPath, of: location, in: $0) }
    }

    func createPass(id: String, brandID: String, name: String, maxSupply: UInt64?, operation: String) throws {
        guard contract.passes[id] == nil else { return try reject(operation, id, "exists") }
        guard isActive(brandID) else { return try reject(operation, id, "inactive_brand") }
        execution.state.passContracts[address]?.passes[id] = .init(brandID: brandID, name: name, maxSupply: maxSupply)
        try execution.emit(
            "PassCreated", of: location, .string("passID", id), .string("brandID", brandID), .string("name", name),
            .optionalUInt64("maxSupply", maxSupply), .string("operation", operation))
    }

    struct Schedule {
        var id: String
        var passID: String
        var supply: UInt64
        var price: UInt64
        var startsAt: UInt64
        var endsAt: UInt64?
    }

    func scheduleRelease(_ schedule: Schedule, operation: String) throws {
        guard contract.releases[schedule.id] == nil else { return try reject(operation, schedule.id, "exists") }
        guard contract.passes[schedule.passID] != nil else { return try reject(operation, schedule.id, "unknown_pass") }
        execution.state.passContracts[address]?.releases[schedule.id] = .init(
            passID: schedule.passID, supply: schedule.supply, price: schedule.price)
        try execution.emit(
            "ReleaseScheduled", of: location, .string("releaseID", schedule.id), .string("passID", schedule.passID),
            .uint64("supply", schedule.supply), .ufix64("price", schedule.price),
            .uint64("startsAt", schedule.startsAt),
            .optionalUInt64("endsAt", schedule.endsAt), .string("operation", operation))
    }

    /// Begins a batch of mints of a release, or returns nil, having said why.
    func beginBatch(_ batch: String, releaseID: String, operation: String) throws -> NovaPassState.Release? {
        guard contract.batches[batch] == nil else {
            try reject(operation, batch, "already_minted")
            return nil
        }
        guard let release = contract.releases[releaseID] else {
            try reject(operation, releaseID, "unknown_release")
            return nil
        }
        execution.state.passContracts[address]?.batches[batch] = true
        return release
    }

    /// Mints the next token of a release, or returns nil, having said why.
    func mint(releaseID: String, operation: String) throws -> TokenContract.Loose? {
        guard var release = contract.releases[releaseID] else {
            try reject(operation, releaseID, "unknown_release")
            return nil
        }
        var pass = contract.passes[release.passID]!
        guard isActive(pass.brandID) else {
            try reject(operation, releaseID, "inactive_brand")
            return nil
        }
        guard release.take() else {
            try reject(operation, releaseID, "release_exhausted")
            return nil
        }
        guard let serial = pass.takeSerial() else {
            try reject(operation, releaseID, "supply_exhausted")
            return nil
        }
        execution.state.passContracts[address]?.releases[releaseID] = release
        execution.state.passContracts[address]?.passes[release.passID] = pass
        let id = execution.makeUUID()
        try execution.call("emit Minted(", in: .contract(location)) {
            try execution.emit(
                "Minted", of: location, .uint64("id", id), .string("passID", release.passID),
                .string("releaseID", releaseID), .uint64("serial", serial), .string("operation", operation))
        }
        return TokenContract.Loose(
            id: id,
            token: Token(
                contract: location, kindID: release.passID, releaseID: releaseID, serial: serial, collection: 0))
    }

    func airdrop(releaseID: String, dropID: String, to: Address?, holder: String?, operation: String) throws {
        guard contract.dropped[dropID] == nil else { return try reject(operation, dropID, "already_dropped") }
        guard receiver(to) != nil || holder != nil else { return try reject(operation, dropID, "no_collection") }
        guard let token = try mint(releaseID: releaseID, operation: operation) else { return }
        execution.state.passContracts[address]?.dropped[dropID] = token.id
        try execution.call("self.give(", in: .contract(location)) {
            try give(token, to: to, holder: holder, operation: operation)
        }
    }

    /// Gives a token to the account `to`, or, where no account can take it, to the locker of `holder`.
    func give(_ token: TokenContract.Loose, to: Address?, holder: String?, operation: String) throws {
        if let to, let receiver = receiver(to) {
            try execution.emit(
                "Delivered", of: location, .uint64("id", token.id), .string("passID", token.token.kindID),
                .address("to", to), .string("operation", operation))
            return try execution.call("receiver.deposit(", in: .contract(location)) {
                try tokens.deposit(token, to: receiver)
            }
        }
        guard let holder else {
            throw execution.panic(
                "NovaPass: nobody to give token \(token.id) to", at: "panic(\"NovaPass: nobody to give",
                in: .contract(location))
        }
        let locker = contract.lockers[holder] ?? tokens.makeCollection(owner: address)
        execution.state.passContracts[address]?.lockers[holder] = locker
        try execution.emit(
            "Held", of: location, .uint64("id", token.id), .string("passID", token.token.kindID),
            .string("holder", holder), .string("operation", operation))
        try execution.call("locker.deposit(", in: .contract(location)) { try tokens.deposit(token, to: locker) }
    }

    /// Moves tokens from an owner's locker to the wallet that the owner has linked.
    func releaseFromLocker(holder: String, ids: [UInt64], to: Address, operation: String) throws {
        guard let receiver = receiver(to) else { return try reject(operation, to.description, "no_collection") }
        for id in ids {
            guard let locker = contract.lockers[holder], tokens.holds(id, in: locker) else {
                try reject(operation, String(id), "not_held")
                continue
            }
            let token = try tokens.withdraw(id, from: locker)
            try execution.emit(
                "Released", of: location, .uint64("id", id), .string("passID", token.token.kindID),
                .string("holder", holder), .address("to", to), .string("operation", operation))
            try tokens.deposit(token, to: receiver)
        }
    }

    func claim(id: UInt64, passID: String, operation: String) throws {
        guard contract.claims[id] == nil else { return try reject(operation, String(id), "already_claimed") }
        execution.state.passContracts[address]?.claims[id] = operation
        try execution.emit(
            "Claimed", of: location, .uint64("id", id), .string("passID", passID), .string("operation", operation))
    }

    func reject(_ operation: String, _ item: String, _ reason: String) throws {
        try execution.emit(
            "Rejected", of: location, .string("operation", operation), .string("item", item), .string("reason", reason))
    }

    private func isActive(_ brandID: String) -> Bool {
        NovaBrandContract(execution: execution, address: contract.brandContract).isActive(brandID)
    }
}
