import FlowClient

extension Recipe {
    static let walletRecipes = [
        Recipe("setup_wallet", cost: .init(8)) { call in
            try call.setUp(call.location("NovaPass"), path: NovaPassContract.storagePath)
            try call.setUp(call.location("NovaCollectible"), path: NovaCollectibleContract.storagePath)
        },
        Recipe("transfer_pass", cost: .init(18)) { call in
            let collection = try call.ownCollection(orPanic: "no collection of passes")
            guard let receiver = call.passes.receiver(call.address(1)) else {
                let message = "the recipient cannot take passes"
                throw call.execution.panic(message, at: "panic(\"\(message)\")")
            }
            let tokens = call.passes.tokens
            let token = try call.execution.call("collection.withdraw(") {
                try tokens.withdraw(call.uint64(0), from: collection)
            }
            try call.execution.call("receiver.deposit(") { try tokens.deposit(token, to: receiver) }
        },
        Recipe("burn_pass", cost: .init(18)) { call in
            let collection = try call.ownCollection(orPanic: "no collection of passes")
            let tokens = call.passes.tokens
            let token = try call.execution.call("collection.withdraw(") {
                try tokens.withdraw(call.uint64(0), from: collection)
            }
            try tokens.destroy(token)
        },
        Recipe("transfer_flow", cost: .init(15)) { call in
            guard call.execution.state.accounts[call.signer] != nil else {
                throw call.execution.panic("no vault", at: #"panic("no vault")"#)
            }
            guard call.execution.state.accounts[call.address(1)] != nil else {
                let message = "the recipient cannot take FLOW"
                throw call.execution.panic(message, at: "panic(\"\(message)\")")
            }
            let taken = try call.execution.call("vault.withdraw(") {
                try call.flow.withdraw(call.ufix64(0), from: call.signer)
            }
            try call.execution.call("receiver.deposit(") { try call.flow.deposit(taken, to: call.address(1)) }
        },
    ]
}

extension RecipeCall {
    /// A collection of that contract's tokens in the signer's storage, and shown; what is there already stays.
    fileprivate func setUp(_ contract: ContractLocation, path: String) throws {
        if execution.state.accounts[signer]?.storage[path] == nil {
            try execution.spend(3)
            let uuid = TokenContract(execution: execution, contract: contract).makeCollection(owner: signer)
            execution.state.accounts[signer]?.storage[path] = .collection(uuid: uuid, of: contract)
        }
        guard execution.state.publishedCollection(at: path, of: contract, in: signer) == nil else { return }
        try execution.spend(1.5)
        let accounts = AccountContract(execution: execution)
        try accounts.unpublish(at: path, in: signer)
        let type = TypeValues.reference(TypeValues.collection(of: contract))
        try accounts.publish(accounts.issue(type, target: path, in: signer), at: path, in: signer)
    }
}
