import Encoding
import FoundationEssentials

/// Every setting of a table with its value, checked. Read it with `configuration[Settings.port]`.
public struct Configuration: Sendable {
    /// Where a value came from.
    public enum Origin: Hashable, Sendable, CustomStringConvertible {
        case `default`
        case file(String, line: Int)
        case environment(String)
        case flag(String)

        public var description: String {
            switch self {
            case .default: "default"
            case .file(let name, let line): "\(name):\(line)"
            case .environment(let name): name
            case .flag(let name): name
            }
        }

        func moved(toLine line: Int) -> Origin {
            if case .file(let name, _) = self { .file(name, line: line) } else { self }
        }
    }

    struct Entry: Sendable {
        var value: any Sendable
        var text: String
        var origin: Origin
    }

    let table: ConfigurationTable
    let entries: [String: Entry]

    /// The setting must be in the table: asking for another one is our bug and traps.
    public subscript<Value>(_ setting: Setting<Value>) -> Value {
        guard let value = entries[setting.name]?.value as? Value else {
            preconditionFailure("\(setting.name) is not in the configuration's table")
        }
        return value
    }

    public func origin(of setting: any AnySetting) -> Origin { entries[setting.name]?.origin ?? .default }

    /// Without the values of these, which have been used and need not stay in memory: they read as if they had not been set.
    public func forgetting<each Value>(_ settings: repeat Setting<each Value>) -> Configuration {
        var entries = entries
        for setting in repeat each settings {
            if let value = setting._default { entries[setting.name]?.value = value }
        }
        return Configuration(table: table, entries: entries)
    }

    /// Every value and where it came from, secrets masked: `port = 8080    # WEIR_PORT`.
    public func effectiveText() -> String {
        let lines = table.settings.compactMap { setting in
            entries[setting.name].map { entry in
                ("\(setting.name) = \(PlainText.oneLine(entry.text))", "# \(entry.origin)")
            }
        }
        let width = min(60, lines.map(\.0.count).max() ?? 0)
        return lines.map { "\($0.padding(to: width))  \($1)\n" }.joined()
    }

    /// A file's text as UTF-8.
    public static func readText(_ path: String) throws -> String {
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw SettingProblem("no file that can be read")
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension ConfigurationTable {
    /// The reference: every key, its kind, its default, its meaning, and its other names.
    public func reference() -> String {
        settings.map { setting in
            let standard = setting.isRequired ? "must be set" : "default \(setting.isSecret ? "none" : shown(setting))"
            return """
                \(setting.name): \(setting.kindName); \(standard)\(setting.isSecret ? "; secret" : "")
                    \(setting.meaning)
                    \(variable(for: setting)), --\(Self.flag(for: setting.name))

                """
        }.joined(separator: "\n")
    }

    private func shown(_ setting: any AnySetting) -> String {
        guard let text = setting.defaultText, !text.isEmpty else { return "none" }
        return PlainText.oneLine(text)
    }
}
