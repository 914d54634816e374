import Daemon
import Encoding
import FoundationEssentials
import PlatformBridge
import Postgres
import Submitter

extension Weir {
    static let campaignsCommands = [
        campaignsListCommand, campaignsShowCommand, campaignsCreateCommand, campaignsAddCommand, campaignsPlanCommand,
        campaignsStartCommand, campaignsPauseCommand, campaignsResumeCommand, campaignsAbortCommand,
        campaignsRetryCommand, campaignsWatchCommand, campaignsExportCommand,
    ]

    private static let tenantOption = Command.Option.value(
        "tenant", "TENANT", "whose; default where it is not said")
    private static let nameArgument = Command.Argument.required("NAME", "the campaign")

    private static let campaignsListCommand = Command(
        "campaigns list", summary: "the campaigns there are, newest first", options: [tenantOption],
        examples: [.init("weir campaigns list", "their names and states")], usesConfiguration: true
    ) { context in
        try await withCampaigns(context) { store, tenant, _ in
            for campaign in try await store.list(tenant: tenant) {
                context.print("\(campaign.name)  \(campaign.kind.rawValue) \(campaign.subject)  \(words(of: campaign))")
            }
        }
    }

    private static let campaignsShowCommand = Command(
        "campaigns show", summary: "a campaign: who is ready, what became of whom, what it costs",
        arguments: [nameArgument], options: [tenantOption, .flag("json", "one object, as the control port has it")],
        examples: [.init("weir campaigns show spring", "before it starts, and while it runs")], usesConfiguration: true
    ) { context in
        try await withCampaign(context) { store, campaign, _ in
            try await show(campaign, store, context, asJSON: context.flag("json"))
        }
    }

    private static let campaignsCreateCommand = Command(
        "campaigns create", summary: "make a campaign, or change its terms before it begins",
        discussion: """
            Then: weir campaigns add NAME FILE, weir campaigns plan NAME, weir campaigns start NAME. Who is not ready (an account \
            without a collection for it) is left out, or with --fallback locker the token is kept in the holder's locker.
            """,
        arguments: [nameArgument],
        options: [
            .value("pass", "RELEASE", "tokens of this release of a pass"),
            .value("collectible", "ID", "this collectible"),
            .value("fallback", "WORD", "skip (default) or locker"),
            .value("budget", "FLOW", "pause before more than this is paid in fees"),
            .value("priority", "N", "0 to 100; higher goes first"), tenantOption,
        ],
        examples: [
            .init(
                "weir campaigns create spring --collectible 7kX9mPqR2sTvWxYzA3bCdE --fallback locker --budget 200",
                "to whom, is told next")
        ],
        usesConfiguration: true
    ) { context in
        let (kind, subject): (Sweep.DropKind, String)
        switch (context.option("pass"), context.option("collectible")) {
        case (let release?, nil): (kind, subject) = (.pass, release)
        case (nil, let collectible?): (kind, subject) = (.collectible, collectible)
        default: throw UsageError("one of --pass and --collectible")
        }
        var reader = PayloadReader(
            .object(
                [.init("subject_id", JSON(subject))]
                    + ["fallback", "budget", "priority"].compactMap { name in
                        context.option(name).map { JSON.Member(name, JSON($0)) }
                    }), path: "")
        let terms = CampaignStore.Terms(reading: &reader, kind: kind)
        guard let terms else {
            throw UsageError(reader.violations.map { "\($0.field) \($0.rule)" }.joined(separator: "; "))
        }
        try await withCampaigns(context) { store, tenant, _ in
            let campaign = try await store.put(terms, tenant: tenant, name: try campaignName(context))
            context.print("\(campaign.name) is \(words(of: campaign))")
        }
    }

    private static let campaignsAddCommand = Command(
        "campaigns add", summary: "recipients of a campaign, from a CSV file or one JSON object a line",
        discussion: """
            CSV has a header: drop_id and address, holder or both. A .jsonl or .ndjson file has an object a line. All of them are \
            taken in, or none and every fault is named; 100,000 a file. - reads CSV from standard input.
            """,
        arguments: [nameArgument, .required("FILE", "the recipients")], options: [tenantOption],
        examples: [.init("weir campaigns add spring recipients.csv", "to whom")], usesConfiguration: true
    ) { context in
        let file = context.argument("FILE")
        let bytes = try SigningInput.file(file)
        let isLines = file.hasSuffix(".jsonl") || file.hasSuffix(".ndjson")
        try await withCampaign(context) { store, campaign, configuration in
            do {
                let reader = try RecipientReader(
                    bytes, as: isLines ? .lines : .csv, on: Wiring.chain(of: configuration[Settings.network]))
                let (_, count) = try await store.add(reader, to: campaign.name, tenant: campaign.tenant)
                context.print("\(count) recipients were taken in; next: weir campaigns plan \(campaign.name)")
            } catch let error as RecipientReader.Invalid {
                throw FlowFailure("\(error)", remedy: "nothing was taken in: mend the file and try again")
            }
        }
    }

