package import GRPC

// Requests and answers: transactions and their results (onflow/flow protobuf/flow/access/access.proto).

package struct SendTransactionRequest: FlowAccessMessage {
    package var transaction: Transaction?
    package var stateQuery: ExecutionStateQuery?

    package init() {}

    package init(transaction: Transaction? = nil, stateQuery: ExecutionStateQuery? = nil) {
        self.transaction = transaction
        self.stateQuery = stateQuery
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.message(1, "transaction", &transaction)
        try visitor.message(2, "execution_state_query", &stateQuery)
    }
}

package struct SendTransactionResponse: FlowAccessMessage {
    package var id = TransactionID.zero
    package var metadata: ResponseMetadata?

    package init() {}

    package init(id: TransactionID = TransactionID.zero, metadata: ResponseMetadata? = nil) {
        self.id = id
        self.metadata = metadata
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "id", &id)
        try visitor.message(2, "metadata", &metadata)
    }
}

package struct GetTransactionRequest: FlowAccessMessage {
    package var id = TransactionID.zero
    package var blockID: BlockID?
    package var collectionID: CollectionID?
    package var encoding = EventEncoding.jsonCDC
    package var stateQuery: ExecutionStateQuery?

    package init() {}

    package init(
        id: TransactionID = TransactionID.zero, blockID: BlockID? = nil, collectionID: CollectionID? = nil,
        encoding: EventEncoding = EventEncoding.jsonCDC, stateQuery: ExecutionStateQuery? = nil
    ) {
        self.id = id
        self.blockID = blockID
        self.collectionID = collectionID
        self.encoding = encoding
        self.stateQuery = stateQuery
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "id", &id)
        try visitor.field(2, "block_id", &blockID)
        try visitor.field(3, "collection_id", &collectionID)
        try visitor.field(4, "event_encoding_version", &encoding)
        try visitor.message(5, "execution_state_query", &stateQuery)
    }
}

package struct TransactionResponse: FlowAccessMessage {
    package var transaction: Transaction?
    package var metadata: ResponseMetadata?

    package init() {}

    package init(transaction: Transaction? = nil, metadata: ResponseMetadata? = nil) {
        self.transaction = transaction
        self.metadata = metadata
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.message(1, "transaction", &transaction)
        try visitor.message(2, "metadata", &metadata)
    }
}

package struct GetTransactionByIndexRequest: FlowAccessMessage {
    package var blockID = BlockID.zero
    package var index = UInt32(0)
    package var encoding = EventEncoding.jsonCDC
    package var stateQuery: ExecutionStateQuery?

    package init() {}

    package init(
        blockID: BlockID = BlockID.zero, index: UInt32 = UInt32(0), encoding: EventEncoding = EventEncoding.jsonCDC,
        stateQuery: ExecutionStateQuery? = nil
    ) {
        self.blockID = blockID
        self.index = index
        self.encoding = encoding
        self.stateQuery = stateQuery
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "block_id", &blockID)
        try visitor.field(2, "index", &index)
        try visitor.field(3, "event_encoding_version", &encoding)
        try visitor.message(4, "execution_state_query", &stateQuery)
    }
}

package struct GetTransactionsByBlockIDRequest: FlowAccessMessage {
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

package struct TransactionResultsResponse: FlowAccessMessage {
    package var results: [TransactionResultResponse] = []
    package var metadata: ResponseMetadata?

    package init() {}

    package init(results: [TransactionResultResponse] = [], metadata: ResponseMetadata? = nil) {
        self.results = results
        self.metadata = metadata
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.repeated(1, "transaction_results", &results)
        try visitor.message(2, "metadata", &metadata)
    }
}

package struct TransactionsResponse: FlowAccessMessage {
    package var transactions: [Transaction] = []
    package var metadata: ResponseMetadata?

    package init() {}

    package init(transactions: [Transaction] = [], metadata: ResponseMetadata? = nil) {
        self.transactions = transactions
        self.metadata = metadata
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.repeated(1, "transactions", &transactions)
        try visitor.message(2, "metadata", &metadata)
    }
}

package struct GetSystemTransactionRequest: FlowAccessMessage {
    package var blockID = BlockID.zero
    package var id: TransactionID?
    package var stateQuery: ExecutionStateQuery?

    package init() {}

    package init(blockID: BlockID = BlockID.zero, id: TransactionID? = nil, stateQuery: ExecutionStateQuery? = nil) {
        self.blockID = blockID
        self.id = id
        self.stateQuery = stateQuery
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "block_id", &blockID)
        try visitor.field(2, "id", &id)
        try visitor.message(3, "execution_state_query", &stateQuery)
    }
}

package struct GetSystemTransactionResultRequest: FlowAccessMessage {
    package var blockID = BlockID.zero
    package var encoding = EventEncoding.jsonCDC
    package var stateQuery: ExecutionStateQuery?
    package var id: TransactionID?

    package init() {}

    package init(
        blockID: BlockID = BlockID.zero, encoding: EventEncoding = EventEncoding.jsonCDC,
        stateQuery: ExecutionStateQuery? = nil, id: TransactionID? = nil
    ) {
        self.blockID = blockID
        self.encoding = encoding
        self.stateQuery = stateQuery
        self.id = id
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "block_id", &blockID)
        try visitor.field(2, "event_encoding_version", &encoding)
        try visitor.message(3, "execution_state_query", &stateQuery)
        try visitor.field(4, "id", &id)
    }
}

package struct GetScheduledTransactionRequest: FlowAccessMessage {
    package var id = UInt64(0)
    package var stateQuery: ExecutionStateQuery?

    package init() {}

    package init(id: UInt64 = UInt64(0), stateQuery: ExecutionStateQuery? = nil) {
        self.id = id
        self.stateQuery = stateQuery
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "id", &id)
        try visitor.message(2, "execution_state_query", &stateQuery)
    }
}

package struct GetScheduledTransactionResultRequest: FlowAccessMessage {
    package var id = UInt64(0)
    package var encoding = EventEncoding.jsonCDC
    package var stateQuery: ExecutionStateQuery?

    package init() {}

    package init(
        id: UInt64 = UInt64(0), encoding: EventEncoding = EventEncoding.jsonCDC, stateQuery: ExecutionStateQuery? = nil
    ) {
        self.id = id
        self.encoding = encoding
        self.stateQuery = stateQuery
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "id", &id)
        try visitor.field(2, "event_encoding_version", &encoding)
        try visitor.message(3, "execution_state_query", &stateQuery)
    }
}

package struct SendAndSubscribeTransactionStatusesRequest: FlowAccessMessage {
    package var transaction: Transaction?
    package var encoding = EventEncoding.jsonCDC
    package var stateQuery: ExecutionStateQuery?

    package init() {}

    package init(
        transaction: Transaction? = nil, encoding: EventEncoding = EventEncoding.jsonCDC,
        stateQuery: ExecutionStateQuery? = nil
    ) {
        self.transaction = transaction
        self.encoding = encoding
        self.stateQuery = stateQuery
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.message(1, "transaction", &transaction)
        try visitor.field(2, "event_encoding_version", &encoding)
        try visitor.message(3, "execution_state_query", &stateQuery)
    }
}

package struct SendAndSubscribeTransactionStatusesResponse: FlowAccessMessage {
    package var results: TransactionResultResponse?
    package var messageIndex = UInt64(0)

    package init() {}

    package init(results: TransactionResultResponse? = nil, messageIndex: UInt64 = UInt64(0)) {
        self.results = results
        self.messageIndex = messageIndex
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.message(1, "transaction_results", &results)
        try visitor.field(2, "message_index", &messageIndex)
    }
}
