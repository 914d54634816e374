import Cadence
import FlowClient

/// What is checked before a transaction's body runs: signatures, proposal key, weights, sequence number, in the order of
/// onflow/flow-go:fvm/transactionVerifier.go. Nothing that fails here moves the sequence number.
struct TransactionVerifier {
    let state: LedgerState

    /// Weight that a role's signatures must reach.
    static let threshold: UInt32 = 1000

    func verify(_ transaction: Transaction) throws(ExecutionFailure) {
        let proposal = KeySlot(
            address: transaction.proposalKey.address, index: transaction.proposalKey.keyIndex)
        var weights: [Part: [Address: UInt32]] = [:]
        var isProposalSigned = false
        var keyed: [(part: Part, signature: Transaction.Signature, key: AccountKey)] = []
        let all =
            transaction.payloadSignatures.map { (Part.payload, $0) }
            + transaction.envelopeSignatures.map { (Part.envelope, $0) }
        for (part, signature) in all {
            let slot = KeySlot(address: signature.address, index: signature.keyIndex)
            let key = try usableKey(signature, in: part, proposal: proposal)
            keyed.append((part, signature, key))
            weights[part, default: [:]][signature.address, default: 0] += key.weight
            if slot == proposal { isProposalSigned = true }
        }
        guard isProposalSigned else {
            throw invalidProposal(proposal, "either the payload or the envelope should provide proposal signatures")
        }
        // Weights are counted before any signature is verified: one that is too light is so, right or wrong.
        for authorizer in transaction.authorizers where authorizer != transaction.payer {
            try require(weights[.payload]?[authorizer] ?? 0, of: authorizer, role: "authorizer")
        }
        try require(weights[.envelope]?[transaction.payer] ?? 0, of: transaction.payer, role: "payer")
        let messages = [Part.payload: transaction.payloadMessage(), .envelope: transaction.envelopeMessage()]
        for (part, signature, key) in keyed {
            guard let signed = signedMessage(signature, messages[part] ?? []),
                AccountKeys.verify(signature.signature, of: signed, with: key)
            else { throw invalid(signature, in: part, proposal: proposal, "signature is not valid") }
        }
    }

    /// Equal to the key's, or the transaction can't run: later numbers are not kept for later.
    func checkSequenceNumber(_ transaction: Transaction) throws(ExecutionFailure) {
        let proposal = transaction.proposalKey
        let slot = KeySlot(address: proposal.address, index: proposal.keyIndex)
        let current = state.keys[slot]?.sequenceNumber ?? 0
        guard current == proposal.sequenceNumber else {
            throw ExecutionFailure(
                1007,
                "invalid proposal key: public key \(proposal.keyIndex) on account \(proposal.address.hex) has sequence number "
                    + "\(current), but given \(proposal.sequenceNumber)")
        }
    }

    private enum Part {
        case payload, envelope
    }

    private func usableKey(
        _ signature: Transaction.Signature, in part: Part, proposal: KeySlot
    ) throws(ExecutionFailure) -> AccountKey {
        guard let key = state.keys[KeySlot(address: signature.address, index: signature.keyIndex)] else {
            throw invalid(
                signature, in: part, proposal: proposal,
                "[Error Code: 1202] account public key not found for address \(signature.address.hex) and key index "
                    + "\(signature.keyIndex)", root: 1202)
        }
        guard !key.revoked else {
            throw invalid(signature, in: part, proposal: proposal, "account key has been revoked")
        }
        return key
    }

    private func invalid(
        _ signature: Transaction.Signature, in part: Part, proposal: KeySlot, _ reason: String, root: Int? = nil
    ) -> ExecutionFailure {
        let slot = KeySlot(address: signature.address, index: signature.keyIndex)
        let code = part == .payload ? 1008 : 1009
        let what = part == .payload ? "payload signature" : "envelope key"
        let inner = ExecutionFailure(
            code,
            "invalid \(what): public key \(signature.keyIndex) on account \(signature.address.hex) does not have a valid "
                + "signature: \(reason)")
        guard slot == proposal else { return ExecutionFailure(root: root ?? code, surfacing: inner.text) }
        return ExecutionFailure(root: root ?? code, surfacing: invalidProposal(slot, inner.text).text)
    }

    /// What the key has signed: the message itself, or what a passkey signs in its place. Nil where a node would refuse it.
    private func signedMessage(_ signature: Transaction.Signature, _ message: [UInt8]) -> [UInt8]? {
        switch signature.scheme {
        case .plain: message
        case .webAuthn: try? WebAuthnAssertion(extensionData: signature.extensionData).signedMessage(for: message)
        case .unknown: nil
        }
    }

    private func invalidProposal(_ slot: KeySlot, _ reason: String) -> ExecutionFailure {
        ExecutionFailure(
            1006,
            "invalid proposal key: public key \(slot.index) on account \(slot.address.hex) does not have a valid signature: "
                + reason)
    }

    private func require(_ weight: UInt32, of address: Address, role: String) throws(ExecutionFailure) {
        guard weight >= Self.threshold else {
            throw ExecutionFailure(
                1055,
                "authorization failed for account \(address.hex): \(role) account does not have sufficient signatures "
                    + "(\(weight) < \(Self.threshold))")
        }
    }
}
