import Daemon
import Devnet
import FlowClient
import FoundationEssentials
import Indexer
import PlatformBridge
import Postgres
import Schema

/// The last of the playground's services: tells the story, replays the recording, says where to look, and waits.
struct PlaygroundStory: Service {
    let name = "story"
    let playground: Playground
    let base: String
    let database: PostgresConfiguration
    let bootstrap: DevnetBootstrap
    let start: ContinuousClock.Instant

    func run() async throws {
        let printer = StoryPrinter(write: playground.print)
        printer.line("up in \(DurationText.format(.milliseconds(Int((ContinuousClock.now - start).seconds * 1000))))")
        if playground.tellsStory {
            try await Story(
                control: ControlClient(base: base), bootstrap: bootstrap, printer: printer
            ).tell()
            try await replay(printer)
        }
        printer.heading("The control port is at \(base)")
        if playground.endsAfterStory { return }
        printer.line("Ctrl-C stops everything.")
        try await GracefulShutdown.current?.requested()
    }

    /// A recording of the real emulator through the same indexer, and its owners beside the emulator's own word.
    private func replay(_ printer: StoryPrinter) async throws {
        printer.heading("A recording of the real emulator, indexed again")
        let prefix = playground.recording
        guard let bytes = FileManager.default.contents(atPath: prefix + ".jsonl.gz"),
            let accounts = FileManager.default.contents(atPath: prefix + ".accounts.json"),
            let truth = FileManager.default.contents(atPath: prefix + ".truth.json")
        else {
            printer.line(
                "skipped: there is no recording at \(prefix) (run it in the project's folder, or see --recording)")
            return
        }
        let start = ContinuousClock.now
        let said = try JSONDecoder().decode([Truth].self, from: truth)
        let answers = try await Replay(database: database, migrations: Schema.migrations).run(
            Array(bytes), contracts: TrackedContracts(accountsFile: Array(accounts)),
            at: said.map { BlockHeight($0.height) })
        var (agreeing, all) = (0, 0)
        for (truth, answer) in zip(said, answers) {
            for (owner, held) in truth.accounts {
                (agreeing, all) = (agreeing + held.agrees(answer.accounts[owner]), all + 2)
            }
            for (owner, held) in truth.lockers {
                (agreeing, all) = (agreeing + held.agrees(answer.lockers[owner]), all + 2)
            }
            (agreeing, all) = (agreeing + (truth.listings == answer.listings ? 1 : 0), all + 1)
        }
        printer.line(
            "\(agreeing) of \(all) answers at \(said.count) heights are the emulator's own  "
                + printer.milliseconds(ContinuousClock.now - start))
        guard agreeing == all else { throw StoryError("the replayed recording differs from what the emulator said") }
    }

    /// What the emulator's scripts said: fixtures/README.md.
    private struct Truth: Decodable {
        struct Held: Decodable {
            var passes: [UInt64]?
            var collectibles: [UInt64]?

            func agrees(_ answer: ReplayAnswer.Held?) -> Int {
                (Set(passes ?? []) == Set(answer?.passes ?? []) ? 1 : 0)
                    + (Set(collectibles ?? []) == Set(answer?.collectibles ?? []) ? 1 : 0)
            }
        }

        var height: UInt64
        var accounts: [String: Held]
        var lockers: [String: Held]
        var listings: [String: UInt64]
    }
}
