/// Header fields in the order they came. Names are compared without regard to case (RFC 9110, section 5.1).
public struct HTTPFields: Sendable, Hashable, Sequence, ExpressibleByDictionaryLiteral {
    public struct Field: Sendable, Hashable {
        public var name: String
        public var value: String
    }

    public private(set) var fields: [Field] = []

    public init() {}
    public init(dictionaryLiteral elements: (String, String)...) {
        fields = elements.map { Field(name: $0, value: $1) }
    }
    public init(_ pairs: [(String, String)]) {
        fields = pairs.map { Field(name: $0, value: $1) }
    }

    /// The first one of that name. Setting replaces all of them, nil removes them.
    public subscript(_ name: String) -> String? {
        get { fields.first { Self.same($0.name, name) }?.value }
        set {
            fields.removeAll { Self.same($0.name, name) }
            if let newValue { fields.append(Field(name: name, value: newValue)) }
        }
    }

    public func all(_ name: String) -> [String] { fields.filter { Self.same($0.name, name) }.map(\.value) }
    public mutating func append(_ name: String, _ value: String) { fields.append(Field(name: name, value: value)) }
    public func makeIterator() -> IndexingIterator<[Field]> { fields.makeIterator() }

    /// Whether a list such as `Connection: keep-alive, Upgrade` holds the word.
    public func contains(_ word: String, in name: String) -> Bool {
        all(name).contains { value in
            value.split(separator: ",").contains { Self.same(Self.trim($0), word) }
        }
    }

    static func same(_ a: some StringProtocol, _ b: some StringProtocol) -> Bool {
        a.utf8.count == b.utf8.count && zip(a.utf8, b.utf8).allSatisfy { lower($0) == lower($1) }
    }

    static func trim(_ text: some StringProtocol) -> Substring {
        var rest = Substring(text)
        while rest.first == " " || rest.first == "\t" { rest = rest.dropFirst() }
        while rest.last == " " || rest.last == "\t" { rest = rest.dropLast() }
        return rest
    }

    private static func lower(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }

    /// A token of RFC 9110, section 5.6.2: what a field name and a method must be.
    static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy {
                switch $0 {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: "!#$%&'*+-.^_`|~".utf8.contains($0)
                }
            }
    }

    /// No control characters, tab aside: nothing that could end the line.
    static func isValue(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
    }
}
