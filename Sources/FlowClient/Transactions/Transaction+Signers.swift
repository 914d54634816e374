public import Cadence

extension Transaction {
    /// Proposer, payer, authorizers, each once, in that order. A signature's signer index is a position in this list; it
    /// is hashed and never sent.
    public var signers: [Address] {
        var signers = [proposalKey.address]
        if payer != signers[0] { signers.append(payer) }
        for authorizer in authorizers where !signers.contains(authorizer) { signers.append(authorizer) }
        return signers
    }

    /// Nil where the address has no role in this transaction.
    public func signerIndex(of address: Address) -> Int? {
        if address == proposalKey.address { return 0 }
        if address == payer { return 1 }
        return signers.firstIndex(of: address)
    }

    func signerIndex(of signature: Signature) -> Int? {
        signature.signerIndex ?? signerIndex(of: signature.address)
    }

    /// The same transaction with its signatures in the order in which they are to be hashed and sent: by signer index,
    /// then by key index. Signatures of strangers come first, as they do in other clients.
    public func canonicalized() -> Transaction {
        var sorted = self
        sorted.payloadSignatures = inOrder(payloadSignatures)
        sorted.envelopeSignatures = inOrder(envelopeSignatures)
        return sorted
    }

    /// Adds a signature at its canonical place.
    public mutating func addPayloadSignature(_ signature: Signature) {
        payloadSignatures.append(signature)
        if payloadSignatures.count > 1 { payloadSignatures = inOrder(payloadSignatures) }
    }

    /// Adds a signature at its canonical place.
    public mutating func addEnvelopeSignature(_ signature: Signature) {
        envelopeSignatures.append(signature)
        if envelopeSignatures.count > 1 { envelopeSignatures = inOrder(envelopeSignatures) }
    }

    private func inOrder(_ signatures: [Signature]) -> [Signature] {
        guard signatures.count > 1 else { return signatures }
        return signatures.map { (signerIndex(of: $0) ?? -1, $0.keyIndex, $0) }
            .sorted { ($0.0, $0.1) < ($1.0, $1.1) }
            .map(\.2)
    }
}

extension Transaction.Signature {
    public enum Scheme: Hashable, Sendable {
        case plain
        case webAuthn
        /// Scheme bytes from 2 on, and a plain scheme byte with something behind it: no node takes them.
        case unknown
    }

    public var scheme: Scheme {
        switch extensionData.first {
        case nil: .plain
        case 0 where extensionData.count == 1: .plain
        case 1: .webAuthn
        default: .unknown
        }
    }
}
