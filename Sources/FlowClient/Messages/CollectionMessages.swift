import GRPC

// Requests and answers: collections (onflow/flow protobuf/flow/access/access.proto).

struct GetCollectionByIDRequest: FlowAccessMessage {
    var id = CollectionID.zero
    var stateQuery: ExecutionStateQuery?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "id", &id)
        try visitor.message(2, "execution_state_query", &stateQuery)
    }
}

struct CollectionResponse: FlowAccessMessage {
    var collection: TransactionCollection?
    var metadata: ResponseMetadata?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.message(1, "collection", &collection)
        try visitor.message(2, "metadata", &metadata)
    }
}

struct GetFullCollectionByIDRequest: FlowAccessMessage {
    var id = CollectionID.zero
    var stateQuery: ExecutionStateQuery?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "id", &id)
        try visitor.message(2, "execution_state_query", &stateQuery)
    }
}

struct FullCollectionResponse: FlowAccessMessage {
    var transactions: [Transaction] = []
    var metadata: ResponseMetadata?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.repeated(1, "transactions", &transactions)
        try visitor.message(2, "metadata", &metadata)
    }
}
