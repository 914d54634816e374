import Daemon
import Encoding
import FlowClient
import HTTP

/// The faults by their names on the admin port.
enum FaultReader {
    /// Where the chain is when a fault begins: `"head"` stands for it.
    struct Heads: Sendable {
        var finalized: BlockHeight
        var sealed: BlockHeight
    }

    typealias Change = @Sendable (inout Misbehaviour, Heads) -> Void

    /// One fault: how it is read (null takes it back), and how it is shown.
    private struct Fault: Sendable {
        var name: String
        var rule: String
        /// Nil where the value breaks the rule.
        var read: @Sendable (JSON) -> Change?
        var show: @Sendable (Misbehaviour) -> JSON
    }

    /// Throws a problem document that names the fault and its rule; nothing is changed then.
    static func read(_ body: JSON) throws -> [Change] {
        guard let members = body.object else { throw AdminPort.refusal("the body", "must be an object of faults") }
        return try members.map { member in
            guard let fault = all.first(where: { $0.name == member.name }) else {
                let names = all.map(\.name).joined(separator: ", ")
                throw AdminPort.refusal(member.name, "is no fault: there are \(names)")
            }
            guard let change = fault.read(member.value) else { throw AdminPort.refusal(fault.name, fault.rule) }
            return change
        }
    }

    static func json(_ faults: Misbehaviour) -> JSON { .object(all.map { .init($0.name, $0.show(faults)) }) }

    private static let all: [Fault] = [
        flag("is_down", \.isDown), flag("stands", \.stands), count("drop_sends", \.dropSends),
        count("lose_replies", \.loseReplies), count("repeat_sends", \.repeatedSends),
        share("lost_answers", \.lostAnswers), share("unknown_answers", \.unknownAnswers), share("misses", \.misses),
        duration("jitter_ms", \.jitter), rateLimits, height("stuck_at", \.stuckAt),
        heights("omits_events_of", \.omitsEventsOf),
        amount("truncated_heights", of: "heights", \.truncatedHeights),
        Fault(
            name: "spork_root", rule: "must be a height, \"head\", or null",
            read: { json in
                if json == "head" { return { faults, heads in faults.sporkRoot = heads.finalized } }
                guard let value = json.isNull ? 0 : json.uint64 else { return nil }
                return { faults, _ in faults.sporkRoot = BlockHeight(value) }
            }, show: { JSON($0.sporkRoot.rawValue) }),
        count("unavailable_calls", \.unavailableCalls), count("rate_limited_calls", \.rateLimitedCalls),
        duration("delay_ms", \.delay),
        flag("refuses_sends", \.refusesSends), flag("holds_transactions", \.holdsTransactions),
        height("seals_up_to", \.sealsUpTo), flag("duplicates_stream_messages", \.duplicatesStreamMessages),
        heights("skips_stream_heights", \.skipsStreamHeights), heights("lies_about_parents_of", \.liesAboutParentsOf),
        Fault(
            name: "ends_streams_after", rule: "must be a number of messages, or null",
            read: { json in
                if json.isNull { return { faults, _ in faults.endsStreamsAfter = nil } }
                guard let value = json.uint64, value <= 1_000_000_000 else { return nil }
                return { faults, _ in faults.endsStreamsAfter = Int(value) }
            }, show: { $0.endsStreamsAfter.map { JSON($0) } ?? .null }),
        amount("head_lag", of: "blocks", \.headLag),
        Fault(
            name: "maximum_event_range", rule: "must be a number of heights, or null",
            read: { json in
                if json.isNull { return { faults, _ in faults.maximumEventRange = nil } }
                guard let value = json.uint64, value > 0 else { return nil }
                return { faults, _ in faults.maximumEventRange = value }
            }, show: { $0.maximumEventRange.map { JSON($0) } ?? .null }),
    ]

    private static func count(_ name: String, _ path: any WritableKeyPath<Misbehaviour, Int> & Sendable) -> Fault {
        number(name, "must be how many times, or null", upTo: 1_000_000_000, path)
    }

    /// So many in a thousand.
    private static func share(_ name: String, _ path: any WritableKeyPath<Misbehaviour, Int> & Sendable) -> Fault {
        number(name, "must be how many in a thousand, from 0 to 1000, or null", upTo: 1000, path)
    }

