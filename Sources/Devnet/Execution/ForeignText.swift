import Cadence

/// A script that does not begin as Cadence does. A node parses all of it; here the first word is looked at, after comments.
struct ForeignText {
    private let line: Int
    private let column: Int
    private let text: String

    private static let beginnings: Set<String> = [
        "import", "transaction", "access", "pub", "priv", "contract", "resource", "struct", "event", "enum", "fun",
        "let",
        "var", "attachment", "entitlement", "view", "native", "static",
    ]

    /// Nil where the source begins with a declaration, or has none.
    init?(in script: [UInt8]) {
        let source = String(decoding: script, as: UTF8.self)
        guard let start = Self.firstToken(in: source) else { return nil }
        let rest = source[start...]
        let word = rest.prefix { $0.isLetter || $0 == "_" }
        if rest.first == "#" || Self.beginnings.contains(String(word)) { return nil }
        let before = source[..<start]
        line = before.reduce(1) { $0 + ($1.isNewline ? 1 : 0) }
        let lineStart = before.lastIndex(where: \.isNewline).map { before.index(after: $0) } ?? before.startIndex
        column = before[lineStart...].utf8.count
        text = String(source[lineStart...].prefix { !$0.isNewline })
    }

    /// Nil where there is nothing but space and comments.
    private static func firstToken(in source: String) -> String.Index? {
        var at = source.startIndex
        while at < source.endIndex {
            let rest = source[at...]
            if source[at].isWhitespace {
                at = source.index(after: at)
            } else if rest.hasPrefix("//") {
                at = rest.firstIndex(where: \.isNewline) ?? source.endIndex
            } else if rest.hasPrefix("/*") {
                var depth = 0
                while at < source.endIndex {
                    if source[at...].hasPrefix("/*") {
                        depth += 1
                        at = source.index(at, offsetBy: 2)
                    } else if source[at...].hasPrefix("*/") {
                        depth -= 1
                        at = source.index(at, offsetBy: 2)
                        if depth == 0 { break }
                    } else {
                        at = source.index(after: at)
                    }
                }
            } else {
                return at
            }
        }
        return nil
    }

    /// As an access node refuses it.
    var refusal: String {
        let indent = String(repeating: " ", count: String(line).utf8.count)
        return "failed to parse transaction Cadence script: Parsing failed:\nerror: unexpected token: identifier\n"
            + "\(indent)--> :\(line):\(column)\n\(indent) |\n\(line) | \(text)\n"
            + "\(indent) | \(String(repeating: " ", count: column))^ check for extra characters, missing semicolons, or incomplete statements\n"
            + "\n  See documentation at: https://cadence-lang.org/docs/language/syntax\n" + ExecutionFailure.hint
    }
}
