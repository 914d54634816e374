import Daemon
import Encoding
import FoundationEssentials
import PlatformBridge
import Submitter

extension Weir {
    static let partsCommands = [partsListCommand, partsPauseCommand, partsResumeCommand]

    private static let meanings = """
        submit (nothing new is signed), schedules, sweeps (operations that look up what there is to do), inbox (what SQL asked \
        for), campaigns, webhooks. What is under way goes on to its end.
        """

    private static let partsListCommand = Command(
        "parts list", summary: "the daemon's parts, and which of them rest", discussion: meanings,
        examples: [.init("weir parts list", "who paused what, and why")], usesConfiguration: true
    ) { context in
        try await withTables(context) { pool, _ in
            let paused = Dictionary(try await PausedParts(pool: pool).all().map { ($0.part, $0) }) { $1 }
            for part in Part.allCases {
                let pause = paused[part.rawValue].map {
                    "paused since \(RFC3339.format($0.since)) by \($0.by): \($0.reason)"
                }
                context.print("\(part.rawValue.padding(to: 11))\(pause ?? "works")")
            }
        }
    }

    private static let partsPauseCommand = Command(
        "parts pause", summary: "let a part rest, in every process, until it is resumed", discussion: meanings,
        arguments: [.required("PART", "which")],
        options: [.value("reason", "TEXT", "why, for those who find it resting")],
        examples: [.init("weir parts pause submit --reason 'keys are being rotated'", "nothing new is signed")],
        usesConfiguration: true
    ) { context in
        let part = try part(context)
        try await withTables(context) { pool, _ in
            try await PausedParts(pool: pool).pause(
                part, because: context.option("reason") ?? "paused by a person", by: "command line")
            context.print("\(part.rawValue) rests: weir parts resume \(part.rawValue) lets it go on")
        }
    }

    private static let partsResumeCommand = Command(
        "parts resume", summary: "let a part go on", arguments: [.required("PART", "which")],
        examples: [.init("weir parts resume submit", "at once, in every process")], usesConfiguration: true
    ) { context in
        let part = try part(context)
        try await withTables(context) { pool, _ in
            guard try await PausedParts(pool: pool).resume(part) else {
                throw FlowFailure("\(part.rawValue) is not paused")
            }
            context.print("\(part.rawValue) goes on")
        }
    }

    private static func part(_ context: CommandContext) throws -> Part {
        let name = context.argument("PART")
        guard let part = Part(rawValue: name) else {
            throw UsageError("PART: one of \(Part.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return part
    }
}
