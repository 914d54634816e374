import AccessServing
import Cadence
import Encoding
import FlowClient

/// Where an answer of ours is another one than the recorded.
package struct AnswerDifference: Sendable, CustomStringConvertible {
    /// By field names: `result.events[2].payload.amount`.
    package var path: String
    package var recorded: String
    package var ours: String

    package var description: String {
        "\(path)\n    recorded: \(recorded.prefix(400))\n    ours:     \(ours.prefix(400))"
    }
}

/// Compares recorded answers with ours, field by field: the same fields in the same order with the same values, but for ids
/// and uuids, each of which stands for one of ours throughout, and what `KnownDifference` lists.
struct AnswerComparison {
    var correspondence: Correspondence
    private(set) var differences: [AnswerDifference] = []

    init(_ correspondence: Correspondence) { self.correspondence = correspondence }

    mutating func differ(_ path: String, _ recorded: String, _ ours: String) {
        differences.append(AnswerDifference(path: path, recorded: recorded, ours: ours))
    }

    // MARK: protobuf

    mutating func compare(protobuf theirs: [UInt8], _ ours: [UInt8], _ schema: WireSchema, at path: String) {
        guard var a = try? WireMessage(theirs), var b = try? WireMessage(ours) else {
            if theirs != ours { differ(path, Hex.encode(theirs), Hex.encode(ours)) }
            return
        }
        a.sortMaps(schema)
        b.sortMaps(schema)
        let numbers = a.fields.map(\.number)
        if numbers != b.fields.map(\.number) {
            compareShapes(a, b, schema, at: path)
            return
        }
        var counts: [Int: Int] = [:]
        let repeated = Set(numbers.filter { number in numbers.count { $0 == number } > 1 })
        for (x, y) in zip(a.fields, b.fields) {
            let field = schema[x.number]
            let index = counts[x.number, default: 0]
            counts[x.number] = index + 1
            let name = repeated.contains(x.number) ? "\(field.name)[\(index)]" : field.name
            compare(x.value, y.value, field, at: path.isEmpty ? name : "\(path).\(name)")
        }
    }

    /// Which fields one has and the other has not; how many of them.
    private mutating func compareShapes(_ a: WireMessage, _ b: WireMessage, _ schema: WireSchema, at path: String) {
        var isSaid = false
        for number in Set((a.fields + b.fields).map(\.number)).sorted() {
            let (x, y) = (a.fields.count { $0.number == number }, b.fields.count { $0.number == number })
            guard x != y else { continue }
            isSaid = true
            let name = path.isEmpty ? schema[number].name : "\(path).\(schema[number].name)"
            differ(name, Self.shape(a, number, x), Self.shape(b, number, y))
        }
        if !isSaid { differ(path, "another order of fields", "") }
    }

    private static func shape(_ message: WireMessage, _ number: Int, _ count: Int) -> String {
        guard count <= 1 else { return "\(count) of them" }
        guard let field = message.fields.first(where: { $0.number == number }) else { return "absent" }
        if case .bytes(let bytes) = field.value {
            return String(validating: bytes, as: UTF8.self) ?? Hex.encode(bytes)
        }
        return "\(field.value)"
    }

    private mutating func compare(
        _ theirs: WireMessage.Value, _ ours: WireMessage.Value, _ field: WireSchema.Field, at path: String
    ) {
        guard case .bytes(let a) = theirs, case .bytes(let b) = ours else {
            if theirs != ours { differ(path, "\(theirs)", "\(ours)") }
            return
        }
        if let message = field.message.flatMap({ WireSchema.of($0) }) {
            compare(protobuf: a, b, message, at: path)
        } else if field.type == "bytes" {
            compare(bytes: a, b, at: path)
        } else if field.type == "string" {
            compare(text: String(decoding: a, as: UTF8.self), String(decoding: b, as: UTF8.self), at: path)
        } else if a != b {
            differ(path, Hex.encode(a), Hex.encode(b))
        }
    }

    mutating func compare(text theirs: String, _ ours: String, at path: String) {
        if !correspondence.same(text: theirs, ours) { differ(path, correspondence.translated(theirs), ours) }
    }

