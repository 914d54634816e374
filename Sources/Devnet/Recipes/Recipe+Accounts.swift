import Cadence
import Encoding
import FlowClient

extension Recipe {
    static let accountRecipes = [
        Recipe("create_account", cost: .init(41, 2)) { call in
            let accounts = AccountContract(execution: call.execution)
            let address = try call.execution.call("Account(payer: payer)") { try accounts.create(payer: call.signer) }
            let (signatures, hashes, weights) = (call.array(1), call.array(2), call.array(3))
            for (i, text) in call.strings(0).enumerated() {
                try call.spendItem()
                let key = try newKey(
                    call, text, hex: "key.decodeHex()", try call.element(signatures, i, "signatureAlgorithms[i]"),
                    try call.element(hashes, i, "hashAlgorithms[i]"), try call.element(weights, i, "weights[i]"))
                try accounts.addKey(key, to: address)
            }
        },
        Recipe("add_key", cost: .init(7)) { call in
            let key = try newKey(
                call, call.string(0), hex: "publicKey.decodeHex()", call.arguments[1], call.arguments[2],
                call.arguments[3])
            try call.execution.call("account.keys.add(") {
                try AccountContract(execution: call.execution).addKey(key, to: call.signer)
            }
        },
        Recipe("add_proposal_keys", cost: .init(5, 1.9), flip370: .init(33.7, 9.47)) { call in
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
        Recipe("revoke_keys", cost: .init(5, 1)) { call in
            let accounts = AccountContract(execution: call.execution)
            for value in call.array(0) {
                try call.spendItem()
                let index = RecipeCall.int(value)
                guard try accounts.revokeKey(index, of: call.signer) else {
                    throw call.execution.panic("no key \(index)", at: #"panic("no key \(index)")"#)
                }
            }
        },
        Recipe("deploy_contract", cost: .init(10)) { call in
            let code = Array(call.string(1).utf8)
            try call.execution.spend(Double(code.count) / 150 * call.execution.weights.factor)
            try Deployment(execution: call.execution, account: call.signer, name: call.string(0), code: code).run()
        },
    ]

    /// A key from its parts in Cadence, or the failure that the real one has at that place of the script.
    private static func newKey(
        _ call: RecipeCall, _ text: String, hex: String, _ signature: CadenceValue, _ hash: CadenceValue,
        _ weight: CadenceValue
    ) throws -> AccountKey {
        var key = AccountKey()
        guard let bytes = Hex.decode(text) else { throw call.execution.failure("invalid hex string", at: hex) }
        key.publicKey = bytes
        guard case .uint8(let signature) = signature, let signatureCode = KeyAlgorithms.proto(signature: signature)
        else {
            throw call.execution.panic("unknown signature algorithm", at: #"panic("unknown signature algorithm")"#)
        }
        key.signatureAlgorithmCode = signatureCode
        // Cadence knows more algorithms than an account's keys can have.
        if case .uint8(let known) = hash, [2, 4, 5, 6].contains(known) {
            throw call.execution.failure(
                "[Error Code: 1051] invalid value (\(known)): hashing algorithm type not supported",
                at: "account.keys.add(", root: 1051)
        }
        guard case .uint8(let hash) = hash, let hashCode = KeyAlgorithms.proto(hash: hash) else {
            throw call.execution.panic("unknown hash algorithm", at: #"panic("unknown hash algorithm")"#)
        }
        key.hashAlgorithmCode = hashCode
        if case .ufix64(let weight) = weight {
            // The fraction is cut off.
            key.weight = UInt32(truncatingIfNeeded: weight / 100_000_000)
        }
        guard AccountKeys.isValid(key) else {
            throw call.execution.failure("invalid public key", at: "PublicKey(\n")
        }
        return key
    }
}
