import GRPC

// Requests and answers: transactions and their results (onflow/flow protobuf/flow/access/access.proto).

struct SendTransactionRequest: FlowAccessMessage {
    var transaction: Transaction?
    var stateQuery: ExecutionStateQuery?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.message(1, "transaction", &transaction)
        try visitor.message(2, "execution_state_query", &stateQuery)
    }
}

struct SendTransactionResponse: FlowAccessMessage {
    var id = TransactionID.zero
    var metadata: ResponseMetadata?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "id", &id)
        try visitor.message(2, "metadata", &metadata)
    }
}

struct GetTransactionRequest: FlowAccessMessage {
    var id = TransactionID.zero
    var blockID: BlockID?
    var collectionID: CollectionID?
    var encoding = EventEncoding.jsonCDC
    var stateQuery: ExecutionStateQuery?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "id", &id)
        try visitor.field(2, "block_id", &blockID)
        try visitor.field(3, "collection_id", &collectionID)
        try visitor.field(4, "event_encoding_version", &encoding)
        try visitor.message(5, "execution_state_query", &stateQuery)
    }
}

struct TransactionResponse: FlowAccessMessage {
    var transaction: Transaction?
    var metadata: ResponseMetadata?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.message(1, "transaction", &transaction)
        try visitor.message(2, "metadata", &metadata)
    }
}

struct GetTransactionByIndexRequest: FlowAccessMessage {
    var blockID = BlockID.zero
    var index = UInt32(0)
    var encoding = EventEncoding.jsonCDC
    var stateQuery: ExecutionStateQuery?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "block_id", &blockID)
        try visitor.field(2, "index", &index)
        try visitor.field(3, "event_encoding_version", &encoding)
        try visitor.message(4, "execution_state_query", &stateQuery)
    }
}

struct GetTransactionsByBlockIDRequest: FlowAccessMessage {
    var blockID = BlockID.zero
    var encoding = EventEncoding.jsonCDC
    var stateQuery: ExecutionStateQuery?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "block_id", &blockID)
        try visitor.field(2, "event_encoding_version", &encoding)
        try visitor.message(3, "execution_state_query", &stateQuery)
    }
}

struct TransactionResultsResponse: FlowAccessMessage {
    var results: [TransactionResultResponse] = []
    var metadata: ResponseMetadata?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.repeated(1, "transaction_results", &results)
        try visitor.message(2, "metadata", &metadata)
    }
}

struct TransactionsResponse: FlowAccessMessage {
    var transactions: [Transaction] = []
    var metadata: ResponseMetadata?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.repeated(1, "transactions", &transactions)
        try visitor.message(2, "metadata", &metadata)
    }
}

struct GetSystemTransactionRequest: FlowAccessMessage {
    var blockID = BlockID.zero
    var id: TransactionID?
    var stateQuery: ExecutionStateQuery?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "block_id", &blockID)
        try visitor.field(2, "id", &id)
        try visitor.message(3, "execution_state_query", &stateQuery)
    }
}

struct GetSystemTransactionResultRequest: FlowAccessMessage {
    var blockID = BlockID.zero
    var encoding = EventEncoding.jsonCDC
    var stateQuery: ExecutionStateQuery?
    var id: TransactionID?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "block_id", &blockID)
        try visitor.field(2, "event_encoding_version", &encoding)
        try visitor.message(3, "execution_state_query", &stateQuery)
        try visitor.field(4, "id", &id)
    }
}

struct GetScheduledTransactionRequest: FlowAccessMessage {
    var id = UInt64(0)
    var stateQuery: ExecutionStateQuery?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "id", &id)
        try visitor.message(2, "execution_state_query", &stateQuery)
    }
}

struct GetScheduledTransactionResultRequest: FlowAccessMessage {
    var id = UInt64(0)
    var encoding = EventEncoding.jsonCDC
    var stateQuery: ExecutionStateQuery?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "id", &id)
        try visitor.field(2, "event_encoding_version", &encoding)
        try visitor.message(3, "execution_state_query", &stateQuery)
    }
}

struct SendAndSubscribeTransactionStatusesRequest: FlowAccessMessage {
    var transaction: Transaction?
    var encoding = EventEncoding.jsonCDC
    var stateQuery: ExecutionStateQuery?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.message(1, "transaction", &transaction)
        try visitor.field(2, "event_encoding_version", &encoding)
        try visitor.message(3, "execution_state_query", &stateQuery)
    }
}

struct SendAndSubscribeTransactionStatusesResponse: FlowAccessMessage {
    var results: TransactionResultResponse?
    var messageIndex = UInt64(0)

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.message(1, "transaction_results", &results)
        try visitor.field(2, "message_index", &messageIndex)
    }
}
