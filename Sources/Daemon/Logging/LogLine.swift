import Encoding

/// An entry as one line of text or JSON. Nothing in it can end the line early or look like another entry.
package enum LogLine {
    /// What is longer is cut: a log line is for reading.
    package static let maximumBytes = 64 * 1024

    /// `08:15:30.125 warning  message  height=12 lane=3`, coloured by level where asked.
    package static func text(_ entry: LogEntry, coloured: Bool) -> String {
        let time = String(RFC3339.format(entry.time).dropFirst(11).dropLast())
        let level = entry.level.name.padding(to: 7)
        let pairs = entry.metadata.sorted { $0.key < $1.key }.map { "\(word($0.key))=\(word($0.value))" }
        let tail = pairs.isEmpty ? "" : "  " + pairs.joined(separator: " ")
        let message = PlainText.oneLine(entry.message)
        guard coloured else { return cut("\(time) \(level) \(message)\(tail)") }
        return
            "\u{1B}[2m\(time)\u{1B}[0m \(entry.level.colour)\(level)\u{1B}[0m \(cut(message))\u{1B}[2m\(cut(tail))\u{1B}[0m"
    }

    /// `{"time":…,"level":…,"message":…,"height":"12"}`; a metadata key that is taken gets the prefix `metadata.`.
    package static func json(_ entry: LogEntry) -> String {
        var fields = [
            ("time", RFC3339.format(entry.time)), ("level", entry.level.name), ("message", cut(entry.message)),
        ]
        let taken: Set = ["time", "level", "message"]
        for (key, value) in entry.metadata.sorted(by: { $0.key < $1.key }) {
            fields.append((taken.contains(key) ? "metadata.\(key)" : key, cut(value)))
        }
        return "{" + fields.map { PlainText.jsonString($0) + ":" + PlainText.jsonString($1) }.joined(separator: ",")
            + "}"
    }

    private static func cut(_ text: String) -> String {
        text.utf8.count <= maximumBytes ? text : text.prefix(maximumBytes / 4) + "… (cut)"
    }

    /// Quoted where it holds what separates pairs.
    private static func word(_ text: String) -> String {
        let plain = PlainText.oneLine(text)
        let needsQuotes = plain.isEmpty || plain.contains { $0 == " " || $0 == "\"" || $0 == "=" }
        return needsQuotes ? "\"" + plain.replacing("\"", with: "\\\"") + "\"" : plain
    }
}

extension LogLevel {
    /// As configuration and log lines write it.
    public var name: String {
        switch self {
        case .debug: "debug"
        case .info: "info"
        case .warning: "warning"
        case .error: "error"
        }
    }

    public init?(name: String) {
        guard let level = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = level
    }

    fileprivate var colour: String {
        switch self {
        case .debug: "\u{1B}[2m"
        case .info: "\u{1B}[36m"
        case .warning: "\u{1B}[33m"
        case .error: "\u{1B}[1;31m"
        }
    }
}

extension String {
    package func padding(to width: Int) -> String { self + String(repeating: " ", count: Swift.max(0, width - count)) }
}
