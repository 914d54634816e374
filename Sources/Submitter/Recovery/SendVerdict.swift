package import FlowClient

/// What an answer to SendTransaction proves. Only a node's own judgement of the bytes proves anything; whatever may have
/// happened on the way leaves the attempt in doubt.
package enum SendVerdict: Hashable, Sendable {
    /// The node has it, now or from before.
    case accepted
    case refused(SendRefusal)
    /// A lost reply, a timeout, a node in trouble: it may have been passed on.
    case unclear(String)

    /// Real nodes judge with `invalidArgument`, the emulator with `internal`, so the words decide
    /// (onflow/flow-go access/validator/errors.go; recordings/errors.table.json has each of them).
    package init(_ error: AccessError) {
        let text = error.message.lowercased()
        if error.code == .alreadyExists || text.contains("already been submitted") {
            self = .accepted
        } else if text.contains("transaction is expired") {
            self = .refused(SendRefusal(.expired, error.message))
        } else if text.contains("unknown reference block") {
            self = .refused(SendRefusal(.unknownReference, error.message))
        } else if text.contains("insufficient balance") || text.contains("payer balance") {
            self = .refused(SendRefusal(.payer, error.message))
        } else if error.code == .resourceExhausted {
            self = .refused(SendRefusal(.busy, error.message))
        } else if error.code == .invalidArgument || Self.judgements.contains(where: text.contains) {
            let tooLarge = text.contains("byte size") || text.contains("larger than max") || text.contains("too large")
            self = .refused(SendRefusal(tooLarge ? .tooLarge : .invalid, error.message))
        } else if [.unimplemented, .permissionDenied, .unauthenticated, .failedPrecondition, .outOfRange, .notFound]
            .contains(error.code)
        {
            self = .refused(SendRefusal(.busy, error.message))
        } else {
            self = .unclear(error.message)
        }
    }

    private static let judgements = [
        "invalid transaction", "invalid format", "signature on either payload or envelope is missing",
        "missing required fields",
        "compute limit", "failed to parse transaction", "duplicated signature", "is invalid for chain",
        "transaction byte size",
    ]
}

/// A node's "no".
package struct SendRefusal: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable {
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
    }

    package var kind: Kind
    package var reason: String

    package init(_ kind: Kind, _ reason: String) {
        self.kind = kind
        self.reason = String(reason.prefix(500))
    }
}
