extension ErrorCatalogue {
    /// gRPC's status codes as access nodes use them; HTTP answers are mapped to the same ones. `AccessError.verdict` looks
    /// at the words too, which often say more than the code.
    static let transport: [Entry] = [
        entry(.cancelled, "CANCELLED", "the call was given up on the way", "send it again", .sameBytesAgain),
        entry(
            .unknown, "UNKNOWN", "something failed and did not say what", "send it again, and look at the node",
            .sameBytesAgain),
        entry(
            .invalidArgument, "INVALID_ARGUMENT",
            "the node understood and refuses: a malformed id, address or range, a transaction or script that is not valid",
            "read the text and correct the request", .permanent),
        entry(
            .deadlineExceeded, "DEADLINE_EXCEEDED", "no answer in time; what was sent may have arrived",
            "send the same bytes again, then look for the result", .sameBytesAgain),
        entry(
            .notFound, "NOT_FOUND", "the node does not have it: not yet, or not any more, or it never was",
            "wait about a block; for old heights ask a node of that spork", .wait),
        entry(.alreadyExists, "ALREADY_EXISTS", "the node has it already", "look for its result", .wait),
        entry(
            .permissionDenied, "PERMISSION_DENIED", "the node does not serve us",
            "check the provider's key, or use another node", .otherNode),
        entry(
            .resourceExhausted, "RESOURCE_EXHAUSTED",
            "a rate limit, too many streams, or an answer larger than allowed",
            "slow down; raise the limit that the text names", .wait),
        entry(
            .failedPrecondition, "FAILED_PRECONDITION",
            "the node is not ready for it: an index is being built, a block is not final",
            "wait some seconds, or ask another node", .otherNode),
        entry(.aborted, "ABORTED", "the node broke it off", "send it again", .sameBytesAgain),
        entry(
            .outOfRange, "OUT_OF_RANGE", "a height beyond what is sealed or indexed",
            "wait for it; for old heights ask another node", .wait),
        entry(
            .unimplemented, "UNIMPLEMENTED", "the node does not offer this method",
            "do without it, or use a node that does", .otherNode),
        entry(
            .internal, "INTERNAL",
            "the node failed, or its execution nodes disagree; the emulator refuses transactions with it too",
            "ask another node; report it where it persists", .otherNode),
        entry(
            .unavailable, "UNAVAILABLE",
            "the node could not be reached, or is restarting; what was sent may have arrived",
            "send the same bytes again, here or elsewhere", .sameBytesAgain),
        entry(
            .dataLoss, "DATA_LOSS", "the answer could not be read: bytes are missing or wrong",
            "ask another node; the daemon trusts no part of it", .otherNode),
        entry(
            .unauthenticated, "UNAUTHENTICATED", "the node wants to know who we are",
            "configure the provider's key or certificate", .otherNode),
    ]

    private static func entry(
        _ code: AccessError.Code, _ name: String, _ meaning: String, _ remedy: String, _ verdict: Verdict
    ) -> Entry {
        Entry(
            code: Int(code.rawValue), name: name, meaning: meaning, remedy: remedy, verdict: verdict,
            effect: .untouched,
            culprit: code == .invalidArgument ? .content : .node)
    }
}
