package import GRPC

// Requests and answers: execution data and registers (onflow/flow protobuf/flow/executiondata/executiondata.proto).

package struct GetExecutionDataByBlockIDRequest: FlowExecutionDataMessage {
    package var blockID = BlockID.zero
    package var encoding = EventEncoding.jsonCDC
    package var stateQuery: ExecutionStateQuery?

    package init() {}

    package init(
        blockID: BlockID = BlockID.zero, encoding: EventEncoding = EventEncoding.jsonCDC,
        stateQuery: ExecutionStateQuery? = nil
    ) {
        self.blockID = blockID
        self.encoding = encoding
        self.stateQuery = stateQuery
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "block_id", &blockID)
        try visitor.field(2, "event_encoding_version", &encoding)
        try visitor.message(3, "execution_state_query", &stateQuery)
    }
}

package struct GetExecutionDataByBlockIDResponse: FlowExecutionDataMessage {
    package var executionData: BlockExecutionData?
    package var executorMetadata: ExecutorMetadata?

    package init() {}

    package init(executionData: BlockExecutionData? = nil, executorMetadata: ExecutorMetadata? = nil) {
        self.executionData = executionData
        self.executorMetadata = executorMetadata
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.message(1, "block_execution_data", &executionData)
        try visitor.message(2, "executor_metadata", &executorMetadata)
    }
}

package struct GetRegisterValuesRequest: FlowExecutionDataMessage {
    package var height = BlockHeight(0)
    package var registerIDs: [RegisterID] = []
    package var stateQuery: ExecutionStateQuery?

    package init() {}

    package init(
        height: BlockHeight = BlockHeight(0), registerIDs: [RegisterID] = [], stateQuery: ExecutionStateQuery? = nil
    ) {
        self.height = height
        self.registerIDs = registerIDs
        self.stateQuery = stateQuery
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "block_height", &height)
        try visitor.repeated(2, "register_ids", &registerIDs)
        try visitor.message(3, "execution_state_query", &stateQuery)
    }
}

package struct GetRegisterValuesResponse: FlowExecutionDataMessage {
    package var values: [[UInt8]] = []
    package var executorMetadata: ExecutorMetadata?

    package init() {}

    package init(values: [[UInt8]] = [], executorMetadata: ExecutorMetadata? = nil) {
        self.values = values
        self.executorMetadata = executorMetadata
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.repeated(1, "values", &values)
        try visitor.message(2, "executor_metadata", &executorMetadata)
    }
}
