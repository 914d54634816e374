/// Prometheus' text exposition format, 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats).
struct PrometheusText {
    private(set) var text = ""

    mutating func header(_ name: String, kind: String, help: String) {
        let escaped = help.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
        text += "# HELP \(name) \(escaped)\n# TYPE \(name) \(kind)\n"
    }

    mutating func sample(_ name: String, _ labels: Metrics.Labels, _ value: String) {
        text += "\(name)\(Self.labels(labels)) \(value)\n"
    }

    /// `{a="1",b="2"}`, empty where there are none. `le` comes last, as readers expect it.
    static func labels(_ labels: Metrics.Labels) -> String {
        guard !labels.isEmpty else { return "" }
        let sorted = labels.sorted { ($0.key == "le" ? 1 : 0, $0.key) < ($1.key == "le" ? 1 : 0, $1.key) }
        return "{" + sorted.map { "\($0.key)=\"\(escape($0.value))\"" }.joined(separator: ",") + "}"
    }

    static func escape(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }

    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if value == value.rounded(), abs(value) < 1e15 { return String(Int64(value)) }
        return String(value)
    }

    static func isName(_ text: String) -> Bool {
        isWord(text) { $0 == UInt8(ascii: ":") }
    }

    static func isLabel(_ text: String) -> Bool {
        text != "le" && !text.hasPrefix("__") && isWord(text) { _ in false }
    }

    private static func isWord(_ text: String, also: (UInt8) -> Bool) -> Bool {
        guard let first = text.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return text.utf8.allSatisfy {
            switch $0 {
            case 0x30...0x39, 0x41...0x5A, 0x5F, 0x61...0x7A: true
            default: also($0)
            }
        }
    }
}
