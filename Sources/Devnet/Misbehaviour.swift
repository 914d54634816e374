public import FlowClient

/// What a node does wrong when it is told to. Counts are used up; the rest stays until it is changed back.
public struct Misbehaviour: Sendable {
    /// The next so many sends are answered as if they were accepted, and forgotten.
    public var dropSends = 0
    /// The next so many sends are accepted, and their answers lost: `deadlineExceeded`.
    public var loseReplies = 0
    /// The next so many calls fail with `unavailable`, before anything is done.
    public var unavailableCalls = 0
    /// The next so many calls fail with `resourceExhausted`.
    public var rateLimitedCalls = 0
    /// How many calls of a kind it answers in a second; what is beyond fails with `resourceExhausted`.
    public var callsPerSecond: [AccessCall: Int] = [:]
    /// Every call waits so long before it is looked at.
    public var delay: Duration?
    /// Every call waits up to so long more, one less and another longer: answers overtake one another.
    public var jitter: Duration?
    /// Of so many in a thousand calls the answer is lost: what was asked has been done, and it says `unavailable`.
    public var lostAnswers = 0
    /// So many in a thousand calls fail with `unknown`, having been done or not.
    public var unknownAnswers = 0
    /// So many in a thousand questions for one block, transaction, result or collection get `notFound`, as from a node
    /// behind the same name that has not seen it yet.
    public var misses = 0
    /// The next so many sends come in twice, and the second one's answer goes out.
    public var repeatedSends = 0
    /// Every call fails with `unavailable` and every stream ends so: the process is away.
    public var isDown = false
    /// Sends are answered with `unavailable`, as on a network that takes nothing for a day.
    public var refusesSends = false
    /// Nothing above this height is executed and sealed, while blocks go on being finalized.
    public var sealsUpTo: BlockHeight?
    /// No blocks are made by their pace: the network stands.
    public var stands = false
    /// Nothing that waits is included in blocks, which go on.
    public var holdsTransactions = false
    /// Streams send every message twice.
    public var duplicatesStreamMessages = false
    /// Streams leave out the messages of these heights.
    public var skipsStreamHeights: Set<BlockHeight> = []
    /// Streams end with `unavailable` after so many messages.
    public var endsStreamsAfter: Int?
    /// The heads that it names and answers from are so many blocks behind.
    public var headLag: UInt64 = 0
    /// It names no head above this one and knows no block above it: a node that is stuck while others go on.
    public var stuckAt: BlockHeight?
    /// Answers to ranges of events leave out so many of their last heights.
    public var truncatedHeights: UInt64 = 0
    /// Events of these heights are left out, wherever they are asked for.
    public var omitsEventsOf: Set<BlockHeight> = []
    /// Blocks and headers of these heights name another parent.
    public var liesAboutParentsOf: Set<BlockHeight> = []
    /// The node stands in a later spork: this is its root block, whose results it does not give, and the blocks below are not
    /// there.
    public var sporkRoot: BlockHeight = 0
    /// Ranges of events longer than this are refused. Nil: as the style has it.
    public var maximumEventRange: UInt64?
    public init() {}
}

/// The kinds of calls, as rate limits tell them apart.
public enum AccessCall: String, Hashable, Sendable, CaseIterable {
    case network, blocks, transactions, results, send, accounts, scripts, events, execution, streams
}

/// What is left to chance, from a seed: the same calls in the same order meet with the same.
struct Chance: Sendable {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    /// SplitMix64 (Steele, Lea and Flood, 2014).
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// True so many times in a thousand.
    mutating func happens(_ perMille: Int) -> Bool { perMille > 0 && Int(next() % 1000) < perMille }
}
