/// Walks over Cadence source: names, numbers, signs and texts, without spaces and comments. As much of a scanner as finding
/// declarations takes.
struct CadenceSourceScanner {
    enum Token: Hashable {
        case name(String)
        /// Nil where it is too large for 64 bits: balances and hashes are.
        case number(UInt64?)
        case sign(UInt8)
        /// A text; what it holds stands between `start` and `at`, with its quotes.
        case string
        case end
    }

    private let source: [UInt8]
    private(set) var at: Int
    private(set) var token: Token = .end
    /// Where the token begins.
    private(set) var start = 0

    init(_ source: [UInt8], at: Int = 0) throws(CadenceCodingError) {
        self.source = source
        self.at = at
        try advance()
    }

    func isSign(_ character: Unicode.Scalar) -> Bool { token == .sign(UInt8(ascii: character)) }
    func isName(_ name: String) -> Bool { token == .name(name) }

    func failure(_ reason: String) -> CadenceCodingError { CadenceCodingError(.argument, reason, offset: start) }

    /// Steps over this sign, and says whether it was there.
    mutating func take(_ character: Unicode.Scalar) throws(CadenceCodingError) -> Bool {
        guard isSign(character) else { return false }
        try advance()
        return true
    }

    mutating func require(_ character: Unicode.Scalar) throws(CadenceCodingError) {
        guard try take(character) else { throw failure("`\(character)` was expected") }
    }

    mutating func requireName() throws(CadenceCodingError) -> String {
        guard case .name(let name) = token else { throw failure("a name was expected") }
        try advance()
        return name
    }

    mutating func advance() throws(CadenceCodingError) {
        try skipSpaceAndComments()
        start = at
        guard at < source.count else { return token = .end }
        switch source[at] {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"):
            while at < source.count, CadenceSourceScanner.isNamePart(source[at]) { at += 1 }
            token = .name(String(decoding: source[start..<at], as: UTF8.self))
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            while at < source.count, CadenceSourceScanner.isNamePart(source[at]) { at += 1 }
            token = .number(Self.number(String(decoding: source[start..<at], as: UTF8.self)))
        case UInt8(ascii: "\""):
            try skipString()
            token = .string
        default:
            token = .sign(source[at])
            at += 1
        }
    }

    private static func isNamePart(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    private static func number(_ text: String) -> UInt64? {
        let digits = text.filter { $0 != "_" }
        return switch digits.prefix(2) {
        case "0x": UInt64(digits.dropFirst(2), radix: 16)
        case "0o": UInt64(digits.dropFirst(2), radix: 8)
        case "0b": UInt64(digits.dropFirst(2), radix: 2)
        default: UInt64(digits)
        }
    }

    private mutating func skipSpaceAndComments() throws(CadenceCodingError) {
        while at < source.count {
            let byte = source[at]
            if byte == 0x20 || byte == 0x0A || byte == 0x09 || byte == 0x0D {
                at += 1
            } else if byte != UInt8(ascii: "/") {
                return
            } else if starts("//") {
                while at < source.count, source[at] != 0x0A { at += 1 }
            } else if starts("/*") {
                start = at
                var depth = 0
                repeat {
                    guard at < source.count else { throw failure("the comment does not end") }
                    if starts("/*") {
                        depth += 1
                        at += 2
                    } else if starts("*/") {
                        depth -= 1
                        at += 2
                    } else {
                        at += 1
                    }
                } while depth > 0
            } else {
                return
            }
        }
    }

    private func starts(_ sign: StaticString) -> Bool {
        at + 1 < source.count && source[at] == sign.utf8Start[0] && source[at + 1] == sign.utf8Start[1]
    }

    /// A text, with what is interpolated into it: `\(…)` may hold further texts.
    private mutating func skipString() throws(CadenceCodingError) {
        at += 1
        var open: [Int] = []
        while at < source.count {
            switch source[at] {
            case UInt8(ascii: "\\") where open.isEmpty || open.last == -1:
                if at + 1 < source.count, source[at + 1] == UInt8(ascii: "(") { open.append(0) }
                at += 2
                continue
            case UInt8(ascii: "\""):
                if open.isEmpty {
                    at += 1
                    return
                }
                if open.last == -1 { open.removeLast() } else { open.append(-1) }
            case UInt8(ascii: "("):
                if let last = open.last, last >= 0 { open[open.count - 1] = last + 1 }
            case UInt8(ascii: ")"):
                if let last = open.last, last >= 0 {
                    if last == 0 { open.removeLast() } else { open[open.count - 1] = last - 1 }
                }
            default: break
            }
            at += 1
        }
        throw failure("the text does not end")
    }
}
