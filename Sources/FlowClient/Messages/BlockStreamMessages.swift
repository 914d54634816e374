import GRPC

// Requests and answers: streams of blocks, headers and digests (onflow/flow protobuf/flow/access/access.proto).

struct SubscribeBlocksFromStartBlockIDRequest: FlowAccessMessage {
    var startBlockID = BlockID.zero
    var status = BlockStatus.unknown
    var full = false

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "start_block_id", &startBlockID)
        try visitor.field(2, "block_status", &status)
        try visitor.field(3, "full_block_response", &full)
    }
}

struct SubscribeBlocksResponse: FlowAccessMessage {
    var block: Block?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.message(1, "block", &block)
    }
}

struct SubscribeBlocksFromStartHeightRequest: FlowAccessMessage {
    var startHeight = BlockHeight(0)
    var status = BlockStatus.unknown
    var full = false

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "start_block_height", &startHeight)
        try visitor.field(2, "block_status", &status)
        try visitor.field(3, "full_block_response", &full)
    }
}

struct SubscribeBlocksFromLatestRequest: FlowAccessMessage {
    var status = BlockStatus.unknown
    var full = false

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "block_status", &status)
        try visitor.field(2, "full_block_response", &full)
    }
}

struct SubscribeBlockHeadersFromStartBlockIDRequest: FlowAccessMessage {
    var startBlockID = BlockID.zero
    var status = BlockStatus.unknown

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "start_block_id", &startBlockID)
        try visitor.field(2, "block_status", &status)
    }
}

struct SubscribeBlockHeadersResponse: FlowAccessMessage {
    var header: BlockHeader?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.message(1, "header", &header)
    }
}

struct SubscribeBlockHeadersFromStartHeightRequest: FlowAccessMessage {
    var startHeight = BlockHeight(0)
    var status = BlockStatus.unknown

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "start_block_height", &startHeight)
        try visitor.field(2, "block_status", &status)
    }
}

struct SubscribeBlockHeadersFromLatestRequest: FlowAccessMessage {
    var status = BlockStatus.unknown

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "block_status", &status)
    }
}

struct SubscribeBlockDigestsFromStartBlockIDRequest: FlowAccessMessage {
    var startBlockID = BlockID.zero
    var status = BlockStatus.unknown

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "start_block_id", &startBlockID)
        try visitor.field(2, "block_status", &status)
    }
}

struct SubscribeBlockDigestsFromStartHeightRequest: FlowAccessMessage {
    var startHeight = BlockHeight(0)
    var status = BlockStatus.unknown

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "start_block_height", &startHeight)
        try visitor.field(2, "block_status", &status)
    }
}

struct SubscribeBlockDigestsFromLatestRequest: FlowAccessMessage {
    var status = BlockStatus.unknown

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "block_status", &status)
    }
}
