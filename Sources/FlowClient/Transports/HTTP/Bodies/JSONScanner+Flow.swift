import Cadence
import Encoding
import HTTP

extension JSONScanner {
    /// An object; throws where one of the required members (32 at most) is missing. Members that the body leaves are
    /// skipped.
    mutating func fields(
        _ required: [StaticString], _ body: (_ name: String, _ scanner: inout JSONScanner) throws -> Void
    ) throws {
        var found: UInt32 = 0
        try object { name, scanner in
            if let at = required.firstIndex(where: { $0 ~= name }) { found |= 1 << UInt32(at) }
            let before = scanner.offset
            do {
                try body(name, &scanner)
                if scanner.offset == before { try scanner.skip() }
            } catch {
                throw BodyError(error, under: "." + name.prefix(40))
            }
        }
        for (at, name) in required.enumerated() where found & 1 << UInt32(at) == 0 {
            throw BodyError("it must be there", path: ".\(name)")
        }
    }

    mutating func value<Value: HTTPBody>(_ type: Value.Type = Value.self) throws -> Value { try Value(from: &self) }

    /// A list; Go writes one that was never made as null.
    mutating func list<Element>(_ read: (inout JSONScanner) throws -> Element) throws -> [Element] {
        if try null() { return [] }
        var out: [Element] = []
        try array { scanner in
            do { out.append(try read(&scanner)) } catch { throw BodyError(error, under: "[\(out.count)]") }
        }
        return out
    }

    mutating func list<Element: HTTPBody>(of type: Element.Type = Element.self) throws -> [Element] {
        try list { try Element(from: &$0) }
    }

    /// Exactly 64 hex digits.
    mutating func id<ID: TypedIdentifier>(_ type: ID.Type = ID.self) throws -> ID {
        try parsed("64 hex digits") { text in Self.hex(text, count: 32).flatMap { ID(bytes: $0) } }
    }

    /// Zero where it is empty: the node does not know it yet.
    mutating func idOrNone<ID: TypedIdentifier>(_ type: ID.Type = ID.self) throws -> ID {
        try parsed("64 hex digits, or none") { text in
            text.isEmpty ? .zero : Self.hex(text, count: 32).flatMap { ID(bytes: $0) }
        }
    }

    /// - Parameters:
    ///   - count: of bytes; nil for any.
    ///   - prefix: whether 0x may stand before them.
    mutating func hex(count: Int? = nil, prefix: Bool = false) throws -> [UInt8] {
        try parsed(count.map { "\($0 * 2) hex digits" } ?? "hex digits") { Self.hex($0, count: count, prefix: prefix) }
    }

    mutating func base64() throws -> [UInt8] { try parsed("base64") { Base64.decode($0) } }

    /// A whole number in a string, as the API has all of 64 bits: digits, no zero before them.
    mutating func uint64() throws -> UInt64 {
        try parsed("a whole number of 64 bits in a string") { text in
            guard let first = text.first, first != 0x30 || text.count == 1 else { return nil }
            var value: UInt64 = 0
            for digit in text {
                guard (0x30...0x39).contains(digit) else { return nil }
                let (tens, over) = value.multipliedReportingOverflow(by: 10)
                let (sum, carry) = tens.addingReportingOverflow(UInt64(digit - 0x30))
                guard !over, !carry else { return nil }
                value = sum
            }
            return value
        }
    }

    mutating func uint32() throws -> UInt32 {
        guard let value = UInt32(exactly: try uint64()) else { throw failure("expected a number of 32 bits") }
        return value
    }

    /// A bare number, as codes and message indexes are.
    mutating func integer<Number: FixedWidthInteger>(_ type: Number.Type = Number.self) throws -> Number {
        guard let value = Number(try number()) else {
            throw failure("expected a whole number from \(Number.min) to \(Number.max)")
        }
        return value
    }

    /// 16 hex digits, 0x before them or not.
    mutating func address() throws -> Address {
        try parsed("an address of 16 hex digits") { text in
            Self.hex(text, count: 8, prefix: true).flatMap { Address(bytes: $0) }
        }
    }

    mutating func height() throws -> BlockHeight {
        let height = try uint64()
        guard height <= BlockHeight.largest else { throw failure("a height of \(height), which no chain has") }
        return BlockHeight(height)
    }

    mutating func timestamp() throws -> Timestamp {
        try parsed("a time such as 2026-11-21T23:49:02.182Z") { Timestamp(rfc3339: $0) }
    }

    /// The id at the end of a link such as `/v1/transactions/…`.
    mutating func link<ID: TypedIdentifier>(_ type: ID.Type = ID.self) throws -> ID {
        try parsed("a link that ends in an id") { text in
            guard text.count > 64, text[text.count - 65] == UInt8(ascii: "/") else { return nil }
            return Self.hex(UnsafeBufferPointer(rebasing: text.suffix(64)), count: 32).flatMap { ID(bytes: $0) }
        }
    }

    /// A string that must say one of some things.
    mutating func parsed<Value>(
        _ expected: @autoclosure () -> String, _ parse: (UnsafeBufferPointer<UInt8>) -> Value?
    ) throws -> Value {
        guard let value = try text({ Optional.some(parse($0)) }) else { throw failure("expected \(expected())") }
        return value
    }

    private static func hex(_ text: UnsafeBufferPointer<UInt8>, count: Int?, prefix: Bool = false) -> [UInt8]? {
        var digits = text[...]
        if prefix, digits.starts(with: [0x30, 0x78]) { digits = digits.dropFirst(2) }
        guard digits.count.isMultiple(of: 2), count == nil || digits.count == count! * 2 else { return nil }
        var out: [UInt8] = []
        out.reserveCapacity(digits.count / 2)
        while let high = digits.popFirst(), let low = digits.popFirst() {
            guard let a = Hex.value(of: high), let b = Hex.value(of: low) else { return nil }
            out.append(a << 4 | b)
        }
        return out
    }
}

extension StaticString {
    static func ~= (name: StaticString, text: String) -> Bool {
        name.withUTF8Buffer { $0.elementsEqual(text.utf8) }
    }
}
