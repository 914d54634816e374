/// Comma-separated values as RFC 4180 has them: fields in quotes may hold commas, quotes (doubled) and line ends.
public enum CSV {
    /// One record after another, without those before and behind it in memory.
    public struct Reader: Sendable {
        private var feed: ByteFeed
        private var isBegun = false
        /// Of the record that was read last, from 1.
        public private(set) var line = 0
        private var nextLine = 1

        /// A longer field is refused.
        private static let fieldBytes = 64 << 10

        public init(_ bytes: [UInt8]) { self.init(ByteFeed(bytes)) }

        public init(_ feed: ByteFeed) { self.feed = feed }

        /// Nil at the end. An empty line is no record. Throws `Malformed`.
        public mutating func next() throws(Malformed) -> [String]? {
            if !isBegun {
                isBegun = true
                try skipMark()
            }
            while let byte = try peek(), byte == 0x0A || byte == 0x0D {
                if byte == 0x0A { nextLine += 1 }
                try step()
            }
            guard try peek() != nil else { return nil }
            line = nextLine
            var fields: [String] = []
            while true {
                fields.append(try field())
                guard let end = try peek() else { return fields }
                try step()
                if end == UInt8(ascii: ",") { continue }
                if end == 0x0A { nextLine += 1 }
                return fields
            }
        }

        /// A byte-order mark, as spreadsheets write it.
        private mutating func skipMark() throws(Malformed) {
            let start = feed
            for byte in [0xEF, 0xBB, 0xBF] as [UInt8] {
                guard try peek() == byte else { return feed = start }
                try step()
            }
        }

        private mutating func field() throws(Malformed) -> String {
            var content: [UInt8] = []
            guard try peek() == UInt8(ascii: "\"") else {
                while let byte = try peek(), !Self.isEnd(byte) {
                    if byte == UInt8(ascii: "\"") {
                        throw Malformed(line: line, rule: "has a quote inside a field that does not begin with one")
                    }
                    try add(byte, to: &content)
                    try step()
                }
                return try text(content)
            }
            try step()
            while true {
                guard let byte = try peek() else { throw Malformed(line: line, rule: "has a quote that is not closed") }
                try step()
                if byte == UInt8(ascii: "\"") {
                    guard try peek() == byte else { break }
                    try step()
                }
                if byte == 0x0A { nextLine += 1 }
                try add(byte, to: &content)
            }
            if let byte = try peek(), !Self.isEnd(byte) {
                throw Malformed(line: line, rule: "goes on behind a closed quote")
            }
            return try text(content)
        }

        private func add(_ byte: UInt8, to content: inout [UInt8]) throws(Malformed) {
            guard content.count < Self.fieldBytes else {
                throw Malformed(line: line, rule: "has a field of more than \(Self.fieldBytes) bytes")
            }
            content.append(byte)
        }

        private mutating func peek() throws(Malformed) -> UInt8? {
            do { return try feed.peek() } catch { throw unread(error) }
        }

        private mutating func step() throws(Malformed) {
            do { _ = try feed.next() } catch { throw unread(error) }
        }

        private func unread(_ error: any Error) -> Malformed {
            Malformed(line: nextLine, rule: "can't be read: \(error)")
        }

        private func text(_ bytes: [UInt8]) throws(Malformed) -> String {
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