    private static func number(
        _ name: String, _ rule: String, upTo most: UInt64, _ path: any WritableKeyPath<Misbehaviour, Int> & Sendable
    ) -> Fault {
        Fault(
            name: name, rule: rule,
            read: { json in
                guard let value = json.isNull ? 0 : json.uint64, value <= most else { return nil }
                return { faults, _ in faults[keyPath: path] = Int(value) }
            }, show: { JSON($0[keyPath: path]) })
    }

    private static func amount(
        _ name: String, of what: String, _ path: any WritableKeyPath<Misbehaviour, UInt64> & Sendable
    ) -> Fault {
        Fault(
            name: name, rule: "must be a number of \(what), or null",
            read: { json in
                guard let value = json.isNull ? 0 : json.uint64 else { return nil }
                return { faults, _ in faults[keyPath: path] = value }
            }, show: { JSON($0[keyPath: path]) })
    }

    private static func flag(_ name: String, _ path: any WritableKeyPath<Misbehaviour, Bool> & Sendable) -> Fault {
        Fault(
            name: name, rule: "must be true, false or null",
            read: { json in
                guard let value = json.isNull ? false : json.bool else { return nil }
                return { faults, _ in faults[keyPath: path] = value }
            }, show: { JSON($0[keyPath: path]) })
    }

    private static func height(_ name: String, _ path: any WritableKeyPath<Misbehaviour, BlockHeight?> & Sendable)
        -> Fault
    {
        Fault(
            name: name, rule: "must be a height, \"head\", or null",
            read: { json in
                if json.isNull { return { faults, _ in faults[keyPath: path] = nil } }
                if json == "head" { return { faults, heads in faults[keyPath: path] = heads.sealed } }
                guard let value = json.uint64 else { return nil }
                return { faults, _ in faults[keyPath: path] = BlockHeight(value) }
            }, show: { faults in faults[keyPath: path].map { JSON($0.rawValue) } ?? .null })
    }

    private static func heights(
        _ name: String, _ path: any WritableKeyPath<Misbehaviour, Set<BlockHeight>> & Sendable
    ) -> Fault {
        Fault(
            name: name, rule: "must be an array of heights, or null",
            read: { json in
                guard let values = json.isNull ? [] : json.array?.map(\.uint64), values.allSatisfy({ $0 != nil }) else {
                    return nil
                }
                let heights = Set(values.compactMap { $0 }.map { BlockHeight($0) })
                return { faults, _ in faults[keyPath: path] = heights }
            }, show: { faults in .array(faults[keyPath: path].sorted().map { JSON($0.rawValue) }) })
    }

    private static func duration(
        _ name: String, _ path: any WritableKeyPath<Misbehaviour, Duration?> & Sendable
    ) -> Fault {
        Fault(
            name: name, rule: "must be a whole number of milliseconds up to an hour, or null",
            read: { json in
                if json.isNull { return { faults, _ in faults[keyPath: path] = nil } }
                guard let value = json.uint64, value <= 3_600_000 else { return nil }
                return { faults, _ in faults[keyPath: path] = .milliseconds(Int64(value)) }
            },
            show: { faults in
                faults[keyPath: path].map { JSON(Int(($0.seconds * 1000).rounded())) } ?? .null
            })
    }

    private static let rateLimits = Fault(
        name: "calls_per_second",
        rule: "must name how many calls a second are answered of some of "
            + AccessCall.allCases.map(\.rawValue).joined(separator: ", ") + ", or be null",
        read: { json in
            var limits: [AccessCall: Int] = [:]
            guard json.isNull || json.object != nil else { return nil }
            for member in json.object ?? [] {
                guard let call = AccessCall(rawValue: member.name), let count = member.value.uint64, count <= 1_000_000
                else { return nil }
                limits[call] = Int(count)
            }
            let found = limits
            return { faults, _ in faults.callsPerSecond = found }
        },
        show: { faults in
            .object(
                faults.callsPerSecond.sorted { $0.key.rawValue < $1.key.rawValue }.map {
                    .init($0.key.rawValue, JSON($0.value))
                })
        })
}
