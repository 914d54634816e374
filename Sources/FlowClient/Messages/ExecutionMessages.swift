import GRPC

// Requests and answers: execution results and receipts (onflow/flow protobuf/flow/access/access.proto).

struct GetExecutionResultForBlockIDRequest: FlowAccessMessage {
    var blockID = BlockID.zero
    var stateQuery: ExecutionStateQuery?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "block_id", &blockID)
        try visitor.message(2, "execution_state_query", &stateQuery)
    }
}

struct ExecutionResultForBlockIDResponse: FlowAccessMessage {
    var result: ExecutionResult?
    var metadata: ResponseMetadata?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.message(1, "execution_result", &result)
        try visitor.message(2, "metadata", &metadata)
    }
}

struct GetExecutionResultByIDRequest: FlowAccessMessage {
    var id = Identifier.zero
    var stateQuery: ExecutionStateQuery?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "id", &id)
        try visitor.message(2, "execution_state_query", &stateQuery)
    }
}

struct ExecutionResultByIDResponse: FlowAccessMessage {
    var result: ExecutionResult?
    var metadata: ResponseMetadata?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.message(1, "execution_result", &result)
        try visitor.message(2, "metadata", &metadata)
    }
}

struct GetExecutionReceiptsByBlockIDRequest: FlowAccessMessage {
    var blockID = BlockID.zero
    var includeResult = false

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "block_id", &blockID)
        try visitor.field(2, "include_result", &includeResult)
    }
}

struct ExecutionReceiptsResponse: FlowAccessMessage {
    var receipts: [ExecutionReceipt] = []
    var metadata: ResponseMetadata?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.repeated(1, "receipts", &receipts)
        try visitor.message(2, "metadata", &metadata)
    }
}

struct GetExecutionReceiptsByResultIDRequest: FlowAccessMessage {
    var resultID = Identifier.zero
    var includeResult = false

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "result_id", &resultID)
        try visitor.field(2, "include_result", &includeResult)
    }
}
