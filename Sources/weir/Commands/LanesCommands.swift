import Cadence
import Daemon
import FlowClient
import Postgres
import Submitter

extension Weir {
    static let lanesCommands = [lanesShowCommand, lanesClearCommand]

    private static let lanesShowCommand = Command(
        "lanes show", summary: "the proposal keys: which are free, which are not, and why",
        discussion: """
            A lane rests by itself while others use its key, and is revoked for good. It is quarantined where the chain and the \
            record disagree on it (a signature that is not valid under it, a number behind ours): a person looks at the key on \
            chain (weir flow account), then lets it go with weir lanes clear.
            """,
        examples: [.init("weir lanes show", "every lane")],
        usesConfiguration: true
    ) { context in
        try await withLanes(context) { store in
            for lane in try await store.lanes() {
                let reason = lane.reason.map { ": \($0)" } ?? ""
                context.print(
                    "key \(lane.keyIndex) of \(lane.address), weight \(lane.weight), next number \(lane.nextSequenceNumber), "
                        + "\(lane.state.rawValue)\(reason)")
            }
        }
    }

    private static let lanesClearCommand = Command(
        "lanes clear", summary: "let a quarantined lane go, after a person has looked",
        discussion: "Its number is read from the chain before it is used.",
        arguments: [.required("KEY", "the key's index")],
        examples: [.init("weir lanes clear 3", "key 3 is in order again")],
        usesConfiguration: true
    ) { context in
        let index = KeyIndex(UInt32(try context.argument("KEY", as: .integer(0...Int(UInt32.max)))))
        try await withLanes(context) { store in
            let lane = try await store.clearQuarantine(of: index)
            context.print("key \(lane.keyIndex) of \(lane.address) is read from the chain, and used again")
        }
    }

    private static func withLanes(_ context: CommandContext, _ body: (OperationStore) async throws -> Void) async throws
    {
        try await withTables(context) { pool, _ in try await body(OperationStore(pool: pool, logger: .silent)) }
    }
}
