/// A place in a source, drawn as Cadence's error reports draw it: location, line and column, the line, and carets under
/// the expression.
struct SourceExcerpt {
    var text: String

    /// `expression` is looked for in the source; where it leaves a parenthesis open it goes on to the closing one.
    /// A source that does not hold it is named without a line.
    init(of expression: String, in source: String, location: String, occurrence: Int = 1, note: String = "") {
        let bytes = Array(source.utf8)
        guard let range = Self.find(Array(expression.utf8), in: bytes, occurrence: occurrence) else {
            text = "--> \(location)\n"
            return
        }
        let lineStart = bytes[..<range.lowerBound].lastIndex(of: 0x0a).map { $0 + 1 } ?? 0
        let line = bytes[..<range.lowerBound].count { $0 == 0x0a } + 1
        let column = range.lowerBound - lineStart
        let lastLine = line + bytes[range].count { $0 == 0x0a }
        let indent = String(repeating: " ", count: String(lastLine).utf8.count)

        var drawn = "\(indent)--> \(location):\(line):\(column)\n\(indent) |\n"
        var start = lineStart
        for number in line...lastLine {
            let end = bytes[start...].firstIndex(of: 0x0a) ?? bytes.count
            drawn += "\(number) | \(String(decoding: bytes[start..<end], as: UTF8.self))\n"
            start = min(end + 1, bytes.count)
        }
        if line == lastLine {
            drawn += "\(indent) | \(String(repeating: " ", count: column))\(String(repeating: "^", count: range.count))"
            drawn += note.isEmpty ? "\n" : " \(note)\n"
        }
        text = drawn
    }

    private static func find(_ needle: [UInt8], in source: [UInt8], occurrence: Int) -> Range<Int>? {
        guard !needle.isEmpty, source.count >= needle.count else { return nil }
        var left = occurrence
        for at in 0...(source.count - needle.count) where source[at] == needle[0] {
            guard source[at..<(at + needle.count)].elementsEqual(needle) else { continue }
            left -= 1
            if left == 0 { return at..<end(from: at + needle.count, needle: needle, in: source) }
        }
        return nil
    }

    private static func end(from start: Int, needle: [UInt8], in source: [UInt8]) -> Int {
        var depth = needle.count { $0 == 0x28 } - needle.count { $0 == 0x29 }
        var at = start
        while at < source.count, depth > 0 {
            if source[at] == 0x28 { depth += 1 }
            if source[at] == 0x29 { depth -= 1 }
            at += 1
        }
        return at
    }
}
