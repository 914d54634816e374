extension AccessError {
    /// What to do about it. The words decide before the code: the emulator refuses with `internal` what real nodes refuse
    /// with `invalidArgument`, and rate limits share a code with limits that waiting does not lift.
    public var verdict: Verdict { classification.verdict }

    /// In plain words.
    public var reason: String { classification.reason }
    public var remedy: String { classification.remedy }
    public var culprit: Culprit { classification.culprit }

    /// What an answer to a send proves. Only a node's own judgement of the bytes proves anything.
    public enum SendJudgement: Hashable, Sendable {
        /// The node has these bytes, from before.
        case accepted
        /// The node has judged them: they are not on their way through it.
        case refused
        /// A lost reply, a timeout, a node in trouble: they may have been passed on.
        case unclear
    }

    public var sendJudgement: SendJudgement {
        if code == .alreadyExists || Phrase.matching(message)?.isAcceptance == true { return .accepted }
        return isRefusal ? .refused : .unclear
    }

    /// True where the node has judged the bytes, so that they are not on their way: nothing was executed, and the slot is
    /// as it was. False where they may have arrived.
    public var isRefusal: Bool {
        if Phrase.matching(message) != nil { return true }
        return switch code {
        case .invalidArgument, .resourceExhausted, .permissionDenied, .unauthenticated, .unimplemented,
            .failedPrecondition,
            .notFound, .outOfRange:
            true
        case .alreadyExists, .cancelled, .unknown, .deadlineExceeded, .aborted, .internal, .unavailable, .dataLoss:
            false
        }
    }

    /// The network's own limit, where the node refused one that is above it
    /// (onflow/flow-go:access/validator/errors.go).
    public var maximumComputation: UInt64? {
        message.firstMatch(of: /maximum (?:compute|gas) limit \(([0-9]{1,20})\)/).flatMap { UInt64($0.1) }
    }

    private var classification: (verdict: Verdict, reason: String, remedy: String, culprit: Culprit) {
        if let phrase = Phrase.matching(message) {
            return (phrase.verdict, phrase.reason, phrase.remedy, phrase.culprit)
        }
        if let failure = FailureCode(first: message), !failure.isNodeFailure {
            let failure = TransactionFailure.classify(message)
            return (failure.verdict, failure.reason, failure.remedy, failure.culprit)
        }
        guard let entry = ErrorCatalogue.entry(code: Int(code.rawValue)) else {
            return (.permanent, message, "read the text", .content)
        }
        // To ask anew costs nothing; to send anew must be the same bytes, whichever node takes them.
        let verdict = entry.verdict == .otherNode && isSend && !isRefusal ? .sameBytesAgain : entry.verdict
        return (verdict, entry.meaning, entry.remedy, entry.culprit)
    }

    private var isSend: Bool {
        method.contains("SendTransaction") || method.contains("SendAndSubscribe")
            || method == "POST /v1/transactions" || method.hasSuffix("send_and_get_transaction_statuses")
    }
}

/// Words by which nodes say more than their code does. Sources: onflow/flow-go access/validator/errors.go,
/// engine/access/rpc/backend/common/height_error.go, module/grpcserver/interceptor_ratelimit.go,
/// engine/access/subscription, and recordings/errors.table.json.
private struct Phrase {
    let words: String
    let verdict: Verdict
    let reason: String
    let remedy: String
    var culprit = Culprit.content
    var isAcceptance = false

    static func matching(_ message: String) -> Phrase? {
        let message = message.lowercased()
        if isPrunedHeight(message) { return noLongerKept }
        return all.first { message.contains($0.words) }
    }

    /// "the requested height (39290353) is beyond the highest indexed height(57976549)": it is below, and gone.
    private static func isPrunedHeight(_ message: String) -> Bool {
        guard
            let match = message.firstMatch(
                of: /requested height \(([0-9]{1,20})\) is beyond the highest indexed height ?\(([0-9]{1,20})\)/),
            let requested = UInt64(match.1), let highest = UInt64(match.2)
        else { return false }
        return requested < highest
    }

    /// Nodes keep the chain's state for some time only.
    private static let noLongerKept = Phrase(
        "execution state is pruned", .otherNode, "this node no longer keeps the state of that height",
        "use a newer height, or ask a node that keeps the whole history (an archive node)", .node)

