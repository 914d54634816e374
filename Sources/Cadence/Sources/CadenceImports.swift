/// The import declarations of Cadence source, read as Cadence reads them: comments and texts are not code, a line may hold
/// several statements, lines may end in CRLF (https://cadence-lang.org/docs/language/imports). What is not an import
/// keeps every byte.
public enum CadenceImports {
    /// One declaration, and where it stands in the source's UTF-8.
    public struct Declaration: Hashable, Sendable {
        public enum Location: Hashable, Sendable {
            case address(Address)
            /// A text, as between its quotes: a contract's name, or the path of its source.
            case text(String)
            /// A name that the network itself knows, such as `Crypto`.
            case identifier(String)
        }

        /// What is imported, in order; none where all of a location is.
        public var names: [String]
        public var location: Location
        /// From `import` to the end of the location.
        public var range: Range<Int>
        /// From the first name, or from the location where there is none, to the end of the location.
        var body: Range<Int>
        /// The location alone.
        var place: Range<Int>
        /// An import under another name has no form that names the contract alone.
        var isAliased: Bool
    }

    /// What could not be resolved.
    public struct Unresolved: Error, Hashable, Sendable, CustomStringConvertible {
        public var name: String
        public var description: String { "contract \(name) has no address" }
    }

    /// The import declarations, in order. Source that ends in the middle of a comment or a text has those that stand before it.
    public static func declarations(in source: String) -> [Declaration] {
        declarations(in: Array(source.utf8))
    }

    public static func declarations(in source: [UInt8]) -> [Declaration] {
        var found: [Declaration] = []
        do throws(CadenceCodingError) {
            var scanner = try CadenceSourceScanner(source)
            var depth = 0
            while scanner.token != .end {
                switch scanner.token {
                case .sign(UInt8(ascii: "{")): depth += 1
                case .sign(UInt8(ascii: "}")): depth -= 1
                case .name("import") where depth == 0:
                    var ahead = scanner
                    if let declaration = try Self.declaration(&ahead, source) {
                        found.append(declaration)
                        scanner = ahead
                        // It stands at the location, or behind it where only what followed told that it had ended.
                        if scanner.start >= declaration.range.upperBound { continue }
                    }
                default: break
                }
                try scanner.advance()
            }
        } catch {
            // What follows is no code that anybody could import with: a node says what is wrong with it.
        }
        return found
    }

    /// Each import of a text becomes one from an address: `import "Name"` as `import Name from 0x…`, a path by the names that are
    /// imported from it, or else by its file's. Throws for a contract without address.
    public static func resolve(
        _ source: String, addresses: [String: Address]
    ) throws(Unresolved) -> String {
        let bytes = Array(source.utf8)
        var out: [UInt8] = []
        var at = 0
        for declaration in declarations(in: bytes) {
            guard case .text(let text) = declaration.location else { continue }
            let names = declaration.names.isEmpty ? [contractName(text)] : declaration.names
            let places = try names.map { name throws(Unresolved) in
                guard let address = addresses[name] else { throw Unresolved(name: name) }
                return address
            }
            guard Set(places).count == 1 else { throw Unresolved(name: names.joined(separator: ", ")) }
            out += bytes[at..<declaration.place.lowerBound]
            if declaration.names.isEmpty { out += "\(names[0]) from ".utf8 }
            out += places[0].description.utf8
            at = declaration.place.upperBound
        }
        return String(decoding: out + bytes[at...], as: UTF8.self)
    }

    /// The other way: the source with its imports by name again, and the addresses that they named. Two sources that
    /// differ only in where their contracts live give the same text. An import of several names, under another name or with
    /// a comment in it has no such form and stays as it is; its addresses are told all the same.
    public static func unresolve(_ source: String) -> (source: String, addresses: [String: Address]) {
        let bytes = Array(source.utf8)
        var addresses: [String: Address] = [:]
        var out: [UInt8] = []
        var at = 0
        for declaration in declarations(in: bytes) {
            guard case .address(let address) = declaration.location else { continue }
            for name in declaration.names { addresses[name] = address }
            guard declaration.names.count == 1, !declaration.isAliased,
                !bytes[declaration.body].contains(UInt8(ascii: "/"))
            else { continue }
            out += bytes[at..<declaration.body.lowerBound] + "\"\(declaration.names[0])\"".utf8
            at = declaration.body.upperBound
        }
        return (String(decoding: out + bytes[at...], as: UTF8.self), addresses)
    }

    /// The first import by a text, which no node takes: somebody forgot to resolve it.
    public static func unresolvedName(in source: [UInt8]) -> String? {
        for declaration in declarations(in: source) {
            if case .text(let text) = declaration.location { return text }
        }
        return nil
    }

    /// `FlowToken` of `FlowToken` and of `./contracts/FlowToken.cdc`.
    private static func contractName(_ text: String) -> String {
        let file = text.split(separator: "/").last ?? text[...]
        return String(file.hasSuffix(".cdc") ? file.dropLast(4) : file)
    }

    /// Of a scanner at `import`. Nil where it is no declaration.
    private static func declaration(
        _ scanner: inout CadenceSourceScanner, _ source: [UInt8]
    ) throws(CadenceCodingError) -> Declaration? {
        let start = scanner.start
        try scanner.advance()
        let body = scanner.start
        var names: [String] = []
        var isAliased = false
        while case .name(let name) = scanner.token {
            let end = scanner.at
            try scanner.advance()
            if case .name("as") = scanner.token {
                isAliased = true
                try scanner.advance()
                guard case .name = scanner.token else { return nil }
                try scanner.advance()
            }
            names.append(name)
            if try scanner.take(",") { continue }
            if scanner.isName("from") {
                try scanner.advance()
                break
            }
            // `import Crypto`: a name alone is the location.
            guard names.count == 1, !isAliased else { return nil }
            return Declaration(
                names: [], location: .identifier(name), range: start..<end, body: body..<end, place: body..<end,
                isAliased: false)
        }
        let place = scanner.start..<scanner.at
        let text = source[place]
        let location: Declaration.Location
        switch scanner.token {
        case .string: location = .text(String(decoding: text.dropFirst().dropLast(), as: UTF8.self))
        case .number(let value?) where text.starts(with: "0x".utf8): location = .address(Address(rawValue: value))
        case .name(let name) where !names.isEmpty: location = .identifier(name)
        default: return nil
        }
        return Declaration(
            names: names, location: location, range: start..<place.upperBound, body: body..<place.upperBound,
            place: place, isAliased: isAliased)
    }
}
