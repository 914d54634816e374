public import GRPC

// onflow/flow protobuf/flow/entities/{block,block_header,block_seal,block_execution_data,collection}.proto

extension Timestamp: ProtobufMessage {
    public static var protobufName: String { "google.protobuf.Timestamp" }
    public init() { self.init(seconds: 0) }
    public mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "seconds", &seconds)
        try visitor.field(2, "nanos", &nanoseconds)
    }
}

/// `status` is not part of it: it stands beside the header in an answer.
extension BlockHeader: ProtobufMessage {
    public static var protobufName: String { "flow.entities.BlockHeader" }
    public mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "id", &id)
        try visitor.field(2, "parent_id", &parentID)
        try visitor.field(3, "height", &height)
        try visitor.message(4, "timestamp", &timestamp)
        try visitor.field(5, "payload_hash", &payloadHash)
        try visitor.field(6, "view", &view)
        try visitor.repeated(7, "parent_voter_ids", &parentVoterIDs)
        try visitor.field(8, "parent_voter_sig_data", &parentVoterSignature)
        try visitor.field(9, "proposer_id", &proposerID)
        try visitor.field(10, "proposer_sig_data", &proposerSignature)
        try visitor.field(11, "chain_id", &chainID)
        try visitor.field(12, "parent_voter_indices", &parentVoterIndices)
        try visitor.message(13, "last_view_tc", &lastViewTC)
        try visitor.field(14, "parent_view", &parentView)
    }
}

extension TimeoutCertificate: ProtobufMessage {
    public static var protobufName: String { "flow.entities.TimeoutCertificate" }
    public mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "view", &view)
        try visitor.repeated(2, "high_qc_views", &highQCViews)
        try visitor.message(3, "highest_qc", &highestQC)
        try visitor.field(4, "signer_indices", &signerIndices)
        try visitor.field(5, "sig_data", &signature)
    }
}

extension QuorumCertificate: ProtobufMessage {
    public static var protobufName: String { "flow.entities.QuorumCertificate" }
    public mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "view", &view)
        try visitor.field(2, "block_id", &blockID)
        try visitor.field(3, "signer_indices", &signerIndices)
        try visitor.field(4, "sig_data", &signature)
    }
}

/// `status` is not part of it: it stands beside the block in an answer.
extension Block: ProtobufMessage {
    public static var protobufName: String { "flow.entities.Block" }
    public mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "id", &id)
        try visitor.field(2, "parent_id", &parentID)
        try visitor.field(3, "height", &height)
        try visitor.message(4, "timestamp", &timestamp)
        try visitor.repeated(5, "collection_guarantees", &collectionGuarantees)
        try visitor.repeated(6, "block_seals", &seals)
        try visitor.repeated(7, "signatures", &signatures)
        try visitor.repeated(8, "execution_receipt_metaList", &executionReceiptMetas)
        try visitor.repeated(9, "execution_result_list", &executionResults)
        try visitor.message(10, "block_header", &header)
        try visitor.field(11, "protocol_state_id", &protocolStateID)
    }
}

extension CollectionGuarantee: ProtobufMessage {
    public static var protobufName: String { "flow.entities.CollectionGuarantee" }
    public mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "collection_id", &collectionID)
        try visitor.repeated(2, "signatures", &signatures)
        try visitor.field(3, "reference_block_id", &referenceBlockID)
        try visitor.field(4, "signature", &signature)
        try visitor.repeated(5, "signer_ids", &signerIDs)
        try visitor.field(6, "signer_indices", &signerIndices)
        try visitor.field(7, "cluster_chain_id", &clusterChainID)
    }
}

extension BlockSeal: ProtobufMessage {
    public static var protobufName: String { "flow.entities.BlockSeal" }
    public mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "block_id", &blockID)
        try visitor.field(2, "execution_receipt_id", &executionReceiptID)
        try visitor.repeated(3, "execution_receipt_signatures", &executionReceiptSignatures)
        try visitor.repeated(4, "result_approval_signatures", &resultApprovalSignatures)
        try visitor.field(5, "final_state", &finalState)
        try visitor.field(6, "result_id", &resultID)
        try visitor.repeated(7, "aggregated_approval_sigs", &aggregatedApprovalSignatures)
    }
}

extension AggregatedSignature: ProtobufMessage {
    public static var protobufName: String { "flow.entities.AggregatedSignature" }
    public mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.repeated(1, "verifier_signatures", &verifierSignatures)
        try visitor.repeated(2, "signer_ids", &signerIDs)
    }
}

/// A digest is the whole answer of a digest stream.
extension BlockDigest: ProtobufMessage {
    public static var protobufName: String { "flow.access.SubscribeBlockDigestsResponse" }
    public init() { self.init(id: .zero, height: 0, timestamp: Timestamp(seconds: 0)) }
    public mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "block_id", &id)
        try visitor.field(2, "block_height", &height)
        try visitor.message(3, "block_timestamp", &timestamp)
    }
}

extension TransactionCollection: ProtobufMessage {
    public static var protobufName: String { "flow.entities.Collection" }
    public init() { self.init(id: .zero, transactionIDs: []) }
    public mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "id", &id)
        try visitor.repeated(2, "transaction_ids", &transactionIDs)
    }
}
