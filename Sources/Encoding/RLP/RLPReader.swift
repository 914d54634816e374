/// Walks bytes once, believes no length before it has checked it, and takes shortest forms only.
package struct RLPReader {
    private let source: [UInt8]
    package private(set) var offset = 0

    package init(_ source: [UInt8]) {
        self.source = source
    }

    package mutating func item(upTo end: Int, depth: Int) throws(RLPError) -> RLP.Item {
        let start = offset
        guard start < end else { throw RLPError(start == 0 ? .empty : .truncated, at: start) }
        let first = source[start]
        offset += 1
        switch first {
        case 0x00...0x7f:
            return .bytes([first])
        case 0x80...0xb7:
            let contents = try take(Int(first - 0x80), upTo: end, from: start)
            if contents.count == 1, source[contents.lowerBound] < 0x80 { throw RLPError(.nonCanonicalByte, at: start) }
            return .bytes(Array(source[contents]))
        case 0xb8...0xbf:
            return .bytes(Array(source[try long(Int(first - 0xb7), upTo: end, from: start)]))
        case 0xc0...0xf7:
            return try list(in: try peek(Int(first - 0xc0), upTo: end, from: start), from: start, depth: depth)
        default:
            let contents = try long(Int(first - 0xf7), upTo: end, from: start)
            offset = contents.lowerBound
            return try list(in: contents, from: start, depth: depth)
        }
    }

    private mutating func list(in contents: Range<Int>, from start: Int, depth: Int) throws(RLPError) -> RLP.Item {
        guard depth < RLP.maximumDepth else { throw RLPError(.tooDeep, at: start) }
        var items: [RLP.Item] = []
        while offset < contents.upperBound {
            items.append(try item(upTo: contents.upperBound, depth: depth + 1))
        }
        return .list(items)
    }

    /// A length of its own, in `lengthBytes` bytes, then as many bytes as it says.
    private mutating func long(_ lengthBytes: Int, upTo end: Int, from start: Int) throws(RLPError) -> Range<Int> {
        let digits = try take(lengthBytes, upTo: end, from: start)
        guard source[digits.lowerBound] != 0 else { throw RLPError(.nonCanonicalLength, at: start) }
        let length = source[digits].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length > 55 else { throw RLPError(.nonCanonicalLength, at: start) }
        guard length <= UInt64(end - offset) else { throw RLPError(.truncated, at: start) }
        return try take(Int(length), upTo: end, from: start)
    }

    private mutating func take(_ count: Int, upTo end: Int, from start: Int) throws(RLPError) -> Range<Int> {
        let range = try peek(count, upTo: end, from: start)
        offset = range.upperBound
        return range
    }

    private func peek(_ count: Int, upTo end: Int, from start: Int) throws(RLPError) -> Range<Int> {
        guard count <= end - offset else { throw RLPError(.truncated, at: start) }
        return offset..<offset + count
    }
}
