import Cadence
import FlowClient

/// A field of an event: its value, and the type that it was declared with, which decides how CCF writes it.
struct EventField {
    var name: String
    var value: CadenceValue
    var type: CadenceType

    init(_ name: String, _ value: CadenceValue, _ type: CadenceType) {
        self.name = name
        self.value = value
        self.type = type
    }

    static func uint64(_ name: String, _ value: UInt64) -> EventField { .init(name, .uint64(value), .simple("UInt64")) }
    static func uint8(_ name: String, _ value: UInt8) -> EventField { .init(name, .uint8(value), .simple("UInt8")) }
    static func ufix64(_ name: String, _ value: UInt64) -> EventField { .init(name, .ufix64(value), .simple("UFix64")) }
    static func string(_ name: String, _ value: String) -> EventField { .init(name, .string(value), .simple("String")) }
    static func bool(_ name: String, _ value: Bool) -> EventField { .init(name, .bool(value), .simple("Bool")) }
    static func address(_ name: String, _ value: Address) -> EventField {
        .init(name, .address(value), .simple("Address"))
    }
    static func type(_ name: String, _ value: CadenceType) -> EventField { .init(name, .type(value), .simple("Type")) }

    static func optionalUInt64(_ name: String, _ value: UInt64?) -> EventField {
        .init(name, .optional(value.map { .uint64($0) }), .optional(.simple("UInt64")))
    }
    static func optionalString(_ name: String, _ value: String?) -> EventField {
        .init(name, .optional(value.map { .string($0) }), .optional(.simple("String")))
    }
    static func optionalAddress(_ name: String, _ value: Address?) -> EventField {
        .init(name, .optional(value.map { .address($0) }), .optional(.simple("Address")))
    }
    /// Of bytes, `[UInt8]` or `[UInt8; n]`.
    static func bytes(_ name: String, _ value: [UInt8], size: UInt64? = nil) -> EventField {
        let type =
            size.map { CadenceType.constantSizedArray(.simple("UInt8"), size: $0) }
            ?? .variableSizedArray(.simple("UInt8"))
        return .init(name, .array(CadenceArray(value.map { .uint8($0) }, type: type)), type)
    }
}
