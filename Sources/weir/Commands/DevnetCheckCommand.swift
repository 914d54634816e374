import Daemon
import Recordings
import Retelling

extension Weir {
    static let devnetCheckCommand = Command(
        "devnet check", summary: "play a recording of the real emulator into a fresh devnet, and compare every answer",
        discussion: """
            Reads PREFIX.jsonl.gz and PREFIX.accounts.json. Every recorded account, block and transaction is made again, and every \
            recorded request asked again, in order, over the transport that it was recorded on: gRPC, HTTP and websocket. Ids, \
            uuids and signatures stand for one another, one to one; all else must be the recorded answer, but for what the end \
            lists by name. The exit status is 1 where an answer is another one.
            """,
        arguments: [
            .rest("PREFIX", "a recording, such as fixtures/recordings/story", atLeastOne: true)
        ],
        options: [
            .value("show", "COUNT", "how many answers that differ to show of each recording (default 10)")
        ],
        examples: [
            .init("weir devnet check fixtures/recordings/story", "some 1,400 answers of one recording"),
            .init("weir devnet check fixtures/recordings/{story,history,errors,expiry,fees}", "all of them"),
        ]
    ) { context in
        let shown = try context.option("show", as: .integer(0...100_000)) ?? 10
        var different = 0
        var known: Set<KnownDifference> = []
        for prefix in context.rest("PREFIX") {
            let recording = try EmulatorRecording(prefix)
            let progress = ProgressReporter(
                prefix.split(separator: "/").last.map(String.init) ?? prefix, total: UInt64(recording.exchanges.count),
                unit: "answers")
            let report = try await Retelling(recording).tell { progress.update(done: UInt64($0)) }
            progress.finish()
            for failure in report.failures.prefix(shown) { context.print("\(failure)") }
            let transports = report.asked.keys.sorted().map {
                "\($0) \(report.agreeing[$0, default: 0]) of \(report.asked[$0, default: 0])"
            }
            context.print(
                "\(prefix): \(report.agreed) of \(report.total) answers agree (\(transports.joined(separator: ", ")))")
            different += report.total - report.agreed
            known.formUnion(report.known.keys)
        }
        context.print("What may differ, and does here:")
        for difference in KnownDifference.allCases where known.contains(difference) {
            context.print("  \(difference.rawValue): \(difference.reason)")
        }
        guard different == 0 else { throw ExitCode.failed }
    }
}
