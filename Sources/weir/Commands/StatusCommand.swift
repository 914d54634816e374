import Daemon
import Encoding
import FlowClient
import FoundationEssentials
import HTTP
import Indexer
import PlatformBridge
import Postgres
import Submitter

extension Weir {
    static let statusCommand = Command(
        "status", summary: "sync lag, queues and lanes, as the tables have them",
        discussion: """
            Reads the database and nothing else, so it answers whether or not a daemon runs. Exit status 1 where ingest has
            stopped and waits for a person.
            """,
        options: [.flag("json", "the same as one line of JSON")],
        examples: [.init("weir status --database-url postgresql://weir@db/weir", "how things stand")],
        usesConfiguration: true
    ) { context in
        try await withTables(context) { pool, _ in
            let sync = try await SyncStatus.read(from: pool)
            let submitter = try await OperationStore(pool: pool, logger: .silent).submitterStatus()
            if context.flag("json") {
                context.print(JSON.object([.init("sync", sync.json), .init("submitter", submitter.json)]).text)
                if sync.isStopped { throw ExitCode.failed }
                return
            }
            context.print("index     \(sync.height.map { "height \($0)" } ?? "nothing yet"), \(words(of: sync))")
            if sync.poisonEvents > 0 {
                context.print("poison    \(sync.poisonEvents) events were set aside: weir poison list")
            }
            if sync.openDrifts > 0 {
                context.print(
                    "drift     \(sync.openDrifts) tokens of which the chain says something else: weir drift list")
            }
            for pause in try await PausedParts(pool: pool).all() {
                context.print(
                    "paused    \(pause.part), by \(pause.by) since \(RFC3339.format(pause.since)): \(pause.reason)")
                context.print("          do: weir parts resume \(pause.part)")
            }
            for worker in submitter.workers {
                context.print("worker    \(worker.id), epoch \(worker.epoch)\(worker.isAlive ? "" : ", not heard of")")
            }
            let byState = Dictionary(grouping: submitter.lanes, by: \.state)
            let lanes = byState.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($1.count) \($0.rawValue)" }
            context.print("lanes     \(lanes.isEmpty ? "none" : lanes.joined(separator: ", "))")
            for lane in submitter.lanes where lane.reason != nil {
                context.print("          key \(lane.keyIndex) of \(lane.address): \(lane.reason ?? "")")
            }
            for hold in submitter.holds {
                context.print("held      \(hold.scope.name), since \(RFC3339.format(hold.since)): \(hold.reason)")
                context.print("          do: \(hold.remedy); tried next at \(RFC3339.format(hold.until))")
            }
            for trouble in submitter.troubles {
                context.print(
                    "trouble   \(trouble.transactionID.hex), since \(RFC3339.format(trouble.since)): \(trouble.reason)")
            }
            if submitter.itemsUnproven > 0 {
                context.print("unproven  \(submitter.itemsUnproven) items: decide with weir operations resolve")
            }
            context.print("attempts  \(submitter.attemptsUnderWay) under way, \(submitter.attemptsInDoubt) in doubt")
            for queue in submitter.queues {
                context.print(
                    "queue     \(queue.recipe): \(queue.queued) queued, \(queue.waiting) waiting, \(queue.underWay) under way"
                )
            }
            if let seconds = submitter.estimatedSeconds, seconds > 0 {
                context.print("          empty in about \(DurationText.format(.seconds(Int(seconds.rounded(.up)))))")
            }
            if sync.isStopped { throw ExitCode.failed }
        }
    }

    private static func words(of sync: SyncStatus) -> String {
        if sync.isStopped { return "stopped, see weir chain: \(sync.error ?? "")" }
        if let error = sync.error { return "interrupted, goes on by itself: \(error)" }
        if sync.isAhead { return "the sealed head \(sync.sealedHeight ?? 0) is below it: nothing is signed" }
        guard let lag = sync.lagHeights, let sealed = sync.sealedHeight else { return "no sealed block seen yet" }
        return
            "\(lag) behind the sealed head \(sealed), \(sync.isHeld ? "written by \(sync.holder ?? "?")" : "nobody writes")"
    }
}
