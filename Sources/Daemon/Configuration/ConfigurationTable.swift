public import Secrets

/// All keys of a program: what it reads them from, and what it says about them.
public struct ConfigurationTable: Sendable {
    public let settings: [any AnySetting]
    /// Such as `WEIR_`.
    public let environmentPrefix: String
    /// Variables with the prefix that are not settings: those of build and test.
    public let otherVariables: Set<String>
    let checks: [ConfigurationCheck]

    /// - Parameter checks: what must hold between several keys; each is run when the keys that it reads are right.
    public init(
        _ settings: [any AnySetting], environmentPrefix: String = "WEIR_", otherVariables: Set<String> = [],
        checks: [ConfigurationCheck] = []
    ) {
        self.settings = settings
        self.environmentPrefix = environmentPrefix
        self.otherVariables = otherVariables
        self.checks = checks
        let flags = settings.map { Self.flag(for: $0.name) }
        precondition(Set(flags).count == flags.count, "two settings share a name")
    }

    public func variable(for setting: any AnySetting) -> String {
        environmentPrefix + setting.name.map { $0 == "." ? "_" : $0.uppercased() }.joined()
    }

    /// `--database-pool-size` without its dashes.
    public static func flag(for name: String) -> String {
        String(name.map { $0 == "." || $0 == "_" ? "-" : $0 })
    }

    public func setting(flag: String) -> (any AnySetting)? {
        settings.first { Self.flag(for: $0.name) == flag || $0.name == flag }
    }

    /// Flags over environment over file over defaults. Everything is looked at before anything is reported.
    /// - Parameters:
    ///   - file: name and text of the YAML file.
    ///   - flags: names (with dashes or dots) and values as typed.
    /// - Throws: `ConfigurationError` with every mistake.
    public func load(
        file: (name: String, text: String)? = nil, environment: ProcessEnvironment = [:],
        flags: [(name: String, value: String)] = [],
        readFile: (String) throws -> SecretBytes = { try SecretBytes.reading(path: $0) }
    ) throws -> Configuration {
        var loader = ConfigurationLoader(table: self)
        if let file { loader.read(file: file.name, text: file.text) }
        loader.read(environment: environment, readFile: readFile)
        loader.read(flags: flags)
        return try loader.finish()
    }
}

/// What must hold between several keys.
public struct ConfigurationCheck: Sendable {
    let names: Set<String>
    let find: @Sendable (Configuration) -> [ConfigurationMistake]

    /// - Parameter reading: every key that `find` reads. It is not called while one of them is wrong or missing.
    public init(
        reading settings: [any AnySetting], find: @escaping @Sendable (Configuration) -> [ConfigurationMistake]
    ) {
        names = Set(settings.map(\.name))
        self.find = find
    }
}

/// One thing that is wrong, where, and what would be right.
public struct ConfigurationMistake: Hashable, Sendable, CustomStringConvertible {
    public var origin: Configuration.Origin?
    public var key: String
    public var message: String

    public init(key: String, _ message: String, origin: Configuration.Origin? = nil) {
        self.key = key
        self.message = message
        self.origin = origin
    }

    public var description: String {
        [origin.map { "\($0)" }, key.isEmpty ? nil : key, message].compactMap { $0 }.joined(separator: ": ")
    }
}

/// Everything that is wrong with a configuration.
public struct ConfigurationError: Error, Sendable, CustomStringConvertible {
    public var mistakes: [ConfigurationMistake]

    public init(_ mistakes: [ConfigurationMistake]) { self.mistakes = mistakes }

    public var description: String {
        let count = mistakes.count == 1 ? "a mistake" : "\(mistakes.count) mistakes"
        return "the configuration has \(count):\n" + mistakes.map { "  - \($0)" }.joined(separator: "\n")
    }
}
