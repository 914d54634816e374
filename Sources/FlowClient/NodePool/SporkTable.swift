/// A stretch of a network's history that one set of nodes serves.
public struct Spork: Hashable, Sendable {
    public var name: String
    /// Its first height; its last is the one before the next spork's first.
    public var rootHeight: BlockHeight
    /// `host:port` of nodes that serve it.
    public var nodes: [String]

    public init(name: String, rootHeight: BlockHeight, nodes: [String] = []) {
        self.name = name
        self.rootHeight = rootHeight
        self.nodes = nodes
    }
}

/// Which nodes serve which heights. Gaps and overlaps cannot be written down: a spork ends where the next begins.
public struct SporkTable: Hashable, Sendable {
    /// The oldest first; the last one is live.
    public let sporks: [Spork]

    /// Throws `invalidArgument` naming every mistake: names or heights that repeat or go backwards, an empty table.
    public init(_ sporks: [Spork]) throws(AccessError) {
        var mistakes: [String] = sporks.isEmpty ? ["there is no spork"] : []
        for (older, newer) in zip(sporks, sporks.dropFirst()) where newer.rootHeight <= older.rootHeight {
            mistakes.append(
                "\(newer.name) begins at \(newer.rootHeight), not after \(older.name) at \(older.rootHeight)")
        }
        for (name, same) in Dictionary(grouping: sporks, by: \.name).sorted(by: { $0.key < $1.key })
        where same.count > 1 {
            mistakes.append("\(name) is there \(same.count) times")
        }
        guard mistakes.isEmpty else {
            throw AccessError(.invalidArgument, "spork table: " + mistakes.joined(separator: "; "))
        }
        self.sporks = sporks
    }

    /// The heights of a spork: without end for the live one.
    public func heights(of index: Int) -> HeightRange {
        let next = index + 1 < sporks.count ? sporks[index + 1].rootHeight : nil
        return HeightRange(first: sporks[index].rootHeight, last: next.map { BlockHeight($0.rawValue - 1) })
    }

    /// The nodes of all sporks that serve heights from `first` on, each with the heights it serves.
    public func nodes(
        from first: BlockHeight = 0, budgets: RequestBudgets = .publicNodes, _ makeAPI: (String) throws -> any AccessAPI
    ) rethrows -> [NodePool.Node] {
        try sporks.indices.flatMap { index in
            let heights = heights(of: index)
            guard heights.last.map({ $0 >= first }) ?? true else { return [NodePool.Node]() }
            return try sporks[index].nodes.map {
                NodePool.Node(name: $0, api: try makeAPI($0), heights: heights, budgets: budgets)
            }
        }
    }

    /// Nil for heights from before the table.
    public func index(of height: BlockHeight) -> Int? { sporks.lastIndex { $0.rootHeight <= height } }

    /// A range, cut where sporks meet.
    public func segments(_ heights: ClosedRange<BlockHeight>) -> [ClosedRange<BlockHeight>] {
        var segments: [ClosedRange<BlockHeight>] = []
        var first = heights.lowerBound
        for spork in sporks where spork.rootHeight > first && spork.rootHeight <= heights.upperBound {
            segments.append(first...BlockHeight(spork.rootHeight.rawValue - 1))
            first = spork.rootHeight
        }
        return segments + [first...heights.upperBound]
    }
}

/// Heights that a node serves.
public struct HeightRange: Hashable, Sendable {
    public var first: BlockHeight
    /// Nil: up to the head, which goes on.
    public var last: BlockHeight?

    public init(first: BlockHeight = 0, last: BlockHeight? = nil) {
        self.first = first
        self.last = last
    }

    public func contains(_ height: BlockHeight) -> Bool { first <= height && (last.map { height <= $0 } ?? true) }
    public var isLive: Bool { last == nil }
}
