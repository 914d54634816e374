import Cadence
import Encoding
import FlowClient

/// The fields of one event, by name.
struct EventFields {
    let composite: CadenceComposite

    init(_ payload: [UInt8], expecting type: String, forms: JSONCDC.Forms = .current) throws {
        guard case .composite(let composite) = try Self.decode(payload, forms), composite.kind == .event
        else {
            throw FieldError("the payload is no event")
        }
        guard composite.typeID == type else { throw FieldError("the payload is an event of type \(composite.typeID)") }
        self.composite = composite
    }

    /// CCF begins with a CBOR tag, JSON-CDC with a brace: an answer doesn't say which it is in.
    private static func decode(_ payload: [UInt8], _ forms: JSONCDC.Forms) throws -> CadenceValue {
        payload.first == 0xd8 ? try CCF.decode(payload) : try JSONCDC.decode(payload, forms: forms)
    }

    struct FieldError: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    func uint64(_ name: String) throws -> UInt64 {
        guard case .uint64(let value) = try value(name) else { throw wrong(name, "UInt64") }
        return value
    }

    func ufix64(_ name: String) throws -> UInt64 {
        guard case .ufix64(let value) = try value(name) else { throw wrong(name, "UFix64") }
        return value
    }

    /// Of whatever unsigned type, where older contracts have several.
    func unsigned(_ name: String) throws -> UInt64 {
        switch try value(name) {
        case .uint64(let value): value
        case .uint32(let value): UInt64(value)
        case .uint16(let value): UInt64(value)
        case .uint8(let value): UInt64(value)
        default: throw wrong(name, "UInt64")
        }
    }

    /// Declared as Address or as Address?.
    func anyAddress(_ name: String) throws -> Address? {
        if case .address(let address) = try value(name) { return address }
        return try optionalAddress(name)
    }

    func has(_ name: String) -> Bool { composite[name] != nil }

    func bytes(_ name: String) throws -> [UInt8] {
        guard case .array(let array) = try value(name) else { throw wrong(name, "[UInt8]") }
        return try array.elements.map {
            guard case .uint8(let byte) = $0 else { throw wrong(name, "[UInt8]") }
            return byte
        }
    }

    func bool(_ name: String) throws -> Bool {
        guard case .bool(let value) = try value(name) else { throw wrong(name, "Bool") }
        return value
    }

    func string(_ name: String) throws -> String {
        guard case .string(let value) = try value(name) else { throw wrong(name, "String") }
        return PlainText.storable(value)
    }

    func optionalString(_ name: String) throws -> String? {
        guard case .optional(let value) = try value(name) else { throw wrong(name, "String?") }
        guard let value else { return nil }
        guard case .string(let text) = value else { throw wrong(name, "String?") }
        return PlainText.storable(text)
    }

    func address(_ name: String) throws -> Address {
        guard case .address(let value) = try value(name) else { throw wrong(name, "Address") }
        return value
    }

    func optionalAddress(_ name: String) throws -> Address? {
        guard case .optional(let value) = try value(name) else { throw wrong(name, "Address?") }
        guard let value else { return nil }
        guard case .address(let address) = value else { throw wrong(name, "Address?") }
        return address
    }

    /// A type value, or a string that names a type: the storefront's events have the one here and the other there.
    func typeID(_ name: String) throws -> String {
        switch try value(name) {
        case .type(let type?): type.typeID
        case .type(nil): ""
        case .string(let text): text
        default: throw wrong(name, "Type")
        }
    }

    private func value(_ name: String) throws -> CadenceValue {
        guard let value = composite[name] else { throw FieldError("field \(name) is missing") }
        return value
    }

    private func wrong(_ name: String, _ type: String) -> FieldError { FieldError("field \(name) is no \(type)") }
}
