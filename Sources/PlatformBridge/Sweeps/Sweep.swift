package import Cadence
package import FlowClient

/// What a scheduled operation looks up when its time has come, where a payload names no rows of its own.
package enum Sweep: Hashable, Sendable {
    /// Rows of drop tables whose time has come; or of a campaign, if it is running.
    case drops(DropKind, limit: Int, campaign: String? = nil)
    /// Purchases: settled, delivered, or their lock let go.
    case purchases(limit: Int)
    /// Listings that are expired, sold and left behind, or of tokens that are gone from the treasury.
    case listings(limit: Int)
    /// All that lies in a person's locker, to be moved to the wallet.
    case locker(holder: String, to: Address, limit: Int)
    /// People whose claim is three days old and who have not signed up.
    case reminders(limit: Int)

    package enum DropKind: String, CaseIterable, Sendable {
        case pass, collectible
    }

    /// Nil where the payload names what is to be done. `limit` is the only field of one that does not.
    package init?(_ type: OperationType, _ reader: inout PayloadReader, on chain: ChainID) {
        func limit(_ standard: Int, most: Int = OperationPlanner.maximumRows) -> Int {
            reader.optionalWhole("limit", in: 1...UInt64(most)).map { Int($0) } ?? standard
        }
        switch type {
        case .airdropPass where !reader.has("release_id") && !reader.has("recipients"):
            self = .drops(.pass, limit: limit(10_000), campaign: reader.optionalKey("campaign"))
        case .airdropCollectible:
            self = .drops(.collectible, limit: limit(10_000), campaign: reader.optionalKey("campaign"))
        case .settlePurchase where !reader.has("purchases"): self = .purchases(limit: limit(1000))
        // Two at a time is what the platform always did.
        case .removeListing where !reader.has("listing_ids"): self = .listings(limit: limit(2, most: 10_000))
        case .settleLinkedWallet where !reader.has("pass_token_ids") && !reader.has("collectible_token_ids"):
            self = .locker(
                holder: reader.key("holder"), to: reader.address("address", on: chain), limit: limit(10_000))
        case .signupReminder: self = .reminders(limit: limit(10_000))
        default: return nil
        }
    }
}
