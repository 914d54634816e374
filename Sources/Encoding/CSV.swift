/// Comma-separated values as RFC 4180 has them: fields in quotes may hold commas, quotes (doubled) and line ends.
public enum CSV {
    /// One record after another, without the bytes of the others in memory twice.
    public struct Reader: Sendable {
        private let bytes: [UInt8]
        private var place: Int
        /// Of the record that was read last, from 1.
        public private(set) var line = 0
        private var nextLine = 1

        public init(_ bytes: [UInt8]) {
            self.bytes = bytes
            // A byte-order mark, as spreadsheets write it.
            place = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        }

        /// Nil at the end. An empty line is no record. Throws `Malformed`.
        public mutating func next() throws(Malformed) -> [String]? {
            while place < bytes.count, bytes[place] == 0x0A || bytes[place] == 0x0D {
                if bytes[place] == 0x0A { nextLine += 1 }
                place += 1
            }
            guard place < bytes.count else { return nil }
            line = nextLine
            var fields: [String] = []
            while true {
                fields.append(try field())
                guard place < bytes.count else { return fields }
                let end = bytes[place]
                place += 1
                if end == UInt8(ascii: ",") { continue }
                if end == 0x0A { nextLine += 1 }
                return fields
            }
        }

        private mutating func field() throws(Malformed) -> String {
            guard place < bytes.count, bytes[place] == UInt8(ascii: "\"") else {
                let start = place
                while place < bytes.count, !Self.isEnd(bytes[place]) {
                    if bytes[place] == UInt8(ascii: "\"") {
                        throw Malformed(line: line, rule: "has a quote inside a field that does not begin with one")
                    }
                    place += 1
                }
                return try text(bytes[start..<place])
            }
            place += 1
            var content: [UInt8] = []
            while true {
                guard place < bytes.count else { throw Malformed(line: line, rule: "has a quote that is not closed") }
                let byte = bytes[place]
                place += 1
                if byte == UInt8(ascii: "\"") {
                    guard place < bytes.count, bytes[place] == byte else { break }
                    place += 1
                }
                if byte == 0x0A { nextLine += 1 }
                content.append(byte)
            }
            guard place == bytes.count || Self.isEnd(bytes[place]) else {
                throw Malformed(line: line, rule: "goes on behind a closed quote")
            }
            return try text(content[...])
        }

        private func text(_ bytes: ArraySlice<UInt8>) throws(Malformed) -> String {
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw Malformed(line: line, rule: "is not UTF-8")
            }
            return text
        }

        private static func isEnd(_ byte: UInt8) -> Bool { byte == UInt8(ascii: ",") || byte == 0x0A || byte == 0x0D }
    }

    /// Which line breaks which rule.
    public struct Malformed: Error, Hashable, Sendable, CustomStringConvertible {
        public var line: Int
        public var rule: String

        public init(line: Int, rule: String) {
            (self.line, self.rule) = (line, rule)
        }

        public var description: String { "line \(line) \(rule)" }
    }

    /// A record with its line end, a line feed alone: what reads CSV takes either, and so does every other tool.
    public static func record(_ fields: [String]) -> String {
        fields.map { field in
            let needsQuotes = field.utf8.contains { $0 == 0x22 || $0 == 0x2C || $0 == 0x0A || $0 == 0x0D }
            return needsQuotes ? "\"\(field.replacing("\"", with: "\"\""))\"" : field
        }.joined(separator: ",") + "\n"
    }
}
