package import GRPC

// Requests and answers: events by type (onflow/flow protobuf/flow/access/access.proto).

package struct GetEventsForHeightRangeRequest: FlowAccessMessage {
    package var type = ""
    package var startHeight = BlockHeight(0)
    package var endHeight = BlockHeight(0)
    package var encoding = EventEncoding.jsonCDC
    package var stateQuery: ExecutionStateQuery?

    package init() {}

    package init(
        type: String = "", startHeight: BlockHeight = BlockHeight(0), endHeight: BlockHeight = BlockHeight(0),
        encoding: EventEncoding = EventEncoding.jsonCDC, stateQuery: ExecutionStateQuery? = nil
    ) {
        self.type = type
        self.startHeight = startHeight
        self.endHeight = endHeight
        self.encoding = encoding
        self.stateQuery = stateQuery
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "type", &type)
        try visitor.field(2, "start_height", &startHeight)
        try visitor.field(3, "end_height", &endHeight)
        try visitor.field(4, "event_encoding_version", &encoding)
        try visitor.message(5, "execution_state_query", &stateQuery)
    }
}

package struct EventsResponse: FlowAccessMessage {
    package var results: [BlockEvents] = []
    package var metadata: ResponseMetadata?

    package init() {}

    package init(results: [BlockEvents] = [], metadata: ResponseMetadata? = nil) {
        self.results = results
        self.metadata = metadata
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.repeated(1, "results", &results)
        try visitor.message(2, "metadata", &metadata)
    }

    package var expectedProtobufSize: Int {
        // An event's id, indices and lengths; a block's id, height and time.
        results.reduce(128) { size, block in
            block.events.reduce(size + 80) { $0 + $1.payload.count + $1.type.utf8.count + 64 }
        }
    }
}

package struct GetEventsForBlockIDsRequest: FlowAccessMessage {
    package var type = ""
    package var blockIDs: [BlockID] = []
    package var encoding = EventEncoding.jsonCDC
    package var stateQuery: ExecutionStateQuery?

    package init() {}

    package init(
        type: String = "", blockIDs: [BlockID] = [], encoding: EventEncoding = EventEncoding.jsonCDC,
        stateQuery: ExecutionStateQuery? = nil
    ) {
        self.type = type
        self.blockIDs = blockIDs
        self.encoding = encoding
        self.stateQuery = stateQuery
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "type", &type)
        try visitor.repeated(2, "block_ids", &blockIDs)
        try visitor.field(3, "event_encoding_version", &encoding)
        try visitor.message(4, "execution_state_query", &stateQuery)
    }
}
