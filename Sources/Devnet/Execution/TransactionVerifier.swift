import Cadence
import FlowClient

/// What is checked before a transaction's body runs: signatures, proposal key, weights, sequence number, in the order of
/// onflow/flow-go:fvm/transactionVerifier.go. Nothing that fails here moves the sequence number.
struct TransactionVerifier {
    let state: LedgerState

    /// Weight that a role's signatures must reach.
    static let threshold: UInt32 = 1000

    func verify(_ transaction: Transaction) throws(ExecutionFailure) {
        var payloadWeights: [Address: UInt32] = [:]
        var envelopeWeights: [Address: UInt32] = [:]
        let proposal = KeySlot(
            address: transaction.proposalKey.address, index: transaction.proposalKey.keyIndex)
        var isProposalSigned = false

        if !transaction.payloadSignatures.isEmpty {
            let message = transaction.payloadMessage()
            for signature in transaction.payloadSignatures {
                let slot = try check(signature, of: message, in: .payload, proposal: proposal)
                payloadWeights[signature.address, default: 0] += state.keys[slot]?.weight ?? 0
                if slot == proposal { isProposalSigned = true }
            }
        }
        let message = transaction.envelopeMessage()
        for signature in transaction.envelopeSignatures {
            let slot = try check(signature, of: message, in: .envelope, proposal: proposal)
            envelopeWeights[signature.address, default: 0] += state.keys[slot]?.weight ?? 0
            if slot == proposal { isProposalSigned = true }
        }
        guard isProposalSigned else {
            throw invalidProposal(proposal, "either the payload or the envelope should provide proposal signatures")
        }
        for authorizer in transaction.authorizers where authorizer != transaction.payer {
            try require(payloadWeights[authorizer] ?? 0, of: authorizer, role: "authorizer")
        }
        try require(envelopeWeights[transaction.payer] ?? 0, of: transaction.payer, role: "payer")
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

    private func check(
        _ signature: Transaction.Signature, of message: [UInt8], in part: Part, proposal: KeySlot
    ) throws(ExecutionFailure) -> KeySlot {
        let slot = KeySlot(address: signature.address, index: signature.keyIndex)
        let reason: String
        if let key = state.keys[slot] {
            if key.revoked {
                reason = "account key has been revoked"
            } else if let signed = signedMessage(signature, message),
                AccountKeys.verify(signature.signature, of: signed, with: key)
            {
                return slot
            } else {
                reason = "signature is not valid"
            }
        } else {
            reason =
                "[Error Code: 1202] account public key not found for address \(signature.address.hex) and key index "
                + "\(signature.keyIndex)"
        }
        let code = part == .payload ? 1008 : 1009
        let what = part == .payload ? "payload signature" : "envelope key"
        let inner = ExecutionFailure(
            code,
            "invalid \(what): public key \(signature.keyIndex) on account \(signature.address.hex) does not have a valid "
                + "signature: \(reason)")
        let root = state.keys[slot] == nil ? 1202 : code
        guard slot == proposal else { throw ExecutionFailure(root: root, surfacing: inner.text) }
        throw ExecutionFailure(root: root, surfacing: invalidProposal(slot, inner.text).text)
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
