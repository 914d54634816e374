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
    /// Every call waits so long before it is looked at.
    public var delay: Duration?
    /// Sends are answered with `unavailable`, as on a network that takes nothing for a day.
    public var refusesSends = false
    /// Nothing above this height is executed and sealed, while blocks go on being finalized.
    public var sealsUpTo: BlockHeight?
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
    /// Blocks and headers of these heights name another parent.
    public var liesAboutParentsOf: Set<BlockHeight> = []
    /// The node stands in a later spork: this is its root block, whose results it does not give, and the blocks below are not
    /// there.
    public var sporkRoot: BlockHeight = 0
    /// Ranges of events longer than this are refused. Nil: as the style has it.
    public var maximumEventRange: UInt64?
    public init() {}
}
