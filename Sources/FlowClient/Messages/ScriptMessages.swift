import GRPC

// Requests and answers: scripts (onflow/flow protobuf/flow/access/access.proto).

struct ExecuteScriptAtLatestBlockRequest: FlowAccessMessage {
    var script: [UInt8] = []
    var arguments: [[UInt8]] = []
    var stateQuery: ExecutionStateQuery?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "script", &script)
        try visitor.repeated(2, "arguments", &arguments)
        try visitor.message(3, "execution_state_query", &stateQuery)
    }
}

struct ExecuteScriptResponse: FlowAccessMessage {
    var value: [UInt8] = []
    var metadata: ResponseMetadata?
    var computationUsage = UInt64(0)

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "value", &value)
        try visitor.message(2, "metadata", &metadata)
        try visitor.field(3, "computation_usage", &computationUsage)
    }
}

struct ExecuteScriptAtBlockIDRequest: FlowAccessMessage {
    var blockID = BlockID.zero
    var script: [UInt8] = []
    var arguments: [[UInt8]] = []
    var stateQuery: ExecutionStateQuery?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "block_id", &blockID)
        try visitor.field(2, "script", &script)
        try visitor.repeated(3, "arguments", &arguments)
        try visitor.message(4, "execution_state_query", &stateQuery)
    }
}

struct ExecuteScriptAtBlockHeightRequest: FlowAccessMessage {
    var height = BlockHeight(0)
    var script: [UInt8] = []
    var arguments: [[UInt8]] = []
    var stateQuery: ExecutionStateQuery?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "block_height", &height)
        try visitor.field(2, "script", &script)
        try visitor.repeated(3, "arguments", &arguments)
        try visitor.message(4, "execution_state_query", &stateQuery)
    }
}
