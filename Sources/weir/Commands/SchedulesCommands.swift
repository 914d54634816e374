import Daemon
import Encoding
import FoundationEssentials
import PlatformBridge
import Recurrence

extension Weir {
    static let schedulesCommands = [
        schedulesListCommand, schedulesNextCommand, schedulesRunsCommand, schedulesOnCommand, schedulesOffCommand,
        schedulesPreviewCommand,
    ]

    private static let tenantOption = Command.Option.value("tenant", "TENANT", "whose; default where it is not said")

    private static let schedulesListCommand = Command(
        "schedules list", summary: "what is enqueued by the clock, and when next",
        discussion: "The platform's five crons are there from the start, off. Over HTTP: /v1/schedules.",
        options: [tenantOption],
        examples: [.init("weir schedules list", "every schedule, on or off")],
        usesConfiguration: true
    ) { context in
        try await withSchedules(context) { store, tenant in
            for schedule in try await store.list(tenant: tenant) {
                let when =
                    schedule.isOn
                    ? schedule.nextRunAt.map { "next \(RFC3339.format($0))" } ?? "never again"
                    : "off" + (schedule.trouble.map { ": \($0)" } ?? "")
                let rule =
                    switch schedule.rule {
                    case .cron(let text), .rrule(let text): text
                    }
                context.print(
                    "\(schedule.name)  \(schedule.type)  \(PlainText.oneLine(rule)) (\(schedule.timeZone))  \(when)")
            }
        }
    }

    private static let schedulesNextCommand = Command(
        "schedules next", summary: "the next runs of a schedule, foretold",
        arguments: [.required("NAME", "the schedule")],
        options: [tenantOption, .value("count", "N", "so many, 10 where it is not said, 100 at most")],
        examples: [.init("weir schedules next remove_listing --count 3", "when it runs next")],
        usesConfiguration: true
    ) { context in
        let count = try context.option("count", as: .integer(1...100)) ?? 10
        try await withSchedule(context) { store, schedule in
            for time in try schedule.timing().next(count, after: try await store.now()) {
                context.print(RFC3339.format(time))
            }
        }
    }

    private static let schedulesRunsCommand = Command(
        "schedules runs", summary: "what became of a schedule's times, newest first",
        arguments: [.required("NAME", "the schedule")], options: [tenantOption],
        examples: [.init("weir schedules runs settle_purchase", "which operation each run was, or why there was none")],
        usesConfiguration: true
    ) { context in
        try await withSchedule(context) { store, schedule in
            for run in try await store.runs(tenant: schedule.tenant, name: schedule.name, limit: 50) {
                let through = run.throughAt.map { " to \(RFC3339.format($0))" } ?? ""
                context.print(
                    "\(RFC3339.format(run.nominalAt))\(through)  "
                        + (run.operation.map { "operation \($0)" } ?? "left out: \(run.skippedBecause ?? "")"))
            }
        }
    }

    private static let schedulesPreviewCommand = Command(
        "schedules preview", summary: "when a rule would run, before anybody relies on it",
        discussion: """
            Needs no database. Give one of --cron and --rrule; an RRULE may be preceded by DTSTART, RDATE and EXDATE lines, as RFC 5545 \
            has them. Exit status 1 where it never fires.
            """,
        options: [
            .value("cron", "FIELDS", "minute hour day month weekday"),
            .value("rrule", "TEXT", "FREQ=…, or lines of a recurrence"),
            .value("time-zone", "ZONE", "UTC where it is not said"),
            .value("after", "TIME", "RFC 3339; now where it is not said"),
            .value("count", "N", "so many, 10 where it is not said, 1000 at most"),
        ],
        examples: [
            .init(
                "weir schedules preview --cron '30 2 * * *' --time-zone America/New_York",
                "what the change of the clocks does to it"),
            .init("weir schedules preview --rrule 'FREQ=MONTHLY;BYDAY=-1FR' --count 3", "the last Friday of a month"),
        ]
    ) { context in
        let rule: Schedule.Rule
        switch (context.option("cron"), context.option("rrule")) {
        case (let cron?, nil): rule = .cron(cron)
        case (nil, let rrule?): rule = .rrule(rrule)
        default: throw UsageError("one of --cron and --rrule")
        }
        let after = try context.option("after").map { text in
            guard let time = RFC3339.parse(text) else {
                throw UsageError("--after: a time such as 2026-06-01T00:00:00Z")
            }
            return time
        }
        let start = after ?? Date()
        do {
            let times = try ScheduleTiming(
                rule, timeZone: context.option("time-zone") ?? "UTC", startsAt: start
            ).next(
                try context.option("count", as: .integer(1...1000)) ?? 10, after: start)
            guard !times.isEmpty else { throw FlowFailure("it never fires after \(RFC3339.format(start))") }
            for time in times { context.print(RFC3339.format(time)) }
        } catch let error as RecurrenceError {
            throw UsageError("\(error)")
        }
    }

    private static let schedulesOnCommand = turn("on", true, "turn a schedule on: it runs from its next time on")
    private static let schedulesOffCommand = turn("off", false, "turn a schedule off")

    private static func turn(_ word: String, _ isOn: Bool, _ summary: String) -> Command {
        Command(
            "schedules \(word)", summary: summary, arguments: [.required("NAME", "the schedule")],
            options: [tenantOption], examples: [.init("weir schedules \(word) airdrop_pass", "from now on")],
            usesConfiguration: true
        ) { context in
            try await withSchedule(context) { store, schedule in
                let changed = try await store.turn(schedule, on: isOn)
                context.print(
                    changed.isOn
                        ? "\(changed.name) runs next at \(changed.nextRunAt.map(RFC3339.format) ?? "no time")"
                        : "\(changed.name) is off")
            }
        }
    }

    private static func withSchedules(
        _ context: CommandContext, _ body: (ScheduleStore, String) async throws -> Void
    ) async throws {
        let tenant = context.option("tenant") ?? "default"
        try await withTables(context) { pool, _ in try await body(ScheduleStore(pool: pool), tenant) }
    }

    private static func withSchedule(
        _ context: CommandContext, _ body: (ScheduleStore, Schedule) async throws -> Void
    ) async throws {
        let name = context.argument("NAME")
        try await withSchedules(context) { store, tenant in
            guard let schedule = try await store.schedule(tenant: tenant, name: name) else {
                throw FlowFailure("there is no schedule \(PlainText.jsonString(name)): weir schedules list shows them")
            }
            try await body(store, schedule)
        }
    }
}