    /// An id, a value in JSON-CDC or CCF, or bytes.
    mutating func compare(bytes theirs: [UInt8], _ ours: [UInt8], at path: String) {
        if theirs.count == 32, ours.count == 32 {
            let (a, b) = (Hex.encode(theirs), Hex.encode(ours))
            if !correspondence.same(id: a, b) { differ(path, correspondence.ours(id: a) ?? a, b) }
        } else if theirs == ours {
            // The same bytes teach the same ids.
            if let value = Self.value(theirs) { _ = correspondence.differences(value.value, value.value) }
        } else if let a = Self.value(theirs), let b = Self.value(ours), a.encoding == b.encoding {
            // Only what stands for something else may make other bytes.
            if a.value == b.value, !Self.hasDictionary(a.value) {
                return differ(path, "the same value in other bytes", Hex.encode(ours))
            }
            for found in correspondence.differences(a.value, b.value) {
                differ(path + found.path, found.recorded, found.ours)
            }
            if a.encoding == .jsonCDC, theirs.last != ours.last { differ(path, "another ending", "") }
            if a.encoding == .ccf, !Self.sameTypes(a.value, b.value) {
                differ(path, "\(a.value.asComposite?.fieldTypes ?? [])", "\(b.value.asComposite?.fieldTypes ?? [])")
            }
        } else {
            differ(path, Hex.encode(theirs), Hex.encode(ours))
        }
    }

    /// JSON-CDC writes a dictionary's pairs in the order of storage.
    private static func hasDictionary(_ value: CadenceValue) -> Bool {
        switch value {
        case .dictionary: true
        case .optional(let inner?): hasDictionary(inner)
        case .array(let array): array.elements.contains(where: hasDictionary)
        case .composite(let composite): composite.values.contains(where: hasDictionary)
        default: false
        }
    }

    private static func sameTypes(_ theirs: CadenceValue, _ ours: CadenceValue) -> Bool {
        theirs.asComposite?.fieldTypes == ours.asComposite?.fieldTypes
    }

    private static func value(_ bytes: [UInt8]) -> (value: CadenceValue, encoding: EventEncoding)? {
        if bytes.first == UInt8(ascii: "{") {
            return (try? JSONCDC.decode(bytes)).map { ($0, .jsonCDC) }
        }
        // CCF's tags: 129 and 130.
        guard bytes.count > 2, bytes[0] == 0xd8, bytes[1] == 0x81 || bytes[1] == 0x82 else { return nil }
        return (try? CCF.decode(bytes)).map { ($0, .ccf) }
    }

    // MARK: JSON

    mutating func compare(json theirs: [UInt8], _ ours: [UInt8]) {
        guard let a = try? JSON(parsing: theirs), let b = try? JSON(parsing: ours) else {
            let (a, b) = (String(decoding: theirs, as: UTF8.self), String(decoding: ours, as: UTF8.self))
            return compare(text: a, b, at: "body")
        }
        compare(a, b, at: "", name: "")
        // As the node lays it out, where it does so in one of Go's two ways.
        for layout in [GoJSON.indented, GoJSON.compact] where layout(a) == theirs && layout(b) != ours {
            differ("layout", "as encoding/json has it", String(decoding: ours, as: UTF8.self))
        }
    }

    private mutating func compare(_ theirs: JSON, _ ours: JSON, at path: String, name: String) {
        switch (theirs, ours) {
        case (.object(let a), .object(let b)):
            guard a.map(\.name) == b.map(\.name) else {
                return differ(path, "members \(a.map(\.name))", "members \(b.map(\.name))")
            }
            for (x, y) in zip(a, b) {
                compare(x.value, y.value, at: path.isEmpty ? x.name : "\(path).\(x.name)", name: x.name)
            }
        case (.array(let a), .array(let b)):
            guard a.count == b.count else { return differ(path, "\(a.count) elements", "\(b.count) elements") }
            for (index, (x, y)) in zip(a, b).enumerated() {
                compare(x, y, at: "\(path)[\(index)]", name: name)
            }
        case (.string(let a), .string(let b)):
            let isEncoded = ["payload", "arguments", "value"].contains(name)
            if isEncoded, a != b, let x = Base64.decode(a), let y = Base64.decode(b), Self.value(x) != nil {
                compare(bytes: x, y, at: path)
            } else {
                compare(text: a, b, at: path)
            }
        default: if theirs != ours { differ(path, theirs.text, ours.text) }
        }
    }
}
