package import GRPC

// Requests and answers: streams of blocks, headers and digests (onflow/flow protobuf/flow/access/access.proto).

package struct SubscribeBlocksFromStartBlockIDRequest: FlowAccessMessage {
    package var startBlockID = BlockID.zero
    package var status = BlockStatus.unknown
    package var full = false

    package init() {}

    package init(
        startBlockID: BlockID = BlockID.zero, status: BlockStatus = BlockStatus.unknown, full: Bool = false
    ) {
        self.startBlockID = startBlockID
        self.status = status
        self.full = full
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "start_block_id", &startBlockID)
        try visitor.field(2, "block_status", &status)
        try visitor.field(3, "full_block_response", &full)
    }
}

package struct SubscribeBlocksResponse: FlowAccessMessage {
    package var block: Block?

    package init() {}

    package init(block: Block? = nil) {
        self.block = block
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.message(1, "block", &block)
    }
}

package struct SubscribeBlocksFromStartHeightRequest: FlowAccessMessage {
    package var startHeight = BlockHeight(0)
    package var status = BlockStatus.unknown
    package var full = false

    package init() {}

    package init(
        startHeight: BlockHeight = BlockHeight(0), status: BlockStatus = BlockStatus.unknown, full: Bool = false
    ) {
        self.startHeight = startHeight
        self.status = status
        self.full = full
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "start_block_height", &startHeight)
        try visitor.field(2, "block_status", &status)
        try visitor.field(3, "full_block_response", &full)
    }
}

package struct SubscribeBlocksFromLatestRequest: FlowAccessMessage {
    package var status = BlockStatus.unknown
    package var full = false

    package init() {}

    package init(status: BlockStatus = BlockStatus.unknown, full: Bool = false) {
        self.status = status
        self.full = full
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "block_status", &status)
        try visitor.field(2, "full_block_response", &full)
    }
}

package struct SubscribeBlockHeadersFromStartBlockIDRequest: FlowAccessMessage {
    package var startBlockID = BlockID.zero
    package var status = BlockStatus.unknown

    package init() {}

    package init(startBlockID: BlockID = BlockID.zero, status: BlockStatus = BlockStatus.unknown) {
        self.startBlockID = startBlockID
        self.status = status
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "start_block_id", &startBlockID)
        try visitor.field(2, "block_status", &status)
    }
}

package struct SubscribeBlockHeadersResponse: FlowAccessMessage {
    package var header: BlockHeader?

    package init() {}

    package init(header: BlockHeader? = nil) {
        self.header = header
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.message(1, "header", &header)
    }
}

package struct SubscribeBlockHeadersFromStartHeightRequest: FlowAccessMessage {
    package var startHeight = BlockHeight(0)
    package var status = BlockStatus.unknown

    package init() {}

    package init(startHeight: BlockHeight = BlockHeight(0), status: BlockStatus = BlockStatus.unknown) {
        self.startHeight = startHeight
        self.status = status
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "start_block_height", &startHeight)
        try visitor.field(2, "block_status", &status)
    }
}

package struct SubscribeBlockHeadersFromLatestRequest: FlowAccessMessage {
    package var status = BlockStatus.unknown

    package init() {}

    package init(status: BlockStatus = BlockStatus.unknown) {
        self.status = status
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "block_status", &status)
    }
}

package struct SubscribeBlockDigestsFromStartBlockIDRequest: FlowAccessMessage {
    package var startBlockID = BlockID.zero
    package var status = BlockStatus.unknown

    package init() {}

    package init(startBlockID: BlockID = BlockID.zero, status: BlockStatus = BlockStatus.unknown) {
        self.startBlockID = startBlockID
        self.status = status
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "start_block_id", &startBlockID)
        try visitor.field(2, "block_status", &status)
    }
}

package struct SubscribeBlockDigestsFromStartHeightRequest: FlowAccessMessage {
    package var startHeight = BlockHeight(0)
    package var status = BlockStatus.unknown

    package init() {}

    package init(startHeight: BlockHeight = BlockHeight(0), status: BlockStatus = BlockStatus.unknown) {
        self.startHeight = startHeight
        self.status = status
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "start_block_height", &startHeight)
        try visitor.field(2, "block_status", &status)
    }
}

package struct SubscribeBlockDigestsFromLatestRequest: FlowAccessMessage {
    package var status = BlockStatus.unknown

    package init() {}

    package init(status: BlockStatus = BlockStatus.unknown) {
        self.status = status
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "block_status", &status)
    }
}
