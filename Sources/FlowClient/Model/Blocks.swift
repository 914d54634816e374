/// Seconds and nanoseconds since 1970, as google.protobuf.Timestamp has them.
public struct Timestamp: Hashable, Comparable, Sendable {
    public var seconds: Int64
    public var nanoseconds: Int32

    public init(seconds: Int64, nanoseconds: Int32 = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// Of the nearest time within the years 1 to 9999 where it lies outside: nodes send what they like.
    public var milliseconds: Int64 {
        min(max(seconds, Self.years.lowerBound), Self.years.upperBound) * 1000 + Int64(nanoseconds) / 1_000_000
    }

    /// Whether it is within the years 1 to 9999 (google/protobuf/timestamp.proto). Emulators are known to stream
    /// milliseconds where seconds belong.
    public var isPlausible: Bool { Self.years.contains(seconds) && (0..<1_000_000_000).contains(nanoseconds) }

    private static let years: ClosedRange<Int64> = -62_135_596_800...253_402_300_799

    public static func < (a: Self, b: Self) -> Bool { (a.seconds, a.nanoseconds) < (b.seconds, b.nanoseconds) }
}

public enum BlockStatus: Int32, Sendable {
    case unknown = 0
    case finalized = 1
    case sealed = 2
}

public struct BlockHeader: Hashable, Sendable {
    public var id = BlockID.zero
    public var parentID = BlockID.zero
    public var height: BlockHeight = 0
    public var timestamp = Timestamp(seconds: 0)
    public var payloadHash: [UInt8] = []
    public var view: UInt64 = 0
    public var parentVoterIDs: [[UInt8]] = []
    public var parentVoterSignature: [UInt8] = []
    public var proposerID: [UInt8] = []
    public var proposerSignature: [UInt8] = []
    public var chainID = ""
    public var parentVoterIndices: [UInt8] = []
    public var lastViewTC: TimeoutCertificate?
    public var parentView: UInt64 = 0
    /// Where the node said it beside the header; `unknown` where it did not.
    public var status = BlockStatus.unknown
    public init() {}
}

public struct TimeoutCertificate: Hashable, Sendable {
    public var view: UInt64 = 0
    public var highQCViews: [UInt64] = []
    public var highestQC: QuorumCertificate?
    public var signerIndices: [UInt8] = []
    public var signature: [UInt8] = []
    public init() {}
}

public struct QuorumCertificate: Hashable, Sendable {
    public var view: UInt64 = 0
    public var blockID: [UInt8] = []
    public var signerIndices: [UInt8] = []
    public var signature: [UInt8] = []
    public init() {}
}

public struct Block: Hashable, Sendable {
    public var id = BlockID.zero
    public var parentID = BlockID.zero
    public var height: BlockHeight = 0
    public var timestamp = Timestamp(seconds: 0)
    public var collectionGuarantees: [CollectionGuarantee] = []
    public var seals: [BlockSeal] = []
    public var signatures: [[UInt8]] = []
    public var executionReceiptMetas: [ExecutionReceiptMeta] = []
    public var executionResults: [ExecutionResult] = []
    /// In a full response only.
    public var header: BlockHeader?
    public var protocolStateID: [UInt8] = []
    public var status = BlockStatus.unknown
    public init() {}
}

public struct CollectionGuarantee: Hashable, Sendable {
    public var collectionID = CollectionID.zero
    public var signatures: [[UInt8]] = []
    public var referenceBlockID: [UInt8] = []
    public var signature: [UInt8] = []
    public var signerIDs: [[UInt8]] = []
    public var signerIndices: [UInt8] = []
    public var clusterChainID: [UInt8] = []
    public init() {}
}

public struct BlockSeal: Hashable, Sendable {
    public var blockID: [UInt8] = []
    public var executionReceiptID: [UInt8] = []
    public var executionReceiptSignatures: [[UInt8]] = []
    public var resultApprovalSignatures: [[UInt8]] = []
    public var finalState: [UInt8] = []
    public var resultID: [UInt8] = []
    public var aggregatedApprovalSignatures: [AggregatedSignature] = []
    public init() {}
}

public struct AggregatedSignature: Hashable, Sendable {
    public var verifierSignatures: [[UInt8]] = []
    public var signerIDs: [[UInt8]] = []
    public init() {}
}

public struct ExecutionResult: Hashable, Sendable {
    public var previousResultID: [UInt8] = []
    public var blockID: [UInt8] = []
    public var chunks: [Chunk] = []
    public var serviceEvents: [ServiceEvent] = []
    public var executionDataID: [UInt8] = []
    public init() {}
}

public struct Chunk: Hashable, Sendable {
    public var collectionIndex: UInt32 = 0
    public var startState: [UInt8] = []
    public var eventCollection: [UInt8] = []
    public var blockID: [UInt8] = []
    public var totalComputationUsed: UInt64 = 0
    public var numberOfTransactions: UInt32 = 0
    public var index: UInt64 = 0
    public var endState: [UInt8] = []
    public var executionDataID: [UInt8] = []
    public var stateDeltaCommitment: [UInt8] = []
    public var serviceEventCount: UInt32 = 0
    public init() {}
}

public struct ServiceEvent: Hashable, Sendable {
    public var type = ""
    public var payload: [UInt8] = []
    public init() {}
}

public struct ExecutionReceiptMeta: Hashable, Sendable {
    public var executorID: [UInt8] = []
    public var resultID: [UInt8] = []
    public var spocks: [[UInt8]] = []
    public var executorSignature: [UInt8] = []
    public init() {}
}

public struct ExecutionReceipt: Hashable, Sendable {
    public var meta = ExecutionReceiptMeta()
    public var result: ExecutionResult?
    public init() {}
}

/// Id, height and time of a block: what a digest stream carries.
public struct BlockDigest: Hashable, Sendable {
    public var id: BlockID
    public var height: BlockHeight
    public var timestamp: Timestamp
    public init(id: BlockID, height: BlockHeight, timestamp: Timestamp) {
        self.id = id
        self.height = height
        self.timestamp = timestamp
    }
}

/// The ids of a collection's transactions, in order.
public struct TransactionCollection: Hashable, Sendable {
    public var id: CollectionID
    public var transactionIDs: [TransactionID]
    public init(id: CollectionID, transactionIDs: [TransactionID]) {
        self.id = id
        self.transactionIDs = transactionIDs
    }
}