    private static let campaignsPlanCommand = Command(
        "campaigns plan", summary: "ask the chain who is ready, and say what it would take",
        discussion: "The process with the role bridge asks. Who was sent to already is not asked about.",
        arguments: [nameArgument], options: [tenantOption, .flag("no-wait", "ask, and don't look on")],
        examples: [.init("weir campaigns plan spring", "transactions, time, fees, and who is left out")],
        usesConfiguration: true
    ) { context in
        try await withCampaign(context) { store, campaign, _ in
            var campaign = try await store.apply(.plan, to: campaign.name, tenant: campaign.tenant)
            guard !context.flag("no-wait") else { return context.print("\(campaign.name) is being planned") }
            var reporter: ProgressReporter?
            var trouble: String?
            while campaign.state == .planning {
                let counts = try await store.counts(of: campaign)
                reporter = reporter ?? ProgressReporter(campaign.name, total: UInt64(counts.total), unit: "asked")
                reporter?.update(done: UInt64(counts.total - counts.notAsked))
                if campaign.reason != trouble, let reason = campaign.reason { context.printError(reason) }
                trouble = campaign.reason
                try await Task.sleep(for: .milliseconds(250))
                campaign = try await again(campaign, store)
            }
            reporter?.finish()
            try await show(campaign, store, context)
        }
    }

    private static let campaignsStartCommand = Command(
        "campaigns start", summary: "send: now, at a time, or by the runs of a schedule",
        arguments: [nameArgument],
        options: [
            .value("at", "TIME", "not before this time, such as 2026-12-24T18:00:00Z"),
            .flag("by-schedule", "its waves are the runs of a schedule whose payload names it: {\"campaign\": NAME}"),
            .flag("unchecked", "without a plan: the contract decides who can take it"), tenantOption,
        ],
        examples: [.init("weir campaigns start spring --at 2026-12-24T18:00:00Z", "on the evening itself")],
        usesConfiguration: true
    ) { context in
        let at = try context.option("at").map { text in
            guard let time = RFC3339.parse(text) else {
                throw UsageError("--at: a time such as 2026-12-24T18:00:00Z")
            }
            return time
        }
        let isLater = at.map { $0 > Date() } ?? false
        try await apply(
            .start(later: isLater, unasked: context.flag("unchecked")), context,
            .init(startsAt: isLater ? at : nil, isBySchedule: context.flag("by-schedule")))
    }

    private static let campaignsPauseCommand = change(
        "pause", "send no more; what is not signed yet comes back", .pause, .init(reason: "paused by a person"))
    private static let campaignsResumeCommand = change("resume", "go on with a paused campaign", .resume)
    private static let campaignsAbortCommand = change(
        "abort", "end a campaign; what is signed goes on to its outcome", .abort)
    private static let campaignsRetryCommand = change("retry", "send again to those to whom it failed", .retry)

    private static let campaignsWatchCommand = Command(
        "campaigns watch", summary: "look on until a campaign is finished, paused or aborted",
        arguments: [nameArgument], options: [tenantOption],
        examples: [.init("weir campaigns watch spring", "bar, rate and time left")], usesConfiguration: true
    ) { context in
        try await withCampaign(context) { store, first, _ in
            var campaign = first
            var reporter: ProgressReporter?
            while campaign.state == .running || campaign.state == .scheduled {
                let counts = try await store.counts(of: campaign)
                reporter = reporter ?? ProgressReporter(campaign.name, total: UInt64(counts.total), unit: "recipients")
                reporter?.update(done: UInt64(counts.total - counts.left))
                try await Task.sleep(for: .milliseconds(500))
                campaign = try await again(campaign, store)
            }
            reporter?.finish()
            try await show(campaign, store, context)
        }
    }

    private static let campaignsExportCommand = Command(
        "campaigns export", summary: "every recipient and what became of it, as CSV",
        arguments: [nameArgument],
        options: [
            .value("state", "STATE", Campaign.Recipient.states.joined(separator: ", ")), tenantOption,
        ],
        examples: [.init("weir campaigns export spring --state failed > failed.csv", "those to whom it failed")],
        usesConfiguration: true
    ) { context in
        let state = context.option("state")
        if let state, !Campaign.Recipient.states.contains(state) {
            throw UsageError("--state: one of \(Campaign.Recipient.states.joined(separator: ", "))")
        }
        try await withCampaign(context) { store, campaign, _ in
            for try await page in RecipientPages(store: store, campaign: campaign, state: state) {
                context.print(String(decoding: page.dropLast(), as: UTF8.self))
            }
        }
    }

