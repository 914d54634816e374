package import GRPC

// Requests and answers: scripts (onflow/flow protobuf/flow/access/access.proto).

package struct ExecuteScriptAtLatestBlockRequest: FlowAccessMessage {
    package var script: [UInt8] = []
    package var arguments: [[UInt8]] = []
    package var stateQuery: ExecutionStateQuery?

    package init() {}

    package init(script: [UInt8] = [], arguments: [[UInt8]] = [], stateQuery: ExecutionStateQuery? = nil) {
        self.script = script
        self.arguments = arguments
        self.stateQuery = stateQuery
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "script", &script)
        try visitor.repeated(2, "arguments", &arguments)
        try visitor.message(3, "execution_state_query", &stateQuery)
    }
}

package struct ExecuteScriptResponse: FlowAccessMessage {
    package var value: [UInt8] = []
    package var metadata: ResponseMetadata?
    package var computationUsage = UInt64(0)

    package init() {}

    package init(value: [UInt8] = [], metadata: ResponseMetadata? = nil, computationUsage: UInt64 = UInt64(0)) {
        self.value = value
        self.metadata = metadata
        self.computationUsage = computationUsage
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "value", &value)
        try visitor.message(2, "metadata", &metadata)
        try visitor.field(3, "computation_usage", &computationUsage)
    }
}

package struct ExecuteScriptAtBlockIDRequest: FlowAccessMessage {
    package var blockID = BlockID.zero
    package var script: [UInt8] = []
    package var arguments: [[UInt8]] = []
    package var stateQuery: ExecutionStateQuery?

    package init() {}

    package init(
        blockID: BlockID = BlockID.zero, script: [UInt8] = [], arguments: [[UInt8]] = [],
        stateQuery: ExecutionStateQuery? = nil
    ) {
        self.blockID = blockID
        self.script = script
        self.arguments = arguments
        self.stateQuery = stateQuery
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "block_id", &blockID)
        try visitor.field(2, "script", &script)
        try visitor.repeated(3, "arguments", &arguments)
        try visitor.message(4, "execution_state_query", &stateQuery)
    }
}

package struct ExecuteScriptAtBlockHeightRequest: FlowAccessMessage {
    package var height = BlockHeight(0)
    package var script: [UInt8] = []
    package var arguments: [[UInt8]] = []
    package var stateQuery: ExecutionStateQuery?

    package init() {}

    package init(
        height: BlockHeight = BlockHeight(0), script: [UInt8] = [], arguments: [[UInt8]] = [],
        stateQuery: ExecutionStateQuery? = nil
    ) {
        self.height = height
        self.script = script
        self.arguments = arguments
        self.stateQuery = stateQuery
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "block_height", &height)
        try visitor.field(2, "script", &script)
        try visitor.repeated(3, "arguments", &arguments)
        try visitor.message(4, "execution_state_query", &stateQuery)
    }
}
