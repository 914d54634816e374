import Daemon
import Devnet

extension Weir {
    static let devnetScenariosCommand = Command(
        "devnet scenarios", summary: "what can go wrong and when: the weather of a year, by its days",
        discussion: """
            Lists the scenarios that ship with the devnet, or prints one as YAML, to be changed and given to `weir devnet \
            --scenario FILE`. Times are the chain's: --speed 600 plays ten minutes in a second.
            """,
        arguments: [.optional("NAME", "the one to print")],
        examples: [
            .init("weir devnet scenarios", "all of them, with a line on each"),
            .init("weir devnet scenarios 2025-12-27 > worse.yaml", "one as a file to start from"),
        ]
    ) { context in
        guard let name = context.optionalArgument("NAME") else {
            for shipped in Scenario.shipped {
                let summary = Scenario.shipped(shipped.name)?.summary ?? ""
                context.print("\(shipped.name.padding(to: 20))\(summary)")
            }
            return
        }
        guard let shipped = Scenario.shipped.first(where: { $0.name == name }) else {
            throw UsageError("there is no scenario \(name): `weir devnet scenarios` lists them")
        }
        context.print(shipped.yaml)
    }
}
