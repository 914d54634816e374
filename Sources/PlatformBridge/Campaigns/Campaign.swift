import Daemon
package import Encoding
package import FlowClient
package import FoundationEssentials
import Postgres
package import Submitter

/// Something that is sent to many: what, to whom, what with those who are not ready, within which budget.
package struct Campaign: Hashable, Sendable {
    package enum Fallback: String, CaseIterable, Sendable {
        /// Who is not ready is left out.
        case skip
        /// The holder's locker keeps it, where the recipient names one.
        case locker
    }

    package var id: Int64
    package var tenant: String
    package var name: String
    package var kind: Sweep.DropKind
    /// A release of a pass, or a collectible.
    package var subject: String
    package var fallback: Fallback
    package var priority: Int16
    /// In FLOW, scaled by 1e8.
    package var budget: Int64?
    package var state: CampaignState
    package var reason: String?
    package var startsAt: Date?
    package var isBySchedule: Bool
    package var askedHeight: BlockHeight?
    package var startedAt: Date?
    package var endedAt: Date?
    package var updatedAt: Date

    package var recipe: Recipe { kind == .pass ? .airdropPasses : .dropCollectibles }
    package var operationType: OperationType { kind == .pass ? .airdropPass : .airdropCollectible }

    init(_ row: PostgresRow) throws {
        id = try row.decode(Int64.self, "id")
        tenant = try row.decode(String.self, "tenant")
        name = try row.decode(String.self, "name")
        kind = try Sweep.DropKind(rawValue: row.decode(String.self, "kind")) ?? .pass
        subject = try row.decode(String.self, "subject_id")
        fallback = try Fallback(rawValue: row.decode(String.self, "fallback")) ?? .skip
        priority = try row.decode(Int16.self, "priority")
        budget = try row.decode(Int64?.self, "budget")
        let word = try row.decode(String.self, "state")
        guard let state = CampaignState(rawValue: word) else {
            throw SubmitterError(.contradiction, "a campaign is \(word), which this version does not know")
        }
        self.state = state
        reason = try row.decode(String?.self, "reason")
        startsAt = try row.decode(Date?.self, "starts_at")
        isBySchedule = try row.decode(Bool.self, "by_schedule")
        askedHeight = try row.decode(Int64?.self, "asked_height").map { BlockHeight(UInt64($0)) }
        startedAt = try row.decode(Date?.self, "started_at")
        endedAt = try row.decode(Date?.self, "ended_at")
        updatedAt = try row.decode(Date.self, "updated_at")
    }

    /// Changes with each change of the campaign itself.
    package var etag: String { "\"\(Int64((updatedAt.timeIntervalSince1970 * 1_000_000).rounded()))\"" }

    /// How many recipients are where. The sums of the states and of readiness are all of them.
    package struct Counts: Hashable, Sendable {
        package var total = 0
        package var pending = 0
        package var sending = 0
        package var delivered = 0
        package var failed = 0
        package var unproven = 0
        package var skipped = 0
        package var cancelled = 0
        package var notAsked = 0
        package var ready = 0
        package var toLockers = 0

        /// What is still to be sent, or on its way.
        package var left: Int { pending + sending }

        var json: JSON {
            [
                "total": JSON(total), "pending": JSON(pending), "sending": JSON(sending), "delivered": JSON(delivered),
                "failed": JSON(failed), "unproven": JSON(unproven), "skipped": JSON(skipped),
                "cancelled": JSON(cancelled),
            ]
        }
    }

    /// - Parameters:
    ///   - paid: in FLOW scaled by 1e8, so far.
    ///   - forecast: of what is left.
    package func json(_ counts: Counts, paid: Int64, forecast: OperationForecast?) -> JSON {
        let ended = counts.total - counts.left - counts.cancelled
        return .object(
            members + [
                .init("recipients", counts.json),
                .init(
                    "plan",
                    [
                        "asked_at_height": askedHeight.map { JSON($0.rawValue) } ?? .null,
                        "ready": JSON(counts.ready), "to_lockers": JSON(counts.toLockers),
                        "skipped": JSON(counts.total - counts.ready - counts.toLockers - counts.notAsked),
                        "not_asked": JSON(counts.notAsked),
                    ]),
                .init(
                    "progress",
                    ["ended": JSON(ended), "share": JSON(counts.total > 0 ? Double(ended) / Double(counts.total) : 0)]),
                .init("fees", ["paid": JSON(RecipeFees.flow(paid))]),
                .init("left", forecast?.json ?? .null),
            ])
    }

    /// What is known without counting.
    package var members: [JSON.Member] {
        [
            .init("name", JSON(name)), .init("kind", JSON(kind.rawValue)), .init("subject_id", JSON(subject)),
            .init("fallback", JSON(fallback.rawValue)), .init("priority", JSON(Int(priority))),
            .init("budget", JSON(budget.map(RecipeFees.flow))), .init("state", JSON(state.rawValue)),
            .init("reason", JSON(reason)), .init("starts_at", JSON(startsAt.map(RFC3339.format))),
            .init("by_schedule", .bool(isBySchedule)), .init("started_at", JSON(startedAt.map(RFC3339.format))),
            .init("ended_at", JSON(endedAt.map(RFC3339.format))), .init("updated_at", JSON(RFC3339.format(updatedAt))),
        ]
    }
}
