import Daemon
import FlowClient
import Signer

/// One account on the configured network, for commands that look at its keys or change them.
struct AccountChain: Sendable {
    let api: any AccessAPI
    let address: Address
    let chain: ChainID

    /// Throws `UsageError` where no account is named, `StartError` where the node is
    /// another network's.
    static func open(_ configuration: Configuration, address: Address? = nil) async throws -> AccountChain {
        guard let address = address ?? configuration[Settings.accountAddress] else {
            throw UsageError("which account? Set account.address, or give --account-address")
        }
        return AccountChain(api: try await node(configuration), address: address, chain: chain(configuration))
    }

    static func chain(_ configuration: Configuration) -> ChainID {
        Wiring.chain(of: configuration[Settings.network])
    }

    /// The first of the configured nodes that answers.
    static func node(_ configuration: Configuration) async throws -> any AccessAPI {
        var lastError: (any Error)?
        for node in try Wiring.nodes(configuration, logger: .silent) {
            do {
                let found = try await CallDeadline.$current.withValue(.seconds(10)) {
                    try await node.api.networkParameters().value
                }
                guard found == chain(configuration) else {
                    throw StartError(
                        "\(node.name) answers for \(found), the configuration says \(chain(configuration)) (flow.network)"
                    )
                }
                return node.api
            } catch let error as AccessError {
                lastError = StartError("\(node.name) does not answer (flow.nodes): \(error)")
            }
        }
        throw lastError ?? StartError("there is no access node (flow.nodes)")
    }

    func keys() async throws -> [AccountKey] {
        do {
            return try await api.accountKeys(address, at: .latest).value
        } catch let error as AccessError where error.code == .notFound {
            throw StartError("there is no account \(address) on \(chain)")
        }
    }

    /// Signs, sends and waits until it is sealed. The slot makes it safe to do again: two transactions with the same
    /// sequence number of one key never both execute.
    func run(
        _ template: String, _ arguments: [CadenceValue], signer: any TransactionSigner, key: AccountKey,
        say: (String) -> Void
    ) async throws {
        guard let source = CadenceSources.transactions[template] else {
            throw StartError("there is no transaction \(template)")
        }
        var transaction = Transaction(
            script: Array(source.utf8), arguments: arguments.map { JSONCDC.encode($0) },
            referenceBlockID: try await api.blockHeader(.latestFinalized).value.id,
            proposalKey: .init(address: address, keyIndex: key.index, sequenceNumber: key.sequenceNumber),
            payer: address, authorizers: [address])
        transaction.addEnvelopeSignature(
            .init(
                address: address, keyIndex: key.index, signature: try await signer.sign(transaction.envelopeMessage())))
        _ = try await api.send(transaction)
        say("sent \(template) as transaction \(transaction.id)")
        let result = try await sealed(transaction.id)
        guard result.statusCode == 0 else {
            throw StartError("transaction \(transaction.id) failed: \(result.errorMessage)")
        }
    }

    private func sealed(_ id: TransactionID) async throws -> TransactionResult {
        let deadline = ContinuousClock.now + .seconds(180)
        while true {
            do {
                let result = try await api.transactionResult(id, blockID: nil, collectionID: nil, encoding: .jsonCDC)
                    .value
                if result.status == .sealed { return result }
                if result.status == .expired { throw StartError("transaction \(id) expired before it was executed") }
            } catch let error as AccessError where Self.isPassing(error) {
                // Asked again below.
            }
            guard ContinuousClock.now < deadline else {
                throw StartError(
                    "transaction \(id) is not sealed after 3 minutes: run the command again; it looks at the chain first, and nothing is done twice"
                )
            }
            try await Task.sleep(for: .milliseconds(500))
        }
    }

    private static func isPassing(_ error: AccessError) -> Bool {
        [.unavailable, .deadlineExceeded, .notFound, .resourceExhausted].contains(error.code)
    }
}
