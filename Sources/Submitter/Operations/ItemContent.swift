package import Cadence
import FlowClient

/// What one item asks of the chain: the arguments of its recipe. The platform's side makes items of an operation's
/// payload; nothing here knows where they come from. Optional numbers and addresses are Cadence's optionals.
package enum ItemContent: Hashable, Codable, Sendable {
    case createBrand(id: String, name: String)
    case setBrandStatus(id: String, status: UInt8)
    case createSubmission(id: String, campaignID: String, brandID: String, submitter: String, contentHash: String)
    case createPass(id: String, brandID: String, name: String, description: String, image: String, maxSupply: UInt64?)
    /// `price` is a UFix64 scaled by 1e8; times are epoch milliseconds.
    case scheduleRelease(id: String, passID: String, supply: UInt64, price: UInt64, startsAt: UInt64, endsAt: UInt64?)
    /// The `number`th token, from 0, that its operation mints of the release and lists for sale. `expiry` of the
    /// listing is in Unix seconds. `round` counts how often a person has asked for it again after it was rejected: the
    /// contract remembers each batch that it has seen, the rejected ones too.
    case mintToken(releaseID: String, number: Int, expiry: UInt64, round: Int? = nil)
    case airdropPass(releaseID: String, dropID: String, recipient: Address?, holder: String?)
    case createCollectible(
        id: String, passID: String, brandID: String, activation: String, name: String, description: String,
        image: String,
        maxSupply: UInt64?)
    case dropCollectible(collectibleID: String, dropID: String, recipient: Address?, holder: String?)
    case claimToken(id: UInt64, passID: String)
    case deliverPurchase(id: UInt64, recipient: Address?, holder: String?)
    case removeListing(id: UInt64)
    case settlePass(id: UInt64, holder: String, to: Address)
    case settleCollectible(id: UInt64, holder: String, to: Address)
    case addProposalKeys(count: Int)
    case revokeKeys(indices: [UInt32])
    case deployContract(name: String, code: String)

    package var recipe: Recipe {
        switch self {
        case .createBrand: .createBrands
        case .setBrandStatus: .setBrandStatus
        case .createSubmission: .createSubmissions
        case .createPass: .createPasses
        case .scheduleRelease: .scheduleRelease
        case .mintToken: .mintAndList
        case .airdropPass: .airdropPasses
        case .createCollectible: .createCollectibles
        case .dropCollectible: .dropCollectibles
        case .claimToken: .claimTokens
        case .deliverPurchase: .deliverPurchases
        case .removeListing: .removeListings
        case .settlePass, .settleCollectible: .settleLinkedWallet
        case .addProposalKeys: .addProposalKeys
        case .revokeKeys: .revokeKeys
        case .deployContract: .deployContract
        }
    }

    /// What the contract calls this item in its events; for a token to be minted, the release and the number.
    package var key: String {
        switch self {
        case .createBrand(let id, _), .setBrandStatus(let id, _), .createSubmission(let id, _, _, _, _),
            .createPass(let id, _, _, _, _, _), .scheduleRelease(let id, _, _, _, _, _),
            .createCollectible(let id, _, _, _, _, _, _, _):
            id
        case .mintToken(let release, let number, _, _): "\(release)#\(number)"
        case .airdropPass(_, let dropID, _, _), .dropCollectible(_, let dropID, _, _): dropID
        case .claimToken(let id, _), .deliverPurchase(let id, _, _), .removeListing(let id), .settlePass(let id, _, _),
            .settleCollectible(let id, _, _):
            String(id)
        case .addProposalKeys(let count): "\(count) keys"
        case .revokeKeys(let indices): indices.map(String.init).joined(separator: ",")
        case .deployContract(let name, _): name
        }
    }

    /// The account that takes what the item gives, where it is another's than the platform's.
    package var recipientAccount: Address? {
        switch self {
        case .airdropPass(_, _, let recipient, _), .dropCollectible(_, _, let recipient, _),
            .deliverPurchase(_, let recipient, _):
            recipient
        case .settlePass(_, _, let to), .settleCollectible(_, _, let to): to
        default: nil
        }
    }

    /// Items with one sequence key go to the chain one transaction after another: changes of the account's keys or
    /// contracts wait for each other.
    package var sequenceKey: String? {
        switch self {
        case .addProposalKeys, .revokeKeys: "keys"
        case .deployContract: "contracts"
        default: nil
        }
    }
}
