import GRPC

// Requests and answers: streams of execution data, events and account statuses (onflow/flow protobuf/flow/executiondata/executiondata.proto).

struct SubscribeExecutionDataRequest: FlowExecutionDataMessage {
    var startBlockID: BlockID?
    var startHeight = BlockHeight(0)
    var encoding = EventEncoding.jsonCDC
    var stateQuery: ExecutionStateQuery?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "start_block_id", &startBlockID)
        try visitor.field(2, "start_block_height", &startHeight)
        try visitor.field(3, "event_encoding_version", &encoding)
        try visitor.message(4, "execution_state_query", &stateQuery)
    }
}

struct SubscribeExecutionDataFromStartBlockIDRequest: FlowExecutionDataMessage {
    var startBlockID = BlockID.zero
    var encoding = EventEncoding.jsonCDC
    var stateQuery: ExecutionStateQuery?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "start_block_id", &startBlockID)
        try visitor.field(2, "event_encoding_version", &encoding)
        try visitor.message(3, "execution_state_query", &stateQuery)
    }
}

struct SubscribeExecutionDataFromStartBlockHeightRequest: FlowExecutionDataMessage {
    var startHeight = BlockHeight(0)
    var encoding = EventEncoding.jsonCDC
    var stateQuery: ExecutionStateQuery?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "start_block_height", &startHeight)
        try visitor.field(2, "event_encoding_version", &encoding)
        try visitor.message(3, "execution_state_query", &stateQuery)
    }
}

struct SubscribeExecutionDataFromLatestRequest: FlowExecutionDataMessage {
    var encoding = EventEncoding.jsonCDC
    var stateQuery: ExecutionStateQuery?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "event_encoding_version", &encoding)
        try visitor.message(2, "execution_state_query", &stateQuery)
    }
}

struct SubscribeEventsRequest: FlowExecutionDataMessage {
    var startBlockID: BlockID?
    var startHeight = BlockHeight(0)
    var filter: EventFilter?
    var heartbeat = UInt64(0)
    var encoding = EventEncoding.jsonCDC
    var stateQuery: ExecutionStateQuery?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "start_block_id", &startBlockID)
        try visitor.field(2, "start_block_height", &startHeight)
        try visitor.message(3, "filter", &filter)
        try visitor.field(4, "heartbeat_interval", &heartbeat)
        try visitor.field(5, "event_encoding_version", &encoding)
        try visitor.message(6, "execution_state_query", &stateQuery)
    }
}

struct SubscribeEventsFromStartBlockIDRequest: FlowExecutionDataMessage {
    var startBlockID = BlockID.zero
    var filter: EventFilter?
    var heartbeat = UInt64(0)
    var encoding = EventEncoding.jsonCDC
    var stateQuery: ExecutionStateQuery?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "start_block_id", &startBlockID)
        try visitor.message(2, "filter", &filter)
        try visitor.field(3, "heartbeat_interval", &heartbeat)
        try visitor.field(4, "event_encoding_version", &encoding)
        try visitor.message(5, "execution_state_query", &stateQuery)
    }
}

struct SubscribeEventsFromStartHeightRequest: FlowExecutionDataMessage {
    var startHeight = BlockHeight(0)
    var filter: EventFilter?
    var heartbeat = UInt64(0)
    var encoding = EventEncoding.jsonCDC
    var stateQuery: ExecutionStateQuery?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "start_block_height", &startHeight)
        try visitor.message(2, "filter", &filter)
        try visitor.field(3, "heartbeat_interval", &heartbeat)
        try visitor.field(4, "event_encoding_version", &encoding)
        try visitor.message(5, "execution_state_query", &stateQuery)
    }
}

struct SubscribeEventsFromLatestRequest: FlowExecutionDataMessage {
    var filter: EventFilter?
    var heartbeat = UInt64(0)
    var encoding = EventEncoding.jsonCDC
    var stateQuery: ExecutionStateQuery?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.message(1, "filter", &filter)
        try visitor.field(2, "heartbeat_interval", &heartbeat)
        try visitor.field(3, "event_encoding_version", &encoding)
        try visitor.message(4, "execution_state_query", &stateQuery)
    }
}

struct SubscribeAccountStatusesFromStartBlockIDRequest: FlowExecutionDataMessage {
    var startBlockID = BlockID.zero
    var filter: AccountStatusFilter?
    var heartbeat = UInt64(0)
    var encoding = EventEncoding.jsonCDC
    var stateQuery: ExecutionStateQuery?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "start_block_id", &startBlockID)
        try visitor.message(2, "filter", &filter)
        try visitor.field(3, "heartbeat_interval", &heartbeat)
        try visitor.field(4, "event_encoding_version", &encoding)
        try visitor.message(5, "execution_state_query", &stateQuery)
    }
}

struct SubscribeAccountStatusesFromStartHeightRequest: FlowExecutionDataMessage {
    var startHeight = BlockHeight(0)
    var filter: AccountStatusFilter?
    var heartbeat = UInt64(0)
    var encoding = EventEncoding.jsonCDC
    var stateQuery: ExecutionStateQuery?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "start_block_height", &startHeight)
        try visitor.message(2, "filter", &filter)
        try visitor.field(3, "heartbeat_interval", &heartbeat)
        try visitor.field(4, "event_encoding_version", &encoding)
        try visitor.message(5, "execution_state_query", &stateQuery)
    }
}

struct SubscribeAccountStatusesFromLatestBlockRequest: FlowExecutionDataMessage {
    var filter: AccountStatusFilter?
    var heartbeat = UInt64(0)
    var encoding = EventEncoding.jsonCDC
    var stateQuery: ExecutionStateQuery?

    mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.message(1, "filter", &filter)
        try visitor.field(2, "heartbeat_interval", &heartbeat)
        try visitor.field(3, "event_encoding_version", &encoding)
        try visitor.message(4, "execution_state_query", &stateQuery)
    }
}
