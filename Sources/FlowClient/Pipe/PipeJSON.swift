/// A JSON value as lines on a pipe carry it: members keep their order, numbers their digits. Text is read as Go reads it, so that an
/// escaped half of a surrogate pair becomes U+FFFD and ends nothing.
public enum PipeJSON: Hashable, Sendable {
    case null
    case bool(Bool)
    /// As written.
    case number(String)
    case string(String)
    case array([PipeJSON])
    case object([Member])

    public struct Member: Hashable, Sendable {
        public var name: String
        public var value: PipeJSON
        public init(_ name: String, _ value: PipeJSON) {
            self.name = name
            self.value = value
        }
    }

    /// One value, with nothing but spaces behind it.
    public init(parsing bytes: UnsafeRawBufferPointer) throws(PipeError) {
        var tape = JSONTape()
        let end: Int
        do { end = try tape.read(bytes, depth: 512, elements: 8_000_000) } catch {
            throw PipeError("no JSON: \(error.reason) at byte \(error.offset)")
        }
        for at in end..<bytes.count where ![0x20, 0x09, 0x0A, 0x0D].contains(bytes[at]) {
            throw PipeError("no JSON: something follows the value at byte \(at)")
        }
        self.init(view: tape.view(of: bytes), at: 0)
    }

    public init(parsing bytes: [UInt8]) throws(PipeError) {
        let result = bytes.withUnsafeBytes { buffer -> Result<PipeJSON, PipeError> in
            do throws(PipeError) { return .success(try PipeJSON(parsing: buffer)) } catch { return .failure(error) }
        }
        self = try result.get()
    }

    init(view: JSONView, at index: Int) {
        switch view[index].kind {
        case .null: self = .null
        case .true: self = .bool(true)
        case .false: self = .bool(false)
        case .number: self = .number(String(decoding: view.content(index), as: UTF8.self))
        case .string: self = .string(view.string(index))
        case .array:
            var elements: [PipeJSON] = []
            var at = index + 1
            while at < Int(view[index].end) {
                elements.append(PipeJSON(view: view, at: at))
                at = view.after(at)
            }
            self = .array(elements)
        case .object:
            var members: [Member] = []
            var at = index + 1
            while at < Int(view[index].end) {
                members.append(Member(view.string(at), PipeJSON(view: view, at: at + 1)))
                at = view.after(at + 1)
            }
            self = .object(members)
        }
    }

    /// The member of that name (of several, the last); nil where there is none, or this is no object.
    public subscript(_ name: String) -> PipeJSON? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.name == name }?.value
    }

    public var string: String? { if case .string(let text) = self { text } else { nil } }
    public var bool: Bool? { if case .bool(let bool) = self { bool } else { nil } }
    public var array: [PipeJSON]? { if case .array(let elements) = self { elements } else { nil } }
    public var isNull: Bool { self == .null }
    /// Of a number that is whole, not negative, without a fraction or an exponent, and fits.
    public var uint64: UInt64? {
        guard case .number(let digits) = self, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return UInt64(digits)
    }

    /// One line of JSON, without the newline.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    public var bytes: [UInt8] {
        var encoder = JSONCDC.Encoder()
        write(to: &encoder)
        return encoder.bytes
    }

    private func write(to encoder: inout JSONCDC.Encoder) {
        switch self {
        case .null: encoder.raw("null")
        case .bool(let bool): encoder.raw(bool ? "true" : "false")
        case .number(let digits): encoder.raw(digits)
        case .string(let text): encoder.string(text)
        case .array(let elements): encoder.list(elements) { $1.write(to: &$0) }
        case .object(let members):
            encoder.raw("{")
            for (index, member) in members.enumerated() {
                if index > 0 { encoder.raw(",") }
                encoder.string(member.name)
                encoder.raw(":")
                member.value.write(to: &encoder)
            }
            encoder.raw("}")
        }
    }
}

extension PipeJSON: ExpressibleByDictionaryLiteral, ExpressibleByStringLiteral, ExpressibleByBooleanLiteral {
    public init(dictionaryLiteral elements: (String, PipeJSON)...) { self = .object(elements.map { Member($0, $1) }) }
    public init(stringLiteral value: String) { self = .string(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
}

/// Why a line could not be answered: what is wrong, where.
public struct PipeError: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}
