import FoundationEssentials
import Glibc
public import Secrets

/// A table of commands and what surrounds it: help, version, "did you mean", exit codes.
public struct CommandLineProgram: Sendable {
    public var name: String
    public var summary: String
    public var version: String
    public var commands: [Command]
    public var configuration: ConfigurationTable?
    /// Looked for in this order when neither `--config` nor the variable names one.
    public var configurationFiles: [String]

    public init(
        name: String, summary: String, version: String, commands: [Command], configuration: ConfigurationTable? = nil,
        configurationFiles: [String] = []
    ) {
        self.name = name
        self.summary = summary
        self.version = version
        self.commands = commands
        self.configuration = configuration
        self.configurationFiles = configurationFiles
        precondition(Set(commands.map(\.name)).count == commands.count, "two commands share a name")
    }

    /// Runs the command that the process was started with, and ends the process with its exit code. To be called before
    /// anything has threads: secrets leave the environment here.
    /// - Parameter secret: variables that are secrets beside those of the configuration, by their names and the arguments.
    public func main(secret isOtherSecret: (String, [String]) -> Bool = { _, _ in false }) async -> Never {
        // Without it a reader that has seen enough would end the process in the middle of whatever it does.
        signal(SIGPIPE, SIG_IGN)
        let standard = StandardOutput()
        let arguments = Array(CommandLine.arguments.dropFirst())
        let ours = Set(configuration.map { table in table.settings.filter(\.isSecret).map(table.variable) } ?? [])
        let environment = ProcessEnvironment.taking { ours.contains($0) || isOtherSecret($0, arguments) }
        let code = await run(
            arguments, environment: environment, standard: standard,
            error: { Descriptor.write($0, to: 2) })
        exit(code.rawValue)
    }

    /// Runs the command, and ends it where what it says can no longer be written.
    func run(
        _ arguments: [String], environment: ProcessEnvironment, standard: StandardOutput,
        error: @escaping @Sendable (String) -> Void
    ) async -> ExitCode {
        let output = ProgramOutput(standard: { standard.write($0) }, error: error)
        let code = await withTaskGroup(of: ExitCode?.self) { group in
            group.addTask { await run(arguments, environment: environment, output: output) }
            group.addTask {
                await standard.untilItFails()
                return nil
            }
            var code: ExitCode?
            for await result in group {
                code = result ?? code
                group.cancelAll()
            }
            return code ?? .failed
        }
        guard let failure = standard.failure else { return code }
        // Who closed the pipe has read what there was to read for it: that needs no word.
        if failure != EPIPE {
            error("\(name): standard output cannot be written: \(String(cString: strerror(failure)))\n")
        }
        return code == .ok ? .failed : code
    }

    /// - Parameter arguments: without the program's own name.
    public func run(_ arguments: [String], environment: ProcessEnvironment, output: ProgramOutput) async -> ExitCode {
        do {
            switch try parse(arguments) {
            case .help(let text): output.standard(text)
            case .run(let call):
                let context = CommandContext(
                    command: call.command, environment: environment, arguments: call.arguments, options: call.options,
                    configurationFlags: call.configurationFlags, program: self, output: output)
                do { try await call.command.body(context) } catch let error as UsageError {
                    output.error("\(name) \(call.command.name): \(error)\nSee: \(name) help \(call.command.name)\n")
                    return .usage
                }
            }
            return .ok
        } catch let code as ExitCode {
            return code
        } catch let error as UsageError {
            output.error("\(name): \(error)\n")
            return .usage
        } catch let error as ConfigurationError {
            output.error("\(name): \(error)\n")
            return .configuration
        } catch let error as any ErrorWithExitCode {
            output.error("\(name): \(error)\n")
            return error.exitCode
        } catch {
            output.error("\(name): \(error)\n")
            return .failed
        }
    }

    func loadConfiguration(environment: ProcessEnvironment, flags: [(name: String, value: String)]) throws
        -> Configuration
    {
        guard let configuration else { preconditionFailure("\(name) has no configuration") }
        let variable = configuration.environmentPrefix + "CONFIG"
        var (named, origin) = (environment[variable], Configuration.Origin.environment(variable))
        if let flag = flags.last(where: { $0.name == "config" }) { (named, origin) = (flag.value, .flag("--config")) }
        let path = named ?? configurationFiles.first { FileManager.default.fileExists(atPath: $0) }
        let text = path.map { path in Swift.Result { try Configuration.readText(path) } }
        let rest = environment.without(variable)
        let settings = flags.filter { $0.name != "config" }
        switch (path, text) {
        case (let path?, .success(let text)):
            return try configuration.load(file: (path, text), environment: rest, flags: settings)
        case (let path?, .failure(let error as SettingProblem)):
            // The other sources are looked at all the same: every mistake at once.
            let mistake = ConfigurationMistake(key: "", "\(path): \(error.message)", origin: origin)
            do { _ = try configuration.load(environment: rest, flags: settings) } catch let error as ConfigurationError
            {
                throw ConfigurationError([mistake] + error.mistakes)
            }
            throw ConfigurationError([mistake])
        case (_, .failure(let error)?): throw error
        default: return try configuration.load(environment: rest, flags: settings)
        }
    }
}
