import GRPC

// Requests and answers: events by type (onflow/flow protobuf/flow/access/access.proto).

struct GetEventsForHeightRangeRequest: FlowAccessMessage {
    var type = ""
    var startHeight = BlockHeight(0)
    var endHeight = BlockHeight(0)
    var encoding = EventEncoding.jsonCDC
    var stateQuery: ExecutionStateQuery?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "type", &type)
        try visitor.field(2, "start_height", &startHeight)
        try visitor.field(3, "end_height", &endHeight)
        try visitor.field(4, "event_encoding_version", &encoding)
        try visitor.message(5, "execution_state_query", &stateQuery)
    }
}

struct EventsResponse: FlowAccessMessage {
    var results: [BlockEvents] = []
    var metadata: ResponseMetadata?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.repeated(1, "results", &results)
        try visitor.message(2, "metadata", &metadata)
    }
}

struct GetEventsForBlockIDsRequest: FlowAccessMessage {
    var type = ""
    var blockIDs: [BlockID] = []
    var encoding = EventEncoding.jsonCDC
    var stateQuery: ExecutionStateQuery?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "type", &type)
        try visitor.repeated(2, "block_ids", &blockIDs)
        try visitor.field(3, "event_encoding_version", &encoding)
        try visitor.message(4, "execution_state_query", &stateQuery)
    }
}
