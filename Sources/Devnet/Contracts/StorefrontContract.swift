import Cadence
import FlowClient

/// Of NFTStorefrontV2 what the project's transactions call: listings at one price in FLOW with one cut and no commission.
struct StorefrontContract {
    let execution: Execution
    let location: ContractLocation

    static let path = "NFTStorefrontV2"
    private var now: UInt64 { UInt64(max(0, execution.block.timestamp.seconds)) }

    func createStorefront(owner: Address) throws -> UInt64 {
        let uuid = execution.makeUUID()
        execution.state.storefronts[uuid] = Storefront(owner: owner, contract: location)
        try execution.emit("StorefrontInitialized", of: location, .uint64("storefrontResourceID", uuid))
        return uuid
    }

    /// The storefront that the account shows at its public path.
    func published(by address: Address) -> UInt64? {
        guard let account = execution.state.accounts[address], let capability = account.published[Self.path],
            case .storefront(let uuid, let contract) = account.storage[capability.target], contract == location
        else { return nil }
        return uuid
    }

    func createListing(_ listing: Listing, in storefront: UInt64) throws {
        let owner = execution.state.storefronts[storefront]!.owner
        let id = execution.makeUUID()
        guard listing.expiry > now else { throw detailsFailure("pre-condition failed: Expiry should be in the future") }
        guard execution.state.accounts[listing.receiver]?.published["flowTokenReceiver"] != nil else {
            throw detailsFailure("panic: Cannot borrow receiver")
        }
        guard listing.price > 0 else { throw detailsFailure("assertion failed: Listing must have non-zero price") }

        var changed = execution.state.storefronts[storefront]!
        changed.listings[id] = listing
        changed.listingsOfToken[listing.token] = (changed.listingsOfToken[listing.token] ?? []) + [id]
        execution.state.storefronts[storefront] = changed
        execution.state.accounts[owner]?.storageUsed += AccountState.bytesPerListing
        execution.touched.insert(owner)
        try execution.call("emit ListingAvailable(", in: .contract(location)) {
            try execution.emit(
                "ListingAvailable", of: location, .address("storefrontAddress", owner),
                .uint64("listingResourceID", id),
                .type("nftType", TypeValues.token(of: listing.tokenContract)), .uint64("nftUUID", listing.token),
                .uint64("nftID", listing.token), .type("salePaymentVaultType", TypeValues.flowVault),
                .ufix64("salePrice", listing.price), .optionalString("customID", listing.customID),
                .ufix64("commissionAmount", 0),
                EventField(
                    "commissionReceivers", .optional(nil), .optional(.variableSizedArray(.simple("Address")))),
                .uint64("expiry", listing.expiry))
        }
    }

    /// Listings of a token that have not been removed, whether bought or not.
    func listings(of token: UInt64, in storefront: UInt64) -> [UInt64] {
        execution.state.storefronts[storefront]?.listingsOfToken[token] ?? []
    }

    func listing(_ id: UInt64, in storefront: UInt64) -> Listing? {
        execution.state.storefronts[storefront]?.listings[id]
    }

    func removeListing(_ id: UInt64, from storefront: UInt64) throws {
        var changed = execution.state.storefronts[storefront]!
        guard let listing = changed.listings[id] else {
            throw execution.panic("missing Listing", at: "panic(\"missing Listing\")", in: .contract(location))
        }
        changed.listings[id] = nil
        let left = (changed.listingsOfToken[listing.token] ?? []).filter { $0 != id }
        changed.listingsOfToken[listing.token] = left.isEmpty ? nil : left
        execution.state.storefronts[storefront] = changed
        let used = execution.state.accounts[changed.owner]?.storageUsed ?? 0
        execution.state.accounts[changed.owner]?.storageUsed = used - min(used, AccountState.bytesPerListing)
        try execution.emit(
            "Listing.ResourceDestroyed", of: location, .uint64("listingResourceID", id),
            .uint64("storefrontResourceID", storefront), .bool("purchased", listing.isPurchased),
            .string("nftType", listing.tokenContract.typeID("NFT")), .uint64("nftUUID", listing.token),
            .uint64("nftID", listing.token), .string("salePaymentVaultType", CoreContracts.flowToken.typeID("Vault")),
            .ufix64("salePrice", listing.price), .optionalString("customID", listing.customID),
            .ufix64("commissionAmount", 0), .optionalAddress("commissionReceiver", nil),
            .uint64("expiry", listing.expiry))
    }

    /// Pays, takes the token out of its collection, and leaves the listing behind, marked as bought. `expression` is the
    /// call in the script: a failed pre-condition is reported there, once as the caller's frame and once as the place.
    func purchase(
        _ id: UInt64, from storefront: UInt64, payment: FlowTokenContract.Vault, expression: String
    ) throws -> TokenContract.Loose {
        let listing = listing(id, in: storefront)!
        func require(_ condition: Bool, _ message: String) throws {
            guard condition else { throw execution.failure("pre-condition failed: \(message)", at: expression) }
        }
        try require(!listing.isPurchased, "listing has already been purchased")
        try require(payment.balance == listing.price, "payment vault does not contain requested price")
        try require(listing.expiry > now, "Listing is expired")

        execution.state.storefronts[storefront]?.listings[id]?.isPurchased = true
        let tokens = TokenContract(execution: execution, contract: listing.tokenContract)
        let token = try execution.call("self.nftProviderCapability.borrow()!.withdraw(", in: .contract(location)) {
            try tokens.withdraw(listing.token, from: listing.provider)
        }
        for duplicate in listings(of: listing.token, in: storefront) where duplicate != id {
            try removeListing(duplicate, from: storefront)
        }
        let flow = FlowTokenContract(execution: execution)
        var payment = payment
        try flow.deposit(try flow.withdraw(listing.price, from: &payment), to: listing.receiver)
        try flow.deposit(payment, to: listing.receiver)
        try execution.emit(
            "ListingCompleted", of: location, .uint64("listingResourceID", id),
            .uint64("storefrontResourceID", storefront),
            .bool("purchased", true), .type("nftType", TypeValues.token(of: listing.tokenContract)),
            .uint64("nftUUID", listing.token), .uint64("nftID", listing.token),
            .type("salePaymentVaultType", TypeValues.flowVault), .ufix64("salePrice", listing.price),
            .optionalString("customID", listing.customID), .ufix64("commissionAmount", 0),
            .optionalAddress("commissionReceiver", nil), .uint64("expiry", listing.expiry))
        return token
    }

    private func detailsFailure(_ message: String) -> ExecutionFailure {
        execution.call("create Listing(", in: .contract(location)) {
            execution.failure(message, at: "ListingDetails(\n", in: .contract(location))
        }
    }
}
