import Encoding

/// JSON as a flat list of its tokens, made in one pass over the bytes: a container knows where it ends, so that a reader can step
/// over what it does not want, and can read an object's `type` before its `value` whichever comes first.
///
/// Syntax is that of Go's encoding/json, which is what the chain reads arguments with: one value is read and what follows it is
/// left alone; numbers must fit a Float64; a control character ends a string in error. Strings are checked, not decoded.
struct JSONTape: ~Copyable {
    struct Entry {
        enum Kind: UInt8 {
            case object, array, string, number, `true`, `false`, null
        }

        var kind: Kind
        /// Of a string: there is an escape, or a byte that is not ASCII.
        var needsDecoding = false
        /// Where the content begins: after the quote of a string.
        var start: UInt32
        /// Of a string or number, the byte after its content. Of a container, the entry after its last; its parent while it is open.
        var end: UInt32
        /// Members of an object, elements of an array.
        var count: UInt32 = 0
    }

    private(set) var entries: UnsafeMutablePointer<Entry>
    private(set) var count = 0
    private var capacity: Int

    init(capacity: Int = 256) {
        self.capacity = capacity
        entries = .allocate(capacity: capacity)
    }

    deinit { entries.deallocate() }

    @inline(__always)
    private mutating func append(_ entry: Entry) {
        if count == capacity { grow() }
        entries[count] = entry
        count += 1
    }

    @inline(never)
    private mutating func grow() {
        let larger = UnsafeMutablePointer<Entry>.allocate(capacity: capacity * 2)
        larger.update(from: entries, count: count)
        entries.deallocate()
        entries = larger
        capacity *= 2
    }

    /// What a very large text needed is given back.
    mutating func shrink() {
        guard capacity > 65_536 else { return }
        entries.deallocate()
        capacity = 256
        entries = .allocate(capacity: capacity)
        count = 0
    }

    struct Failure: Error {
        var reason: StaticString
        var offset: Int
        var isLimit = false
    }

    /// Reads one value. Returns the offset of the byte after it.
    mutating func read(_ bytes: UnsafeRawBufferPointer, depth limit: Int, elements: Int) throws(Failure) -> Int {
        count = 0
        guard let base = bytes.baseAddress, bytes.count < Int(UInt32.max) else {
            throw Failure(reason: bytes.isEmpty ? "no JSON" : "too long", offset: 0)
        }
        let text = base.assumingMemoryBound(to: UInt8.self)
        let end = bytes.count
        var at = 0
        var depth = 0
        // The open container, and none outside of all.
        var open: UInt32 = .max
        var isInObject = false

        value: while true {
            if count >= elements { throw Failure(reason: "too many values", offset: at, isLimit: true) }
            skipSpace(text, &at, end)
            guard at < end else { throw Failure(reason: "the text ends early", offset: at) }
            switch text[at] {
            case UInt8(ascii: "\""):
                try string(text, &at, end)
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                isInObject = text[at] == UInt8(ascii: "{")
                if depth == limit { throw Failure(reason: "nested too deep", offset: at, isLimit: true) }
                depth += 1
                append(Entry(kind: isInObject ? .object : .array, start: UInt32(truncatingIfNeeded: at), end: open))
                open = UInt32(truncatingIfNeeded: count - 1)
                at += 1
                skipSpace(text, &at, end)
                guard at < end else { throw Failure(reason: "the text ends early", offset: at) }
                if text[at] == (isInObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) { break }
                entries[Int(open)].count = 1
                if isInObject { try key(text, &at, end) }
                continue value
            case UInt8(ascii: "t"):
                try literal("true", .true, text, &at, end)
            case UInt8(ascii: "f"):
                try literal("false", .false, text, &at, end)
            case UInt8(ascii: "n"):
                try literal("null", .null, text, &at, end)
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                try number(text, &at, end)
            default:
                throw Failure(reason: "no JSON value begins so", offset: at)
            }

            // After a value: the next one, or the end of what it stands in.
            while open != .max {
                skipSpace(text, &at, end)
                guard at < end else { throw Failure(reason: "the text ends early", offset: at) }
                switch text[at] {
                case UInt8(ascii: ","):
                    at += 1
                    entries[Int(open)].count += 1
                    if isInObject {
                        skipSpace(text, &at, end)
                        try key(text, &at, end)
                    }
                    continue value
                case UInt8(ascii: "}") where isInObject, UInt8(ascii: "]") where !isInObject:
                    at += 1
                    depth -= 1
                    let parent = entries[Int(open)].end
                    entries[Int(open)].end = UInt32(truncatingIfNeeded: count)
                    open = parent
                    isInObject = open != .max && entries[Int(open)].kind == .object
                default:
                    throw Failure(
                        reason: isInObject ? "a comma or } was expected" : "a comma or ] was expected", offset: at)
                }
            }
            return at
        }
    }

    @inline(__always)
    private func skipSpace(_ text: UnsafePointer<UInt8>, _ at: inout Int, _ end: Int) {
        while at < end, text[at] <= 0x20 {
            switch text[at] {
            case 0x20, 0x09, 0x0A, 0x0D: at += 1
            default: return
            }
        }
    }

