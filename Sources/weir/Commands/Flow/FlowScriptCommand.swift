import Cadence
import Daemon
import Encoding
import FlowClient

extension Weir {
    static let flowScriptCommand = Command(
        "flow script", summary: "run a Cadence script and print what it returns", discussion: SourceInput.names,
        arguments: [.required("SCRIPT", "a file, - for standard input, or the name of one in cadence/scripts")],
        options: FlowOptions.connection + SourceInput.options + [
            .value("at", "BLOCK", "a height, an id or sealed (the default): the state after that block"),
            .flag("json", "the value as canonical JSON-CDC in one line"),
        ],
        examples: [
            .init("weir flow script supply.cdc --arg 0x179b6b1cb6755e31 --node testnet", "one argument, an address"),
            .init(
                #"weir flow script owners.cdc --args '{"ids": [1, 2]}' --at 4711 --json"#, "by name, at a past height"),
        ]
    ) { context in
        let block = try context.option("at", as: FlowArgument.block) ?? .latestSealed
        guard block != .latestFinalized else {
            throw UsageError("--at: scripts run on executed state: expected a height, an id or sealed")
        }
        try await withFlow(context) { flow in
            let source = try SourceInput.read(
                context.argument("SCRIPT"), known: CadenceSources.scripts, context, flow)
            guard source.authorizers == nil else {
                throw UsageError("SCRIPT: this is a transaction; weir flow send takes those")
            }
            let answer = try await flow.api.executeScript(source.script, arguments: source.arguments, at: block).value
            let value = try JSONCDC.decode(answer)
            context.print(
                context.flag("json")
                    ? String(decoding: JSONCDC.encode(value), as: UTF8.self) : value.indentedText())
        }
    }
}
