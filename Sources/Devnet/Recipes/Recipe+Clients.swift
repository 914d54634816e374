import Cadence
import Encoding
import FlowClient

extension Recipe {
    /// Transactions that client libraries bring along (flow-py-sdk's and flow-go-sdk's templates), by the SHA3-256 of their
    /// tokens: whoever comes with such a client sends them before anything else.
    static let ofClients: [String: Recipe] = [
        "a141b7137f15733b7d04de6209c7f2ab1c5e841ad5b910cffa14e665185ddd44": Recipe(
            "create an account with keys and contracts", cost: .init(41, 2)
        ) { call in
            let accounts = AccountContract(execution: call.execution)
            let address = try call.execution.call("Account(payer: signer)") { try accounts.create(payer: call.signer) }
            for entry in call.array(0) {
                try call.spendItem()
                let key = try key(of: entry, call)
                try call.execution.call("account.keys.add(") { try accounts.addKey(key, to: address) }
            }
            for pair in call.dictionary(1) {
                let code = try hex(RecipeCall.string(pair.value), at: "contracts[contract]!.decodeHex()", call)
                try deploy(RecipeCall.string(pair.key), code, to: address, .add, "account", call)
            }
        },
        "2cd8d8d5e8ce1e2af785a6c47109633589c7800db1158705c057f25734be3143": Recipe("add a contract", cost: .init(10)) {
            call in
            let code = try hex(call.string(1), at: "code.decodeHex()", call)
            try deploy(call.string(0), code, to: call.signer, .add, "signer", call)
        },
        "cb2fc8fefde36d17fc04eeec0873b180b8fa001619c17f35b21c683095e86bd2": Recipe("update a contract", cost: .init(10))
        { call in
            let code = try hex(call.string(1), at: "code.decodeHex()", call)
            try deploy(call.string(0), code, to: call.signer, .update, "signer", call)
        },
        "3fea88d70d3c3b99e42925135b738d5b334fddcbaddea2b6cf9d0c80394f1adc": Recipe("remove a contract", cost: .init(8))
        { call in
            try Deployment.remove(call.string(0), from: call.signer, in: call.execution)
        },
    ]

    private static func deploy(
        _ name: String, _ code: [UInt8], to account: Address, _ means: Deployment.Means, _ variable: String,
        _ call: RecipeCall
    ) throws {
        try call.execution.spend(Double(code.count) / 150 * call.execution.weights.factor)
        var deployment = Deployment(execution: call.execution, account: account, name: name, code: code)
        deployment.means = means
        deployment.expressions = ("\(variable).contracts.add(", "\(variable).contracts.update(")
        try deployment.run()
    }

    private static func hex(_ text: String, at expression: String, _ call: RecipeCall) throws -> [UInt8] {
        guard let bytes = Hex.decode(text) else { throw call.execution.failure("invalid hex string", at: expression) }
        return bytes
    }

    /// A `Crypto.KeyListEntry`.
    private static func key(of entry: CadenceValue, _ call: RecipeCall) throws -> AccountKey {
        let fields = entry.asComposite
        let publicKey = fields?["publicKey"]?.asComposite
        var key = AccountKey()
        key.publicKey = publicKey?["publicKey"]?.asArray?.compactMap(\.asUInt8) ?? []
        let signature = publicKey?["signatureAlgorithm"]?.asComposite?["rawValue"]?.asUInt8
        let hash = fields?["hashAlgorithm"]?.asComposite?["rawValue"]?.asUInt8
        guard let signatureCode = signature.flatMap({ KeyAlgorithms.proto(signature: $0) }),
            let hashCode = hash.flatMap({ KeyAlgorithms.proto(hash: $0) }), let weight = fields?["weight"]?.asUFix64
        else { throw call.execution.failure("invalid key list entry", at: "key.publicKey") }
        (key.signatureAlgorithmCode, key.hashAlgorithmCode) = (signatureCode, hashCode)
        key.weight = UInt32(truncatingIfNeeded: weight.rawValue / 100_000_000)
        guard AccountKeys.isValid(key) else { throw call.execution.failure("invalid public key", at: "key.publicKey") }
        return key
    }
}
