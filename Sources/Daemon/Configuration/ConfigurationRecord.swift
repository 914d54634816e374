import Encoding

/// One entry of a list of records, such as a node with its address and its heights: `record[Node.url]`.
public struct ConfigurationRecord: Sendable {
    let values: [String: any Sendable]

    public subscript<Value>(_ setting: Setting<Value>) -> Value {
        guard let value = values[setting.name] as? Value else {
            preconditionFailure("\(setting.name) is not a field of this record")
        }
        return value
    }
}

extension SettingKind where Value == [ConfigurationRecord] {
    /// A list of groups with these fields. Elsewhere than in the file: as YAML in one line, `[{url: …, from: 1}]`.
    public static func records(_ fields: [any AnySetting], count: ClosedRange<Int> = 0...10_000) -> Self {
        let names = fields.map { $0.isRequired ? $0.name : "\($0.name)?" }.joined(separator: ", ")
        let record = SettingKind<ConfigurationRecord>(
            name: "{\(names)}", read: { try $0.record(fields) },
            show: { record in
                let shown = fields.compactMap { field in
                    record.texts[field.name].map { "\(field.name): \(field.isSecret ? "***" : $0)" }
                }
                return "{" + shown.joined(separator: ", ") + "}"
            })
        return list(of: record, count: count)
    }
}

extension ConfigurationRecord {
    /// Beside the values, under a name no field can have.
    fileprivate var texts: [String: String] { values[""] as? [String: String] ?? [:] }
}

extension YAMLNode {
    var lineInFile: Int? { line > 0 ? line : nil }

    func scalar(expected: String) throws -> String {
        guard case .scalar(let text, _) = content else {
            throw SettingProblem("expected \(expected), found \(kindName)")
        }
        return text
    }

    /// Of a list, or of text that stands for one.
    func elements() throws -> [YAMLNode] {
        switch content {
        case .sequence(let nodes): return nodes
        case .mapping: throw SettingProblem("expected a list, found \(kindName)")
        case .scalar(let text, _):
            let trimmed = text.trimmed
            if trimmed.hasPrefix("[") {
                guard let node = try? YAMLParser.parse(trimmed), case .sequence(let nodes) = node.content else {
                    throw SettingProblem("expected a list, found \(PlainText.jsonString(text))")
                }
                return nodes.map { YAMLNode($0.content) }
            }
            return trimmed.isEmpty ? [] : trimmed.split(separator: ",").map { YAMLNode(text: String($0).trimmed) }
        }
    }

    func record(_ fields: [any AnySetting]) throws -> ConfigurationRecord {
        guard case .mapping(let pairs) = content else {
            throw SettingProblem("expected a group of keys, found \(kindName)")
        }
        var values: [String: any Sendable] = [:]
        var texts: [String: String] = [:]
        for pair in pairs {
            guard let field = fields.first(where: { $0.name == pair.key }) else {
                let hint = NearestWord.find(pair.key, in: fields.map(\.name)).map { ". Did you mean \($0)?" } ?? ""
                throw SettingProblem(
                    "\(pair.key) is not a field here\(hint)", line: pair.keyLine > 0 ? pair.keyLine : nil)
            }
            if pair.value.isNull { continue }
            do {
                let read = try field._read(.node(pair.value))
                (values[field.name], texts[field.name]) = (read.value, read.text)
            } catch let problem as SettingProblem {
                throw SettingProblem("\(field.name): \(problem.message)", line: problem.line ?? pair.value.lineInFile)
            }
        }
        for field in fields where values[field.name] == nil {
            guard let value = field._default else { throw SettingProblem("\(field.name) is missing", line: lineInFile) }
            values[field.name] = value
        }
        values[""] = texts
        return ConfigurationRecord(values: values)
    }
}

extension String {
    package var trimmed: String {
        var text = self[...]
        while text.first?.isWhitespace == true { text = text.dropFirst() }
        while text.last?.isWhitespace == true { text = text.dropLast() }
        return String(text)
    }
}
