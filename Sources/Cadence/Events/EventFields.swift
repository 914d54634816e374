/// The fields of one payload that an `EventReader` was asked for, by their places in its list. Valid only while they are lent.
public struct EventFields {
    /// Where a field stands and how it is to be read.
    struct Slot {
        enum Content: UInt8 {
            case missing
            /// An empty optional.
            case empty
            /// A CBOR item.
            case item
            /// The content of a JSON string, or true or false.
            case scalar
            /// A JSON-CDC value object.
            case object
        }

        var content: Content = .missing
        /// Of a scalar: it has escapes, or bytes beyond ASCII.
        var needsDecoding = false
        /// Of a scalar.
        var kind: JSONValueKind = .void
        /// How many full optionals are around it.
        var optionals: UInt8 = 0
        /// Of an item: its type, without those optionals.
        var type: CCFPlan.TypeNumber = 0
        var start: UInt32 = 0
        var end: UInt32 = 0
    }

    private let bytes: UnsafeRawBufferPointer
    private let slots: UnsafeMutablePointer<Slot>
    private let names: [String]
    private unowned(unsafe) let plan: CCFPlan?

    init(_ bytes: UnsafeRawBufferPointer, _ slots: UnsafeMutablePointer<Slot>, names: [String], plan: CCFPlan?) {
        self.bytes = bytes
        self.slots = slots
        self.names = names
        self.plan = plan
    }

    /// Whether the event has the field at all: contracts gain fields.
    public func isPresent(_ field: Int) -> Bool { slot(field).content != .missing }
    /// Whether the field is an empty optional.
    public func isNil(_ field: Int) -> Bool { slot(field).content == .empty }

    /// Of UInt64 and Word64, also inside of an optional; throws where it is empty.
    public func uint64(_ field: Int) throws(CadenceCodingError) -> UInt64 {
        let slot = slot(field)
        switch slot.content {
        case .scalar where slot.kind == .uint64 || slot.kind == .word64:
            if !slot.needsDecoding, let number = JSONNumberText.unsigned(content(slot), as: UInt64.self) {
                return number
            }
        case .item where slot.type == ~CCFSimple.uint64 || slot.type == ~CCFSimple.word64:
            return try read(slot) { cbor throws(CCFFailure) in try cbor.unsigned() }
        default: break
        }
        throw mismatch(field, "a UInt64")
    }

    /// The raw number, scaled by 1e8.
    public func ufix64(_ field: Int) throws(CadenceCodingError) -> UFix64 {
        let slot = slot(field)
        switch slot.content {
        case .scalar where slot.kind == .ufix64:
            if !slot.needsDecoding, let raw = FixedPointText.ufix64(content(slot)) { return UFix64(rawValue: raw) }
        case .item where slot.type == ~CCFSimple.ufix64:
            return UFix64(rawValue: try read(slot) { cbor throws(CCFFailure) in try cbor.unsigned() })
        default: break
        }
        throw mismatch(field, "a UFix64")
    }

