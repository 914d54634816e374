import FlowClient
import GRPC

/// The fields of a protobuf message as they lie on the wire, none left out and none made up: what the typed codec drops
/// (defaults that were written, unknown fields) is still there to be compared.
struct WireMessage {
    enum Value: Hashable {
        case varint(UInt64)
        case fixed64(UInt64)
        case fixed32(UInt32)
        case bytes([UInt8])
    }

    struct Field {
        var number: Int
        var value: Value
    }

    var fields: [Field] = []

    /// - Throws: `ProtobufError` where the bytes are no message.
    init(_ bytes: [UInt8]) throws(ProtobufError) {
        var found: [Field] = []
        var mistake: ProtobufError?
        bytes.withUnsafeBytes { bytes in
            var reader = ProtobufReader(bytes)
            do throws(ProtobufError) {
                while !reader.isAtEnd { found.append(try Self.field(&reader)) }
            } catch {
                mistake = error
            }
        }
        if let mistake { throw mistake }
        fields = found
    }

    private static func field(_ reader: inout ProtobufReader) throws(ProtobufError) -> Field {
        let at = reader.position
        let key = try reader.varint()
        guard let type = ProtobufWireType(rawValue: UInt8(key & 7)), let number = Int(exactly: key >> 3), number > 0
        else { throw ProtobufError(.invalidWireType(UInt8(key & 7)), at: at) }
        switch type {
        case .varint: return Field(number: number, value: .varint(try reader.varint()))
        case .fixed64: return Field(number: number, value: .fixed64(try reader.fixed64()))
        case .fixed32: return Field(number: number, value: .fixed32(try reader.fixed32()))
        case .lengthDelimited: return Field(number: number, value: .bytes(Array(try reader.lengthDelimited())))
        case .startGroup, .endGroup: throw ProtobufError(.invalidWireType(UInt8(key & 7)), at: at)
        }
    }

    var bytes: [UInt8] {
        var writer = ProtobufWriter()
        for field in fields {
            switch field.value {
            case .varint(let value):
                writer.key(field.number, .varint)
                writer.varint(value)
            case .bytes(let value):
                writer.key(field.number, .lengthDelimited)
                writer.lengthDelimited(value)
            case .fixed64(let value):
                writer.key(field.number, .fixed64)
                withUnsafeBytes(of: value.littleEndian) { writer.bytes += $0 }
            case .fixed32(let value):
                writer.key(field.number, .fixed32)
                withUnsafeBytes(of: value.littleEndian) { writer.bytes += $0 }
            }
        }
        return writer.bytes
    }

    /// Of the first field of that number.
    subscript(bytes number: Int) -> [UInt8]? {
        for field in fields where field.number == number {
            if case .bytes(let value) = field.value { return value }
        }
        return nil
    }

    subscript(number number: Int) -> UInt64? {
        for field in fields where field.number == number {
            if case .varint(let value) = field.value { return value }
        }
        return nil
    }
}

extension WireMessage {
    /// By key: the order of a map's pairs has no meaning, and Go's is another each time.
    mutating func sortMaps(_ schema: WireSchema) {
        for number in Set(fields.map(\.number)) where schema[number].isMap {
            let places = fields.indices.filter { fields[$0].number == number }
            let sorted = places.map { fields[$0] }.sorted { $0.mapKey.lexicographicallyPrecedes($1.mapKey) }
            for (place, field) in zip(places, sorted) { fields[place] = field }
        }
    }
}

extension WireMessage.Field {
    fileprivate var mapKey: [UInt8] {
        guard case .bytes(let pair) = value else { return [] }
        return (try? WireMessage(pair))?[bytes: 1] ?? []
    }
}

/// What the fields of a message are called, and what they are.
struct WireSchema: Sendable {
    struct Field: Sendable {
        var name: String
        /// As the protocol's own table has it: `bytes`, `string`, `m:flow.entities.Event`.
        var type: String
        /// Where it is a message of ours.
        var message: String?
        /// Pairs that come in any order.
        var isMap = false
    }

    private let fields: [Int: Field]
    subscript(number: Int) -> Field { fields[number] ?? Field(name: "\(number)", type: "unknown") }

    /// By name, all that the methods of both services can reach.
    private static let all: [String: WireSchema] = {
        var found: [String: WireSchema] = [:]
        var pending = AnyFlowMethod.all.flatMap { [$0.request, $0.response] }
        while let type = pending.popLast() {
            guard found[type.protobufName] == nil else { continue }
            let description = ProtobufDescription(of: type)
            let known = Set(description.nested.map { $0.protobufName })
            var fields: [Int: Field] = [:]
            for field in description.fields {
                let message = field.type.hasPrefix("m:") ? String(field.type.dropFirst(2)) : nil
                fields[field.number] = Field(
                    name: field.name, type: field.type, message: message.flatMap { known.contains($0) ? $0 : nil },
                    isMap: field.label == "map")
            }
            found[type.protobufName] = WireSchema(fields: fields)
            pending += description.nested
        }
        return found
    }()

    private static let answers = Dictionary(
        uniqueKeysWithValues: AnyFlowMethod.all.map { ($0.path, $0.response.protobufName) })

    /// Nil of a message that no method has.
    static func of(_ message: String) -> WireSchema? { all[message] }
    /// Of a method's answer.
    static func answer(to method: String) -> WireSchema? { answers[method].flatMap { all[$0] } }
}
