package import Cadence
package import FlowClient
import Signer

/// The keys of the account that this process can sign with.
struct AccountKeyring: Sendable {
    /// An account key and who signs for it.
    struct Entry: Sendable {
        var index: KeyIndex
        var weight: UInt32
        var signer: any TransactionSigner
    }

    let account: Address
    private(set) var entries: [KeyIndex: Entry] = [:]
    /// Has the full weight, so that its one signature pays and authorizes: the first of the signers that can.
    private(set) var payer: Entry?

    /// Of the account's keys, those that are not revoked and have one of the signers' public key and hash.
    init(account: Address, keys: [AccountKey], signers: [any TransactionSigner]) {
        self.account = account
        var payerPlace = signers.endIndex
        for key in keys where !key.revoked {
            let match = signers.firstIndex { signer in
                signer.publicKey.bytes == key.publicKey
                    && signer.publicKey.algorithm.protoCode.rawValue == key.signatureAlgorithmCode
                    && signer.hashAlgorithm.protoCode.rawValue == key.hashAlgorithmCode
            }
            guard let match else { continue }
            let entry = Entry(index: key.index, weight: key.weight, signer: signers[match])
            entries[key.index] = entry
            if key.weight >= 1000, match < payerPlace { (payer, payerPlace) = (entry, match) }
        }
    }
}

/// Makes signed transactions of contents and slots.
struct TransactionBuilder: Sendable {
    let keyring: AccountKeyring

    func sign(
        script: [UInt8], arguments: [[UInt8]], slot: SlotPlace, reference: BlockID, computationLimit: UInt64
    ) async throws -> Transaction {
        guard let payer = keyring.payer else {
            throw SubmitterError(.account, "no key of \(keyring.account) has the full weight and a signer here")
        }
        guard let proposer = keyring.entries[slot.keyIndex] else {
            throw SubmitterError(.account, "there is no signer for key \(slot.keyIndex) of \(keyring.account)")
        }
        var transaction = Transaction(
            script: script, arguments: arguments, referenceBlockID: reference, computationLimit: computationLimit,
            proposalKey: .init(address: slot.address, keyIndex: slot.keyIndex, sequenceNumber: slot.sequenceNumber),
            payer: keyring.account, authorizers: [keyring.account])
        let message = transaction.envelopeMessage()
        let paying = try await payer.signer.sign(message)
        transaction.addEnvelopeSignature(.init(address: keyring.account, keyIndex: payer.index, signature: paying))
        if proposer.index != payer.index {
            // Keys added by add_proposal_keys are the payer's own, and sign the same message: one signature does for both.
            let same =
                proposer.signer.publicKey == payer.signer.publicKey
                && proposer.signer.hashAlgorithm == payer.signer.hashAlgorithm
            let proposing = same ? paying : try await proposer.signer.sign(message)
            transaction.addEnvelopeSignature(
                .init(address: slot.address, keyIndex: proposer.index, signature: proposing))
        }
        return transaction
    }
}

/// The identity that the chain itself enforces: of all transactions in one slot, at most one can execute.
package struct SlotPlace: Hashable, Sendable, CustomStringConvertible {
    package var address: Address
    package var keyIndex: KeyIndex
    package var sequenceNumber: SequenceNumber
    package var description: String { "\(address.hex)/\(keyIndex)/\(sequenceNumber)" }
}
