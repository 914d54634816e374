import Daemon
import Encoding
import FlowClient
import Indexer
import PlatformBridge
import Postgres

extension Weir {
    static let indexCommands = [
        coverageCommand, backfillCommand, rebuildCommand, rewindCommand, jobsListCommand, jobsPauseCommand,
        jobsResumeCommand, jobsCancelCommand, poisonListCommand, poisonRetryCommand,
    ]

    private static let coverageCommand = Command(
        "coverage", summary: "what the index follows, and from which height on it is known",
        discussion: """
            A track is whole where nothing of it came before its first height: then "nobody has it" is an answer. Elsewhere what was \
            never seen is not known, and answers say so. weir backfill fills in what came before.
            """,
        options: [.flag("json", "one object")],
        examples: [.init("weir coverage", "every track")], usesConfiguration: true
    ) { context in
        try await withTables(context) { pool, _ in
            let all = try await Coverage.read(from: pool)
            if context.flag("json") {
                return context.print(JSON.object([.init("tracks", .array(all.map(\.json)))]).text)
            }
            guard !all.isEmpty else {
                throw FlowFailure("nothing is followed yet", remedy: "weir run with the role ingest")
            }
            let width = (all.map(\.track.count).max() ?? 0) + 2
            for one in all {
                let until = one.until.map { "to \($0)" } ?? "on"
                let whole = one.isWhole ? "whole" : one.since.map { "began at \($0)" } ?? "began nobody has said where"
                context.print(one.track.padding(to: width) + "from \(one.from) \(until)".padding(to: 26) + whole)
            }
        }
    }

    private static let backfillCommand = Command(
        "backfill", summary: "fill in what came before a track's first height, beside the running index",
        discussion: """
            The process that ingests does it, by ranges of 250 heights under the nodes' budgets; this asks for it and shows how far \
            it is. Ctrl-C stops the showing, not the work. Where no process ingests, --here does it in this one. When everything \
            is there, ownership is worked out anew beside the running tables, and takes their place in one step.
            """,
        arguments: [.rest("TRACK", "tracks as weir coverage has them; none: all that have a gap")],
        options: [
            .value(
                "from", "HEIGHT", "from this height on; default: where the track began (since, or ingest.start_height)"),
            .flag("here", "in this process, where no daemon ingests"), .flag("no-wait", "ask, and don't look on"),
        ],
        examples: [
            .init("weir backfill", "whatever is missing"),
            .init("weir backfill A.0b2a3299cc857e29.TopShot.NFT --from 65264619", "one contract, from a height on"),
        ],
        usesConfiguration: true
    ) { context in
        let from = try context.option("from", as: FlowArgument.height)
        let tracks = context.rest("TRACK")
        try await withTables(context) { pool, configuration in
            let jobs = try await IndexJobStore(pool: pool).backfill(tracks, from: from)
            guard !jobs.isEmpty else {
                return context.print("nothing is missing: every track is known from where it began")
            }
            for job in jobs { context.print("job \(job.id): \(words(of: job))") }
            try await look(at: jobs, context, pool, configuration)
        }
    }

    private static let rebuildCommand = Command(
        "rebuild", summary: "work projections out anew from the events that are kept, without a node",
        discussion: """
            Beside the running tables, which answer meanwhile; the new ones take their place in one step when they are whole. \
            \(allProjections.map(\.name).joined(separator: ", ")): all of them where none is named.
            """,
        arguments: [.rest("PROJECTION", "which; none: all")],
        options: [
            .flag("here", "in this process, where no daemon ingests"), .flag("no-wait", "ask, and don't look on"),
        ],
        examples: [.init("weir rebuild", "everything"), .init("weir rebuild listings", "one of them")],
        usesConfiguration: true
    ) { context in
        try await withTables(context) { pool, configuration in
            let job = try await IndexJobStore(pool: pool).rebuild(context.rest("PROJECTION"))
            context.print("job \(job.id): \(words(of: job))")
            try await look(at: [job], context, pool, configuration)
        }
    }

    private static let rewindCommand = Command(
        "rewind", summary: "undo everything that is indexed above a height",
        discussion: """
            It is indexed anew by whoever ingests. For a chain that was rolled back there is weir chain accept, which also looks \
            after what had been done above that height. Without --yes it only says what would be undone.
            """,
        options: [.value("to", "HEIGHT", "the last height that is kept"), .flag("yes", "do it")],
        examples: [.init("weir rewind --to 130290700 --yes", "index anew from the next height on")],
        usesConfiguration: true
    ) { context in
        guard let height = try context.option("to", as: FlowArgument.height) else {
            throw UsageError("--to: the last height that is kept")
        }
        try await withTables(context) { pool, _ in
            let sync = try await SyncStatus.read(from: pool)
            guard let start = sync.start, let indexed = sync.height, (start...indexed).contains(height) else {
                let range = sync.height.map { "heights \(sync.start ?? 0) to \($0)" } ?? "nothing"
                throw FlowFailure("height \(height) is not indexed: \(range) is")
            }
            context.print(
                "\(indexed.rawValue - height.rawValue) blocks above height \(height) would be undone and indexed anew")
            guard context.flag("yes") else { throw FlowFailure("nothing was changed", remedy: "say --yes to do it") }
            try await Rewind(to: height).run(on: pool)
            context.print("the index stands at height \(height)")
        }
    }

