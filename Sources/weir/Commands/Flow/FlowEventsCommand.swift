import Cadence
import Daemon
import Encoding
import FlowClient
import FoundationEssentials
import HTTP

extension Weir {
    static let flowEventsCommand = Command(
        "flow events", summary: "events of a type over any range of heights, or as they come",
        discussion: """
            Asks in windows of 250 heights, which is what nodes allow, and prints as it goes. Heights that no node has searched \
            are never told as empty: the command then ends with exit code 1 and says which.
            """,
        arguments: [.required("TYPE", "the full type id: A.ADDRESS.Contract.Event, or flow.AccountCreated")],
        options: FlowOptions.connection + [
            FlowOptions.json, .value("from", "HEIGHT", "the first height; default: the last 250 up to --to"),
            .value("to", "HEIGHT", "the last height; default: the sealed head"),
            .flag("follow", "go on with each new sealed block, until Ctrl-C"),
        ],
        examples: [
            .init(
                "weir flow events A.1654653399040a61.FlowToken.TokensDeposited --node mainnet", "of the last 250 blocks"
            ),
            .init("weir flow events flow.AccountCreated --from 0 --json > accounts.jsonl", "from the first block on"),
        ]
    ) { context in
        let type = context.argument("TYPE")
        guard EventTypeName.isValid(type) else {
            throw UsageError("TYPE: expected A.ADDRESS.Contract.Event with 16 hex digits, flow.Event or evm.Event")
        }
        let (from, to) = (
            try context.option("from", as: FlowArgument.height), try context.option("to", as: FlowArgument.height)
        )
        guard to == nil || !context.flag("follow") else { throw UsageError("either --to or --follow, not both") }
        if let from, let to, from > to { throw UsageError("--from \(from) is above --to \(to)") }
        try await withFlow(context) { flow in
            let head = try await flow.api.blockHeader(.latestSealed).value.height
            let last = to ?? head
            let first = from ?? BlockHeight(last.rawValue - min(last.rawValue, 249))
            var walk = EventWalk(type: type, next: first, isJSON: context.flag("json"), print: { context.print($0) })
            if first <= min(last, head) { try await walk.run(to: min(last, head), flow, showsProgress: true) }
            if context.flag("follow") { try await walk.follow(flow) }
            if walk.isEmpty, !context.flag("json") {
                context.printError("no \(type) in heights \(first) to \(min(last, head))")
            }
            guard last <= head else {
                throw FlowFailure(
                    "heights \(max(walk.next, first)) to \(last) have not been searched: the sealed head of \(flow.chain) is \(head)",
                    remedy: "ask again later, or use --follow")
            }
        }
    }
}

enum EventTypeName {
    static func isValid(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } }) else { return false }
        switch parts.first {
        // `flow.evm.BlockExecuted` and `evm.BlockExecuted` were names of the EVM's events before they had an account.
        case "flow": return parts.count == 2 || parts.count == 3 && parts[1] == "evm"
        case "evm": return parts.count == 2
        case "A": return parts.count >= 4 && parts[1].utf8.count == 16 && Address(parts[1]) != nil
        default: return false
        }
    }
}

/// Walks over heights and prints the events in them. `next` is the first height that has not been searched.
private struct EventWalk {
    let type: String
    private(set) var next: BlockHeight
    private(set) var isEmpty = true
    /// Heights asked for at once, at most (onflow/flow-go:engine/access/rpc/backend/events/events.go).
    private var window: UInt64 = 250
    private let isJSON: Bool
    private let print: (String) -> Void

    init(type: String, next: BlockHeight, isJSON: Bool, print: @escaping (String) -> Void) {
        self.type = type
        self.next = next
        self.isJSON = isJSON
        self.print = print
    }

    mutating func run(to last: BlockHeight, _ flow: FlowConnection, showsProgress: Bool = false) async throws {
        let first = next
        let total = last.rawValue - first.rawValue + 1
        let progress = showsProgress && total > 250 ? ProgressReporter("events", total: total, unit: "blocks") : nil
        defer { progress?.finish() }
        while next <= last {
            for block in try await searched(to: last, flow) {
                show(block)
                next = BlockHeight(block.blockHeight.rawValue + 1)
            }
            progress?.update(done: next.rawValue - first.rawValue)
        }
    }

    /// From `next` on without a gap, one block at least. Nodes cut a range short without a word: only heights in the answer
    /// have been searched. Where an answer would be too large, or a node searches fewer heights at once, less is asked for.
    private mutating func searched(to last: BlockHeight, _ flow: FlowConnection) async throws -> [BlockEvents] {
        while true {
            let end = min(last, BlockHeight(next.rawValue + window - 1))
            do {
                let blocks = try await flow.api.events(ofType: type, heights: next...end, encoding: .jsonCDC).value
                let ordered = blocks.sorted { $0.blockHeight < $1.blockHeight }
                let whole = zip(ordered, next...end).prefix { $0.blockHeight == $1 }.map(\.0)
                guard !whole.isEmpty else {
                    throw FlowFailure(
                        "the node has not searched heights \(next) to \(end), and said nothing of why",
                        remedy: "it may be behind: ask another one with --node")
                }
                return whole
            } catch let error as AccessError where error.verdict == .split && end > next {
                window = max(1, (end.rawValue - next.rawValue + 1) / 2)
            }
        }
    }

    mutating func follow(_ flow: FlowConnection) async throws {
        while true {
            let head = try await flow.api.blockHeader(.latestSealed).value.height
            if head >= next { try await run(to: head, flow) }
            try await Task.sleep(for: .milliseconds(500))
        }
    }

    private mutating func show(_ block: BlockEvents) {
        for event in block.events {
            if isJSON {
                print(
                    JSON.object(
                        [
                            .init("blockHeight", JSON(block.blockHeight.rawValue)),
                            .init("blockID", JSON(block.blockID.hex)),
                            .init("blockTimestamp", JSON(block.blockTimestamp.text)),
                        ] + (event.json.object ?? [])
                    ).text)
            } else {
                if isEmpty { print("height      time                      transaction:event  fields") }
                let place = "\(block.blockHeight)".padding(to: 10)
                print(
                    "\(place)  \(block.blockTimestamp.text)  \(event.transactionID):\(event.eventIndex)  \(PlainText.oneLine(event.fieldsText))"
                )
            }
            isEmpty = false
        }
    }
}
