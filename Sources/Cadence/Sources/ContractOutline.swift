/// What a contract's source declares, as far as the chain looks at it when the contract is updated: its types, their
/// fields, their conformances, an enum's cases (https://cadence-lang.org/docs/language/contract-updatability).
public struct ContractOutline: Hashable, Sendable {
    public struct Declaration: Hashable, Sendable {
        /// `struct`, `resource`, `enum`, `contract`, with ` interface` behind it where it is one.
        public var kind: String
        /// Name to type, as it is written but for spaces.
        public var fields: [String: String] = [:]
        public var conformances: Set<String> = []
        public var cases: [String] = []
    }

    /// By name, nested ones behind a dot: `NovaPass`, `NovaPass.NFT`.
    public private(set) var declarations: [String: Declaration] = [:]
    /// Types that a `#removedType` pragma says are gone.
    public private(set) var removed: Set<String> = []

    /// Throws where the source ends in the middle of something.
    public init(of source: String) throws(CadenceCodingError) {
        let bytes = Array(source.utf8)
        var scanner = try CadenceSourceScanner(bytes)
        try read(&scanner, bytes, inside: "", upToBrace: false)
    }

    /// What the chain would refuse of an update from `old` to this, in words; empty where nothing is known against it.
    /// Functions, events and initializers may change; types that are stored may not.
    public func refusals(from old: ContractOutline) -> [String] {
        var refusals: [String] = []
        for (name, before) in old.declarations.sorted(by: { $0.key < $1.key }) {
            guard let now = declarations[name] else {
                if !removed.contains(name) { refusals.append("\(before.kind) \(name) is gone") }
                continue
            }
            guard now.kind == before.kind else {
                refusals.append("\(name) is a \(now.kind) and was a \(before.kind)")
                continue
            }
            for (field, type) in now.fields.sorted(by: { $0.key < $1.key }) {
                switch before.fields[field] {
                case nil: refusals.append("field \(field) of \(name) is new")
                case let was? where was != type: refusals.append("field \(field) of \(name) is \(type) and was \(was)")
                default: break
                }
            }
            for conformance in before.conformances.subtracting(now.conformances).sorted() {
                refusals.append("\(name) no longer conforms to \(conformance)")
            }
            if !now.cases.starts(with: before.cases) {
                refusals.append(
                    "the cases of \(name) do not begin with those that it had: \(before.cases.joined(separator: ", "))")
            }
        }
        return refusals
    }

    private mutating func read(
        _ scanner: inout CadenceSourceScanner, _ source: [UInt8], inside owner: String, upToBrace: Bool
    ) throws(CadenceCodingError) {
        while scanner.token != .end {
            switch scanner.token {
            case .sign(UInt8(ascii: "}")) where upToBrace: return try scanner.advance()
            case .sign(UInt8(ascii: "#")):
                try scanner.advance()
                guard scanner.isName("removedType") else { continue }
                try scanner.advance()
                guard try scanner.take("("), case .name(let type) = scanner.token else { continue }
                removed.insert(owner + type)
            case .name("access"):
                try scanner.advance()
                if scanner.isSign("(") { try Self.skip(&scanner, "(", ")") }
            case .name("struct"), .name("resource"), .name("contract"), .name("enum"):
                try composite(&scanner, source, inside: owner)
            case .name("let"), .name("var"):
                try scanner.advance()
                guard case .name(let field) = scanner.token else { continue }
                try scanner.advance()
                guard try scanner.take(":") else { continue }
                let type = try Self.type(&scanner, source)
                if !owner.isEmpty { declarations[String(owner.dropLast())]?.fields[field] = type }
            case .name("case"):
                try scanner.advance()
                guard case .name(let name) = scanner.token else { continue }
                declarations[String(owner.dropLast())]?.cases.append(name)
                try scanner.advance()
            // Bodies of functions, initializers and events say nothing of what is stored.
            case .name("fun"), .name("init"), .name("destroy"), .name("event"), .name("pre"), .name("post"),
                .name("prepare"), .name("execute"), .name("entitlement"), .name("attachment"):
                try scanner.advance()
                try Self.skipDeclaration(&scanner)
            default: try scanner.advance()
            }
        }
        guard !upToBrace else { throw scanner.failure("a closing brace was expected") }
    }

