/// Which fields of which messages a reader wants: made once for each type part.
struct CCFEventProjections {
    private struct Projection {
        var plan: CCFPlan
        /// For each field of the event: its slot, or -1.
        var slots: [Int32]
        var types: [CCFPlan.TypeNumber]
        /// Slots whose field the event does not have.
        var missing: [Int]

        @inline(__always)
        func read(
            _ bytes: UnsafeRawBufferPointer, into slots: UnsafeMutablePointer<EventFields.Slot>
        ) throws(CCFFailure) {
            for index in missing { slots[index] = EventFields.Slot() }
            var cbor = CBORReader(bytes)
            cbor.at = plan.prefix.count
            try cbor.array(of: self.slots.count)
            for index in 0..<self.slots.count {
                let slot = Int(self.slots[index])
                if slot >= 0 {
                    slots[slot] = locate(types[index], cbor)
                    try cbor.skip()
                    slots[slot].end = UInt32(truncatingIfNeeded: cbor.at)
                } else {
                    try cbor.skip()
                }
            }
            guard cbor.at == bytes.count else { throw CCFFailure(cbor.at, "something follows the value") }
        }

        @inline(__always)
        private func locate(_ type: CCFPlan.TypeNumber, _ cbor: CBORReader) -> EventFields.Slot {
            var found = EventFields.Slot()
            found.content = .item
            found.start = UInt32(truncatingIfNeeded: cbor.at)
            found.type = type
            while found.type >= 0, plan.node(found.type).operation == .optional {
                let inner = plan.node(found.type).first
                if cbor.isNil {
                    found.content = .empty
                    // Null is the innermost optional's.
                    if inner < 0 || plan.node(inner).operation != .optional { return found }
                }
                found.optionals &+= 1
                found.type = inner
            }
            return found
        }
    }

    private let type: String
    private let fields: [String]
    private let plans = CCFPlanCache()
    private var known: [Projection] = []
    private static let most = 16

    init(type: String, fields: [String]) {
        self.type = type
        self.fields = fields
    }

    /// Fills the slots. Nil where the message is not an event of this type.
    mutating func read(
        _ bytes: UnsafeRawBufferPointer, into slots: UnsafeMutablePointer<EventFields.Slot>
    ) throws(CadenceCodingError) -> CCFPlan? {
        do throws(CCFFailure) {
            let plan = try plans.plan(for: bytes)
            guard let index = projection(for: plan) else { return nil }
            try known[index].read(bytes, into: slots)
            return plan
        } catch {
            throw CadenceCodingError(error.isLimit ? .limit : .ccf, error.reason, offset: error.offset)
        }
    }

    @inline(__always)
    private mutating func projection(for plan: CCFPlan) -> Int? {
        if let first = known.first, first.plan === plan { return 0 }
        return search(plan)
    }

    private mutating func search(_ plan: CCFPlan) -> Int? {
        if let index = known.firstIndex(where: { $0.plan === plan }) {
            known.swapAt(0, index)
            return 0
        }
        guard plan.root >= 0, plan.node(plan.root).operation == .composite else { return nil }
        let composite = plan.composite(plan.node(plan.root).first)
        let layout = composite.layout.takeUnretainedValue()
        guard layout.kind == .event, layout.typeID == type else { return nil }
        let projection = Projection(
            plan: plan, slots: layout.fieldNames.map { name in Int32(fields.firstIndex(of: name) ?? -1) },
            types: (0..<composite.count).map { composite.fields[$0] },
            missing: fields.indices.filter { !layout.fieldNames.contains(fields[$0]) })
        if known.count == CCFEventProjections.most { known.removeLast() }
        known.insert(projection, at: 0)
        return 0
    }
}
