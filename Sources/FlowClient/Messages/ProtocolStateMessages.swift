package import GRPC

// Requests and answers: snapshots of the protocol state (onflow/flow protobuf/flow/access/access.proto).

package struct GetLatestProtocolStateSnapshotRequest: FlowAccessMessage {
    package init() {}
    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) {}
}

package struct ProtocolStateSnapshotResponse: FlowAccessMessage {
    package var snapshot: [UInt8] = []
    package var metadata: ResponseMetadata?

    package init() {}

    package init(snapshot: [UInt8] = [], metadata: ResponseMetadata? = nil) {
        self.snapshot = snapshot
        self.metadata = metadata
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "serializedSnapshot", &snapshot)
        try visitor.message(2, "metadata", &metadata)
    }
}

package struct GetProtocolStateSnapshotByBlockIDRequest: FlowAccessMessage {
    package var blockID = BlockID.zero

    package init() {}

    package init(blockID: BlockID = BlockID.zero) {
        self.blockID = blockID
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "block_id", &blockID)
    }
}

package struct GetProtocolStateSnapshotByHeightRequest: FlowAccessMessage {
    package var height = BlockHeight(0)

    package init() {}

    package init(height: BlockHeight = BlockHeight(0)) {
        self.height = height
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "block_height", &height)
    }
}
