/// An account's key as the chain has it.
public struct AccountKeyState: Hashable, Sendable {
    public var index: UInt32
    public var publicKey: PublicKey
    public var hashAlgorithm: HashAlgorithm
    /// 0…1000
    public var weight: Int
    public var isRevoked: Bool

    public init(index: UInt32, publicKey: PublicKey, hashAlgorithm: HashAlgorithm, weight: Int, isRevoked: Bool) {
        self.index = index
        self.publicKey = publicKey
        self.hashAlgorithm = hashAlgorithm
        self.weight = weight
        self.isRevoked = isRevoked
    }
}

/// Why signatures prove nothing. Safe to show to whoever sent them.
public enum ProofRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    case malformed(String)
    case noSignatures
    case unknownAccount
    /// Signed for another account than the claimed one.
    case otherAccount(keyIndex: UInt32)
    case duplicateKey(UInt32)
    case unknownKey(UInt32)
    case revokedKey(UInt32)
    /// Passkey signatures: how they prove an account is not defined (FLIP 264).
    case extensionData(keyIndex: UInt32)
    case wrongSignature(keyIndex: UInt32)
    case insufficientWeight(Int)
    /// The contract on chain says no, without a reason.
    case refusedOnChain

    public var description: String {
        switch self {
        case .malformed(let what): what
        case .noSignatures: "there are no signatures"
        case .unknownAccount: "there is no such account"
        case .otherAccount(let key): "the signature of key \(key) is for another account"
        case .duplicateKey(let key): "key \(key) signed twice"
        case .unknownKey(let key): "the account has no key \(key)"
        case .revokedKey(let key): "key \(key) is revoked"
        case .extensionData(let key): "key \(key) signed as a passkey does, which proves no account"
        case .wrongSignature(let key): "the signature of key \(key) does not verify"
        case .insufficientWeight(let weight): "the keys that signed weigh \(weight), and 1000 is needed"
        case .refusedOnChain: "FCLCrypto, the contract on chain, does not accept the signatures"
        }
    }
}

/// The rules that FCLCrypto applies on chain, applied here: every signature counts, and one bad one spoils them all.
struct SignatureSet {
    static let requiredWeight = 1000
    var address: [UInt8]
    var signatures: [CompositeSignature]
    var keys: [AccountKeyState]

    /// What can be refused without the account's keys.
    static func checkShape(_ signatures: [CompositeSignature], address: [UInt8]) throws(ProofRefusal) {
        guard !signatures.isEmpty else { throw .noSignatures }
        var seen: Set<UInt32> = []
        for signature in signatures {
            let index = signature.keyIndex
            guard signature.address == address else { throw .otherAccount(keyIndex: index) }
            guard seen.insert(index).inserted else { throw .duplicateKey(index) }
            guard signature.extensionData.isEmpty || signature.extensionData == [0] else {
                throw .extensionData(keyIndex: index)
            }
        }
    }

    func verify(_ message: [UInt8], tags: [DomainTag]) throws(ProofRefusal) -> Int {
        try Self.checkShape(signatures, address: address)
        var weight = 0
        // Who may sign is settled before any curve is computed on, so that a long list of nonsense costs little.
        var pairs: [(CompositeSignature, AccountKeyState)] = []
        for signature in signatures {
            let index = signature.keyIndex
            guard let key = keys.first(where: { $0.index == index }) else { throw .unknownKey(index) }
            guard !key.isRevoked else { throw .revokedKey(index) }
            weight += key.weight
            pairs.append((signature, key))
        }
        guard weight >= Self.requiredWeight else { throw .insufficientWeight(weight) }
        for (signature, key) in pairs {
            let verifies = tags.contains { tag in
                key.publicKey.verify(
                    signature: signature.signature, message: tag.bytes + message, hash: key.hashAlgorithm)
            }
            guard verifies else { throw .wrongSignature(keyIndex: signature.keyIndex) }
        }
        return weight
    }
}
