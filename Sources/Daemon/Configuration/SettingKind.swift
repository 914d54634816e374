import Encoding
public import Secrets

/// What values a setting takes, how they are read and how they are shown.
public struct SettingKind<Value: Sendable>: Sendable {
    /// As the reference shows it: `duration`, `1…65535`, `one of debug, info`.
    public let name: String
    package let read: @Sendable (YAMLNode) throws -> Value
    package let show: @Sendable (Value) -> String
    /// For kinds that keep what they read secret; others make text of it.
    package var readSecret: (@Sendable (SecretBytes) throws -> Value)?
    /// What it is when nothing is said, for optional kinds.
    package var absent: Value?

    package init(
        name: String, read: @escaping @Sendable (YAMLNode) throws -> Value, show: @escaping @Sendable (Value) -> String
    ) {
        self.name = name
        self.read = read
        self.show = show
    }

    /// A kind of ours: text to value. Nil is reported as "expected NAME".
    public static func custom(
        _ name: String, parse: @escaping @Sendable (String) throws -> Value?,
        show: @escaping @Sendable (Value) -> String
    ) -> SettingKind {
        SettingKind(
            name: name,
            read: { node in
                let text = try node.scalar(expected: name)
                guard let value = try parse(text) else {
                    throw SettingProblem("expected \(name), found \(PlainText.jsonString(text))")
                }
                return value
            }, show: show)
    }

    /// The same, but it may be left out.
    public var optional: SettingKind<Value?> {
        var kind = SettingKind<Value?>(name: name, read: read, show: { [show] in $0.map(show) ?? "" })
        kind.absent = .some(nil)
        kind.readSecret = readSecret
        return kind
    }
}

extension SettingKind where Value == SecretBytes {
    /// Text that is not empty, kept in secret memory. Shown as stars.
    public static var secret: Self {
        let name = "text that is not empty"
        var kind = custom(
            name, parse: { $0.isEmpty ? nil : SecretBytes(copying: Array($0.utf8)) }, show: { _ in "***" })
        kind.readSecret = { secret in
            guard secret.count > 0 else { throw SettingProblem("expected \(name)") }
            return secret
        }
        return kind
    }
}

extension SettingKind where Value == String {
    public static var text: Self { custom("text", parse: { $0 }, show: { $0 }) }

    public static var nonEmptyText: Self {
        custom("text that is not empty", parse: { $0.isEmpty ? nil : $0 }, show: { $0 })
    }

    /// Scheme, host and port, and a path that says nothing: providers put keys into paths and queries, and names and passwords
    /// stand before the host.
    private static func shownURL(_ url: String) -> String {
        guard let scheme = url.firstRange(of: "://") else { return "…" }
        let rest = url[scheme.upperBound...]
        let authority = rest.prefix { !"/?#".contains($0) }
        let path = rest.dropFirst(authority.count)
        let host = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
        let shown = host.count == authority.count ? String(host) : "…@" + host
        return url[..<scheme.upperBound] + shown + (["", "/", "/v1", "/v1/"].contains(path) ? path : "/…")
    }

    /// An absolute URL with one of the schemes.
    public static func url(schemes: [String] = ["http", "https"]) -> Self {
        let names = schemes.map { $0 + "://…" }.joined(separator: " or ")
        return custom(
            names,
            parse: { text in
                let parts = text.split(separator: "://", maxSplits: 1)
                let isFit = parts.count == 2 && schemes.contains(String(parts[0])) && !text.contains { $0.isWhitespace }
                return isFit ? text : nil
            }, show: shownURL)
    }
}

extension SettingKind where Value == Bool {
    public static var flag: Self {
        custom(
            "true or false",
            parse: { text in
                switch text.lowercased() {
                case "true", "yes", "on", "1": true
                case "false", "no", "off", "0": false
                default: nil
                }
            }, show: { String($0) })
    }
}

