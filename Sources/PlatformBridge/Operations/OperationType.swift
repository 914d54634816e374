/// The platform's thirteen operations, by the platform's own names.
package enum OperationType: String, CaseIterable, Sendable {
    case createBrand = "create_brand"
    case createPass = "create_pass"
    case scheduleRelease = "schedule_release"
    case createCollectible = "create_collectible"
    case drop
    case claimToken = "claim_token"
    case settlePurchase = "settle_purchase"
    case removeListing = "remove_listing"
    case airdropPass = "airdrop_pass"
    case airdropCollectible = "airdrop_collectible"
    case signupReminder = "signup_reminder"
    case settleLinkedWallet = "settle_linked_wallet"
    case createSubmission = "create_submission"

    /// What a caller gets to see in a list of types.
    package var summary: String {
        switch self {
        case .createBrand: "registers a brand on chain"
        case .createPass: "registers a pass of a brand"
        case .scheduleRelease: "schedules a release, mints its tokens into the treasury and lists them for sale"
        case .createCollectible: "registers a collectible of a pass"
        case .drop: "airdrops collectibles, one a row of a drop table"
        case .claimToken: "marks tokens as claimed on chain"
        case .settlePurchase: "delivers tokens that were paid for off chain to their buyers"
        case .removeListing: "takes storefront listings down"
        case .airdropPass: "airdrops passes of a release, one a row"
        case .airdropCollectible: "drops the collectibles whose time has come"
        case .signupReminder: "asks the platform to remind users whose claim is three days old"
        case .settleLinkedWallet: "moves what a user's locker holds to the wallet that the user has linked"
        case .createSubmission: "records a user's submission on chain"
        }
    }
}
