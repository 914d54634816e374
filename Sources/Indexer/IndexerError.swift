package import FlowClient

/// What went wrong in following the chain or in answering about it. `description` is safe to log and to show.
package struct IndexerError: Error, CustomStringConvertible, CustomDebugStringConvertible {
    package var code: Code
    package var message: String
    /// The height that it is about, where there is one.
    package var height: BlockHeight?
    package var cause: (any Error)?

    package init(_ code: Code, _ message: String, height: BlockHeight? = nil, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.height = height
        self.cause = cause
    }

    package struct Code: RawRepresentable, Hashable, Sendable {
        package let rawValue: String
        package init(rawValue: String) { self.rawValue = rawValue }

        /// A block's parent is not the block that we have, or a height that we have is now another block.
        package static let fork = Code(rawValue: "fork")
        /// A height was passed over and the node doesn't give it.
        package static let gap = Code(rawValue: "gap")
        /// The node's answers contradict each other.
        package static let contradiction = Code(rawValue: "contradiction")
        /// The node's chain is another one than the index's.
        package static let otherChain = Code(rawValue: "other_chain")
        /// Another process writes now: what was prepared here is thrown away.
        package static let fenced = Code(rawValue: "fenced")
        /// The cursor is not where this writer left it.
        package static let cursorMoved = Code(rawValue: "cursor_moved")
        /// An event of a tracked contract can't be read: it is set aside.
        package static let undecodable = Code(rawValue: "undecodable")
        /// The height asked for has not been indexed yet.
        package static let notIndexedYet = Code(rawValue: "not_indexed_yet")
        /// The height asked for lies before the first one that was indexed.
        package static let beforeHistory = Code(rawValue: "before_history")
        /// What was asked about is not indexed at that height: nobody can say.
        package static let notCovered = Code(rawValue: "not_covered")
        /// A job of the index was paused, cancelled or taken over.
        package static let jobStopped = Code(rawValue: "job_stopped")
        /// A recording is cut off or damaged.
        package static let recording = Code(rawValue: "recording")
        /// What was asked for makes no sense, such as a page cursor that is none.
        package static let badRequest = Code(rawValue: "bad_request")
        /// The chain's own scripts answered with something else than they should.
        package static let badAnswer = Code(rawValue: "bad_answer")
    }

    /// Whether someone must look before ingest goes on: the chain contradicts what was committed. A gap is said as loudly,
    /// but asked for again: a node may still be fetching what it has not given.
    /// What was seen once may be one node's mistake: it is asked for again before anyone is called.
    package var stopsIngest: Bool {
        switch code {
        case .fork, .contradiction, .otherChain: true
        default: false
        }
    }

    package var description: String {
        let place = height.map { " at height \($0)" } ?? ""
        let because = cause.map { ": \($0)" } ?? ""
        return "\(code.rawValue)\(place): \(message)\(because)"
    }

    package var debugDescription: String {
        guard let cause else { return description }
        return "\(code.rawValue): \(message): \(String(reflecting: cause))"
    }
}
