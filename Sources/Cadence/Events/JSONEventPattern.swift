/// A payload's text with holes in it: what is between the holes is the same in every payload of its shape, and compared byte for byte.
final class JSONEventPattern {
    struct Hole {
        enum Content: UInt8 {
            /// The content of a string, up to its quote.
            case string
            /// true or false.
            case bool
            /// A whole value object.
            case object
        }

        var content: Content
        var kind: JSONValueKind
        var optionals: UInt8
        /// -1 where nobody wants it.
        var slot: Int32
        /// The text before it, as a range of the pattern's text.
        var textStart: Int
        var textEnd: Int
    }

    private let text: UnsafeMutableRawBufferPointer
    private let holes: UnsafeMutableBufferPointer<Hole>
    private let holeCount: Int
    private let lastTextStart: Int
    /// Slots that are the same in every payload of this shape: empty optionals, and fields that are not there.
    private let constant: [(slot: Int, EventFields.Slot)]

    deinit {
        text.deallocate()
        holes.deallocate()
    }

    /// Where a payload has this shape: fills the slots and says so. Nothing is known of the slots where it has not.
    @inline(__always)
    func matches(
        _ bytes: UnsafeRawBufferPointer, _ slots: UnsafeMutablePointer<EventFields.Slot>
    ) throws(JSONTape.Failure) -> Bool {
        guard let base = bytes.baseAddress else { return false }
        let end = bytes.count
        let text = UnsafeRawPointer(self.text.baseAddress.unsafelyUnwrapped)
        var at = 0
        for index in 0..<holeCount {
            let hole = holes[index]
            let length = hole.textEnd &- hole.textStart
            guard length <= end &- at, JSONEventPattern.isSame(base + at, text + hole.textStart, length) else {
                return false
            }
            at &+= length
            let start = at
            var needsDecoding = false
            switch hole.content {
            case .string: try JSONSkip.string(base, &at, end, &needsDecoding)
            case .bool: guard JSONSkip.bool(base, &at, end) else { return false }
            case .object: guard try JSONSkip.object(base, &at, end) else { return false }
            }
            if hole.slot >= 0 {
                slots[Int(hole.slot)] = EventFields.Slot(
                    content: hole.content == .object ? .object : .scalar, needsDecoding: needsDecoding, kind: hole.kind,
                    optionals: hole.optionals, start: UInt32(truncatingIfNeeded: start),
                    end: UInt32(truncatingIfNeeded: at))
            }
        }
        // What follows the value is left alone, as the whole decoder does.
        let length = self.text.count &- lastTextStart
        guard length <= end &- at, JSONEventPattern.isSame(base + at, text + lastTextStart, length) else {
            return false
        }
        for (slot, content) in constant { slots[slot] = content }
        return true
    }

    @inline(__always)
    private static func isSame(_ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ count: Int) -> Bool {
        UnsafeRawBufferPointer(start: a, count: count).isSame(as: UnsafeRawBufferPointer(start: b, count: count))
    }

    // MARK: Making

    /// The shape of an event that was read. Nil where it is of another type.
    init?(_ view: JSONView, end: Int, type: String, fields: [String]) throws(JSONFailure) {
        let reader = JSONShapeReader(view: view)
        guard let event = try reader.event(type: type) else { return nil }
        var found: [(hole: Hole, start: Int, end: Int)] = []
        var constant: [(slot: Int, EventFields.Slot)] = []
        var present = Set<Int>()
        for field in event {
            let slot = fields.firstIndex(of: field.name)
            // Of two fields with one name the first counts, as in a composite.
            let wanted = slot.map { present.insert($0).inserted } ?? false
            let shape = try reader.shape(of: field.value)
            guard let content = shape.content else {
                if let slot, wanted {
                    constant.append((slot, EventFields.Slot(content: .empty, optionals: shape.optionals)))
                }
                continue
            }
            let hole = Hole(
                content: content, kind: shape.kind, optionals: shape.optionals, slot: wanted ? Int32(slot ?? -1) : -1,
                textStart: 0, textEnd: 0)
            found.append((hole, shape.start, shape.end))
        }
        for slot in fields.indices where !present.contains(slot) { constant.append((slot, EventFields.Slot())) }

        found.sort { $0.start < $1.start }
        var text: [UInt8] = []
        var at = 0
        for index in found.indices {
            found[index].hole.textStart = text.count
            text.append(contentsOf: view.bytes[at..<found[index].start])
            found[index].hole.textEnd = text.count
            at = found[index].end
        }
        lastTextStart = text.count
        text.append(contentsOf: view.bytes[at..<end])
        self.text = .allocate(byteCount: text.count, alignment: 8)
        self.text.copyBytes(from: text)
        holes = .allocate(capacity: max(found.count, 1))
        _ = holes.initialize(from: found.map(\.hole))
        holeCount = found.count
        self.constant = constant
    }
}

/// The patterns of one event type, the one that fitted last before the others.
struct JSONEventPatterns {
    private let type: String
    private let fields: [String]
    private var patterns: [JSONEventPattern] = []
    private static let most = 16

    init(type: String, fields: [String]) {
        self.type = type
        self.fields = fields
    }

    /// Fills the slots. False where the payload is an event of another type.
    mutating func read(
        _ bytes: UnsafeRawBufferPointer, into slots: UnsafeMutablePointer<EventFields.Slot>
    ) throws(CadenceCodingError) -> Bool {
        do throws(JSONTape.Failure) {
            for index in patterns.indices where try patterns[index].matches(bytes, slots) {
                if index > 0 { patterns.swapAt(0, index) }
                return true
            }
        } catch {
            throw CadenceCodingError(.json, error.reason.description, offset: error.offset)
        }
        return try learn(bytes, into: slots)
    }

    @inline(never)
    private mutating func learn(
        _ bytes: UnsafeRawBufferPointer, into slots: UnsafeMutablePointer<EventFields.Slot>
    ) throws(CadenceCodingError) -> Bool {
        var tape = JSONTape()
        let limits = JSONCDC.Limits()
        let end: Int
        do { end = try tape.read(bytes, depth: limits.depth, elements: limits.elements) } catch {
            throw CadenceCodingError(error.isLimit ? .limit : .json, error.reason.description, offset: error.offset)
        }
        let view = tape.view(of: bytes)
        let made: JSONEventPattern?
        do { made = try JSONEventPattern(view, end: end, type: type, fields: fields) } catch {
            throw CadenceCodingError(
                .json, error.reason, path: view.path(to: error.index), offset: Int(view[error.index].start))
        }
        guard let pattern = made else { return false }
        do {
            guard try pattern.matches(bytes, slots) else { preconditionFailure("a pattern fits what it was made from") }
        } catch {
            throw CadenceCodingError(.json, error.reason.description, offset: error.offset)
        }
        if patterns.count == JSONEventPatterns.most { patterns.removeLast() }
        patterns.insert(pattern, at: 0)
        return true
    }
}
