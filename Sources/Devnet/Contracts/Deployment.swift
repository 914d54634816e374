import Cadence
import FlowClient

/// Adds a contract to an account, or updates it. The project's own contracts must be the ones of cadence/, comments and spaces
/// apart: those are run. Any other is recorded as source: it can be read and imported, its initializer does not run, and what
/// would use it fails.
struct Deployment {
    let execution: Execution
    let account: Address
    let name: String
    let code: [UInt8]
    /// Where the transaction does it: `account.contracts.add(`, `account.contracts.update(`.
    var expressions = (add: "account.contracts.add(", update: "account.contracts.update(")
    /// Which of the two the transaction means; either where it looks first.
    var means: Means = .whatFits

    enum Means {
        case add, update, whatFits
    }

    func run() throws {
        let location = ContractLocation(account, name)
        let isThere = execution.state.hasContract(location)
        let isUpdate = means == .update || means == .whatFits && isThere
        let expression = isUpdate ? expressions.update : expressions.add
        guard isThere == isUpdate else {
            throw execution.failure(
                "cannot \(isUpdate ? "update non-existing" : "overwrite existing") contract with name \"\(name)\" in account "
                    + account.description, at: expression)
        }
        let source = String(decoding: code, as: UTF8.self)
        try check(source, at: expression, location)
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
        try emit(isUpdate ? "AccountContractUpdated" : "AccountContractAdded")
    }

    /// Takes the contract away, where it is there: that it is not is no error.
    static func remove(_ name: String, from account: Address, in execution: Execution) throws {
        guard let code = execution.state.accounts[account]?.contracts.removeValue(forKey: name) else { return }
        let location = ContractLocation(account, name)
        TokenContract(execution: execution, contract: location).shrink(account, by: UInt64(code.count))
        try Deployment(execution: execution, account: account, name: name, code: code).emit("AccountContractRemoved")
    }

    private func emit(_ event: String) throws {
        try execution.emit(
            core: event, .address("address", account), .bytes("codeHash", SHA3.hash256(code).bytes, size: 32),
            .string("contract", name))
    }

    private func check(_ source: String, at expression: String, _ location: ContractLocation) throws {
        if let error = UnclosedBrace(in: source) {
            throw invalid(at: expression, because: error.text(location: location.place, declaration: "contract"))
        }
        if let name = CadenceImports.unresolvedName(in: code) {
            throw invalid(at: expression, because: ExecutionFailure.invalidLocation(name).text)
        }
        if CadenceSources.contracts[name] != nil {
            guard Self.isKnown(name, source) else {
                throw invalid(
                    at: expression,
                    because: "error: the devnet runs the project's own contracts; it does not know this \(name)\n"
                        + "--> \(location.place)\n")
            }
            return
        }
        // Read as far as an update has to be: what is declared, and with which fields.
        let outline: ContractOutline
        do throws(CadenceCodingError) { outline = try ContractOutline(of: source) } catch {
            throw invalid(at: expression, because: "error: \(error.reason)\n--> \(location.place)\n")
        }
        guard outline.declarations[name]?.kind.hasPrefix("contract") == true else {
            throw invalid(
                at: expression,
                because: "error: there is no contract \(name) in this source\n--> \(location.place)\n")
        }
        guard let deployed = execution.state.accounts[account]?.contracts[name],
            let before = try? ContractOutline(of: String(decoding: deployed, as: UTF8.self)),
            let refusal = outline.refusals(from: before).first, name != "NFTStorefrontV2"
        else { return }
        throw invalid(at: expression, because: "error: \(refusal)\n--> \(location.place)\n")
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
        guard let ours = CadenceSources.contracts[name] else { return false }
        return CadenceImports.canonical(source) == CadenceImports.canonical(ours)
    }
}
