package import FlowClient

/// Decides which heights are fetched and which blocks may be committed. It knows nothing of nodes or databases.
///
/// States
/// - waiting: every height up to the tip has been fetched; a higher tip leads to fetching.
/// - fetching: heights are on their way; the expected block leads to waiting or fetching.
/// - stopped: the chain contradicts what we have. Nothing leads out of it but a new machine.
///
/// What can go wrong, and what follows
/// - Expected noise: a block that we have already, delivered again; a range that the node cut short; a tip that is lower
///   than the last one (public names are served by several nodes with different heads). Ignored, or asked for again.
/// - The node's fault: a height that was asked for and passed over. Asked for again, and a gap in the end.
/// - A contradiction: a block whose parent is not ours, another id at a height that we have. Stops, for finalised blocks
///   are never reorganised: it is another chain, another spork, or a lying node.
package struct IngestStateMachine: Sendable {
    package enum Decision: Hashable, Sendable {
        /// Next in line: commit it.
        case commit
        /// We have it already.
        case ignore
        /// These heights come first.
        case fetch(ClosedRange<BlockHeight>)
    }

    package enum TipDecision: Hashable, Sendable {
        case advance
        case nothing
        /// The node stands at or below what we have: its block at this height must be ours, or it is another chain.
        case compare(BlockMark)
    }

    /// The next height that may be committed.
    package private(set) var expected: BlockHeight
    /// The highest sealed block that was observed.
    package private(set) var tip: BlockHeight?
    package private(set) var stopped: IndexerError?

    /// The block below `expected`: nil at the very first block, whose parent is not ours to judge.
    private var last: BlockMark?
    /// The latest blocks' ids: a block that is delivered again must be the same one. Bounded; older ones are not checked here.
    private var recent: [BlockHeight: BlockID] = [:]
    private var attemptsAtExpected = 0

    private static let recentLimit = 1_000
    private static let attemptsBeforeGap = 20

    /// `after` is the last block committed; without it, ingest begins at `start`.
    package init(start: BlockHeight, after: BlockMark? = nil) {
        expected = after.map { $0.height.advanced(by: 1) } ?? start
        last = after
        if let after { recent[after.height] = after.id }
    }

    /// A block has been fetched or delivered.
    package mutating func received(_ block: BlockLink) throws(IndexerError) -> Decision {
        try checkRunning()
        if block.height < expected {
            if let ours = recent[block.height], ours != block.id {
                throw stop(.fork, forked(block, ours: ours), at: block.height)
            }
            return .ignore
        }
        if block.height > expected {
            return .fetch(expected...block.height.advanced(by: -1))
        }
        if let last, block.parentID != last.id {
            throw stop(
                .fork, "block \(block.id) stands on \(block.parentID), and ours at \(last.height) is \(last.id)",
                at: block.height)
        }
        accept(block)
        return .commit
    }

    /// A range was asked for and answered with no block that is expected: the node has cut it short, or passed it over.
    package mutating func receivedNothing() throws(IndexerError) {
        try checkRunning()
        attemptsAtExpected += 1
        guard attemptsAtExpected >= Self.attemptsBeforeGap, let tip, tip >= expected else { return }
        throw stop(
            .gap, "asked for \(attemptsAtExpected) times and not given, though the sealed head is \(tip)", at: expected)
    }

    /// The sealed head as it was observed.
    package mutating func observedTip(_ observed: BlockMark) throws(IndexerError) -> TipDecision {
        try checkRunning()
        if let ours = recent[observed.height], ours != observed.id {
            throw stop(
                .otherChain, "the node's head is \(observed.id), and ours at this height is \(ours)",
                at: observed.height)
        }
        tip = tip.map { max($0, observed.height) } ?? observed.height
        if observed.height >= expected { return .advance }
        return recent[observed.height] == nil ? .compare(observed) : .nothing
    }

    /// The next heights to fetch, at most `limit` of them; nil while there is none.
    package func window(limit: Int) -> ClosedRange<BlockHeight>? {
        guard stopped == nil, let tip, tip >= expected, limit > 0 else { return nil }
        return expected...min(tip, expected.advanced(by: limit - 1))
    }

    package var lag: UInt64 {
        guard let tip, tip >= expected else { return 0 }
        return tip.rawValue - expected.rawValue + 1
    }

    private mutating func accept(_ block: BlockLink) {
        last = BlockMark(height: block.height, id: block.id)
        recent[block.height] = block.id
        if block.height.rawValue >= UInt64(Self.recentLimit) {
            recent[block.height.advanced(by: -Self.recentLimit)] = nil
        }
        expected = block.height.advanced(by: 1)
        attemptsAtExpected = 0
    }

    private func checkRunning() throws(IndexerError) {
        if let stopped { throw stopped }
    }

    private mutating func stop(_ code: IndexerError.Code, _ message: String, at height: BlockHeight) -> IndexerError {
        let error = IndexerError(code, message, height: height)
        stopped = error
        return error
    }

    private func forked(_ block: BlockLink, ours: BlockID) -> String {
        "the node now says \(block.id), and ours at this height is \(ours)"
    }
}
