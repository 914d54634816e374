import Encoding

/// A schema of plain text fields, all of them required, as Postgres checks it without walking: which fields, and a jsonpath
/// predicate that is true of nothing that breaks the schema.
struct FlatSchema: Sendable {
    var fields: [String]
    var fits: String

    /// Nil where the schema holds more than that.
    init?(_ schema: JSON) {
        guard schema["type"] == "object", let properties = schema["properties"]?.object, !properties.isEmpty,
            let required = schema["required"]?.array?.compactMap(\.string), required.count == properties.count
        else { return nil }
        var rules: [String] = []
        for property in properties {
            guard property.value["type"] == "string",
                property.name.utf8.allSatisfy({ $0 == 0x5F || (0x61...0x7A).contains($0) })
            else { return nil }
            rules.append("$.\(property.name).type() == \"string\"")
            if let pattern = property.value["pattern"]?.string {
                rules.append("$.\(property.name) like_regex \(PlainText.jsonString(pattern))")
            }
        }
        fields = required
        fits = rules.joined(separator: " && ")
    }
}
