public import GRPC

/// An answer to `GetEventsForHeightRange` or `GetEventsForBlockIDs` read where it lies: its blocks and events are lent one
/// after the other, and no payload is copied. For ranges of many thousand events, of which few fields are wanted:
///
///     try await client.withEvents(ofType: reader.type, heights: 1...250, encoding: .ccf) { block, events in
///         try events.forEach { event, payload in
///             try reader.read(payload) { fields in … }
///         }
///     }
public enum EventRange {
    /// Lends each block in the order of the answer, those without events too: a height counts as searched only when it is
    /// returned. The block's own list of events is empty.
    ///
    /// - Parameter answer: the bytes of a flow.access.EventsResponse.
    /// - Throws: `ProtobufError` where the bytes are no such message, or what `body` throws.
    public static func read(
        _ answer: UnsafeRawBufferPointer, _ body: (BlockEvents, LentEvents) throws -> Void
    ) throws {
        try read(from: ProtobufReader(answer), body)
    }

    /// As above, for an answer as gRPC delivered it. Its slices are not joined: a block that lies within one is read in
    /// place, one that straddles slices is copied by itself, and the next over it.
    public static func read(_ answer: GRPCMessage, _ body: (BlockEvents, LentEvents) throws -> Void) throws {
        try answer.withUnsafeSlices { slices in try read(slices: slices, body) }
    }

    /// As above, for an answer in runs of bytes.
    public static func read(
        slices: some Collection<UnsafeRawBufferPointer>, _ body: (BlockEvents, LentEvents) throws -> Void
    ) throws {
        try read(from: SlicedProtobufReader(slices), body)
    }

    private static func read(
        from reader: consuming some ProtobufFieldReader, _ body: (BlockEvents, LentEvents) throws -> Void
    ) throws {
        while let (number, type) = try reader.key() {
            guard number == 1, type == .lengthDelimited else {
                try reader.skip(number, type, depth: 0)
                continue
            }
            let count: Int
            do { count = try reader.length() } catch { throw error.within("results") }
            let start = reader.position
            try reader.withBytes(count) { bytes in
                let lent = try LentBlock(bytes, at: start, ["results"])
                try body(lent.block, LentEvents(messages: lent.events, start: start))
            }
        }
    }
}

/// The events of one block, in the answer's bytes: valid only while they are lent.
public struct LentEvents {
    fileprivate let messages: [LentBytes]
    /// Where the block begins in the answer.
    fileprivate let start: Int
    public var count: Int { messages.count }

    /// - Parameter body: is given each event without its payload, and the payload's bytes.
    public func forEach(_ body: (Event, UnsafeRawBufferPointer) throws -> Void) throws {
        for message in messages {
            let lent = try LentEvent(message.bytes, at: start + message.start, ["results", "events"])
            try body(lent.event, lent.payload.bytes)
        }
    }
}

extension ProtobufMessage {
    /// A message in others, which is read by itself: errors say where it lies and what it is in, as the whole decoder's do.
    fileprivate init(_ bytes: UnsafeRawBufferPointer, at start: Int, _ path: [String]) throws(ProtobufError) {
        self.init()
        var decoder = ProtobufDecoder(ProtobufReader(bytes), depth: path.count)
        do {
            try decoder.decode(into: &self)
        } catch {
            throw path.reversed().reduce(error.moved(by: start)) { $0.within($1) }
        }
    }
}

/// flow.access.EventsResponse.Result
private struct LentBlock: ProtobufMessage {
    package static var protobufName: String { BlockEvents.protobufName }
    package var block = BlockEvents()
    package var events: [LentBytes] = []

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "block_id", &block.blockID)
        try visitor.field(2, "block_height", &block.blockHeight)
        try visitor.repeated(3, "events", &events)
        try visitor.message(4, "block_timestamp", &block.blockTimestamp)
    }
}

/// flow.entities.Event
private struct LentEvent: ProtobufMessage {
    package static var protobufName: String { Event.protobufName }
    package var event = Event()
    package var payload = LentBytes()

    package mutating func fields<V: ProtobufFieldVisitor>(_ visitor: inout V) throws(ProtobufError) {
        try visitor.field(1, "type", &event.type)
        try visitor.field(2, "transaction_id", &event.transactionID)
        try visitor.field(3, "transaction_index", &event.transactionIndex)
        try visitor.field(4, "event_index", &event.eventIndex)
        try visitor.field(5, "payload", &payload)
    }
}

/// Bytes of the message that is being read, where they lie.
private struct LentBytes: ProtobufValue, @unchecked Sendable {
    // Sendable because the protocol wants it: it never leaves the call that lends the message.
    package var bytes = UnsafeRawBufferPointer(start: nil, count: 0)
    /// From the start of that message.
    package var start = 0

    package static var protobufType: String { "bytes" }
    package static var wireType: ProtobufWireType { .lengthDelimited }
    package var isProtobufDefault: Bool { bytes.isEmpty }

    package init() {}
    package init(from reader: inout ProtobufReader) throws(ProtobufError) {
        bytes = try reader.lengthDelimited()
        start = reader.position - bytes.count
    }
    package func write(to writer: inout ProtobufWriter) { writer.lengthDelimited(bytes) }
}
