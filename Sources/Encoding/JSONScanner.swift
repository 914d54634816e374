/// Reads JSON from bytes, piece by piece, as the caller asks: for decoding straight into structs. Strict (RFC 8259):
/// no comments, no trailing commas, no leading zeros, UTF-8 throughout, every surrogate paired.
public struct JSONScanner {
    let bytes: UnsafeRawBufferPointer
    public private(set) var offset = 0
    private var depth = 0

    private let surrogates: LoneSurrogates

    public static let maximumDepth = 200

    /// What half of a surrogate pair in an escape is.
    public enum LoneSurrogates: Sendable {
        case refused
        /// U+FFFD, as Go reads it.
        case replaced
    }

    /// The bytes must outlive the scanner.
    public init(_ bytes: UnsafeRawBufferPointer, surrogates: LoneSurrogates = .refused) {
        self.bytes = bytes
        self.surrogates = surrogates
    }

    /// What is wrong, and at which byte.
    public struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        public var message: String
        public var offset: Int
        public var description: String { "\(message) at byte \(offset)" }
    }

    public enum Kind: Sendable { case object, array, string, number, bool, null }

    public func failure(_ message: String) -> Failure { Failure(message: message, offset: offset) }

    /// What comes next; nothing is consumed but white space.
    public mutating func peek() throws(Failure) -> Kind {
        skipSpace()
        switch byte {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
        case UInt8(ascii: "n"): return .null
        case UInt8(ascii: "-"): return .number
        case let digit? where (0x30...0x39).contains(digit): return .number
        case nil: throw failure("the text ends too early")
        default: throw failure("expected a value")
        }
    }

    /// Calls the body for each member, with the scanner at its value; the body must read or skip it. Names that are
    /// given twice are refused.
    public mutating func object(
        _ body: (_ name: String, _ scanner: inout JSONScanner) throws -> Void
    ) throws {
        try open(UInt8(ascii: "{"), "an object")
        defer { depth -= 1 }
        var seen: Set<String> = []
        if try closes(UInt8(ascii: "}")) { return }
        while true {
            let name = try string()
            guard seen.insert(name).inserted else { throw failure("the member \(name) comes twice") }
            try expect(UInt8(ascii: ":"), "':'")
            try body(name, &self)
            if try closes(UInt8(ascii: "}")) { return }
            try expect(UInt8(ascii: ","), "',' or '}'")
        }
    }

    public mutating func array(_ body: (_ scanner: inout JSONScanner) throws -> Void) throws {
        try open(UInt8(ascii: "["), "an array")
        defer { depth -= 1 }
        if try closes(UInt8(ascii: "]")) { return }
        while true {
            try body(&self)
            if try closes(UInt8(ascii: "]")) { return }
            try expect(UInt8(ascii: ","), "',' or ']'")
        }
    }

    public mutating func string() throws(Failure) -> String {
        try text { String(validating: $0, as: UTF8.self) }
    }

    /// Reads a string without making one: the body sees its UTF-8. Nil from the body means that it is not UTF-8.
    public mutating func text<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result?) throws(Failure) -> Result {
        try expect(UInt8(ascii: "\""), "a string")
        let start = offset
        while let byte {
            switch byte {
            case UInt8(ascii: "\""):
                let raw = UnsafeRawBufferPointer(rebasing: bytes[start..<offset]).assumingMemoryBound(to: UInt8.self)
                offset += 1
                guard let result = body(raw) else { throw Failure(message: "not UTF-8", offset: start) }
                return result
            case UInt8(ascii: "\\"): return try escapedText(from: start, body)
            case 0..<0x20: throw failure("a control character in a string")
            default: offset += 1
            }
        }
        throw failure("the text ends too early")
    }

    private mutating func escapedText<Result>(
        from start: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Result?
    ) throws(Failure) -> Result {
        var out = Array(bytes[start..<offset])
        while let byte {
            offset += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let result = out.withUnsafeBufferPointer(body) else {
                    throw Failure(message: "not UTF-8", offset: start)
                }
                return result
            case UInt8(ascii: "\\"): try escape(to: &out)
            case 0..<0x20: throw failure("a control character in a string")
            default: out.append(byte)
            }
        }
        throw failure("the text ends too early")
    }

    private mutating func escape(to out: inout [UInt8]) throws(Failure) {
        guard let byte else { throw failure("the text ends too early") }
        offset += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): out.append(byte)
        case UInt8(ascii: "b"): out.append(0x08)
        case UInt8(ascii: "f"): out.append(0x0C)
        case UInt8(ascii: "n"): out.append(0x0A)
        case UInt8(ascii: "r"): out.append(0x0D)
        case UInt8(ascii: "t"): out.append(0x09)
        case UInt8(ascii: "u"):
            let value = try hex4()
            var scalar = Unicode.Scalar(value)
            if scalar == nil { scalar = try lowHalf(after: value) }
            guard let scalar else {
                guard surrogates == .replaced else { throw failure("half a surrogate pair") }
                out += "\u{FFFD}".utf8
                return
            }
            out += String(scalar).utf8
        default: throw failure("an escape that is none")
        }
    }

    /// What a high half means with the low half that follows it; nil, with nothing read, where none does.
    private mutating func lowHalf(after high: UInt32) throws(Failure) -> Unicode.Scalar? {
        guard (0xD800..<0xDC00).contains(high), bytes.count - offset >= 6, bytes[offset] == UInt8(ascii: "\\"),
            bytes[offset + 1] == UInt8(ascii: "u")
        else { return nil }
        let start = offset
        offset += 2
        let low = try hex4()
        guard (0xDC00..<0xE000).contains(low) else {
            offset = start
            return nil
        }
        return Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
    }

    private mutating func hex4() throws(Failure) -> UInt32 {
        guard bytes.count - offset >= 4 else { throw failure("the text ends too early") }
        var value: UInt32 = 0
        for _ in 0..<4 {
            let digit: UInt32
            switch bytes[offset] {
            case let b where (0x30...0x39).contains(b): digit = UInt32(b) - 0x30
            case let b where (0x41...0x46).contains(b): digit = UInt32(b) - 0x41 + 10
            case let b where (0x61...0x66).contains(b): digit = UInt32(b) - 0x61 + 10
            default: throw failure("expected a hex digit")
            }
            value = value << 4 | digit
            offset += 1
        }
        return value
    }

    /// The digits as they are written.
    public mutating func number() throws(Failure) -> String {
        skipSpace()
        let start = offset
        if byte == UInt8(ascii: "-") { offset += 1 }
        if byte == UInt8(ascii: "0") { offset += 1 } else { try digits() }
        if byte == UInt8(ascii: ".") {
            offset += 1
            try digits()
        }
        if byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") {
            offset += 1
            if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") { offset += 1 }
            try digits()
        }
        if let byte, (0x30...0x39).contains(byte) { throw failure("a number with a leading zero") }
        return String(decoding: bytes[start..<offset], as: UTF8.self)
    }

    private mutating func digits() throws(Failure) {
        let start = offset
        while let byte, (0x30...0x39).contains(byte) { offset += 1 }
        if offset == start { throw failure("expected a digit") }
    }

    public mutating func bool() throws(Failure) -> Bool {
        if try peek() == .bool { return try word("true") ? true : try must("false") }
        throw failure("expected true or false")
    }

    /// Whether null was next; then it is consumed.
    public mutating func null() throws(Failure) -> Bool {
        guard try peek() == .null else { return false }
        return try must("null")
    }

    private mutating func must(_ text: StaticString) throws(Failure) -> Bool {
        guard try word(text) else { throw failure("expected \(text)") }
        return text.utf8Start.pointee != UInt8(ascii: "f")
    }

    private mutating func word(_ text: StaticString) throws(Failure) -> Bool {
        let length = text.utf8CodeUnitCount
        guard bytes.count - offset >= length else { return false }
        for index in 0..<length where bytes[offset + index] != text.utf8Start[index] { return false }
        offset += length
        return true
    }

    /// Passes over the next value, whatever it is; it is checked all the same.
    public mutating func skip() throws {
        switch try peek() {
        case .object: try object { try $1.skip() }
        case .array: try array { try $0.skip() }
        case .string: _ = try text { _ in true }
        case .number: _ = try number()
        case .bool: _ = try bool()
        case .null: _ = try null()
        }
    }

    /// Throws where anything but white space is left.
    public mutating func end() throws(Failure) {
        skipSpace()
        guard offset == bytes.count else { throw failure("something follows the value") }
    }

    private var byte: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private mutating func skipSpace() {
        while let byte, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { offset += 1 }
    }

    private mutating func expect(_ wanted: UInt8, _ name: StaticString) throws(Failure) {
        skipSpace()
        guard byte == wanted else { throw failure(byte == nil ? "the text ends too early" : "expected \(name)") }
        offset += 1
    }

    private mutating func open(_ bracket: UInt8, _ name: StaticString) throws(Failure) {
        try expect(bracket, name)
        depth += 1
        guard depth <= Self.maximumDepth else { throw failure("nested too deeply") }
    }

    private mutating func closes(_ bracket: UInt8) throws(Failure) -> Bool {
        skipSpace()
        guard byte == bracket else { return false }
        offset += 1
        return true
    }
}

