/// Where a message stands in its stream.
struct StreamMark: Hashable, Sendable {
    var height: BlockHeight
    /// Zero where the message does not carry it.
    var id: BlockID = .zero
    /// Where the message carries it.
    var parentID: BlockID?
    /// From 0 in each connection, by one a message, where the stream counts.
    var index: UInt64?
}

/// What makes one stream of several connections: every message once, in order, none left out, all of one chain.
///
/// A stream is opened again AT the last height, not after it: starting above the tip is an error at nodes, and the block
/// that comes first proves that the new node tells the same chain.
struct StreamContinuity: Hashable, Sendable {
    enum Verdict: Hashable, Sendable {
        case deliver
        /// Seen before.
        case drop
        /// Something is missing: open the stream again.
        case reopen(String)
        /// Another chain: nobody must go on from here.
        case fork(String)
    }

    /// From one message to the next at most so many heights: one for blocks, the heartbeat for events; nil: unknown.
    let longestStep: UInt64?
    private(set) var last: StreamMark?
    private var nextIndex: UInt64?
    private var isReopened = false

    init(longestStep: UInt64?) { self.longestStep = longestStep }

    /// Each connection counts from 0 (onflow/flow:protobuf/flow/executiondata/executiondata.proto): a first message with a
    /// higher number has lost those before it.
    mutating func opened() {
        nextIndex = 0
        isReopened = last != nil
    }

    mutating func accept(_ mark: StreamMark) -> Verdict {
        if let index = mark.index {
            if let expected = nextIndex, index != expected {
                return .reopen("message \(index) came where \(expected) was due")
            }
            nextIndex = index + 1
        }
        guard let last else { return take(mark) }
        if mark.height == last.height {
            guard mark.id == last.id else {
                return .fork("height \(mark.height) is block \(last.id), and block \(mark.id)")
            }
            isReopened = false
            return .drop
        }
        if mark.height < last.height {
            return isReopened ? .drop : .reopen("height \(mark.height) came after \(last.height)")
        }
        let step = mark.height.rawValue - last.height.rawValue
        if step == 1, let parent = mark.parentID, parent != last.id {
            return .fork("block \(mark.height) has parent \(parent), and block \(last.height) is \(last.id)")
        }
        guard step <= longestStep ?? .max else { return .reopen("height \(mark.height) came after \(last.height)") }
        return take(mark)
    }

    private mutating func take(_ mark: StreamMark) -> Verdict {
        last = mark
        isReopened = false
        return .deliver
    }
}
