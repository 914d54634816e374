import Cadence
import FlowClient

/// Which event of a transaction speaks of which of its items. Pure: the items in the order of the transaction's
/// arguments and the transaction's events in order go in, one outcome an item comes out.
package enum OutcomeResolver {
    /// What is known of an item of a transaction, be it ours by the record or read back from a transaction's arguments.
    package struct Item: Hashable, Sendable {
        package var operation: String
        /// What the contract calls the item.
        package var key: String
        /// What else it may call it when it rejects: an airdrop's release, the address that a locker is settled to.
        package var alias: String?
        /// Where two contracts have a part in one transaction.
        package var contract: String?

        package init(operation: String, key: String, alias: String? = nil, contract: String? = nil) {
            self.operation = operation
            self.key = key
            self.alias = alias
            self.contract = contract
        }
    }

    package enum Outcome: Hashable, Sendable {
        case done(tokenID: UInt64?)
        case rejected(String)
        /// No event speaks of it, though the transaction succeeded: recipe, contract and index do not fit together.
        case unnamed
    }

    package static func outcomes(of items: [Item], recipe: Recipe, events: [OperationEvent]) -> [Outcome] {
        switch recipe {
        case .airdropPasses: airdrops(items, events)
        case .mintAndList: mints(items, events)
        case .settleLinkedWallet: settlements(items, events)
        case .removeListings, .addProposalKeys, .revokeKeys, .deployContract: items.map { _ in .done(tokenID: nil) }
        case .createBrands: named(items, events, by: "BrandCreated")
        case .setBrandStatus: named(items, events, by: "BrandStatusChanged")
        case .createSubmissions: named(items, events, by: "SubmissionCreated")
        case .createPasses: named(items, events, by: "PassCreated")
        case .scheduleRelease: named(items, events, by: "ReleaseScheduled")
        case .createCollectibles: named(items, events, by: "CollectibleCreated")
        case .dropCollectibles: named(items, events, by: "Dropped")
        case .claimTokens: named(items, events, by: "Claimed")
        case .deliverPurchases: named(items, events, by: "Delivered", "Held")
        }
    }

    /// Each item has an event that names it. Where two items have one name, the first event is the first's.
    private static func named(_ items: [Item], _ events: [OperationEvent], by kinds: String...) -> [Outcome] {
        struct Name: Hashable {
            var operation: String
            var item: String
        }
        var left: [Name: [OperationEvent]] = [:]
        for event in events.reversed() where kinds.contains(event.kind) || event.kind == "Rejected" {
            left[Name(operation: event.operation, item: event.item), default: []].append(event)
        }
        return items.map { item in
            guard let event = left[Name(operation: item.operation, item: item.key)]?.popLast() else { return .unnamed }
            return event.kind == "Rejected" ? .rejected(event.reason ?? "") : .done(tokenID: event.tokenID)
        }
    }

    /// NovaPass names an airdrop's row only when it rejects it; a success is Minted and then Delivered or Held, in the
    /// order of the rows. What does not fit leaves this item and those after it unnamed.
    private static func airdrops(_ items: [Item], _ events: [OperationEvent]) -> [Outcome] {
        var rest = events.filter { ["Minted", "Delivered", "Held", "Rejected"].contains($0.kind) }[...]
        var outcomes: [Outcome] = []
        for item in items {
            guard let event = rest.popFirst(), event.operation == item.operation else { break }
            if event.kind == "Rejected", event.item == item.key || event.item == item.alias {
                outcomes.append(.rejected(event.reason ?? ""))
            } else if event.kind == "Minted", let given = rest.popFirst(),
                given.kind == "Delivered" || given.kind == "Held",
                given.tokenID == event.tokenID, given.operation == item.operation
            {
                outcomes.append(.done(tokenID: event.tokenID))
            } else {
                break
            }
        }
        return outcomes + Array(repeating: .unnamed, count: items.count - outcomes.count)
    }

    /// One Minted a token, in order, until a Rejected stops the rest.
    private static func mints(_ items: [Item], _ events: [OperationEvent]) -> [Outcome] {
        var outcomes: [Outcome] = []
        for event in events where event.operation == items.first?.operation && outcomes.count < items.count {
            if event.kind == "Minted" {
                outcomes.append(.done(tokenID: event.tokenID))
            } else if event.kind == "Rejected" {
                outcomes += Array(repeating: .rejected(event.reason ?? ""), count: items.count - outcomes.count)
            }
        }
        return outcomes + Array(repeating: .unnamed, count: items.count - outcomes.count)
    }

    /// A token is Released or Rejected by its number; an address that takes nothing is Rejected once for all of a contract.
    private static func settlements(_ items: [Item], _ events: [OperationEvent]) -> [Outcome] {
        items.map { item in
            let own = events.filter { $0.operation == item.operation && $0.contract == item.contract }
            if let event = own.first(where: { $0.item == item.key }) {
                return event.kind == "Rejected" ? .rejected(event.reason ?? "") : .done(tokenID: event.tokenID)
            }
            return own.first { $0.kind == "Rejected" && $0.item == item.alias }.map { .rejected($0.reason ?? "") }
                ?? .unnamed
        }
    }
}

extension OutcomeResolver.Item {
    package init(_ operation: OperationID, _ content: ItemContent) {
        self.init(operation: operation.rawValue, key: content.key)
        switch content {
        case .airdropPass(let release, _, _, _): alias = release
        case .settlePass(_, _, let to): (alias, contract) = (to.description, "NovaPass")
        case .settleCollectible(_, _, let to): (alias, contract) = (to.description, "NovaCollectible")
        default: break
        }
    }
}

/// Reasons that say that it has been done before. Whose doing that was, the chain's events tell.
package enum RejectionReason {
    package static let meansDoneBefore: Set<String> = [
        "exists", "already_dropped", "already_claimed", "already_minted", "not_held", "not_in_treasury",
    ]
}
