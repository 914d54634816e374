import GRPC

// Requests and answers: execution data and registers (onflow/flow protobuf/flow/executiondata/executiondata.proto).

struct GetExecutionDataByBlockIDRequest: FlowExecutionDataMessage {
    var blockID = BlockID.zero
    var encoding = EventEncoding.jsonCDC
    var stateQuery: ExecutionStateQuery?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "block_id", &blockID)
        try visitor.field(2, "event_encoding_version", &encoding)
        try visitor.message(3, "execution_state_query", &stateQuery)
    }
}

struct GetExecutionDataByBlockIDResponse: FlowExecutionDataMessage {
    var executionData: BlockExecutionData?
    var executorMetadata: ExecutorMetadata?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.message(1, "block_execution_data", &executionData)
        try visitor.message(2, "executor_metadata", &executorMetadata)
    }
}

struct GetRegisterValuesRequest: FlowExecutionDataMessage {
    var height = BlockHeight(0)
    var registerIDs: [RegisterID] = []
    var stateQuery: ExecutionStateQuery?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "block_height", &height)
        try visitor.repeated(2, "register_ids", &registerIDs)
        try visitor.message(3, "execution_state_query", &stateQuery)
    }
}

struct GetRegisterValuesResponse: FlowExecutionDataMessage {
    var values: [[UInt8]] = []
    var executorMetadata: ExecutorMetadata?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.repeated(1, "values", &values)
        try visitor.message(2, "executor_metadata", &executorMetadata)
    }
}
