import Cadence
import FlowClient

/// Adds a contract to an account, or updates it. The devnet runs the project's own contracts and no others: what is
/// deployed must be one of them, comments and spaces apart, or any source of NFTStorefrontV2.
struct Deployment {
    let execution: Execution
    let account: Address
    let name: String
    let code: [UInt8]

    func run() throws {
        let location = ContractLocation(account, name)
        let isUpdate = execution.state.hasContract(location)
        let expression = isUpdate ? "account.contracts.update(" : "account.contracts.add("
        let source = String(decoding: code, as: UTF8.self)
        if let error = UnclosedBrace(in: source) {
            throw invalid(at: expression, because: error.text(location: location.place, declaration: "contract"))
        }
        if let name = CadenceImports.unresolvedName(in: code) {
            throw invalid(at: expression, because: ExecutionFailure.invalidLocation(name).text)
        }
        guard Self.isKnown(name, source) else {
            throw invalid(
                at: expression,
                because:
                    "error: the devnet runs the project's own contracts and NFTStorefrontV2; it does not know this \(name)\n"
                    + "--> \(location.place)\n")
        }
        let imports = CadenceImports.unresolve(source).addresses
        for (contract, address) in imports where !execution.state.hasContract(ContractLocation(address, contract)) {
            throw invalid(
                at: expression,
                because:
                    "error: cannot find declaration `\(contract)` in `\(address.hex).\(contract)`\n--> \(location.place)\n"
            )
        }
        if !isUpdate { try execution.call(expression) { try initialize(location, imports: imports) } }
        execution.state.accounts[account]?.contracts[name] = code
        TokenContract(execution: execution, contract: location).grow(account, by: UInt64(code.count))
        try execution.emit(
            core: isUpdate ? "AccountContractUpdated" : "AccountContractAdded", .address("address", account),
            .bytes("codeHash", SHA3.hash256(code).bytes, size: 32), .string("contract", name))
    }

    /// What the contract's initializer does.
    private func initialize(_ location: ContractLocation, imports: [String: Address]) throws {
        let brand = imports["NovaBrand"] ?? account
        switch name {
        case "NovaBrand":
            execution.state.brandContracts[account] = NovaBrandState()
            saveOperator(of: location)
        case "NovaPass":
            execution.state.passContracts[account] = NovaPassState(brandContract: brand)
            saveOperator(of: location)
            let treasury = TokenContract(execution: execution, contract: location).makeCollection(owner: account)
            let path = NovaPassContract.storagePath
            execution.state.accounts[account]?.storage[path] = .collection(uuid: treasury, of: location)
            let accounts = AccountContract(execution: execution)
            let type = TypeValues.reference(TypeValues.collection(of: location))
            try accounts.publish(
                accounts.issue(type, target: path, in: account), at: NovaPassContract.publicPath, in: account)
        case "NovaCollectible":
            execution.state.collectibleContracts[account] = NovaCollectibleState(brandContract: brand)
            saveOperator(of: location)
        default: break
        }
    }

    private func saveOperator(of location: ContractLocation) {
        _ = execution.makeUUID()
        let path = name.prefix(1).lowercased() + name.dropFirst() + "Operator"
        execution.state.accounts[account]?.storage[path] = .operatorOf(location)
    }

    private func invalid(at expression: String, because reason: String) -> ExecutionFailure {
        var failure = execution.failure("cannot deploy invalid contract", at: expression)
        failure.text = failure.text.replacing(ExecutionFailure.hint, with: "\n\(reason)\(ExecutionFailure.hint)")
        return failure
    }

    static func isKnown(_ name: String, _ source: String) -> Bool {
        if name == "NFTStorefrontV2" { return source.contains("contract NFTStorefrontV2") }
        guard let ours = CadenceSources.contracts[name] else { return false }
        return CadenceImports.canonical(source) == CadenceImports.canonical(ours)
    }
}
