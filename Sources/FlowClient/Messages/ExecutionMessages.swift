package import GRPC

// Requests and answers: execution results and receipts (onflow/flow protobuf/flow/access/access.proto).

package struct GetExecutionResultForBlockIDRequest: FlowAccessMessage {
    package var blockID = BlockID.zero
    package var stateQuery: ExecutionStateQuery?

    package init() {}

    package init(blockID: BlockID = BlockID.zero, stateQuery: ExecutionStateQuery? = nil) {
        self.blockID = blockID
        self.stateQuery = stateQuery
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "block_id", &blockID)
        try visitor.message(2, "execution_state_query", &stateQuery)
    }
}

package struct ExecutionResultForBlockIDResponse: FlowAccessMessage {
    package var result: ExecutionResult?
    package var metadata: ResponseMetadata?

    package init() {}

    package init(result: ExecutionResult? = nil, metadata: ResponseMetadata? = nil) {
        self.result = result
        self.metadata = metadata
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.message(1, "execution_result", &result)
        try visitor.message(2, "metadata", &metadata)
    }
}

package struct GetExecutionResultByIDRequest: FlowAccessMessage {
    package var id = Identifier.zero
    package var stateQuery: ExecutionStateQuery?

    package init() {}

    package init(id: Identifier = Identifier.zero, stateQuery: ExecutionStateQuery? = nil) {
        self.id = id
        self.stateQuery = stateQuery
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "id", &id)
        try visitor.message(2, "execution_state_query", &stateQuery)
    }
}

package struct ExecutionResultByIDResponse: FlowAccessMessage {
    package var result: ExecutionResult?
    package var metadata: ResponseMetadata?

    package init() {}

    package init(result: ExecutionResult? = nil, metadata: ResponseMetadata? = nil) {
        self.result = result
        self.metadata = metadata
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.message(1, "execution_result", &result)
        try visitor.message(2, "metadata", &metadata)
    }
}

package struct GetExecutionReceiptsByBlockIDRequest: FlowAccessMessage {
    package var blockID = BlockID.zero
    package var includeResult = false

    package init() {}

    package init(blockID: BlockID = BlockID.zero, includeResult: Bool = false) {
        self.blockID = blockID
        self.includeResult = includeResult
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "block_id", &blockID)
        try visitor.field(2, "include_result", &includeResult)
    }
}

package struct ExecutionReceiptsResponse: FlowAccessMessage {
    package var receipts: [ExecutionReceipt] = []
    package var metadata: ResponseMetadata?

    package init() {}

    package init(receipts: [ExecutionReceipt] = [], metadata: ResponseMetadata? = nil) {
        self.receipts = receipts
        self.metadata = metadata
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.repeated(1, "receipts", &receipts)
        try visitor.message(2, "metadata", &metadata)
    }
}

package struct GetExecutionReceiptsByResultIDRequest: FlowAccessMessage {
    package var resultID = Identifier.zero
    package var includeResult = false

    package init() {}

    package init(resultID: Identifier = Identifier.zero, includeResult: Bool = false) {
        self.resultID = resultID
        self.includeResult = includeResult
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "result_id", &resultID)
        try visitor.field(2, "include_result", &includeResult)
    }
}
