package import GRPC

// Requests and answers: streams of execution data, events and account statuses (onflow/flow protobuf/flow/executiondata/executiondata.proto).

package struct SubscribeExecutionDataRequest: FlowExecutionDataMessage {
    package var startBlockID: BlockID?
    package var startHeight = BlockHeight(0)
    package var encoding = EventEncoding.jsonCDC
    package var stateQuery: ExecutionStateQuery?

    package init() {}

    package init(
        startBlockID: BlockID? = nil, startHeight: BlockHeight = BlockHeight(0),
        encoding: EventEncoding = EventEncoding.jsonCDC, stateQuery: ExecutionStateQuery? = nil
    ) {
        self.startBlockID = startBlockID
        self.startHeight = startHeight
        self.encoding = encoding
        self.stateQuery = stateQuery
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "start_block_id", &startBlockID)
        try visitor.field(2, "start_block_height", &startHeight)
        try visitor.field(3, "event_encoding_version", &encoding)
        try visitor.message(4, "execution_state_query", &stateQuery)
    }
}

package struct SubscribeExecutionDataFromStartBlockIDRequest: FlowExecutionDataMessage {
    package var startBlockID = BlockID.zero
    package var encoding = EventEncoding.jsonCDC
    package var stateQuery: ExecutionStateQuery?

    package init() {}

    package init(
        startBlockID: BlockID = BlockID.zero, encoding: EventEncoding = EventEncoding.jsonCDC,
        stateQuery: ExecutionStateQuery? = nil
    ) {
        self.startBlockID = startBlockID
        self.encoding = encoding
        self.stateQuery = stateQuery
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "start_block_id", &startBlockID)
        try visitor.field(2, "event_encoding_version", &encoding)
        try visitor.message(3, "execution_state_query", &stateQuery)
    }
}

package struct SubscribeExecutionDataFromStartBlockHeightRequest: FlowExecutionDataMessage {
    package var startHeight = BlockHeight(0)
    package var encoding = EventEncoding.jsonCDC
    package var stateQuery: ExecutionStateQuery?

    package init() {}

    package init(
        startHeight: BlockHeight = BlockHeight(0), encoding: EventEncoding = EventEncoding.jsonCDC,
        stateQuery: ExecutionStateQuery? = nil
    ) {
        self.startHeight = startHeight
        self.encoding = encoding
        self.stateQuery = stateQuery
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "start_block_height", &startHeight)
        try visitor.field(2, "event_encoding_version", &encoding)
        try visitor.message(3, "execution_state_query", &stateQuery)
    }
}

package struct SubscribeExecutionDataFromLatestRequest: FlowExecutionDataMessage {
    package var encoding = EventEncoding.jsonCDC
    package var stateQuery: ExecutionStateQuery?

    package init() {}

    package init(encoding: EventEncoding = EventEncoding.jsonCDC, stateQuery: ExecutionStateQuery? = nil) {
        self.encoding = encoding
        self.stateQuery = stateQuery
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "event_encoding_version", &encoding)
        try visitor.message(2, "execution_state_query", &stateQuery)
    }
}

package struct SubscribeEventsRequest: FlowExecutionDataMessage {
    package var startBlockID: BlockID?
    package var startHeight = BlockHeight(0)
    package var filter: EventFilter?
    package var heartbeat = UInt64(0)
    package var encoding = EventEncoding.jsonCDC
    package var stateQuery: ExecutionStateQuery?

    package init() {}

    package init(
        startBlockID: BlockID? = nil, startHeight: BlockHeight = BlockHeight(0), filter: EventFilter? = nil,
        heartbeat: UInt64 = UInt64(0), encoding: EventEncoding = EventEncoding.jsonCDC,
        stateQuery: ExecutionStateQuery? = nil
    ) {
        self.startBlockID = startBlockID
        self.startHeight = startHeight
        self.filter = filter
        self.heartbeat = heartbeat
        self.encoding = encoding
        self.stateQuery = stateQuery
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "start_block_id", &startBlockID)
        try visitor.field(2, "start_block_height", &startHeight)
        try visitor.message(3, "filter", &filter)
        try visitor.field(4, "heartbeat_interval", &heartbeat)
        try visitor.field(5, "event_encoding_version", &encoding)
        try visitor.message(6, "execution_state_query", &stateQuery)
    }
}

package struct SubscribeEventsFromStartBlockIDRequest: FlowExecutionDataMessage {
    package var startBlockID = BlockID.zero
    package var filter: EventFilter?
    package var heartbeat = UInt64(0)
    package var encoding = EventEncoding.jsonCDC
    package var stateQuery: ExecutionStateQuery?

    package init() {}

    package init(
        startBlockID: BlockID = BlockID.zero, filter: EventFilter? = nil, heartbeat: UInt64 = UInt64(0),
        encoding: EventEncoding = EventEncoding.jsonCDC, stateQuery: ExecutionStateQuery? = nil
    ) {
        self.startBlockID = startBlockID
        self.filter = filter
        self.heartbeat = heartbeat
        self.encoding = encoding
        self.stateQuery = stateQuery
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "start_block_id", &startBlockID)
        try visitor.message(2, "filter", &filter)
        try visitor.field(3, "heartbeat_interval", &heartbeat)
        try visitor.field(4, "event_encoding_version", &encoding)
        try visitor.message(5, "execution_state_query", &stateQuery)
    }
}

