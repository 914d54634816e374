package import Encoding
import FlowClient
import HTTP

/// JSON as Go's encoding/json writes it, which is how the API's bodies look: tabs, empty containers closed at once, and
/// `<`, `>`, `&` and two line separators escaped.
package enum GoJSON {
    /// json.MarshalIndent(value, "", "\t")
    package static func indented(_ value: JSON) -> [UInt8] {
        var out: [UInt8] = []
        write(value, to: &out, depth: 0)
        return out
    }

    /// json.Marshal(value)
    package static func compact(_ value: JSON) -> [UInt8] {
        var out: [UInt8] = []
        write(value, to: &out, depth: nil)
        return out
    }

    private static func write(_ value: JSON, to out: inout [UInt8], depth: Int?) {
        switch value {
        case .null: out += "null".utf8
        case .bool(let value): out += (value ? "true" : "false").utf8
        case .number(let digits): out += digits.utf8
        case .string(let text): write(text, to: &out)
        case .array(let elements):
            write(elements, between: ("[", "]"), to: &out, depth) { write($0, to: &$1, depth: $2) }
        case .object(let members):
            write(members, between: ("{", "}"), to: &out, depth) { member, out, depth in
                write(member.name, to: &out)
                out += (depth == nil ? ":" : ": ").utf8
                write(member.value, to: &out, depth: depth)
            }
        }
    }

    private static func write<Part>(
        _ parts: [Part], between brackets: (String, String), to out: inout [UInt8], _ depth: Int?,
        _ write: (Part, inout [UInt8], Int?) -> Void
    ) {
        out += brackets.0.utf8
        for (index, part) in parts.enumerated() {
            if index > 0 { out += ",".utf8 }
            if let depth { indent(depth + 1, &out) }
            write(part, &out, depth.map { $0 + 1 })
        }
        if let depth, !parts.isEmpty { indent(depth, &out) }
        out += brackets.1.utf8
    }

    private static func indent(_ depth: Int, _ out: inout [UInt8]) {
        out.append(UInt8(ascii: "\n"))
        for _ in 0..<depth { out.append(UInt8(ascii: "\t")) }
    }

    private static func write(_ text: String, to out: inout [UInt8]) {
        out.append(UInt8(ascii: "\""))
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\"".utf8
            case "\\": out += "\\\\".utf8
            case "\n": out += "\\n".utf8
            case "\r": out += "\\r".utf8
            case "\t": out += "\\t".utf8
            case "\u{08}": out += "\\b".utf8
            case "\u{0C}": out += "\\f".utf8
            case "<", ">", "&", "\u{00}"..."\u{1F}", "\u{2028}", "\u{2029}":
                let digits = String(scalar.value, radix: 16)
                out += "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8
            default: out += UTF8.encode(scalar)!
            }
        }
        out.append(UInt8(ascii: "\""))
    }

    /// Only these leaves, named by dotted paths, and what holds them; members by name, as a Go map is printed.
    /// onflow/flow-go engine/access/rest/util/select_filter.go
    static func select(_ value: JSON, _ paths: [String]) -> JSON {
        guard !paths.isEmpty else { return value }
        return select(value, "", Set(paths)) ?? (value.array == nil ? .object([]) : .array([]))
    }

    /// Nil where nothing is left.
    private static func select(_ value: JSON, _ path: String, _ wanted: Set<String>) -> JSON? {
        switch value {
        case .object(let members):
            let kept = members.compactMap { member -> JSON.Member? in
                let inner = path.isEmpty ? member.name : "\(path).\(member.name)"
                if wanted.contains(inner) { return JSON.Member(member.name, sorted(member.value)) }
                return select(member.value, inner, wanted).map { JSON.Member(member.name, $0) }
            }
            return kept.isEmpty ? nil : .object(kept.sorted { $0.name < $1.name })
        case .array(let elements):
            let kept = elements.compactMap { select($0, path, wanted) }
            return kept.isEmpty ? nil : .array(kept)
        case .null, .bool, .number, .string: return nil
        }
    }

    private static func sorted(_ value: JSON) -> JSON {
        switch value {
        case .object(let members):
            .object(members.map { JSON.Member($0.name, sorted($0.value)) }.sorted { $0.name < $1.name })
        case .array(let elements): .array(elements.map(sorted))
        case .null, .bool, .number, .string: value
        }
    }
}

extension JSON {
    /// Members in order; those without a value are left out, as Go's omitempty does.
    static func members(_ members: (String, JSON?)...) -> JSON {
        .object(members.compactMap { name, value in value.map { Member(name, $0) } })
    }
}
