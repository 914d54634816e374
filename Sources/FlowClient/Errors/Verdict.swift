/// What to do about an error. A property of the error, computed once, where its code is known.
public enum Verdict: Hashable, Sendable {
    /// The same call again, after a pause: to send the same bytes twice does no harm, and these may have arrived.
    case sameBytesAgain
    /// Nothing is wrong but the time: a limit, a block that is not there yet, a balance that must be filled.
    case wait
    /// This node cannot, another may.
    case otherNode
    /// The bytes will never be taken; what they ask for may be, signed again.
    case rebuild(Rebuild)
    /// Too much at once: the same in smaller parts.
    case split
    /// Trying again changes nothing.
    case permanent

    public enum Rebuild: Hashable, Sendable {
        /// A fresh reference block, in the same slot.
        case freshReference
        /// The slot was not the chain's next one: read the key's sequence number, prove what used it, then take another.
        case otherSlot
    }

    /// In words, for people.
    public var advice: String {
        switch self {
        case .sameBytesAgain: "send the same bytes again"
        case .wait: "wait, then try again"
        case .otherNode: "ask another node"
        case .rebuild(.freshReference): "sign again with a fresh reference block, in the same slot"
        case .rebuild(.otherSlot): "read the key's sequence number again, find out what used it, then sign again"
        case .split: "split it into smaller parts"
        case .permanent: "do not try again unchanged"
        }
    }
}

/// Whose trouble it is: what must change before the same can pass.
public enum Culprit: String, Hashable, Sendable {
    /// What was asked for: the code, the arguments, how much it is, or one of several items.
    case content
    /// The proposal key is missing or revoked, or has not signed.
    case proposalKey
    /// The proposal key's number was not the chain's next one.
    case sequenceNumber
    /// A key's signature is wrong, or the key is revoked.
    case signature
    /// An account's signatures do not weigh enough together.
    case weight
    /// An account holds too little FLOW: the payer, or the one that the text names.
    case balance
    /// Its reference block.
    case reference
    /// The node or the network, whatever the bytes.
    case node
}

/// Whether a failed transaction used up its proposal key's sequence number: by every failure after the signature and
/// sequence checks, and by nothing else (onflow/flow-go:fvm/transactionSequenceNum.go).
public enum SequenceNumberEffect: String, Hashable, Sendable {
    case consumed
    case untouched
    /// The text does not tell: ask the chain.
    case unknown
}
