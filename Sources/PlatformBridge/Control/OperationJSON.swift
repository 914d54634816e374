import Cadence
import Daemon
package import Encoding
import FlowClient
import FoundationEssentials
import HTTP
package import Submitter

/// Operations as the control port shows them. Every number has one definition, here and in /openapi.json.
extension OperationStatus {
    /// - Parameters:
    ///   - holds: what keeps it from going on, where that was asked for.
    ///   - feesPaid: in FLOW scaled by 1e8, where that was asked for.
    package func json(withPayload: Bool, holds: [Hold]? = nil, feesPaid: Int64? = nil) -> JSON {
        var members: [JSON.Member] = [
            .init("id", JSON(id.rawValue)), .init("type", JSON(type)), .init("tenant", JSON(tenant)),
            .init("state", JSON(state.rawValue)), .init("outcome", JSON(outcome?.rawValue)),
            .init("reason", JSON(reason)),
            .init("items", items.json), .init("transactions", JSON(attempts)), .init("priority", JSON(priority)),
            .init("idempotency_key", JSON(idempotencyKey)), .init("not_before", JSON(notBefore.map(RFC3339.format))),
            .init("created_at", JSON(RFC3339.format(createdAt))), .init("updated_at", JSON(RFC3339.format(updatedAt))),
            .init("finished_at", JSON(finishedAt.map(RFC3339.format))),
        ]
        if let feesPaid { members.append(.init("fees", ["paid": JSON(RecipeFees.flow(feesPaid))])) }
        if let holds { members.append(.init("holds", .array(holds.map(\.json)))) }
        if withPayload, let payload = try? JSON(parsing: Array(payload.utf8)) {
            members.append(.init("payload", payload))
        }
        return .object(members)
    }
}

extension OperationStatus.Counts {
    var json: JSON {
        [
            "total": JSON(total), "done": JSON(done), "rejected": JSON(rejected), "failed": JSON(failed),
            "cancelled": JSON(cancelled),
        ]
    }
}

extension ItemStatus {
    package var json: JSON {
        [
            "ordinal": JSON(ordinal), "recipe": JSON(recipe), "key": JSON(key), "state": JSON(state.rawValue),
            "reason": JSON(reason), "attempts": JSON(attempts), "token_id": tokenID.map { JSON($0) } ?? .null,
            "transaction_id": JSON(transactionID?.hex), "height": height.map { JSON($0.rawValue) } ?? .null,
        ]
    }
}

extension HistoryEntry {
    package var json: JSON {
        [
            "at": JSON(RFC3339.format(at)), "what": JSON(what), "items": items.map { JSON($0) } ?? .null,
            "transaction_id": JSON(transactionID?.hex), "height": height.map { JSON($0.rawValue) } ?? .null,
            "detail": JSON(detail),
        ]
    }
}

extension RecipeFees {
    /// FLOW, with all 8 decimals.
    package static func flow(_ scaled: Int64) -> String { UFix64(rawValue: UInt64(max(0, scaled))).description }

    package var json: JSON {
        [
            "recipe": JSON(recipe), "transactions": JSON(transactions), "failed": JSON(failed), "items": JSON(items),
            "computation": JSON(computation), "paid": JSON(Self.flow(paid)),
            "per_item": JSON(Self.flow(items > 0 ? paid / Int64(items) : 0)),
        ]
    }
}

extension OperationForecast {
    package var json: JSON {
        [
            "transactions": JSON(transactions), "lanes": JSON(lanes),
            "seconds": seconds.map { JSON($0.rounded()) } ?? .null,
            "fee": JSON(RecipeFees.flow(fee)),
            "recipes": .array(
                parts.map {
                    [
                        "recipe": JSON($0.recipe.rawValue), "items": JSON($0.items),
                        "items_per_transaction": JSON($0.perTransaction), "transactions": JSON($0.transactions),
                        "fee": JSON(RecipeFees.flow($0.fee)), "fee_basis": JSON($0.basis.rawValue),
                    ]
                }),
        ]
    }
}
