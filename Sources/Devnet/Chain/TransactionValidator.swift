import Cadence
import Encoding
import FlowClient

/// What a node looks at before it accepts a transaction, in the order of onflow/flow-go:access/validator/validator.go. It
/// verifies no signature: one that is well formed and wrong is accepted, and fails when it is executed.
struct TransactionValidator {
    let style: DevnetConfiguration.Style
    let expiry: UInt64
    let maximumComputation: UInt64
    let head: BlockHeight
    let heights: [BlockID: BlockHeight]

    static let maximumSize = 1_500_000
    /// By so many blocks a public node refuses earlier than the chain would: the transaction has still to be included.
    static let expiryBuffer: UInt64 = 30

    func check(_ transaction: Transaction) throws(AccessError) {
        try checkAddresses(transaction)
        // The message is not taken for a transaction at all (onflow/flow-go engine/common/rpc/convert/transactions.go).
        guard !transaction.script.isEmpty else {
            throw AccessError(.invalidArgument, "could not build transaction body: Script must not be empty")
        }
        let size = Self.size(of: transaction)
        guard size <= Self.maximumSize else {
            throw refusal(
                "transaction byte size (\(size)) exceeds the maximum byte size allowed for a transaction (\(Self.maximumSize))"
            )
        }
        var missing: [String] = []
        if transaction.referenceBlockID == .zero { missing.append("ReferenceBlockID") }
        if transaction.payer.rawValue == 0 { missing.append("Payer") }
        guard missing.isEmpty else {
            throw refusal("transaction is missing required fields: [\(missing.joined(separator: " "))]")
        }
        guard (1...maximumComputation).contains(transaction.computationLimit) || isFree(transaction) else {
            throw refusal(
                "transaction compute limit (\(transaction.computationLimit)) exceeds the maximum compute limit "
                    + "(\(maximumComputation))")
        }
        try checkExpiry(transaction)
        if let foreign = ForeignText(in: transaction.script) { throw refusal(foreign.refusal) }
        if let unclosed = UnclosedBrace(in: String(decoding: transaction.script, as: UTF8.self)) {
            throw refusal(unclosed.refusal)
        }
        try checkSignatures(transaction)
    }

    /// The chain's own account may spend without limit.
    private func isFree(_ transaction: Transaction) -> Bool {
        transaction.payer == CoreContracts.serviceAddress && transaction.computationLimit > 0
    }

    private func checkAddresses(_ transaction: Transaction) throws(AccessError) {
        let roles =
            [("payer", transaction.payer), ("proposer", transaction.proposalKey.address)]
            + transaction.authorizers.map { ("authorizer", $0) }
        // Zero stands for none that was given, which is told later.
        for (role, address) in roles where address.rawValue != 0 && !address.isValid(on: .emulator) {
            throw AccessError(
                .invalidArgument,
                "could not convert \(role) address: rpc error: code = InvalidArgument desc = address \(address.hex) is "
                    + "invalid for chain \(ChainID.emulator)")
        }
    }

    private func checkExpiry(_ transaction: Transaction) throws(AccessError) {
        guard let reference = heights[transaction.referenceBlockID] else { throw refusal("unknown reference block") }
        let age = head < reference ? 0 : head.rawValue - reference.rawValue
        let limit = style == .publicNode && expiry > Self.expiryBuffer ? expiry - Self.expiryBuffer : expiry
        guard age <= limit else {
            throw refusal("transaction is expired: ref_height=\(reference) final_height=\(head)")
        }
    }

    private func checkSignatures(_ transaction: Transaction) throws(AccessError) {
        let all = transaction.payloadSignatures + transaction.envelopeSignatures
        for signature in all where !Self.isWellFormed(signature) {
            throw refusal(
                "the cryptographic signature within the transaction signature has an invalid format: Address: "
                    + "\(signature.address.hex). SignerIndex: \(transaction.signerIndex(of: signature.address) ?? -1). KeyID: "
                    + "\(signature.keyIndex). Signature: \(Hex.encode(signature.signature)). Extension Data: "
                    + Hex.encode(signature.extensionData))
        }
        var seen: Set<KeySlot> = []
        for signature in all
        where !seen.insert(KeySlot(address: signature.address, index: signature.keyIndex)).inserted {
            throw refusal(
                "duplicated signature for key (address: \(signature.address.hex), index: \(signature.keyIndex))")
        }
        guard transaction.envelopeSignatures.contains(where: { $0.address == transaction.payer }) else {
            throw missing("payer envelope signature is missing", transaction.payer)
        }
        let signers = Set(all.map(\.address))
        guard signers.contains(transaction.proposalKey.address) else {
            throw missing(
                "proposer signature on either payload or envelope is missing", transaction.proposalKey.address)
        }
        for authorizer in transaction.authorizers where !signers.contains(authorizer) {
            throw missing("authorizer signature on either payload or envelope is missing", authorizer)
        }
        let roles = Set(transaction.signers)
        for signature in all where !roles.contains(signature.address) {
            throw refusal(
                "unrelated account signature from address: \(signature.address.hex)")
        }
    }

    /// r and s in 32 bytes each, neither of them zero.
    private static func isWellFormed(_ signature: Transaction.Signature) -> Bool {
        guard signature.scheme != .unknown else { return false }
        let bytes = signature.signature
        return bytes.count == 64 && bytes[..<32].contains { $0 != 0 } && bytes[32...].contains { $0 != 0 }
    }

    private func missing(_ what: String, _ address: Address) -> AccessError {
        refusal("\(what): missing signature is from account \(address.hex)")
    }

    private func refusal(_ message: String) -> AccessError {
        switch style {
        case .emulator: AccessError(.internal, message)
        case .publicNode: AccessError(.invalidArgument, "invalid transaction: \(message)")
        }
    }

    /// Raw lengths and a fixed share for each number and signature (onflow/flow-go:model/flow/transaction.go).
    static func size(of transaction: Transaction) -> Int {
        let signatures = (transaction.payloadSignatures + transaction.envelopeSignatures)
            .reduce(0) { $0 + 24 + $1.signature.count + $1.extensionData.count }
        return transaction.script.count + transaction.arguments.reduce(0) { $0 + $1.count } + 32 + 8 + 24 + 8
            + transaction.authorizers.count * 8 + signatures
    }
}