    /// A member's name and its colon.
    @inline(__always)
    private mutating func key(_ text: UnsafePointer<UInt8>, _ at: inout Int, _ end: Int) throws(Failure) {
        guard at < end, text[at] == UInt8(ascii: "\"") else {
            throw Failure(reason: "a member's name was expected", offset: at)
        }
        try string(text, &at, end)
        skipSpace(text, &at, end)
        guard at < end, text[at] == UInt8(ascii: ":") else { throw Failure(reason: "a colon was expected", offset: at) }
        at += 1
    }

    @inline(__always)
    private mutating func string(_ text: UnsafePointer<UInt8>, _ at: inout Int, _ end: Int) throws(Failure) {
        at += 1
        let start = at
        var needsDecoding = false
        while true {
            // Eight bytes at a time, as long as none of them is a quote, a backslash, a control character or beyond ASCII.
            while at &+ 8 <= end {
                let word = UnsafeRawPointer(text + at).loadUnaligned(as: UInt64.self)
                let special = JSONTape.special(in: word)
                if special != 0 {
                    at &+= special.trailingZeroBitCount &>> 3
                    break
                }
                at &+= 8
            }
            guard at < end else { throw Failure(reason: "the string does not end", offset: start - 1) }
            switch text[at] {
            case UInt8(ascii: "\""):
                append(
                    Entry(
                        kind: .string, needsDecoding: needsDecoding, start: UInt32(truncatingIfNeeded: start),
                        end: UInt32(truncatingIfNeeded: at)))
                at &+= 1
                return
            case UInt8(ascii: "\\"):
                needsDecoding = true
                try JSONTape.escape(text, &at, end)
            case 0..<0x20:
                throw Failure(reason: "a control character in a string", offset: at)
            case 0x80...:
                needsDecoding = true
                at &+= 1
            default:
                at &+= 1
            }
        }
    }

    /// The high bit of each byte that needs a closer look. Bytes beyond the first such one may be marked wrongly.
    @inline(__always)
    static func special(in word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        let quote = word ^ (ones &* 0x22)
        let backslash = word ^ (ones &* 0x5C)
        let isQuote = (quote &- ones) & ~quote
        let isBackslash = (backslash &- ones) & ~backslash
        let isControl = (word &- (ones &* 0x20)) & ~word
        return (isQuote | isBackslash | isControl | word) & highs
    }

    static func escape(_ text: UnsafePointer<UInt8>, _ at: inout Int, _ end: Int) throws(Failure) {
        guard at + 1 < end else { throw Failure(reason: "the text ends early", offset: end) }
        switch text[at + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            at += 2
        case UInt8(ascii: "u"):
            guard at + 6 <= end else { throw Failure(reason: "the text ends early", offset: end) }
            for digit in at + 2..<at + 6 where Hex.value(of: text[digit]) == nil {
                throw Failure(reason: "four hex digits were expected", offset: digit)
            }
            at += 6
        default:
            throw Failure(reason: "no such escape", offset: at)
        }
    }

    private mutating func literal(
        _ word: StaticString, _ kind: Entry.Kind, _ text: UnsafePointer<UInt8>, _ at: inout Int, _ end: Int
    ) throws(Failure) {
        let length = word.utf8CodeUnitCount
        for offset in 0..<length where at + offset >= end || text[at + offset] != word.utf8Start[offset] {
            throw Failure(reason: "no JSON value begins so", offset: at + offset)
        }
        append(Entry(kind: kind, start: UInt32(truncatingIfNeeded: at), end: UInt32(truncatingIfNeeded: at + length)))
        at += length
    }

    private mutating func number(_ text: UnsafePointer<UInt8>, _ at: inout Int, _ end: Int) throws(Failure) {
        let start = at
        func digits(_ at: inout Int) throws(Failure) {
            let first = at
            while at < end, text[at] &- 0x30 < 10 { at += 1 }
            if at == first { throw Failure(reason: "a digit was expected", offset: at) }
        }
        if text[at] == UInt8(ascii: "-") { at += 1 }
        if at < end, text[at] == UInt8(ascii: "0") { at += 1 } else { try digits(&at) }
        if at < end, text[at] == UInt8(ascii: ".") {
            at += 1
            try digits(&at)
        }
        var hasExponent = false
        if at < end, text[at] | 0x20 == UInt8(ascii: "e") {
            hasExponent = true
            at += 1
            if at < end, text[at] == UInt8(ascii: "+") || text[at] == UInt8(ascii: "-") { at += 1 }
            try digits(&at)
        }
        if hasExponent || at - start > 300 {
            let digits = String(decoding: UnsafeBufferPointer(start: text + start, count: at - start), as: UTF8.self)
            guard let float = Double(digits), float.isFinite else {
                throw Failure(reason: "the number does not fit a Float64", offset: start)
            }
        }
        append(Entry(kind: .number, start: UInt32(truncatingIfNeeded: start), end: UInt32(truncatingIfNeeded: at)))
    }

    /// What was read, for as long as the tape and the bytes live and nothing else is read.
    func view(of bytes: UnsafeRawBufferPointer) -> JSONView { JSONView(entries: entries, bytes: bytes) }
}
