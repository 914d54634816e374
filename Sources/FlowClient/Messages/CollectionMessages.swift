package import GRPC

// Requests and answers: collections (onflow/flow protobuf/flow/access/access.proto).

package struct GetCollectionByIDRequest: FlowAccessMessage {
    package var id = CollectionID.zero
    package var stateQuery: ExecutionStateQuery?

    package init() {}

    package init(id: CollectionID = CollectionID.zero, stateQuery: ExecutionStateQuery? = nil) {
        self.id = id
        self.stateQuery = stateQuery
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "id", &id)
        try visitor.message(2, "execution_state_query", &stateQuery)
    }
}

package struct CollectionResponse: FlowAccessMessage {
    package var collection: TransactionCollection?
    package var metadata: ResponseMetadata?

    package init() {}

    package init(collection: TransactionCollection? = nil, metadata: ResponseMetadata? = nil) {
        self.collection = collection
        self.metadata = metadata
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.message(1, "collection", &collection)
        try visitor.message(2, "metadata", &metadata)
    }
}

package struct GetFullCollectionByIDRequest: FlowAccessMessage {
    package var id = CollectionID.zero
    package var stateQuery: ExecutionStateQuery?

    package init() {}

    package init(id: CollectionID = CollectionID.zero, stateQuery: ExecutionStateQuery? = nil) {
        self.id = id
        self.stateQuery = stateQuery
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "id", &id)
        try visitor.message(2, "execution_state_query", &stateQuery)
    }
}

package struct FullCollectionResponse: FlowAccessMessage {
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