    private static func change(
        _ word: String, _ summary: String, _ event: CampaignState.Event, _ change: CampaignStore.Change = .init()
    ) -> Command {
        Command(
            "campaigns \(word)", summary: summary, arguments: [nameArgument], options: [tenantOption],
            examples: [.init("weir campaigns \(word) spring", summary)], usesConfiguration: true
        ) { context in try await apply(event, context, change) }
    }

    private static func apply(
        _ event: CampaignState.Event, _ context: CommandContext, _ change: CampaignStore.Change
    ) async throws {
        try await withCampaign(context) { store, campaign, _ in
            let after = try await store.apply(event, to: campaign.name, tenant: campaign.tenant, change)
            context.print("\(after.name) is \(words(of: after))")
        }
    }

    private static func show(
        _ campaign: Campaign, _ store: CampaignStore, _ context: CommandContext, asJSON: Bool = false
    ) async throws {
        let counts = try await store.counts(of: campaign)
        let paid = try await store.paid(by: campaign)
        let forecast = try await store.forecast(of: campaign, counts)
        if asJSON {
            return context.print(campaign.json(counts, paid: paid, forecast: forecast).text)
        }
        context.print("\(campaign.name): \(campaign.kind.rawValue) \(campaign.subject), \(words(of: campaign))")
        context.print(
            "  \(counts.total) recipients: \(counts.delivered) delivered, \(counts.failed) failed, \(counts.skipped) left out, "
                + "\(counts.sending) on their way, \(counts.pending) to be sent to, \(counts.unproven) unproven, \(counts.cancelled) given up"
        )
        if let height = campaign.askedHeight {
            context.print(
                "  as of height \(height): \(counts.ready) are ready, \(counts.toLockers) go to lockers, \(counts.notAsked) were not asked about"
            )
        }
        context.print(
            "  paid: \(RecipeFees.flow(paid)) FLOW\(campaign.budget.map { " of \(RecipeFees.flow($0))" } ?? "")")
        if let forecast {
            let time =
                forecast.seconds.map { "some \(DurationText.format(.seconds($0.rounded())))" }
                ?? "nobody can say how long"
            context.print(
                "  left: \(forecast.transactions) transactions on \(forecast.lanes) keys, \(time), some \(RecipeFees.flow(forecast.fee)) FLOW"
            )
        }
    }

    private static func words(of campaign: Campaign) -> String {
        let time = campaign.state == .scheduled ? campaign.startsAt.map { " for \(RFC3339.format($0))" } ?? "" : ""
        return campaign.state.rawValue + time + (campaign.reason.map { " (\($0))" } ?? "")
    }

    private static func again(_ campaign: Campaign, _ store: CampaignStore) async throws -> Campaign {
        guard let found = try await store.campaign(tenant: campaign.tenant, name: campaign.name) else {
            throw FlowFailure("campaign \(campaign.name) is not there any more")
        }
        return found
    }

    private static func campaignName(_ context: CommandContext) throws -> String {
        let name = context.argument("NAME")
        guard ScheduleReader.isName(name) else { throw UsageError("NAME: 1 to 64 letters, digits, - and _") }
        return name
    }

    private static func withCampaigns(
        _ context: CommandContext, _ body: (CampaignStore, String, Configuration) async throws -> Void
    ) async throws {
        let tenant = context.option("tenant") ?? "default"
        try await withTables(context) { pool, configuration in
            let operations = OperationStore(pool: pool, logger: .silent)
            do {
                try await body(CampaignStore(pool: pool, operations: operations), tenant, configuration)
            } catch let error as SubmitterError where [.wrongState, .invalidOperation].contains(error.code) {
                throw FlowFailure(error.message)
            }
        }
    }

    private static func withCampaign(
        _ context: CommandContext, _ body: (CampaignStore, Campaign, Configuration) async throws -> Void
    ) async throws {
        let name = try campaignName(context)
        try await withCampaigns(context) { store, tenant, configuration in
            guard let campaign = try await store.campaign(tenant: tenant, name: name) else {
                throw FlowFailure("there is no campaign \(name): weir campaigns list shows them")
            }
            try await body(store, campaign, configuration)
        }
    }
}
