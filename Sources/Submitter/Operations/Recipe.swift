/// A transaction of cadence/transactions that operations are carried out with; the raw value is the file's name.
package enum Recipe: String, CaseIterable, Codable, Sendable {
    case createBrands = "create_brands"
    case setBrandStatus = "set_brand_status"
    case createSubmissions = "create_submissions"
    case createPasses = "create_passes"
    case scheduleRelease = "schedule_release"
    case mintAndList = "mint_and_list"
    case airdropPasses = "airdrop_passes"
    case createCollectibles = "create_collectibles"
    case dropCollectibles = "drop_collectibles"
    case claimTokens = "claim_tokens"
    case deliverPurchases = "deliver_purchases"
    case removeListings = "remove_listings"
    case settleLinkedWallet = "settle_linked_wallet"
    case addProposalKeys = "add_proposal_keys"
    case revokeKeys = "revoke_keys"
    case deployContract = "deploy_contract"

    /// Which items may share a transaction.
    package enum Sharing: Sendable {
        /// Any of the recipe's, of whatever operation: the transaction takes arrays.
        case any
        /// Those of one operation that agree on everything but what is counted or listed.
        case sameOperation
        /// None: one item a transaction.
        case none
    }

    package var sharing: Sharing {
        switch self {
        case .createBrands, .createSubmissions, .createPasses, .airdropPasses, .createCollectibles, .dropCollectibles,
            .claimTokens, .deliverPurchases, .removeListings:
            .any
        case .mintAndList, .settleLinkedWallet: .sameOperation
        case .setBrandStatus, .scheduleRelease, .addProposalKeys, .revokeKeys, .deployContract: .none
        }
    }

    /// The items of the first transactions, before anything has been learned: 70–80 % of what was measured to fit
    /// (recordings/computation.table.json; the size of all events, 256,000 bytes, is what binds).
    package var startingLimit: Int {
        switch self {
        case .mintAndList: 200
        case .airdropPasses: 250
        case .dropCollectibles: 350
        case .claimTokens: 500
        case .createBrands, .createPasses, .createCollectibles, .createSubmissions: 250
        case .deliverPurchases, .removeListings: 150
        case .settleLinkedWallet: 100
        case .setBrandStatus, .scheduleRelease, .addProposalKeys, .revokeKeys, .deployContract: 1
        }
    }

    /// Learning never goes past this: what was measured to work at all, or what keeps a transaction a bounded loss.
    package var largestLimit: Int {
        switch self {
        case .mintAndList: 225
        case .airdropPasses: 330
        case .dropCollectibles, .claimTokens, .createBrands, .createPasses, .createCollectibles, .createSubmissions: 500
        case .deliverPurchases, .removeListings: 300
        case .settleLinkedWallet: 200
        case .setBrandStatus, .scheduleRelease, .addProposalKeys, .revokeKeys, .deployContract: 1
        }
    }

    /// Whether the contracts name the operation in an event for each item. Where they do not, the transaction's own
    /// success is all there is to see (these recipes can be repeated without harm, or are asked for by ops alone).
    package var namesItsOperation: Bool {
        switch self {
        case .removeListings, .addProposalKeys, .revokeKeys, .deployContract: false
        default: true
        }
    }
}
