package import Secrets

/// One key of the configuration: name, kind, default, meaning. Declared once as a constant, listed in a
/// `ConfigurationTable`, and read with `configuration[Settings.port]`.
///
/// `database.pool_size` is `pool_size:` under `database:` in the file, WEIR_DATABASE_POOL_SIZE in the environment and
/// `--database-pool-size` on the command line.
public struct Setting<Value: Sendable>: AnySetting {
    public let name: String
    public let kind: SettingKind<Value>
    /// Nil: it must be set.
    public let defaultValue: Value?
    public let meaning: String
    public let isSecret: Bool

    /// - Parameters:
    ///   - name: lower case words with underscores, groups separated by dots.
    ///   - default: without one, a start without this key is a mistake.
    ///   - isSecret: never printed; may also come from the file that `WEIR_…_FILE` names.
    public init(
        _ name: String, _ kind: SettingKind<Value>, default defaultValue: Value? = nil, secret isSecret: Bool = false,
        _ meaning: String
    ) {
        self.name = name
        self.kind = kind
        self.defaultValue = defaultValue ?? kind.absent
        self.meaning = meaning
        self.isSecret = isSecret
    }

    public var kindName: String { kind.name }
    public var isRequired: Bool { defaultValue == nil }
    public var defaultText: String? { defaultValue.map(kind.show) }
    package var anyDefault: (any Sendable)? { defaultValue }

    package func read(_ source: SettingSource) throws -> (value: any Sendable, text: String) {
        let value =
            switch source.content {
            case .node(let node): try kind.read(node)
            case .secret(let secret):
                try kind.readSecret?(secret)
                    ?? kind.read(YAMLNode(text: secret.text))
            }
        return (value, kind.show(value))
    }
}

/// A setting of whatever type.
public protocol AnySetting: Sendable {
    var name: String { get }
    var kindName: String { get }
    var meaning: String { get }
    var isSecret: Bool { get }
    var isRequired: Bool { get }
    var defaultText: String? { get }
    /// By the table only.
    func _read(_ source: SettingSource) throws -> (value: any Sendable, text: String)
    var _default: (any Sendable)? { get }
}

/// What a setting is read from.
public struct SettingSource: Sendable {
    package enum Content: Sendable {
        case node(YAMLNode)
        case secret(SecretBytes)
    }

    package let content: Content

    package static func node(_ node: YAMLNode) -> SettingSource { SettingSource(content: .node(node)) }
    package static func secret(_ secret: SecretBytes) -> SettingSource { SettingSource(content: .secret(secret)) }
}

extension Setting {
    public func _read(_ source: SettingSource) throws -> (value: any Sendable, text: String) { try read(source) }
    public var _default: (any Sendable)? { anyDefault }
}

/// Why a value is not of its kind: completes the sentence "`port`: …".
public struct SettingProblem: Error, Hashable, Sendable {
    public var message: String
    public var line: Int?
    public init(_ message: String, line: Int? = nil) {
        self.message = message
        self.line = line
    }
}
