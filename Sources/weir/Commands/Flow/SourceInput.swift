import Cadence
import Daemon
import Encoding
import FlowClient
import FoundationEssentials
import Secrets

/// A transaction's or a script's source and its arguments, as `weir flow script` and `weir flow send` take them.
enum SourceInput {
    static let argument = Command.Option.value(
        "arg", "VALUE",
        "the next argument: plain (7, true, hello, 0x01, [1, 2]) as the source declares it, or JSON-CDC", repeats: true)
    static let arguments = Command.Option.value(
        "args", "JSON", "all of them: an object by parameter name, or a list; @PATH reads a file")
    static let flowJSON = Command.Option.value(
        "flow-json", "PATH", "where imports by name are looked up (default: this project's own)")
    static let options = [argument, arguments, flowJSON]
    static let names = """
        Imports by name become addresses by flow.json. Arguments are checked against what the source declares before anything is asked.
        """

    struct Source {
        var script: [UInt8]
        var arguments: [[UInt8]]
        /// Nil for a script.
        var authorizers: Int?
    }

    /// - Parameter known: this project's own sources, by name.
    static func read(
        _ name: String, known: [String: String], _ context: CommandContext, _ flow: FlowConnection
    ) throws -> Source {
        let text: String
        let plain = name.hasSuffix(".cdc") ? String(name.dropLast(4)) : name
        if let source = known[plain], !FileManager.default.fileExists(atPath: name) {
            text = source
        } else {
            guard let utf8 = String(validating: try SigningInput.file(name), as: UTF8.self) else {
                throw UsageError("\(name) is no UTF-8 text")
            }
            text = utf8
        }
        let script = Array(try resolved(text, context, flow).utf8)
        do throws(CadenceCodingError) {
            return Source(
                script: script, arguments: try values(script, context),
                authorizers: try TransactionArguments.authorizerCount(of: script))
        } catch {
            throw UsageError("\(name): \(error)")
        }
    }

    private static func resolved(_ source: String, _ context: CommandContext, _ flow: FlowConnection) throws -> String {
        do throws(FlowJSONError) {
            guard let path = context.option("flow-json") else {
                return try FlowJSON.project.resolveImports(
                    source, network: flow.network, overrides: Wiring.addressOverrides(flow.settings))
            }
            guard let bytes = FileManager.default.contents(atPath: path) else {
                throw FlowJSONError(.malformed, "--flow-json: \(path) is no file that can be read")
            }
            return try FlowJSON(parsing: Array(bytes), environment: context.environment.variables).resolveImports(
                source, network: flow.network)
        } catch {
            throw UsageError(
                "\(error)\(error.code == .unknownContract ? ": name a flow.json that has it with --flow-json" : "")")
        }
    }

    private static func values(_ script: [UInt8], _ context: CommandContext) throws(CadenceCodingError) -> [[UInt8]] {
        let single = context.options("arg")
        if let all = context.option("args") {
            guard single.isEmpty else { throw CadenceCodingError(.argument, "either --arg or --args, not both") }
            return try TransactionArguments.build(script: script, json: try bytes(all))
        }
        let parameters = try TransactionArguments.parameters(of: script)
        guard single.count == parameters.count else {
            let names = parameters.map { "\($0.identifier): \($0.type.typeID)" }.joined(separator: ", ")
            throw CadenceCodingError(
                .argument,
                "\(parameters.count) arguments were expected\(names.isEmpty ? "" : " (\(names))"), \(single.count) were given"
            )
        }
        var values: [CadenceValue] = []
        for (parameter, text) in zip(parameters, single) { values.append(try value(text, parameter)) }
        return try TransactionArguments.build(script: script, values: values)
    }

    private static func bytes(_ text: String) throws(CadenceCodingError) -> [UInt8] {
        guard text.hasPrefix("@") else { return Array(text.utf8) }
        guard let data = FileManager.default.contents(atPath: String(text.dropFirst())) else {
            throw CadenceCodingError(.argument, "--args: \(text.dropFirst()) is no file that can be read")
        }
        return Array(data)
    }

    private static func value(_ text: String, _ parameter: CadenceParameter) throws(CadenceCodingError) -> CadenceValue
    {
        let json = try? JSON(parsing: Array(text.utf8))
        if let json, isJSONCDC(json, parameter.type) {
            do { return try JSONCDC.decode(Array(text.utf8)) } catch {
                throw CadenceCodingError(.argument, error.description, path: parameter.identifier)
            }
        }
        return try TransactionArguments.values(for: [parameter], json: .array([plain(text, json, parameter.type)]))[0]
    }

    /// An object of exactly type and value; of a dictionary that could be its own content.
    private static func isJSONCDC(_ json: JSON, _ type: CadenceType) -> Bool {
        guard case .object(let members) = json, members.contains(where: { $0.name == "type" }),
            members.allSatisfy({ ["type", "value"].contains($0.name) })
        else { return false }
        if case .dictionary = type { return false }
        return true
    }

    /// Words need no quotes where a text is declared: `hello`, `7`, `0x01` are texts then.
    private static func plain(_ text: String, _ json: JSON?, _ type: CadenceType) -> JSON {
        switch type {
        case .optional(let inner): return text == "null" || text == "nil" ? .null : plain(text, json, inner)
        case .simple(let name) where ["String", "Character", "Address"].contains(name):
            return json?.string == nil ? .string(text) : json ?? .string(text)
        default: return json ?? .string(text)
        }
    }
}
