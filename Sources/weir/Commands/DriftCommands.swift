import Daemon
import Encoding
import FlowClient
import Indexer
import PlatformBridge
import Postgres

extension Weir {
    static let driftCommands = [reconcileCommand, driftListCommand, driftRepairCommand, driftDismissCommand]

    private static let reconcileCommand = Command(
        "reconcile", summary: "ask the chain whether it has what is indexed, token by token",
        discussion: """
            At the index's own height, by the scripts of cadence/scripts, in batches: a daemon does so all the time, slowly \
            (reconcile.scripts_per_second); this asks about everything now. What the chain says otherwise twice is a drift, with its \
            cause as far as the tables show. Exit status 1 where there is one.
            """,
        options: [.flag("json", "one object")],
        examples: [.init("weir reconcile", "everything, now")], usesConfiguration: true
    ) { context in
        try await withTables(context) { pool, configuration in
            let addresses = try Wiring.addresses(configuration)
            let node = try Wiring.nodes(configuration, logger: logger(of: configuration))[0]
            let reconciler = Reconciler(
                api: node.api, pool: pool, contracts: try Wiring.contracts(configuration, addresses),
                scripts: try ReconciliationScripts(contractAddresses: addresses))
            let progress = ProgressReporter("asked", total: nil, unit: "tokens")
            let round = try await reconciler.all { done, _ in progress.update(done: UInt64(done)) }
            progress.finish()
            let listings = try await reconciler.listings()
            if context.flag("json") {
                context.print(
                    JSON.object([
                        .init("height", round.height.map { JSON($0.rawValue) } ?? .null),
                        .init("asked", JSON(round.asked)),
                        .init("proven", JSON(round.proven)), .init("not_asked", JSON(round.notAsked)),
                        .init("scripts", JSON(round.scripts)), .init("drifts", .array(round.drifts.map(\.json))),
                        .init("listings_proven", listings.map { JSON($0.proven) } ?? .null),
                        .init("listing_drifts", .array((listings?.drifts ?? []).map(\.json))),
                    ]).text)
            } else {
                context.print(
                    "\(round.proven) of \(round.asked) tokens proven at height \(round.height ?? 0), by \(round.scripts) scripts; \(round.notAsked) could not be asked about"
                )
                for drift in round.drifts { context.print(words(of: drift)) }
                context.print(
                    listings.map {
                        "\($0.proven) open listings of the platform's storefront proven at height \($0.height)"
                    }
                        ?? "the storefront could not be looked at whole")
                for drift in listings?.drifts ?? [] { context.print(words(of: drift)) }
            }
            if !round.drifts.isEmpty || listings?.drifts.isEmpty == false { throw ExitCode.failed }
        }
    }

    private static let driftListCommand = Command(
        "drift list", summary: "where the chain says something else than the index",
        options: [.flag("all", "those that were decided, too")],
        examples: [.init("weir drift list", "what is open")], usesConfiguration: true
    ) { context in
        try await withTables(context) { pool, _ in
            let store = DriftStore(pool: pool)
            for drift in try await store.all(state: context.flag("all") ? nil : .open) {
                context.print("drift \(drift.id), \(drift.state.rawValue): \(words(of: drift))")
                if let asked = drift.asked {
                    context.print("  operation \(asked.operation) was to give it to \(asked.owner?.words ?? "nobody")")
                }
                if let by = drift.decidedBy { context.print("  decided by \(by): \(drift.reason ?? "")") }
            }
            for drift in try await store.listings() { context.print(words(of: drift)) }
            let status = try await store.status()
            context.printError(
                "\(status.openDrifts) open; \(status.provenWithinADay) of \(status.tokens) tokens proven within 24 hours"
            )
        }
    }

    private static let driftRepairCommand = Command(
        "drift repair", summary: "let the index take the chain's word about a token",
        discussion: """
            From the last indexed block on; the history keeps who was thought to have it until then, a rebuild does the same again, and \
            the audit says who decided. Where the token has moved since, it is refused.
            """,
        arguments: [.required("ID", "as weir drift list has it")], options: [.value("reason", "TEXT", "for the audit")],
        examples: [.init("weir drift repair 3 --reason 'seen in the explorer'", "after a look")],
        usesConfiguration: true
    ) { context in
        try await decide("repair", context) { store, id, reason, note in
            try await store.repair(id, by: "shell", reason: reason, audit: note)
        }
    }

    private static let driftDismissCommand = Command(
        "drift dismiss", summary: "say that a drift is none",
        discussion: "Where the chain says so again, it is open again.",
        arguments: [.required("ID", "as weir drift list has it")], options: [.value("reason", "TEXT", "for the audit")],
        examples: [.init("weir drift dismiss 3 --reason 'a test'", "it is known")], usesConfiguration: true
    ) { context in
        try await decide("dismiss", context) { store, id, reason, note in
            try await store.dismiss(id, by: "shell", reason: reason, audit: note)
        }
    }

    private static func decide(
        _ word: String, _ context: CommandContext,
        _ act: (DriftStore, Int64, String, @escaping @Sendable (PostgresConnection, Drift) async throws -> Void)
            async throws -> Drift
    ) async throws {
        let id = Int64(try context.argument("ID", as: .integer(1...Int.max)))
        guard let reason = context.option("reason"), !reason.isEmpty else {
            throw UsageError("--reason: say why, for the audit")
        }
        try await withTables(context) { pool, _ in
            let drift = try await act(DriftStore(pool: pool), id, reason) { connection, drift in
                try await AuditLog.note(
                    "drift.\(word)", "\(drift.token)", before: drift.indexed?.json ?? .null,
                    after: word == "repair" ? drift.onChain?.json ?? .null : JSON(reason), on: connection)
            }
            context.print("drift \(id) is \(drift.state.rawValue)")
        }
    }

    private static func words(of drift: ListingDrift) -> String {
        "listing \(drift.id) of token \(drift.tokenID): \(drift.isIndexed ? "open in the index, and not on the chain" : "on the chain, and not open in the index"), "
            + "after block \(drift.height)"
    }

    private static func words(of drift: Drift) -> String {
        "token \(drift.token.id) of \(drift.token.type): indexed for \(drift.indexed?.words ?? "nobody"), "
            + "on the chain \(drift.onChain.map { "with \($0.words)" } ?? "in none of the places that were looked at"), "
            + "after block \(drift.height); \(drift.cause)"
    }
}
