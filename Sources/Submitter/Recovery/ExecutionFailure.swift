package import Cadence
import Encoding
package import FlowClient

/// What follows, for a submission, from why a transaction failed. The failure itself is classified by FlowClient's
/// catalogue (code, effect on the sequence number, words); here it becomes whose trouble it is, and what is done about it.
package struct ExecutionFailure: Hashable, Sendable {
    package enum Remedy: Hashable, Sendable {
        /// One of the items' own: try fewer together; alone, it fails for good.
        case split
        /// Too much for one transaction, whichever items: split, and learn.
        case splitAndLearn
        /// A recipient's account takes no more: its items fail, the others go on.
        case setApart(Address)
        /// Nothing that splitting would help: all items fail for good.
        case fail
        /// None of the items' doing: nothing of the kind goes out until the cause has passed, and no item pays for it.
        case hold(Owner)
        /// This proposal key can't propose: other lanes can.
        case leaveLane
        /// The number was not the chain's. What the chain had, where the text says it.
        case wrongNumber(chain: SequenceNumber?, given: SequenceNumber?)
    }

    /// Whose trouble holds everything, or a recipe.
    package enum Owner: Hashable, Sendable {
        case payer, platformAccount, network
        /// Nobody knows: a code that is new. Never guessed at.
        case recipe

        /// What a person can do.
        package var remedy: String {
            switch self {
            case .payer: "fund the payer's account, and see that its key of full weight is the configured one"
            case .platformAccount: "send FLOW to the platform's account, or remove what it stores and does not need"
            case .network: "wait: it goes on by itself"
            case .recipe: "read the reason; `weir explain` knows most codes"
            }
        }

        package func scope(_ recipe: Recipe) -> Hold.Scope {
            switch self {
            case .payer: .payer
            case .platformAccount: .platformAccount
            case .network: .network
            case .recipe: .recipe(recipe)
            }
        }
    }

    private let failure: TransactionFailure
    package let remedy: Remedy

    package var code: Int? { failure.code?.number }
    /// As the node gave it.
    package var text: String { failure.text }
    /// What became of the sequence number; `unknown` where the chain must be asked.
    package var effect: SequenceNumberEffect { failure.effect }

    /// `proposer` tells a lane's trouble from the payer's, `account` the platform's from a recipient's.
    package init(text: String, proposer: KeyIndex? = nil, account: Address? = nil) {
        failure = TransactionFailure.classify(PlainText.storable(text))
        remedy = Self.remedy(failure, proposer, account)
    }

    /// In one line, for people.
    package var reason: String { "\(code.map { "chain error \($0): " } ?? "")\(failure.particulars)" }
    /// What a person can do.
    package var advice: String { failure.remedy }

    private static func remedy(_ failure: TransactionFailure, _ proposer: KeyIndex?, _ account: Address?) -> Remedy {
        switch failure.culprit {
        case .proposalKey: return .leaveLane
        case .sequenceNumber:
            let numbers = failure.sequenceNumbers
            return .wrongNumber(chain: numbers?.expected, given: numbers?.given)
        // The lane's own key can be left; another one signs for the payer, and for every lane.
        case .signature: return proposer == nil || failure.key?.index == proposer ? .leaveLane : .hold(.payer)
        case .weight: return .hold(.payer)
        case .content, .balance, .reference, .node: break
        }
        if let shortage = failure.storageShortage {
            return shortage.account == account ? .hold(.platformAccount) : .setApart(shortage.account)
        }
        if failure.verdict == .split { return .splitAndLearn }
        if let code = failure.code, !code.isNodeFailure, ErrorCatalogue.entry(code: code.number) == nil {
            return .hold(.recipe)
        }
        if failure.isolable || failure.verdict == .otherNode { return .split }
        guard failure.verdict == .wait else { return .fail }
        return .hold(failure.culprit == .node ? .network : .payer)
    }
}