    private mutating func composite(
        _ scanner: inout CadenceSourceScanner, _ source: [UInt8], inside owner: String
    ) throws(CadenceCodingError) {
        guard case .name(var kind) = scanner.token else { return }
        try scanner.advance()
        if scanner.isName("interface") {
            kind += " interface"
            try scanner.advance()
        }
        guard case .name(let name) = scanner.token else { return }
        try scanner.advance()
        var declaration = Declaration(kind: kind)
        if try scanner.take(":") {
            var words = ""
            while scanner.token != .end, !scanner.isSign("{") {
                words += String(decoding: source[scanner.start..<scanner.at], as: UTF8.self)
                try scanner.advance()
            }
            declaration.conformances = Set(words.split(separator: ",").map(String.init))
        }
        declarations[owner + name] = declaration
        guard try scanner.take("{") else { return }
        try read(&scanner, source, inside: owner + name + ".", upToBrace: true)
    }

    /// Up to a place where a type cannot go on: the next declaration begins with a name that follows a whole type.
    private static func type(
        _ scanner: inout CadenceSourceScanner, _ source: [UInt8]
    ) throws(CadenceCodingError) -> String {
        var text = ""
        var depth = 0
        var isWhole = false
        while scanner.token != .end {
            let word = String(decoding: source[scanner.start..<scanner.at], as: UTF8.self)
            switch scanner.token {
            case .name where depth == 0 && isWhole: return text
            case .name("auth"), .name("fun"): isWhole = false
            case .name: isWhole = true
            case .sign(UInt8(ascii: "}")) where depth == 0, .sign(UInt8(ascii: ";")), .sign(UInt8(ascii: "=")),
                .sign(UInt8(ascii: "#")):
                return text
            case .sign(UInt8(ascii: "{")), .sign(UInt8(ascii: "[")), .sign(UInt8(ascii: "(")), .sign(UInt8(ascii: "<")):
                depth += 1
            case .sign(UInt8(ascii: "}")), .sign(UInt8(ascii: "]")), .sign(UInt8(ascii: ")")), .sign(UInt8(ascii: ">")):
                depth -= 1
                // `auth(E) &T` goes on; `{I}`, `[T]` and `Capability<T>` are whole.
                isWhole = !text.hasPrefix("auth(") || text.contains("&")
            case .sign(UInt8(ascii: ".")), .sign(UInt8(ascii: "&")), .sign(UInt8(ascii: "@")), .sign(UInt8(ascii: ":")),
                .sign(UInt8(ascii: ",")):
                isWhole = false
            default: break
            }
            text += word
            try scanner.advance()
        }
        return text
    }

    /// Past a parameter list, a result type and a body, as far as they are there.
    private static func skipDeclaration(_ scanner: inout CadenceSourceScanner) throws(CadenceCodingError) {
        while scanner.token != .end {
            switch scanner.token {
            case .sign(UInt8(ascii: "(")): try skip(&scanner, "(", ")")
            case .sign(UInt8(ascii: "{")):
                // `{I}` in a result type is followed by the body.
                try skip(&scanner, "{", "}")
                if !scanner.isSign("{") { return }
            case .sign(UInt8(ascii: "}")), .name("access"), .name("fun"), .name("let"), .name("var"), .name("init"),
                .name("event"), .name("struct"), .name("resource"), .name("enum"), .name("entitlement"), .name("case"):
                return
            default: try scanner.advance()
            }
        }
    }

    private static func skip(
        _ scanner: inout CadenceSourceScanner, _ open: Unicode.Scalar, _ close: Unicode.Scalar
    ) throws(CadenceCodingError) {
        var depth = 0
        repeat {
            if scanner.isSign(open) { depth += 1 }
            if scanner.isSign(close) { depth -= 1 }
            guard scanner.token != .end else { throw scanner.failure("`\(close)` was expected") }
            try scanner.advance()
        } while depth > 0
    }
}
