import Daemon

extension Weir {
    static let configCommand = Command(
        "config", summary: "print the effective configuration, or the reference of all keys",
        options: [.flag("reference", "every key with its kind, default and meaning")],
        examples: [
            .init("weir config --reference", "what can be configured"),
            .init("weir config --config weir.yaml", "what is in force, and where each value came from"),
        ],
        usesConfiguration: true
    ) { context in
        if context.flag("reference") {
            context.print(Settings.table.reference())
        } else {
            context.print(try context.loadConfiguration().effectiveText())
        }
    }
}
