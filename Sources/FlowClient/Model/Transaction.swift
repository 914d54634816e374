public import Cadence

/// A transaction as it is signed, sent and stored. Scripts and arguments are the exact bytes: what is hashed is what is
/// sent, so nothing here trims or re-encodes them.
public struct Transaction: Hashable, Sendable {
    public var script: [UInt8]
    /// JSON-CDC, one value each.
    public var arguments: [[UInt8]]
    public var referenceBlockID: BlockID
    /// The computation limit, 1…9999. The wire calls it gas_limit.
    public var computationLimit: UInt64
    public var proposalKey: ProposalKey
    public var payer: Address
    public var authorizers: [Address]
    public var payloadSignatures: [Signature]
    public var envelopeSignatures: [Signature]

    public init(
        script: [UInt8], arguments: [[UInt8]], referenceBlockID: BlockID, computationLimit: UInt64 = 9999,
        proposalKey: ProposalKey, payer: Address, authorizers: [Address], payloadSignatures: [Signature] = [],
        envelopeSignatures: [Signature] = []
    ) {
        self.script = script
        self.arguments = arguments
        self.referenceBlockID = referenceBlockID
        self.computationLimit = computationLimit
        self.proposalKey = proposalKey
        self.payer = payer
        self.authorizers = authorizers
        self.payloadSignatures = payloadSignatures
        self.envelopeSignatures = envelopeSignatures
    }

    public struct ProposalKey: Hashable, Sendable {
        public var address: Address
        public var keyIndex: KeyIndex
        public var sequenceNumber: SequenceNumber
        public init(address: Address, keyIndex: KeyIndex, sequenceNumber: SequenceNumber) {
            self.address = address
            self.keyIndex = keyIndex
            self.sequenceNumber = sequenceNumber
        }
    }

    public struct Signature: Hashable, Sendable {
        public var address: Address
        public var keyIndex: KeyIndex
        /// r‖s, 64 bytes.
        public var signature: [UInt8]
        /// Empty or {0} for the plain scheme; first byte 1 for WebAuthn (FLIP 264).
        public var extensionData: [UInt8]
        /// Where it is not the position of `address` among the signers. Hashed, never sent: only what was encoded
        /// elsewhere needs it.
        public var signerIndex: Int?
        public init(address: Address, keyIndex: KeyIndex, signature: [UInt8], extensionData: [UInt8] = []) {
            self.address = address
            self.keyIndex = keyIndex
            self.signature = signature
            self.extensionData = extensionData
        }
    }
}

public enum TransactionStatus: Int32, Sendable, Comparable {
    case unknown = 0
    case pending = 1
    case finalized = 2
    case executed = 3
    case sealed = 4
    case expired = 5
    public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

public struct TransactionResult: Hashable, Sendable {
    public var status = TransactionStatus.unknown
    /// 0 where it succeeded, 1 where it failed. The FVM code is in `errorMessage`.
    public var statusCode: UInt32 = 0
    public var errorMessage = ""
    public var events: [Event] = []
    public var blockID = BlockID.zero
    public var transactionID = TransactionID.zero
    public var collectionID = CollectionID.zero
    public var blockHeight: BlockHeight = 0
    public var computationUsage: UInt64 = 0
    public init() {}
}

/// How an event's payload is encoded. The answer does not repeat it: an `Event` carries what was asked for.
public enum EventEncoding: Int32, Sendable {
    case jsonCDC = 0
    case ccf = 1
}

public struct Event: Hashable, Sendable {
    /// The full type id, such as `A.f8d6e0586b0a20c7.NonFungibleToken.Deposited`.
    public var type = ""
    public var transactionID = TransactionID.zero
    /// In the block. With `eventIndex` it orders all events of a block.
    public var transactionIndex: UInt32 = 0
    /// In the transaction.
    public var eventIndex: UInt32 = 0
    /// JSON-CDC or CCF: the first byte tells (`{` or 0xd8).
    public var payload: [UInt8] = []
    public init() {}
}

/// The events of one block that a node has looked at. A height counts as searched only when it is returned.
public struct BlockEvents: Hashable, Sendable {
    public var blockID = BlockID.zero
    public var blockHeight: BlockHeight = 0
    public var blockTimestamp = Timestamp(seconds: 0)
    public var events: [Event] = []
    public init() {}
}
