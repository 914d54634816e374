import FlowClient

extension Recipe {
    static let accountRecipes = [
        Recipe("create_account", cost: 41, perItem: 2) { call in
            let accounts = AccountContract(execution: call.execution)
            let address = try call.execution.call("Account(payer: payer)") { try accounts.create(payer: call.signer) }
            let (signatures, hashes, weights) = (call.array(1), call.array(2), call.array(3))
            for (i, text) in call.strings(0).enumerated() {
                try call.spendItem()
                var key = AccountKey()
                guard let bytes = Hex.decode(text) else {
                    throw call.execution.failure("invalid hex string", at: "key.decodeHex()")
                }
                key.publicKey = bytes
                guard case .uint8(let signature) = try call.element(signatures, i, "signatureAlgorithms[i]"),
                    let signatureCode = KeyAlgorithms.proto(signature: signature)
                else {
                    throw call.execution.panic(
                        "unknown signature algorithm", at: #"panic("unknown signature algorithm")"#)
                }
                key.signatureAlgorithmCode = signatureCode
                guard case .uint8(let hash) = try call.element(hashes, i, "hashAlgorithms[i]"),
                    let hashCode = KeyAlgorithms.proto(hash: hash)
                else {
                    throw call.execution.panic("unknown hash algorithm", at: #"panic("unknown hash algorithm")"#)
                }
                key.hashAlgorithmCode = hashCode
                guard case .ufix64(let weight) = try call.element(weights, i, "weights[i]") else { continue }
                // The fraction is cut off.
                key.weight = UInt32(truncatingIfNeeded: weight / 100_000_000)
                guard AccountKeys.isValid(key) else {
                    throw call.execution.failure("invalid public key", at: "PublicKey(\n")
                }
                try accounts.addKey(key, to: address)
            }
        },
        Recipe("add_proposal_keys", cost: 5, perItem: 1.9) { call in
            let accounts = AccountContract(execution: call.execution)
            guard var key = call.execution.state.keys[KeySlot(address: call.signer, index: 0)] else {
                throw call.execution.panic("no key 0", at: #"panic("no key 0")"#)
            }
            key.weight = 0
            key.sequenceNumber = 0
            key.revoked = false
            var added: Int64 = 0
            while added < call.int(0) {
                try call.spendItem()
                try call.execution.call("platform.keys.add(") { try accounts.addKey(key, to: call.signer) }
                added += 1
            }
        },
        Recipe("revoke_keys", cost: 5, perItem: 1) { call in
            let accounts = AccountContract(execution: call.execution)
            for value in call.array(0) {
                try call.spendItem()
                let index = RecipeCall.int(value)
                guard try accounts.revokeKey(index, of: call.signer) else {
                    throw call.execution.panic("no key \(index)", at: #"panic("no key \(index)")"#)
                }
            }
        },
        Recipe("deploy_contract", cost: 10) { call in
            let code = Array(call.string(1).utf8)
            try call.execution.spend(Double(code.count) / 150)
            try Deployment(execution: call.execution, account: call.signer, name: call.string(0), code: code).run()
        },
    ]
}
