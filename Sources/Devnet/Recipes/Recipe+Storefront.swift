import FlowClient

extension Recipe {
    static let storefrontRecipes = [
        Recipe("mint_and_list", cost: .init(13, 28.7), flip370: .init(107, 92.2)) { call in
            let passes = try call.passOperator()
            let (operation, releaseID, batch) = (call.string(0), call.string(1), call.string(2))
            let (count, expiry) = (call.int(3), call.uint64(4))
            guard let release = try passes.beginBatch(batch, releaseID: releaseID, operation: operation) else { return }
            let storefront = try call.ownStorefront ?? call.openStorefront()
            let treasury = try call.ownCollection(orPanic: "no treasury")
            try call.issueProvider()

            var tried: Int64 = 0
            while tried < count {
                tried += 1
                try call.spendItem()
                let minted = try call.execution.call("operator.mint(") {
                    try passes.mint(releaseID: releaseID, operation: operation)
                }
                guard let pass = minted else { break }
                try call.execution.call("treasury.deposit(") { try passes.tokens.deposit(pass, to: treasury) }
                let listing = Listing(
                    token: pass.id, tokenContract: passes.location, provider: treasury, price: release.price,
                    receiver: call.signer, customID: releaseID, expiry: expiry)
                try call.execution.call("storefront.createListing(") {
                    try call.storefronts.createListing(listing, in: storefront)
                }
            }
        },
        Recipe("purchase_pass", cost: .init(45)) { call in
            let collection = try call.ownCollection(orPanic: "no collection of passes")
            guard let front = call.storefronts.published(by: call.address(0)) else {
                throw call.execution.panic("no storefront", at: #"panic("no storefront")"#)
            }
            let id = call.uint64(1)
            guard let listing = call.storefronts.listing(id, in: front) else {
                throw call.execution.panic("no such listing", at: #"panic("no such listing")"#)
            }
            let payment = try call.execution.call("vault.withdraw(amount: self.listing") {
                try call.flow.withdraw(listing.price, from: call.signer)
            }
            let expression = "self.listing.purchase("
            let token = try call.execution.call(expression) {
                try call.storefronts.purchase(id, from: front, payment: payment, expression: expression)
            }
            try call.passes.tokens.deposit(token, to: collection)
        },
        Recipe("remove_listings", cost: .init(10, 12.9), flip370: .init(62.4, 53)) { call in
            guard let storefront = call.ownStorefront else {
                throw call.execution.panic("no storefront", at: #"panic("no storefront")"#)
            }
            for id in call.uint64s(0) {
                try call.spendItem()
                guard call.storefronts.listing(id, in: storefront) != nil else { continue }
                try call.execution.call("storefront.removeListing(") {
                    try call.storefronts.removeListing(id, from: storefront)
                }
            }
        },
        Recipe("deliver_purchases", cost: .init(17, 9.8), flip370: .init(115, 37.5)) { call in
            let passes = try call.passOperator()
            let treasury = try call.ownCollection(orPanic: "no treasury")
            let storefront = call.ownStorefront
            let (operations, recipients, holders) = (
                call.strings(0), call.optionalAddresses(2), call.optionalStrings(3)
            )
            for (i, id) in call.uint64s(1).enumerated() {
                try call.spendItem()
                let operation = try call.element(operations, i, "operations[i]")
                guard passes.tokens.holds(id, in: treasury) else {
                    try passes.reject(operation, String(id), "not_in_treasury")
                    continue
                }
                let to = try call.element(recipients, i, "recipients[i]")
                guard try passes.receiver(to) != nil || call.element(holders, i, "holders[i]") != nil else {
                    try passes.reject(operation, String(id), "no_collection")
                    continue
                }
                if let storefront {
                    for listing in call.storefronts.listings(of: id, in: storefront) {
                        try call.storefronts.removeListing(listing, from: storefront)
                    }
                }
                let token = try passes.tokens.withdraw(id, from: treasury)
                let holder = try call.element(holders, i, "holders[i]")
                try call.execution.call("operator.give(") {
                    try passes.give(token, to: to, holder: holder, operation: operation)
                }
            }
        },
    ]
}

extension RecipeCall {
    /// Makes the signer's storefront and shows it.
    fileprivate func openStorefront() throws -> UInt64 {
        try execution.spend(20)
        let uuid = try storefronts.createStorefront(owner: signer)
        let location = location("NFTStorefrontV2")
        execution.state.accounts[signer]?.storage[StorefrontContract.path] = .storefront(uuid: uuid, of: location)
        let accounts = AccountContract(execution: execution)
        let type = TypeValues.reference(TypeValues.storefrontPublic(of: location))
        try accounts.publish(
            accounts.issue(type, target: StorefrontContract.path, in: signer), at: StorefrontContract.path, in: signer)
        return uuid
    }

    /// The capability that listings take tokens with; one is enough for all.
    fileprivate func issueProvider() throws {
        let issued = execution.state.accounts[signer]?.issued ?? []
        guard
            !issued.contains(where: {
                $0.target == NovaPassContract.storagePath && $0.borrowType == TypeValues.provider
            })
        else { return }
        _ = try AccountContract(execution: execution).issue(
            TypeValues.provider, target: NovaPassContract.storagePath, in: signer)
    }
}
