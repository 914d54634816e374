package import FlowClient

/// What an answer to SendTransaction proves. Only a node's own judgement of the bytes proves anything; whatever may have
/// happened on the way leaves the attempt in doubt.
package enum SendVerdict: Hashable, Sendable {
    /// The node has it, now or from before.
    case accepted
    case refused(SendRefusal)
    /// A lost reply, a timeout, a node in trouble: it may have been passed on.
    case unclear(String)

    /// The catalogue judges; here its words become those of the state machine.
    package init(_ error: AccessError) {
        switch error.sendJudgement {
        case .accepted: self = .accepted
        case .refused: self = .refused(SendRefusal(Self.kind(of: error), error.message))
        case .unclear: self = .unclear(error.message)
        }
    }

    private static func kind(of error: AccessError) -> SendRefusal.Kind {
        if error.culprit == .balance { return .payer }
        if let most = error.maximumComputation { return .computationLimit(most) }
        return switch error.verdict {
        case .rebuild(.freshReference): .expired
        case .sameBytesAgain: .unknownReference
        case .split: .tooLarge
        // The node can't, whatever the bytes: another one may, or this one later.
        case .wait, .otherNode: .busy
        case .permanent, .rebuild(.otherSlot): .invalid
        }
    }
}

/// A node's "no".
package struct SendRefusal: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// These bytes will never be taken, by any node.
        case invalid, tooLarge
        /// Not any more.
        case expired
        /// Not yet: this node has not seen the reference block.
        case unknownReference
        /// Not now: limits, or a node that can't.
        case busy
        /// Not until the payer has been funded.
        case payer
        /// Not with this computation limit: the network's is so much.
        case computationLimit(UInt64)
    }

    package var kind: Kind
    package var reason: String

    /// A node that allows what was asked for and refuses it all the same has nothing to teach.
    func judged(for computationLimit: UInt64) -> SendRefusal {
        if case .computationLimit(let most) = kind, most >= computationLimit || most == 0 {
            return SendRefusal(.invalid, reason)
        }
        return self
    }

    package init(_ kind: Kind, _ reason: String) {
        self.kind = kind
        self.reason = String(reason.prefix(500))
    }
}
