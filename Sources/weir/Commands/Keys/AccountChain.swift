import Cadence
import Daemon
import Encoding
import FlowClient
import Signer

/// One account on the configured network, for commands that change its keys.
struct AccountChain: Sendable {
    let flow: FlowConnection
    let address: Address

    /// Throws `UsageError` where no account is named, `FlowFailure` where the node is another network's.
    static func open(_ configuration: Configuration) async throws -> AccountChain {
        guard let address = configuration[Settings.accountAddress] else {
            throw UsageError("which account? Set account.address, or give --account-address")
        }
        return AccountChain(flow: try await FlowConnection.makeConfigured(configuration), address: address)
    }

    func keys() async throws -> [AccountKey] {
        do {
            return try await flow.api.accountKeys(address, at: .latest).value
        } catch let error as AccessError where error.code == .notFound {
            throw FlowFailure("there is no account \(address) on \(flow.chain)")
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
        let reference = try await flow.api.blockHeader(.latestFinalized).value
        var transaction = Transaction(
            script: Array(source.utf8), arguments: arguments.map { JSONCDC.encode($0) },
            referenceBlockID: reference.id,
            proposalKey: .init(address: address, keyIndex: key.index, sequenceNumber: key.sequenceNumber),
            payer: address, authorizers: [address])
        transaction.addEnvelopeSignature(
            .init(
                address: address, keyIndex: key.index, signature: try await signer.sign(transaction.envelopeMessage())))
        try await flow.send(transaction)
        say("sent \(template) as transaction \(transaction.id)")
        let again = "run the command again: it looks at the chain first, and nothing is done twice"
        let result = try await flow.sealed(
            transaction.id, reference: reference.height, patience: .seconds(180), remedy: again)
        switch result.outcome {
        case .sealed: return
        case .expired:
            throw FlowFailure("transaction \(transaction.id) expired before it was executed", remedy: again)
        default:
            var failure = FlowFailure("transaction \(transaction.id) failed: \(PlainText.oneLine(result.errorMessage))")
            let cause = TransactionFailure.classify(result)
            (failure.reason, failure.remedy) = (cause?.reason, cause?.remedy)
            throw failure
        }
    }
}