    private static let jobsListCommand = Command(
        "jobs list", summary: "back-fills and rebuilds, newest first",
        options: [.flag("json", "one object")],
        examples: [.init("weir jobs list", "how far they are")], usesConfiguration: true
    ) { context in
        try await withTables(context) { pool, _ in
            let jobs = try await IndexJobStore(pool: pool).all()
            if context.flag("json") {
                return context.print(JSON.object([.init("jobs", .array(jobs.map(\.json)))]).text)
            }
            for job in jobs {
                context.print("job \(job.id), \(job.state.rawValue): \(words(of: job)), \(job.reason)")
                if let error = job.error { context.print("  \(error)") }
            }
        }
    }

    private static func change(_ word: String, _ summary: String, to state: IndexJob.State) -> Command {
        Command(
            "jobs \(word)", summary: summary, arguments: [.required("ID", "the job, as weir jobs list has it")],
            examples: [.init("weir jobs \(word) 3", summary)], usesConfiguration: true
        ) { context in
            let id = Int64(try context.argument("ID", as: .integer(1...Int.max)))
            try await withTables(context) { pool, _ in
                let store = IndexJobStore(pool: pool)
                guard let job = try await store.change(id, to: state) else {
                    guard let job = try await store.job(id) else { throw FlowFailure("there is no job \(id)") }
                    throw FlowFailure("job \(id) is \(job.state.rawValue): it can't be \(state.rawValue)")
                }
                context.print("job \(id) is \(job.state.rawValue)")
            }
        }
    }

    private static let jobsPauseCommand = change("pause", "let a job rest", to: .paused)
    private static let jobsResumeCommand = change("resume", "go on with a job, also after it has failed", to: .queued)
    private static let jobsCancelCommand = change(
        "cancel", "give a job up; the running tables stay as they are", to: .cancelled)

    private static let poisonListCommand = Command(
        "poison list", summary: "events of followed contracts from which nothing followed, and why",
        discussion:
            "They can't be read, or the tables don't take what they say. Their bytes are kept, and everything else goes on.",
        examples: [.init("weir poison list", "the latest first")], usesConfiguration: true
    ) { context in
        try await withTables(context) { pool, _ in
            for event in try await PoisonEvent.all(on: pool) {
                context.print("\(event.position) \(event.type): \(event.error)")
            }
        }
    }

    private static let poisonRetryCommand = Command(
        "poison retry", summary: "try the events again that were set aside",
        discussion: "All projections are worked out anew, as weir rebuild does; what this version can read is taken.",
        options: [
            .flag("here", "in this process, where no daemon ingests"), .flag("no-wait", "ask, and don't look on"),
        ],
        examples: [.init("weir poison retry", "after an upgrade that reads them")], usesConfiguration: true
    ) { context in
        try await withTables(context) { pool, configuration in
            let job = try await IndexJobStore(pool: pool).rebuild(reason: "poison events are tried again")
            try await look(at: [job], context, pool, configuration)
            context.print("\(try await SyncStatus.read(from: pool).poisonEvents) events are set aside")
        }
    }

    /// Until they have ended: shows how far they are, or does them.
    private static func look(
        at jobs: [IndexJob], _ context: CommandContext, _ pool: PostgresPool, _ configuration: Configuration
    ) async throws {
        if context.flag("no-wait") { return }
        let store = IndexJobStore(pool: pool)
        try await withThrowingTaskGroup(of: Void.self) { group in
            if context.flag("here") {
                let indexer = try ChainIndexer(
                    api: Wiring(configuration, logger: logger(of: configuration)).api, pool: pool,
                    contracts: Wiring.contracts(configuration, Wiring.addresses(configuration)),
                    options: Wiring.indexerOptions(configuration), logger: logger(of: configuration))
                group.addTask { try await indexer.performJobs() }
            } else if try await !SyncStatus.read(from: pool).isHeld {
                context.printError("no process ingests: the work begins when one does, or with --here")
            }
            for job in jobs { try await look(at: job.id, context, store) }
            try await group.waitForAll()
        }
    }

    private static func look(at id: Int64, _ context: CommandContext, _ store: IndexJobStore) async throws {
        var reporter: ProgressReporter?
        defer { reporter?.finish() }
        var step: String?
        while let job = try await store.job(id) {
            if let from = job.from, let to = job.to, job.kind == .backfill {
                reporter =
                    reporter ?? ProgressReporter("job \(id)", total: to.rawValue - from.rawValue + 1, unit: "blocks")
                if let height = job.height { reporter?.update(done: height.rawValue - from.rawValue + 1) }
            }
            if job.step != step, let now = job.step, now != "fetching", now != "reading" {
                context.printError("job \(id): \(now)")
            }
            step = job.step
            switch job.state {
            case .done:
                return context.print(
                    "job \(id) is done\(job.events > 0 ? ", \(job.events) events were filled in" : "")")
            case .failed:
                throw FlowFailure(
                    "job \(id) has failed: \(job.error ?? "")", remedy: "weir jobs resume \(id) tries it again")
            case .cancelled: throw FlowFailure("job \(id) was cancelled")
            case .queued, .running, .paused: try await Task.sleep(for: .milliseconds(200))
            }
        }
    }

    private static func words(of job: IndexJob) -> String {
        switch job.kind {
        case .rebuild:
            "builds \(job.projections.isEmpty ? "all projections" : job.projections.joined(separator: ", ")) anew"
        case .backfill:
            "fills in \(job.tracks.joined(separator: ", ")), heights \(job.from ?? 0) to \(job.to ?? 0)"
                + (job.height.map { ", done to \($0)" } ?? "")
        }
    }
}
