public import Secrets
import Synchronization

/// What a command was called with.
public struct CommandContext: Sendable {
    public let command: Command
    public let environment: ProcessEnvironment
    let arguments: [String: [String]]
    let options: [String: [String]]
    let configurationFlags: [(name: String, value: String)]
    let program: CommandLineProgram
    let output: ProgramOutput

    /// A required argument.
    public func argument(_ name: String) -> String {
        guard let value = declaredArgument(name).first else {
            preconditionFailure("\(name) is not a required argument")
        }
        return value
    }

    public func optionalArgument(_ name: String) -> String? { declaredArgument(name).first }
    public func rest(_ name: String) -> [String] { declaredArgument(name) }

    /// Nil where it was not given.
    public func option(_ name: String) -> String? { options(name).last }
    public func flag(_ name: String) -> Bool { !options(name).isEmpty }

    /// Every value of an option that repeats.
    public func options(_ name: String) -> [String] {
        precondition(command.options.contains { $0.name == name }, "--\(name) is not an option of \(command.name)")
        return options[name] ?? []
    }

    /// The option read as a kind of setting: `try context.option("wait", as: .duration())`.
    public func option<Value>(_ name: String, as kind: SettingKind<Value>) throws -> Value? {
        try option(name).map { try read($0, as: kind, name: "--\(name)") }
    }

    public func argument<Value>(_ name: String, as kind: SettingKind<Value>) throws -> Value {
        try read(argument(name), as: kind, name: name)
    }

    /// To standard output, with a newline.
    public func print(_ line: String = "") { output.standard(line + "\n") }
    /// To standard error, with a newline.
    public func printError(_ line: String) { output.error(line + "\n") }

    /// Flags over environment over file over defaults; see `ConfigurationTable.load`.
    /// - Parameter also: flags that the command adds to the ones it was called with.
    public func loadConfiguration(also more: [(name: String, value: String)] = []) throws -> Configuration {
        try program.loadConfiguration(environment: environment, flags: configurationFlags + more)
    }

    private func declaredArgument(_ name: String) -> [String] {
        precondition(command.arguments.contains { $0.name == name }, "\(name) is not an argument of \(command.name)")
        return arguments[name] ?? []
    }

    private func read<Value>(_ text: String, as kind: SettingKind<Value>, name: String) throws -> Value {
        do { return try kind.read(YAMLNode(text: text)) } catch let problem as SettingProblem {
            throw UsageError("\(name): \(problem.message)")
        }
    }
}

/// Where a program writes: the process' own streams, or strings in tests. `standard` may fail where it cannot write; then the
/// program ends in failure, whatever its command makes of it.
public struct ProgramOutput: Sendable {
    public var standard: @Sendable (String) -> Void
    public var error: @Sendable (String) -> Void

    public init(standard: @escaping @Sendable (String) -> Void, error: @escaping @Sendable (String) -> Void) {
        self.standard = standard
        self.error = error
    }
}
