/// The variables that a process was started with. Those that are secrets lie in secret memory from the start, and neither
/// in /proc/PID/environ nor in any text.
public struct ProcessEnvironment: Sendable, ExpressibleByDictionaryLiteral {
    /// Those that are no secrets.
    public let variables: [String: String]
    private let secrets: [String: SecretBytes]

    /// For variables that somebody else holds, such as a test's.
    public init(_ variables: [String: String], secrets: [String: SecretBytes] = [:]) {
        self.variables = variables
        self.secrets = secrets
    }

    public init(dictionaryLiteral elements: (String, String)...) {
        self.init(Dictionary(elements, uniquingKeysWith: { $1 }))
    }

    /// This process's own. Secrets are taken out of it: to be called once, before anything has threads.
    public static func taking(secrets isSecret: (String) -> Bool) -> ProcessEnvironment {
        let secrets = EnvironmentSecrets.take(where: isSecret)
        return ProcessEnvironment(EnvironmentSecrets.rest(), secrets: secrets)
    }

    /// Nil for what is not set, and for secrets.
    public subscript(name: String) -> String? { variables[name] }

    public func has(_ name: String) -> Bool { variables[name] != nil || secrets[name] != nil }

    /// A variable that is read as a secret, wherever it lies.
    public func secret(_ name: String) -> SecretBytes? {
        secrets[name] ?? variables[name].map { SecretBytes(copying: Array($0.utf8)) }
    }

    /// All that begin so, read as secrets.
    public func secrets(prefix: String) -> [String: SecretBytes] {
        let names = Set(variables.keys).union(secrets.keys).filter { $0.hasPrefix(prefix) }
        return Dictionary(uniqueKeysWithValues: names.compactMap { name in secret(name).map { (name, $0) } })
    }

    /// In the order of their names, with the values of those that are no secrets.
    public func all(prefix: String) -> [(name: String, value: Content)] {
        let plain = variables.map { (name: $0.key, value: Content.text($0.value)) }
        let hidden = secrets.map { (name: $0.key, value: Content.secret($0.value)) }
        return (plain + hidden).filter { $0.name.hasPrefix(prefix) }.sorted { $0.name < $1.name }
    }

    public enum Content: Sendable {
        case text(String)
        case secret(SecretBytes)
    }

    /// Without that variable.
    public func without(_ name: String) -> ProcessEnvironment {
        ProcessEnvironment(variables.filter { $0.key != name }, secrets: secrets.filter { $0.key != name })
    }
}
