/// Reads a few fields of one event type straight from payloads, in either encoding, without making values of the rest.
///
///     let reader = EventReader("A.1d7e57aa55817448.NonFungibleToken.Deposited", fields: ["id", "to", "collectionUUID"])
///     try reader.read(payload) { event in
///         move(try event.uint64(0), to: try event.optionalAddress(1), collection: try event.uint64(2))
///     }
///
/// The first payload of a shape is read whole and becomes a pattern; those that follow are compared with the pattern and only their fields
/// looked at. What is not asked for is stepped over: it must be there and end where it should, but is not checked further.
///
/// A reader belongs to one task at a time. It grows with the number of shapes it meets, not with the number of payloads.
public final class EventReader {
    /// The full type id, such as `A.1d7e57aa55817448.NonFungibleToken.Deposited`.
    public let type: String
    /// What `EventFields` knows by their places here.
    public let fields: [String]

    private let slots: UnsafeMutablePointer<EventFields.Slot>
    private var patterns: JSONEventPatterns
    private var projections: CCFEventProjections

    public init(_ type: String, fields: [String]) {
        self.type = type
        self.fields = fields
        slots = .allocate(capacity: max(fields.count, 1))
        slots.initialize(repeating: EventFields.Slot(), count: max(fields.count, 1))
        patterns = JSONEventPatterns(type: type, fields: fields)
        projections = CCFEventProjections(type: type, fields: fields)
    }

    deinit { slots.deallocate() }

    /// Lends the fields of one payload.
    /// - Returns: what `body` returns, or nil where the payload is an event of another type.
    /// - Throws: where the payload is no event, or what `body` throws.
    @inlinable
    public func read<R>(_ payload: [UInt8], _ body: (EventFields) throws -> R) throws -> R? {
        try payload.withUnsafeBytes { try read($0, body) }
    }

    public func read<R>(_ payload: UnsafeRawBufferPointer, _ body: (EventFields) throws -> R) throws -> R? {
        guard let first = payload.first else { throw CadenceCodingError(.json, "the payload is empty", offset: 0) }
        if first == 0xD8 {
            guard let plan = try projections.read(payload, into: slots) else { return nil }
            return try withExtendedLifetime(plan) { try body(EventFields(payload, slots, names: fields, plan: plan)) }
        }
        guard try patterns.read(payload, into: slots) else { return nil }
        return try body(EventFields(payload, slots, names: fields, plan: nil))
    }
}