    public func address(_ field: Int) throws(CadenceCodingError) -> Address {
        let slot = slot(field)
        switch slot.content {
        case .scalar where slot.kind == .address:
            if !slot.needsDecoding, let address = JSONValueReader.address(content(slot)) { return address }
        case .item where slot.type == ~CCFSimple.address:
            let bytes = try read(slot) { cbor throws(CCFFailure) in try cbor.bytes() }
            if bytes.count == 8 { return Address(rawValue: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self))) }
        default: break
        }
        throw mismatch(field, "an Address")
    }

    public func bool(_ field: Int) throws(CadenceCodingError) -> Bool {
        let slot = slot(field)
        switch slot.content {
        case .scalar where slot.kind == .bool: return bytes[Int(slot.start)] == UInt8(ascii: "t")
        case .item where slot.type == ~CCFSimple.bool:
            return try read(slot) { cbor throws(CCFFailure) in try cbor.bool() }
        default: throw mismatch(field, "a Bool")
        }
    }

    public func string(_ field: Int) throws(CadenceCodingError) -> String {
        let slot = slot(field)
        switch slot.content {
        case .scalar where slot.kind == .string:
            return slot.needsDecoding
                ? JSONString.decode(content(slot)) : String(decoding: content(slot), as: UTF8.self)
        case .item where slot.type == ~CCFSimple.string:
            return try read(slot) { cbor throws(CCFFailure) in try cbor.text() }
        default: throw mismatch(field, "a String")
        }
    }

    /// The text's bytes without a copy, as long as they are lent; a text with escapes or invalid UTF-8 in it is lent decoded.
    public func withUTF8<R>(_ field: Int, _ body: (UnsafeRawBufferPointer) throws -> R) throws -> R {
        let slot = slot(field)
        switch slot.content {
        case .scalar where slot.kind == .string && !slot.needsDecoding: return try body(content(slot))
        case .item where slot.type == ~CCFSimple.string:
            return try body(try read(slot) { cbor throws(CCFFailure) in try cbor.textBytes() })
        default:
            var text = try string(field)
            return try text.withUTF8 { try body(UnsafeRawBufferPointer($0)) }
        }
    }

    /// Nil for an empty optional.
    public func optionalAddress(_ field: Int) throws(CadenceCodingError) -> Address? {
        isNil(field) ? nil : try address(field)
    }

    /// Nil for an empty optional.
    public func optionalUInt64(_ field: Int) throws(CadenceCodingError) -> UInt64? {
        isNil(field) ? nil : try uint64(field)
    }

    /// Nil for an empty optional.
    public func optionalString(_ field: Int) throws(CadenceCodingError) -> String? {
        isNil(field) ? nil : try string(field)
    }

    /// The whole value, whatever it is, with its optionals around it.
    public func value(_ field: Int) throws(CadenceCodingError) -> CadenceValue {
        let slot = slot(field)
        var value: CadenceValue
        switch slot.content {
        case .missing: throw mismatch(field, "a field")
        case .empty: value = .optional(nil)
        case .object: value = try JSONCDC.decode(content(slot))
        case .scalar: value = try scalar(slot, field)
        case .item:
            guard let plan else { throw mismatch(field, "a value") }
            var cbor = CBORReader(bytes)
            cbor.at = Int(slot.start)
            do throws(CCFFailure) {
                var reader = CCFValueReader(cbor, plan: plan, limits: CCF.Limits())
                value = try reader.value(slot.type)
            } catch {
                throw CadenceCodingError(.ccf, error.reason, path: names[field], offset: error.offset)
            }
        }
        for _ in 0..<slot.optionals { value = .optional(value) }
        return value
    }

    private func scalar(_ slot: Slot, _ field: Int) throws(CadenceCodingError) -> CadenceValue {
        switch slot.kind {
        case .string: return .string(try string(field))
        case .bool: return .bool(try bool(field))
        default:
            // As the object it stood in.
            var text = Array(#"{"value":""#.utf8)
            text.append(contentsOf: content(slot))
            text.append(contentsOf: #"","type":"\#(slot.kind.name)"}"#.utf8)
            return try JSONCDC.decode(text)
        }
    }

    @inline(__always)
    private func slot(_ field: Int) -> Slot {
        precondition(field >= 0 && field < names.count, "there is no such field in the reader's list")
        return slots[field]
    }

    @inline(__always)
    private func content(_ slot: Slot) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            start: bytes.baseAddress.unsafelyUnwrapped + Int(slot.start), count: Int(slot.end &- slot.start))
    }

    @inline(__always)
    private func read<R>(
        _ slot: Slot, _ body: (inout CBORReader) throws(CCFFailure) -> R
    ) throws(CadenceCodingError) -> R {
        var cbor = CBORReader(bytes)
        cbor.at = Int(slot.start)
        do throws(CCFFailure) { return try body(&cbor) } catch {
            throw CadenceCodingError(.ccf, error.reason, offset: error.offset)
        }
    }

    @inline(never)
    private func mismatch(_ field: Int, _ wanted: String) -> CadenceCodingError {
        let found =
            switch slots[field].content {
            case .missing: "no such field"
            case .empty: "an empty optional"
            default: "something else"
            }
        return CadenceCodingError(.mismatch, "\(found) where \(wanted) was expected", path: names[field])
    }
}