package struct SubscribeEventsFromStartHeightRequest: FlowExecutionDataMessage {
    package var startHeight = BlockHeight(0)
    package var filter: EventFilter?
    package var heartbeat = UInt64(0)
    package var encoding = EventEncoding.jsonCDC
    package var stateQuery: ExecutionStateQuery?

    package init() {}

    package init(
        startHeight: BlockHeight = BlockHeight(0), filter: EventFilter? = nil, heartbeat: UInt64 = UInt64(0),
        encoding: EventEncoding = EventEncoding.jsonCDC, stateQuery: ExecutionStateQuery? = nil
    ) {
        self.startHeight = startHeight
        self.filter = filter
        self.heartbeat = heartbeat
        self.encoding = encoding
        self.stateQuery = stateQuery
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "start_block_height", &startHeight)
        try visitor.message(2, "filter", &filter)
        try visitor.field(3, "heartbeat_interval", &heartbeat)
        try visitor.field(4, "event_encoding_version", &encoding)
        try visitor.message(5, "execution_state_query", &stateQuery)
    }
}

package struct SubscribeEventsFromLatestRequest: FlowExecutionDataMessage {
    package var filter: EventFilter?
    package var heartbeat = UInt64(0)
    package var encoding = EventEncoding.jsonCDC
    package var stateQuery: ExecutionStateQuery?

    package init() {}

    package init(
        filter: EventFilter? = nil, heartbeat: UInt64 = UInt64(0), encoding: EventEncoding = EventEncoding.jsonCDC,
        stateQuery: ExecutionStateQuery? = nil
    ) {
        self.filter = filter
        self.heartbeat = heartbeat
        self.encoding = encoding
        self.stateQuery = stateQuery
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.message(1, "filter", &filter)
        try visitor.field(2, "heartbeat_interval", &heartbeat)
        try visitor.field(3, "event_encoding_version", &encoding)
        try visitor.message(4, "execution_state_query", &stateQuery)
    }
}

package struct SubscribeAccountStatusesFromStartBlockIDRequest: FlowExecutionDataMessage {
    package var startBlockID = BlockID.zero
    package var filter: AccountStatusFilter?
    package var heartbeat = UInt64(0)
    package var encoding = EventEncoding.jsonCDC
    package var stateQuery: ExecutionStateQuery?

    package init() {}

    package init(
        startBlockID: BlockID = BlockID.zero, filter: AccountStatusFilter? = nil, heartbeat: UInt64 = UInt64(0),
        encoding: EventEncoding = EventEncoding.jsonCDC, stateQuery: ExecutionStateQuery? = nil
    ) {
        self.startBlockID = startBlockID
        self.filter = filter
        self.heartbeat = heartbeat
        self.encoding = encoding
        self.stateQuery = stateQuery
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "start_block_id", &startBlockID)
        try visitor.message(2, "filter", &filter)
        try visitor.field(3, "heartbeat_interval", &heartbeat)
        try visitor.field(4, "event_encoding_version", &encoding)
        try visitor.message(5, "execution_state_query", &stateQuery)
    }
}

package struct SubscribeAccountStatusesFromStartHeightRequest: FlowExecutionDataMessage {
    package var startHeight = BlockHeight(0)
    package var filter: AccountStatusFilter?
    package var heartbeat = UInt64(0)
    package var encoding = EventEncoding.jsonCDC
    package var stateQuery: ExecutionStateQuery?

    package init() {}

    package init(
        startHeight: BlockHeight = BlockHeight(0), filter: AccountStatusFilter? = nil, heartbeat: UInt64 = UInt64(0),
        encoding: EventEncoding = EventEncoding.jsonCDC, stateQuery: ExecutionStateQuery? = nil
    ) {
        self.startHeight = startHeight
        self.filter = filter
        self.heartbeat = heartbeat
        self.encoding = encoding
        self.stateQuery = stateQuery
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "start_block_height", &startHeight)
        try visitor.message(2, "filter", &filter)
        try visitor.field(3, "heartbeat_interval", &heartbeat)
        try visitor.field(4, "event_encoding_version", &encoding)
        try visitor.message(5, "execution_state_query", &stateQuery)
    }
}

package struct SubscribeAccountStatusesFromLatestBlockRequest: FlowExecutionDataMessage {
    package var filter: AccountStatusFilter?
    package var heartbeat = UInt64(0)
    package var encoding = EventEncoding.jsonCDC
    package var stateQuery: ExecutionStateQuery?

    package init() {}

    package init(
        filter: AccountStatusFilter? = nil, heartbeat: UInt64 = UInt64(0),
        encoding: EventEncoding = EventEncoding.jsonCDC, stateQuery: ExecutionStateQuery? = nil
    ) {
        self.filter = filter
        self.heartbeat = heartbeat
        self.encoding = encoding
        self.stateQuery = stateQuery
    }

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.message(1, "filter", &filter)
        try visitor.field(2, "heartbeat_interval", &heartbeat)
        try visitor.field(3, "event_encoding_version", &encoding)
        try visitor.message(4, "execution_state_query", &stateQuery)
    }
}
