package import GRPC

// Requests and answers: blocks and their headers (onflow/flow protobuf/flow/access/access.proto).

package struct GetLatestBlockHeaderRequest: FlowAccessMessage {
    package var isSealed = false

    package init() {}

    package init(isSealed: Bool = false) {
        self.isSealed = isSealed
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "is_sealed", &isSealed)
    }
}

package struct BlockHeaderResponse: FlowAccessMessage {
    package var block: BlockHeader?
    package var status = BlockStatus.unknown
    package var metadata: ResponseMetadata?

    package init() {}

    package init(
        block: BlockHeader? = nil, status: BlockStatus = BlockStatus.unknown, metadata: ResponseMetadata? = nil
    ) {
        self.block = block
        self.status = status
        self.metadata = metadata
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.message(1, "block", &block)
        try visitor.field(2, "block_status", &status)
        try visitor.message(3, "metadata", &metadata)
    }
}

package struct GetBlockHeaderByIDRequest: FlowAccessMessage {
    package var id = BlockID.zero

    package init() {}

    package init(id: BlockID = BlockID.zero) {
        self.id = id
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "id", &id)
    }
}

package struct GetBlockHeaderByHeightRequest: FlowAccessMessage {
    package var height = BlockHeight(0)

    package init() {}

    package init(height: BlockHeight = BlockHeight(0)) {
        self.height = height
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "height", &height)
    }
}

package struct GetLatestBlockRequest: FlowAccessMessage {
    package var isSealed = false
    package var full = false

    package init() {}

    package init(isSealed: Bool = false, full: Bool = false) {
        self.isSealed = isSealed
        self.full = full
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "is_sealed", &isSealed)
        try visitor.field(2, "full_block_response", &full)
    }
}

package struct BlockResponse: FlowAccessMessage {
    package var block: Block?
    package var status = BlockStatus.unknown
    package var metadata: ResponseMetadata?

    package init() {}

    package init(block: Block? = nil, status: BlockStatus = BlockStatus.unknown, metadata: ResponseMetadata? = nil) {
        self.block = block
        self.status = status
        self.metadata = metadata
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.message(1, "block", &block)
        try visitor.field(2, "block_status", &status)
        try visitor.message(3, "metadata", &metadata)
    }
}

package struct GetBlockByIDRequest: FlowAccessMessage {
    package var id = BlockID.zero
    package var full = false

    package init() {}

    package init(id: BlockID = BlockID.zero, full: Bool = false) {
        self.id = id
        self.full = full
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "id", &id)
        try visitor.field(2, "full_block_response", &full)
    }
}

package struct GetBlockByHeightRequest: FlowAccessMessage {
    package var height = BlockHeight(0)
    package var full = false

    package init() {}

    package init(height: BlockHeight = BlockHeight(0), full: Bool = false) {
        self.height = height
        self.full = full
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "height", &height)
        try visitor.field(2, "full_block_response", &full)
    }
}
