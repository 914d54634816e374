public import Cadence

/// Which keys must sign what, so that the chain takes a transaction (onflow/flow-go:fvm/transactionVerifier.go):
/// the payer's keys sign the envelope with a weight of at least 1000, every other authorizer's keys the payload with at
/// least 1000, and the proposal key signs somewhere, whatever its weight. Payload and envelope are never added together,
/// and a key signs once.
public struct SigningPlan: Hashable, Sendable {
    public static let requiredWeight = 1000

    /// A key of an account, as the chain has it.
    public struct Key: Hashable, Sendable {
        public var address: Address
        public var keyIndex: KeyIndex
        /// 0…1000
        public var weight: Int
        public var isRevoked: Bool

        public init(address: Address, keyIndex: KeyIndex, weight: Int, isRevoked: Bool = false) {
            self.address = address
            self.keyIndex = keyIndex
            self.weight = weight
            self.isRevoked = isRevoked
        }
    }

    public struct Signer: Hashable, Sendable {
        public var address: Address
        public var keyIndex: KeyIndex
        public init(address: Address, keyIndex: KeyIndex) {
            self.address = address
            self.keyIndex = keyIndex
        }
    }

    /// Why no set of the given keys will do.
    public enum Problem: Error, Hashable, Sendable, CustomStringConvertible {
        case proposalKeyUnknown(Signer)
        case proposalKeyRevoked(Signer)
        case notEnoughWeight(Address, available: Int)

        public var description: String {
            switch self {
            case .proposalKeyUnknown(let key):
                "the proposal key \(key.keyIndex) of \(key.address) is not among the keys"
            case .proposalKeyRevoked(let key): "the proposal key \(key.keyIndex) of \(key.address) is revoked"
            case .notEnoughWeight(let address, let available):
                "the keys of \(address) weigh \(available) together, and 1000 is needed"
            }
        }
    }

    /// In canonical order. They sign first, for the envelope covers their signatures.
    public let payload: [Signer]
    /// In canonical order.
    public let envelope: [Signer]

    /// Takes as few of `keys` as will do, the heaviest first. `keys` are those that can sign here or elsewhere; revoked ones
    /// are passed over.
    public init(for transaction: Transaction, keys: [Key]) throws(Problem) {
        let proposer = Signer(address: transaction.proposalKey.address, keyIndex: transaction.proposalKey.keyIndex)
        guard let proposal = keys.first(where: { $0.address == proposer.address && $0.keyIndex == proposer.keyIndex })
        else {
            throw .proposalKeyUnknown(proposer)
        }
        guard !proposal.isRevoked else { throw .proposalKeyRevoked(proposer) }

        var payload: [Signer] = []
        for address in transaction.signers where address != transaction.payer {
            let isAuthorizer = transaction.authorizers.contains(address)
            payload += try Self.choose(
                keys, of: address, proposal: proposer, weight: isAuthorizer ? Self.requiredWeight : 0)
        }
        self.payload = payload
        envelope = try Self.choose(keys, of: transaction.payer, proposal: proposer, weight: Self.requiredWeight)
    }

    private static func choose(
        _ keys: [Key], of address: Address, proposal: Signer, weight required: Int
    ) throws(Problem) -> [Signer] {
        let usable = keys.filter { $0.address == address && !$0.isRevoked }
        var (must, others) = (usable.filter { $0.keyIndex == proposal.keyIndex }, usable)
        if address == proposal.address { others.removeAll { $0.keyIndex == proposal.keyIndex } } else { must = [] }
        var chosen = must
        var weight = must.reduce(0) { $0 + $1.weight }
        for key in others.sorted(by: { ($1.weight, $0.keyIndex) < ($0.weight, $1.keyIndex) }) {
            if weight >= required { break }
            chosen.append(key)
            weight += key.weight
        }
        guard weight >= required else { throw .notEnoughWeight(address, available: weight) }
        return chosen.map { Signer(address: $0.address, keyIndex: $0.keyIndex) }.sorted { $0.keyIndex < $1.keyIndex }
    }

    /// Who has still to sign: the payload first, and the envelope only once the payload is complete, for it covers those
    /// signatures. Both empty when all have signed.
    public func outstanding(in transaction: Transaction) -> (payload: [Signer], envelope: [Signer]) {
        let missing = payload.filter { !Self.has($0, transaction.payloadSignatures) }
        return (missing, missing.isEmpty ? envelope.filter { !Self.has($0, transaction.envelopeSignatures) } : [])
    }

    public func isComplete(in transaction: Transaction) -> Bool {
        let outstanding = outstanding(in: transaction)
        return outstanding.payload.isEmpty && outstanding.envelope.isEmpty
    }

    private static func has(_ signer: Signer, _ signatures: [Transaction.Signature]) -> Bool {
        signatures.contains { $0.address == signer.address && $0.keyIndex == signer.keyIndex }
    }
}