    static let all = [
        Phrase(
            "transaction is expired", .rebuild(.freshReference), "its reference block is too old",
            "sign again with a fresh one", .reference),
        Phrase(
            "unknown reference block", .sameBytesAgain, "this node has not seen the reference block yet",
            "send the same bytes again, here or elsewhere", .reference),
        Phrase(
            "has already been submitted", .wait, "the node has this transaction already", "look for its result", .node,
            isAcceptance: true),
        Phrase("insufficient balance", .wait, "the payer cannot pay the fee", "fund the payer", .balance),
        Phrase(
            "transaction rate limited", .wait, "this payer sends more than the node lets one payer send", "slow down",
            .node),
        Phrase(
            "transaction byte size", .split, "the transaction is larger than 1,500,000 bytes",
            "put fewer items into one transaction"),
        Phrase("compute limit", .permanent, "the computation limit is out of range", "use 1 to 9999"),
        Phrase("gas limit", .permanent, "the computation limit is out of range", "use 1 to 9999"),
        Phrase("missing required fields", .permanent, "the transaction is not complete", "fill in what the text names"),
        Phrase("failed to parse transaction", .permanent, "the script is no valid Cadence", "correct the script"),
        Phrase(
            "signature has an invalid format", .permanent, "a signature is not 64 bytes of two numbers",
            "check the signer", .signature),
        Phrase(
            "extension data has an invalid format", .permanent, "a signature's extension data cannot be read",
            "check the signer", .signature),
        Phrase(
            "duplicated signature", .permanent, "one key has signed twice", "sign once with each key", .signature),
        Phrase(
            "signature on either payload or envelope is missing", .permanent, "an authorizer has not signed",
            "let every authorizer sign", .weight),
        Phrase(
            "signature on envelope is missing", .permanent, "the payer has not signed",
            "let the payer sign the envelope", .weight),
        Phrase(
            "is invalid for chain", .permanent, "an address is of another network", "check the address and the network"),
        Phrase("invalid transaction", .permanent, "the transaction is not valid", "read the text"),

        Phrase(
            "computation limit", .split, "a script needs more computation than the node allows",
            "ask for less at once"),
        Phrase(
            "computation exceeds limit", .split, "a script needs more computation than the node allows",
            "ask for less at once"),
        Phrase(
            "memory usage exceeds", .split, "a script needs more memory than the node allows",
            "ask for less at once"),
        Phrase(
            "received message larger than max", .split, "the answer is larger than the client takes",
            "ask for less at once, or raise the client's limit"),
        Phrase(
            "message larger than max", .split, "a message is larger than is allowed",
            "send less at once, or raise the limit"),
        Phrase(
            "exceeded maximum (", .split, "more heights at once than the node searches", "ask for fewer at once"),
        Phrase(
            "exceeds maximum allowed", .split, "more heights at once than the node searches", "ask for fewer at once"),
        Phrase(
            "spork root block height", .permanent, "the height is older than this node's spork",
            "ask a node of that spork", .node),
        Phrase(
            "node's root block", .otherNode, "the height is older than this node", "ask another node of the spork",
            .node),
        Phrase(
            "node root block", .otherNode, "the height is older than this node", "ask another node of the spork", .node),
        noLongerKept,
        Phrase("trie with the given roothash", noLongerKept),
        Phrase("state not found in ledger", noLongerKept),
        Phrase("failed to create storage snapshot", noLongerKept),
        Phrase(
            "is higher than highest indexed height", .wait, "the node has not indexed that height yet",
            "ask again in a second", .node),
        Phrase(
            "state for block id", .otherNode, "the node has not got the state of that block yet",
            "ask another node, or wait for it", .node),
        Phrase("unknown service", .otherNode, "the node does not offer this service", "use a node that does", .node),
    ]

    /// Other words for the same.
    private init(_ words: String, _ other: Phrase) {
        self.init(words, other.verdict, other.reason, other.remedy, other.culprit, isAcceptance: other.isAcceptance)
    }

    init(
        _ words: String, _ verdict: Verdict, _ reason: String, _ remedy: String, _ culprit: Culprit = .content,
        isAcceptance: Bool = false
    ) {
        (self.words, self.verdict, self.reason, self.remedy) = (words, verdict, reason, remedy)
        (self.culprit, self.isAcceptance) = (culprit, isAcceptance)
    }
}
