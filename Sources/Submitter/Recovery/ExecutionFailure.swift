import Encoding
package import FlowClient

/// What follows, for a submission, from why a transaction failed. The failure itself is classified by FlowClient's
/// catalogue (code, effect on the sequence number, words); here it becomes what is done about it.
package struct ExecutionFailure: Hashable, Sendable {
    package enum Remedy: Hashable, Sendable {
        /// One of the items, or how many they are: try fewer together; alone, it fails for good.
        case split
        /// Too much for one transaction: split, and learn.
        case splitAndLearn
        /// Nothing that splitting would help: all items fail for good.
        case fail
        /// The payer cannot pay or cannot sign: nothing goes out until someone has seen to it.
        case waitForPayer
        /// This proposal key can't propose: other lanes can.
        case leaveLane
        /// The number was not the chain's. What the chain had, where the text says it.
        case wrongNumber(chain: SequenceNumber?, given: SequenceNumber?)
    }

    private let failure: TransactionFailure
    package let remedy: Remedy

    package var code: Int? { failure.code?.number }
    /// As the node gave it.
    package var text: String { failure.text }
    /// What became of the sequence number; `unknown` where the chain must be asked.
    package var effect: SequenceNumberEffect { failure.effect }

    /// `proposer` tells a lane's trouble from the payer's.
    package init(text: String, proposer: KeyIndex? = nil) {
        failure = TransactionFailure.classify(PlainText.storable(text))
        remedy = Self.remedy(failure, proposer)
    }

    /// In one line, for people.
    package var reason: String { "\(code.map { "chain error \($0): " } ?? "")\(failure.reason)" }

    private static func remedy(_ failure: TransactionFailure, _ proposer: KeyIndex?) -> Remedy {
        switch failure.culprit {
        case .proposalKey: return .leaveLane
        case .sequenceNumber:
            let numbers = failure.sequenceNumbers
            return .wrongNumber(chain: numbers?.expected, given: numbers?.given)
        // The lane's own key can be left; another one signs for the payer, and for every lane.
        case .signature: return proposer == nil || failure.key?.index == proposer ? .leaveLane : .waitForPayer
        case .weight: return .waitForPayer
        case .content, .balance, .reference, .node: break
        }
        if failure.verdict == .split { return .splitAndLearn }
        if failure.isolable || failure.verdict == .otherNode { return .split }
        return failure.verdict == .wait ? .waitForPayer : .fail
    }
}