extension SettingKind where Value == Int {
    public static func integer(_ range: ClosedRange<Int>) -> Self {
        custom(
            "a whole number, \(range.lowerBound)…\(range.upperBound)",
            parse: { text in
                guard let value = Int(text.replacing("_", with: "")) else { return nil }
                guard range.contains(value) else {
                    throw SettingProblem("\(value) is out of range \(range.lowerBound)…\(range.upperBound)")
                }
                return value
            }, show: { String($0) })
    }

    public static var port: Self { integer(0...65535) }

    /// In bytes.
    public static func size(_ range: ClosedRange<Int> = 0...(1 << 50)) -> Self {
        custom(
            "a size such as 64KiB",
            parse: { text in
                guard let value = SizeText.parse(text) else { return nil }
                guard range.contains(value) else {
                    let bounds = "\(SizeText.format(range.lowerBound))…\(SizeText.format(range.upperBound))"
                    throw SettingProblem("\(SizeText.format(value)) is out of range \(bounds)")
                }
                return value
            }, show: SizeText.format)
    }
}

extension SettingKind where Value == Double {
    public static func number(_ range: ClosedRange<Double>) -> Self {
        custom(
            "a number, \(range.lowerBound)…\(range.upperBound)",
            parse: { text in
                guard let value = Double(text), value.isFinite else { return nil }
                guard range.contains(value) else {
                    throw SettingProblem("\(value) is out of range \(range.lowerBound)…\(range.upperBound)")
                }
                return value
            }, show: { String($0) })
    }
}

extension SettingKind where Value == Duration {
    public static func duration(_ range: ClosedRange<Duration> = .zero ... .seconds(10 * 365 * 86400)) -> Self {
        custom(
            "a duration such as 250ms",
            parse: { text in
                if Double(text) != nil, text != "0" {
                    throw SettingProblem("\(text) needs a unit, such as \(text)s or \(text)ms")
                }
                guard let value = DurationText.parse(text) else { return nil }
                guard range.contains(value) else {
                    let bounds = "\(DurationText.format(range.lowerBound))…\(DurationText.format(range.upperBound))"
                    throw SettingProblem("\(DurationText.format(value)) is out of range \(bounds)")
                }
                return value
            }, show: DurationText.format)
    }
}

extension SettingKind where Value == SocketAddress {
    public static var address: Self {
        custom("host:port or unix:/path", parse: { SocketAddress($0) }, show: { $0.description })
    }
}

extension SettingKind where Value == LogLevel {
    public static var logLevel: Self { choice(LogLevel.allCases, name: \.name) }
}

extension SettingKind where Value: CaseIterable & RawRepresentable<String> {
    /// Any case of an enum, by its raw value.
    public static var choice: Self { choice(Array(Value.allCases), name: \.rawValue) }
}

extension SettingKind {
    public static func choice(_ values: [Value], name: @escaping @Sendable (Value) -> String) -> Self {
        let names = values.map(name)
        return custom(
            "one of \(names.joined(separator: ", "))",
            parse: { text in
                if let at = names.firstIndex(of: text) { return values[at] }
                let hint = NearestWord.find(text, in: names).map { ". Did you mean \($0)?" } ?? ""
                throw SettingProblem(
                    "\(PlainText.jsonString(text)) is not one of \(names.joined(separator: ", "))\(hint)")
            }, show: name)
    }

    /// Several values: a list in the file, `a,b` or `[a, b]` elsewhere.
    public static func list<Element>(of kind: SettingKind<Element>, count: ClosedRange<Int> = 0...10_000) -> Self
    where Value == [Element] {
        SettingKind(
            name: "a list of \(kind.name)",
            read: { node in
                let elements = try node.elements()
                guard count.contains(elements.count) else {
                    throw SettingProblem(
                        "\(elements.count) elements, but \(count.lowerBound)…\(count.upperBound) are allowed")
                }
                return try elements.enumerated().map { index, element in
                    do { return try kind.read(element) } catch let problem as SettingProblem {
                        throw SettingProblem(
                            "element \(index + 1): \(problem.message)", line: problem.line ?? element.lineInFile)
                    }
                }
            }, show: { "[" + $0.map(kind.show).joined(separator: ", ") + "]" })
    }
}
