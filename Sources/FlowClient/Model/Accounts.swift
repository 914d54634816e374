public import Cadence

public struct Account: Hashable, Sendable {
    public var address = Address(rawValue: 0)
    /// UFix64, scaled by 1e8.
    public var balance: UInt64 = 0
    public var keys: [AccountKey] = []
    /// Contract name to source.
    public var contracts: [String: [UInt8]] = [:]
    public init() {}
}

public struct AccountKey: Hashable, Sendable {
    public var index: KeyIndex = 0
    /// 64 bytes, x‖y.
    public var publicKey: [UInt8] = []
    /// Proto code: 2 P-256, 3 secp256k1.
    public var signatureAlgorithmCode: UInt32 = 0
    /// Proto code: 1 SHA2-256, 3 SHA3-256.
    public var hashAlgorithmCode: UInt32 = 0
    /// 0…1000.
    public var weight: UInt32 = 0
    public var sequenceNumber: SequenceNumber = 0
    public var revoked = false
    public init() {}
}

public struct NodeVersionInfo: Hashable, Sendable {
    public var semver = ""
    public var commit = ""
    public var sporkID: [UInt8] = []
    public var protocolVersion: UInt64 = 0
    public var sporkRootBlockHeight: BlockHeight = 0
    public var nodeRootBlockHeight: BlockHeight = 0
    public var compatibleRange: CompatibleRange?
    public var protocolStateVersion: UInt64 = 0
    public init() {}

    public struct CompatibleRange: Hashable, Sendable {
        public var start: BlockHeight
        public var end: BlockHeight
        public init(start: BlockHeight, end: BlockHeight) {
            self.start = start
            self.end = end
        }
    }
}

/// What a node says of itself beside an answer. All zero on the emulator.
public struct ResponseMetadata: Hashable, Sendable {
    public var latestFinalizedBlockID: [UInt8] = []
    public var latestFinalizedHeight: BlockHeight = 0
    public var nodeID: [UInt8] = []
    public var highestIndexedHeight: BlockHeight = 0
    public var executorMetadata: ExecutorMetadata?
    public init() {}
}

public struct ExecutorMetadata: Hashable, Sendable {
    public var executionResultID: [UInt8] = []
    public var executorIDs: [[UInt8]] = []
    public init() {}
}
