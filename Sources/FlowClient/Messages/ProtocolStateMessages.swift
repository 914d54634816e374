import GRPC

// Requests and answers: snapshots of the protocol state (onflow/flow protobuf/flow/access/access.proto).

struct GetLatestProtocolStateSnapshotRequest: FlowAccessMessage {
    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) {}
}

struct ProtocolStateSnapshotResponse: FlowAccessMessage {
    var snapshot: [UInt8] = []
    var metadata: ResponseMetadata?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "serializedSnapshot", &snapshot)
        try visitor.message(2, "metadata", &metadata)
    }
}

struct GetProtocolStateSnapshotByBlockIDRequest: FlowAccessMessage {
    var blockID = BlockID.zero

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "block_id", &blockID)
    }
}

struct GetProtocolStateSnapshotByHeightRequest: FlowAccessMessage {
    var height = BlockHeight(0)

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "block_height", &height)
    }
}
