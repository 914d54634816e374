public import Cadence
public import FlowClient
public import Signer

/// An account with the keys that sign for it: what bootstrapping and tests send with.
public struct DevnetAccount: Sendable {
    public struct Key: Sendable {
        public var index: KeyIndex
        public var signer: any TransactionSigner
        public init(index: KeyIndex, signer: any TransactionSigner) {
            self.index = index
            self.signer = signer
        }
    }

    public var address: Address
    /// Together of full weight.
    public var keys: [Key]

    public init(address: Address, keys: [Key]) {
        self.address = address
        self.keys = keys
    }

    /// With one key of full weight, at index 0.
    public init(address: Address, signer: any TransactionSigner) {
        self.init(address: address, keys: [Key(index: 0, signer: signer)])
    }

    /// The chain's own account, with the key that the devnet was given.
    public static func service(_ signer: any TransactionSigner) -> DevnetAccount {
        DevnetAccount(address: CoreContracts.serviceAddress, signer: signer)
    }
}

/// Sends the project's transactions one at a time and waits for each: for set-up and tests, where nothing is at stake. It
/// is no submitter: it writes nothing down.
public struct DevnetClient: Sendable {
    public let api: any AccessAPI
    /// Where each contract lives.
    public var contracts: [String: Address]

    public init(api: any AccessAPI, contracts: [String: Address] = FlowJSON.project.addresses(network: "emulator")) {
        self.api = api
        self.contracts = contracts
    }

    /// The transaction of cadence/transactions/`template`, signed by its only authorizer, who pays and proposes.
    public func transaction(
        _ template: String, _ arguments: [CadenceValue], by account: DevnetAccount, proposing index: KeyIndex? = nil
    ) async throws -> Transaction {
        guard let source = CadenceSources.transactions[template] else {
            throw DevnetClientError("there is no transaction \(template)")
        }
        let script = try CadenceImports.resolve(source, addresses: contracts)
        return try await transaction(script: script, arguments, by: account, proposing: index)
    }

    public func transaction(
        script: String, _ arguments: [CadenceValue], by account: DevnetAccount, proposing index: KeyIndex? = nil
    ) async throws -> Transaction {
        let proposer = index ?? account.keys[0].index
        let reference = try await api.blockHeader(.latestFinalized).value.id
        let key = try await api.accountKey(account.address, index: proposer, at: .latest).value
        var transaction = Transaction(
            script: Array(script.utf8), arguments: arguments.map { JSONCDC.encode($0) }, referenceBlockID: reference,
            proposalKey: .init(address: account.address, keyIndex: proposer, sequenceNumber: key.sequenceNumber),
            payer: account.address, authorizers: [account.address])
        try await sign(&transaction, with: account.keys)
        if !account.keys.contains(where: { $0.index == proposer }) {
            try await sign(&transaction, with: [.init(index: proposer, signer: account.keys[0].signer)])
        }
        return transaction
    }

    private func sign(_ transaction: inout Transaction, with keys: [DevnetAccount.Key]) async throws {
        let message = transaction.envelopeMessage()
        for key in keys {
            transaction.addEnvelopeSignature(
                .init(address: transaction.payer, keyIndex: key.index, signature: try await key.signer.sign(message)))
        }
    }

    /// Sends it and waits until it is sealed.
    public func run(_ transaction: Transaction) async throws -> TransactionResult {
        for try await result in api.sendAndSubscribe(transaction, encoding: .jsonCDC) where result.status >= .sealed {
            return result
        }
        throw DevnetClientError("transaction \(transaction.id) was never sealed")
    }

    /// As `run`, and throws where the transaction fails.
    @discardableResult
    public func succeed(
        _ template: String, _ arguments: [CadenceValue] = [], by account: DevnetAccount
    ) async throws -> TransactionResult {
        let result = try await run(transaction(template, arguments, by: account))
        guard result.statusCode == 0, result.status == .sealed else {
            throw DevnetClientError("\(template): \(result.errorMessage)")
        }
        return result
    }

    /// The script of cadence/scripts/`name`.
    public func script(
        _ name: String, _ arguments: [CadenceValue], at block: BlockReference = .latestSealed
    ) async throws -> CadenceValue {
        guard let source = CadenceSources.scripts[name] else { throw DevnetClientError("there is no script \(name)") }
        let script = try CadenceImports.resolve(source, addresses: contracts)
        let answer = try await api.executeScript(
            Array(script.utf8), arguments: arguments.map { JSONCDC.encode($0) }, at: block)
        return try JSONCDC.decode(answer.value)
    }
}

public struct DevnetClientError: Error, CustomStringConvertible {
    public var description: String
    init(_ description: String) { self.description = description }
}
