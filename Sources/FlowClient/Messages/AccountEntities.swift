public import GRPC

// onflow/flow protobuf/flow/entities/{account,metadata,node_version_info}.proto

extension Account: ProtobufMessage {
    public static var protobufName: String { "flow.entities.Account" }
    public mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "address", &address)
        try visitor.field(2, "balance", &balance)
        visitor.unused(3, "code", "bytes")  // from before accounts had several contracts
        try visitor.repeated(4, "keys", &keys)
        try visitor.map(5, "contracts", &contracts)
    }
}

extension AccountKey: ProtobufMessage {
    public static var protobufName: String { "flow.entities.AccountKey" }
    public mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "index", &index)
        try visitor.field(2, "public_key", &publicKey)
        try visitor.field(3, "sign_algo", &signatureAlgorithmCode)
        try visitor.field(4, "hash_algo", &hashAlgorithmCode)
        try visitor.field(5, "weight", &weight)
        // 32 bits here and 64 on the chain: a node cuts it off.
        var number = UInt32(truncatingIfNeeded: sequenceNumber.rawValue)
        try visitor.field(6, "sequence_number", &number)
        sequenceNumber = SequenceNumber(UInt64(number))
        try visitor.field(7, "revoked", &revoked)
    }
}

extension ResponseMetadata: ProtobufMessage {
    public static var protobufName: String { "flow.entities.Metadata" }
    public mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "latest_finalized_block_id", &latestFinalizedBlockID)
        try visitor.field(2, "latest_finalized_height", &latestFinalizedHeight)
        try visitor.field(3, "node_id", &nodeID)
        try visitor.field(4, "highest_indexed_height", &highestIndexedHeight)
        try visitor.message(5, "executor_metadata", &executorMetadata)
    }
}

extension ExecutorMetadata: ProtobufMessage {
    public static var protobufName: String { "flow.entities.ExecutorMetadata" }
    public mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "execution_result_id", &executionResultID)
        try visitor.repeated(2, "executor_ids", &executorIDs)
    }
}

/// Which executors an answer should rest on (FLIP 20250320). No node that we know of looks at it; it is never sent.
package struct ExecutionStateQuery: ProtobufMessage {
    package static var protobufName: String { "flow.entities.ExecutionStateQuery" }
    package var agreeingExecutorsCount: UInt64 = 0
    package var requiredExecutorIDs: [[UInt8]] = []
    package var includeExecutorMetadata = false

    package init() {}

    package init(
        agreeingExecutorsCount: UInt64 = 0, requiredExecutorIDs: [[UInt8]] = [], includeExecutorMetadata: Bool = false
    ) {
        self.agreeingExecutorsCount = agreeingExecutorsCount
        self.requiredExecutorIDs = requiredExecutorIDs
        self.includeExecutorMetadata = includeExecutorMetadata
    }
    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "agreeing_executors_count", &agreeingExecutorsCount)
        try visitor.repeated(2, "required_executor_ids", &requiredExecutorIDs)
        try visitor.field(3, "include_executor_metadata", &includeExecutorMetadata)
    }
}

extension NodeVersionInfo: ProtobufMessage {
    public static var protobufName: String { "flow.entities.NodeVersionInfo" }
    public mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "semver", &semver)
        try visitor.field(2, "commit", &commit)
        try visitor.field(3, "spork_id", &sporkID)
        try visitor.field(4, "protocol_version", &protocolVersion)
        try visitor.field(5, "spork_root_block_height", &sporkRootBlockHeight)
        try visitor.field(6, "node_root_block_height", &nodeRootBlockHeight)
        try visitor.message(7, "compatible_range", &compatibleRange)
        try visitor.field(8, "protocol_state_version", &protocolStateVersion)
    }
}

extension NodeVersionInfo.CompatibleRange: ProtobufMessage {
    public static var protobufName: String { "flow.entities.CompatibleRange" }
    public init() { self.init(start: 0, end: 0) }
    public mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "start_height", &start)
        try visitor.field(2, "end_height", &end)
    }
}
