import Daemon
import Encoding
import PlatformBridge
import Postgres
import Submitter

extension Weir {
    static let feesCommand = Command(
        "fees", summary: "what was paid for transactions, by recipe, in FLOW",
        discussion: """
            From the fee events of this database's own transactions, the failed ones too: they pay as well. Nothing is listed where \
            the chain takes no fees. What one operation has cost stands in GET /v1/operations/{id} (fees.paid).
            """,
        options: [
            .value("hours", "HOURS", "of the last so many (default 24)"),
            .value("tenant", "NAME", "of this tenant's items alone"), .flag("json", "one object"),
        ],
        examples: [
            .init("weir fees", "the last day"), .init("weir fees --hours 720 --tenant acme", "a month of one tenant"),
        ],
        usesConfiguration: true
    ) { context in
        let hours = try context.option("hours", as: .integer(1...8784)) ?? 24
        try await withTables(context) { pool, _ in
            let store = OperationStore(pool: pool, logger: .silent)
            let fees = try await store.fees(within: .seconds(hours * 3600), tenant: context.option("tenant"))
            let paid = RecipeFees.flow(fees.reduce(0) { $0 + $1.paid })
            if context.flag("json") {
                return context.print(
                    JSON.object([
                        .init("hours", JSON(hours)), .init("paid", JSON(paid)),
                        .init("recipes", .array(fees.map(\.json))),
                    ]).text)
            }
            context.print(
                "recipe".padding(to: 24) + "transactions".padding(to: 14) + "failed".padding(to: 8)
                    + "items".padding(to: 10) + "units".padding(to: 12) + "FLOW")
            for row in fees {
                context.print(
                    row.recipe.padding(to: 24) + "\(row.transactions)".padding(to: 14) + "\(row.failed)".padding(to: 8)
                        + "\(row.items)".padding(to: 10) + "\(row.computation)".padding(to: 12)
                        + RecipeFees.flow(row.paid))
            }
            context.print("\(paid) FLOW in \(hours) hours")
        }
    }
}
