import Daemon
import Encoding
import FlowClient
import HTTP

/// The faults by their names on the admin port.
enum FaultReader {
    typealias Change = @Sendable (inout Misbehaviour) -> Void

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
        count("drop_sends", \.dropSends), count("lose_replies", \.loseReplies),
        count("unavailable_calls", \.unavailableCalls), count("rate_limited_calls", \.rateLimitedCalls),
        Fault(
            name: "delay_ms", rule: "must be a whole number of milliseconds, or null",
            read: { json in
                if json.isNull { return { $0.delay = nil } }
                guard let value = json.uint64, value <= 3_600_000 else { return nil }
                return { $0.delay = .milliseconds(Int64(value)) }
            },
            show: {
                $0.delay.map { JSON(Int(($0.seconds * 1000).rounded())) }
                    ?? .null
            }),
        flag("refuses_sends", \.refusesSends), flag("holds_transactions", \.holdsTransactions),
        height("seals_up_to", \.sealsUpTo), flag("duplicates_stream_messages", \.duplicatesStreamMessages),
        heights("skips_stream_heights", \.skipsStreamHeights), heights("lies_about_parents_of", \.liesAboutParentsOf),
        Fault(
            name: "ends_streams_after", rule: "must be a number of messages, or null",
            read: { json in
                if json.isNull { return { $0.endsStreamsAfter = nil } }
                guard let value = json.uint64, value <= 1_000_000_000 else { return nil }
                return { $0.endsStreamsAfter = Int(value) }
            }, show: { $0.endsStreamsAfter.map { JSON($0) } ?? .null }),
        Fault(
            name: "head_lag", rule: "must be a number of blocks, or null",
            read: { json in
                guard let value = json.isNull ? 0 : json.uint64 else { return nil }
                return { $0.headLag = value }
            }, show: { JSON($0.headLag) }),
        Fault(
            name: "maximum_event_range", rule: "must be a number of heights, or null",
            read: { json in
                if json.isNull { return { $0.maximumEventRange = nil } }
                guard let value = json.uint64, value > 0 else { return nil }
                return { $0.maximumEventRange = value }
            }, show: { $0.maximumEventRange.map { JSON($0) } ?? .null }),
    ]

    private static func count(_ name: String, _ path: any WritableKeyPath<Misbehaviour, Int> & Sendable) -> Fault {
        Fault(
            name: name, rule: "must be how many times, or null",
            read: { json in
                guard let value = json.isNull ? 0 : json.uint64, value <= 1_000_000_000 else { return nil }
                return { $0[keyPath: path] = Int(value) }
            }, show: { JSON($0[keyPath: path]) })
    }

    private static func flag(_ name: String, _ path: any WritableKeyPath<Misbehaviour, Bool> & Sendable) -> Fault {
        Fault(
            name: name, rule: "must be true, false or null",
            read: { json in
                guard let value = json.isNull ? false : json.bool else { return nil }
                return { $0[keyPath: path] = value }
            }, show: { JSON($0[keyPath: path]) })
    }

    private static func height(_ name: String, _ path: any WritableKeyPath<Misbehaviour, BlockHeight?> & Sendable)
        -> Fault
    {
        Fault(
            name: name, rule: "must be a height, or null",
            read: { json in
                if json.isNull { return { $0[keyPath: path] = nil } }
                guard let value = json.uint64 else { return nil }
                return { $0[keyPath: path] = BlockHeight(value) }
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
                return { $0[keyPath: path] = heights }
            }, show: { faults in .array(faults[keyPath: path].sorted().map { JSON($0.rawValue) }) })
    }
}
