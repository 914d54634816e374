import Daemon
import Secrets
import Signer

/// The one executable. Each command is a file in Commands/; this is their table.
@main
struct Weir {
    static func main() async {
        // Any command may touch a key: none of them dumps its memory, or lets others look at it.
        SecretMemory.hardenProcess()
        await program.main(secret: isSecret)
    }

    /// Keys, the credentials of key services, and what a command was told to take out of the environment.
    private static func isSecret(_ variable: String, _ arguments: [String]) -> Bool {
        let option = "--" + KeyOptions.variable.name
        return variable.hasPrefix(EnvironmentKeyStore.prefix) || KeyStorePlace.secretVariables.contains(variable)
            || arguments.contains("\(option)=\(variable)")
            || zip(arguments, arguments.dropFirst()).contains { $0 == option && $1 == variable }
    }

    private static let commands: [[Command]] = [
        [runCommand, upCommand],
        [devnetCommand, devnetCheckCommand, devnetScenariosCommand, devnetServeCommand],
        [migrateCommand, statusCommand, replayCommand, feesCommand],
        [decodeJSONCommand, decodeCCFCommand, explainCommand, pipeCommand, configCommand],
        flowCommands, [accountCreateCommand], contractsCommands, transactionCommands, keysCommands, signingCommands,
        chainCommands, indexCommands, ownershipCommands, snapshotCommands, driftCommands, operationsCommands,
        lanesCommands, schedulesCommands, campaignsCommands, partsCommands, tokensCommands, sqlCommands,
        [auditVerifyCommand],
    ]

    static let program = CommandLineProgram(
        name: "weir", summary: "submits to Flow exactly once, follows it, and knows who owns what",
        version: "0.1.0",
        commands: Array(commands.joined()),
        configuration: Settings.table, configurationFiles: ["weir.yaml", "/etc/weir/weir.yaml"])
}

extension Weir {
    /// For people at a terminal: what a Flow network says.
    private static let flowCommands = [
        flowHeadCommand, flowBlockCommand, flowEventsCommand, flowTransactionCommand, flowAccountCommand,
        flowScriptCommand, flowSendCommand,
    ]
}