extension JSON {
    /// - Throws: `JSONScanner.Failure` with the byte where it stopped.
    public init(parsing bytes: [UInt8], surrogates: JSONScanner.LoneSurrogates = .refused) throws {
        self = try bytes.withUnsafeBytes { try JSON(parsing: $0, surrogates: surrogates) }
    }

    /// - Throws: `JSONScanner.Failure` with the byte where it stopped.
    public init(parsing bytes: UnsafeRawBufferPointer, surrogates: JSONScanner.LoneSurrogates = .refused) throws {
        var scanner = JSONScanner(bytes, surrogates: surrogates)
        self = try JSON(from: &scanner)
        try scanner.end()
    }

    public init(parsing text: String) throws { try self.init(parsing: Array(text.utf8)) }

    public init(from scanner: inout JSONScanner) throws {
        switch try scanner.peek() {
        case .object:
            var members: [Member] = []
            try scanner.object { members.append(Member($0, try JSON(from: &$1))) }
            self = .object(members)
        case .array:
            var elements: [JSON] = []
            try scanner.array { elements.append(try JSON(from: &$0)) }
            self = .array(elements)
        case .string: self = .string(try scanner.string())
        case .number: self = .number(try scanner.number())
        case .bool: self = .bool(try scanner.bool())
        case .null:
            _ = try scanner.null()
            self = .null
        }
    }
}
