import Cadence
public import GRPC

// onflow/flow protobuf/flow/executiondata/executiondata.proto: what the streams carry, and their filters

extension ExecutionDataMessage: ProtobufMessage {
    public static var protobufName: String { "flow.executiondata.SubscribeExecutionDataResponse" }
    public mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "block_height", &blockHeight)
        try visitor.message(2, "block_execution_data", &executionData)
        try visitor.message(3, "block_timestamp", &blockTimestamp)
        visitor.unused(4, "executor_metadata", "m:flow.entities.ExecutorMetadata")
    }
}

extension EventsMessage: ProtobufMessage {
    public static var protobufName: String { "flow.executiondata.SubscribeEventsResponse" }
    public mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "block_id", &blockID)
        try visitor.field(2, "block_height", &blockHeight)
        try visitor.repeated(3, "events", &events)
        try visitor.message(4, "block_timestamp", &blockTimestamp)
        try visitor.field(5, "message_index", &messageIndex)
        visitor.unused(6, "executor_metadata", "m:flow.entities.ExecutorMetadata")
    }
}

extension AccountStatusesMessage: ProtobufMessage {
    public static var protobufName: String { "flow.executiondata.SubscribeAccountStatusesResponse" }
    public mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "block_id", &blockID)
        try visitor.field(2, "block_height", &blockHeight)
        try visitor.field(3, "message_index", &messageIndex)
        try visitor.repeated(4, "results", &results)
        visitor.unused(5, "executor_metadata", "m:flow.entities.ExecutorMetadata")
    }
}

extension AccountStatusesMessage.AccountEvents: ProtobufMessage {
    public static var protobufName: String { "flow.executiondata.SubscribeAccountStatusesResponse.Result" }
    public mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "address", &address)
        try visitor.repeated(2, "events", &events)
    }
}

extension EventFilter: ProtobufMessage {
    public static var protobufName: String { "flow.executiondata.EventFilter" }
    public init() { self.init(eventTypes: []) }
    public mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.repeated(1, "event_type", &eventTypes)
        try visitor.repeated(2, "contract", &contracts)
        try visitor.repeated(3, "address", &addresses)
    }
}

extension AccountStatusFilter: ProtobufMessage {
    public static var protobufName: String { "flow.executiondata.StatusFilter" }
    public init() { self.init(eventTypes: []) }
    public mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.repeated(1, "event_type", &eventTypes)
        // There is no field 2, and addresses are text here and nowhere else.
        var texts = addresses.map(AddressText.init)
        try visitor.repeated(3, "address", &texts)
        addresses = texts.map(\.address)
    }
}

private struct AddressText: ProtobufValue {
    package static var protobufType: String { "string" }
    package static var wireType: ProtobufWireType { .lengthDelimited }
    package let address: Address
    package var isProtobufDefault: Bool { false }

    package init(address: Address) { self.address = address }

    package init(from reader: inout ProtobufReader) throws(ProtobufError) {
        let start = reader.position
        let text = try String(from: &reader)
        guard let address = Address(text) else {
            throw ProtobufError(.invalidValue("\(text.debugDescription) is no address"), at: start)
        }
        self.address = address
    }

    package func write(to writer: inout ProtobufWriter) { writer.lengthDelimited(address.hex) }
}
