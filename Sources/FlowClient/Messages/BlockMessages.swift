import GRPC

// Requests and answers: blocks and their headers (onflow/flow protobuf/flow/access/access.proto).

struct GetLatestBlockHeaderRequest: FlowAccessMessage {
    var isSealed = false

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "is_sealed", &isSealed)
    }
}

struct BlockHeaderResponse: FlowAccessMessage {
    var block: BlockHeader?
    var status = BlockStatus.unknown
    var metadata: ResponseMetadata?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.message(1, "block", &block)
        try visitor.field(2, "block_status", &status)
        try visitor.message(3, "metadata", &metadata)
    }
}

struct GetBlockHeaderByIDRequest: FlowAccessMessage {
    var id = BlockID.zero

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "id", &id)
    }
}

struct GetBlockHeaderByHeightRequest: FlowAccessMessage {
    var height = BlockHeight(0)

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "height", &height)
    }
}

struct GetLatestBlockRequest: FlowAccessMessage {
    var isSealed = false
    var full = false

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "is_sealed", &isSealed)
        try visitor.field(2, "full_block_response", &full)
    }
}

struct BlockResponse: FlowAccessMessage {
    var block: Block?
    var status = BlockStatus.unknown
    var metadata: ResponseMetadata?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.message(1, "block", &block)
        try visitor.field(2, "block_status", &status)
        try visitor.message(3, "metadata", &metadata)
    }
}

struct GetBlockByIDRequest: FlowAccessMessage {
    var id = BlockID.zero
    var full = false

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "id", &id)
        try visitor.field(2, "full_block_response", &full)
    }
}

struct GetBlockByHeightRequest: FlowAccessMessage {
    var height = BlockHeight(0)
    var full = false

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "height", &height)
        try visitor.field(2, "full_block_response", &full)
    }
}
