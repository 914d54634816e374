/// What a node last told of the sealed head.
struct ShownHead: Hashable, Sendable {
    var height: BlockHeight
    /// Of the block itself. Zero where the node did not say.
    var time: Timestamp

    /// Nodes stand so far apart without meaning anything by it.
    static let tolerated: UInt64 = 1_000
    /// No chain makes more blocks than this in a second, for longer than `tolerated` blocks.
    static let blocksPerSecond = 50.0
    /// Where times are not told, four months of blocks.
    static let timeless: UInt64 = 10_000_000

    /// Whether the two can't both be heads of one chain: this one is further ahead than a chain gets in the time between.
    func isBeyond(_ other: ShownHead) -> Bool {
        guard height > other.height else { return false }
        let ahead = height.rawValue - other.height.rawValue
        guard time.seconds != 0, other.time.seconds != 0 else { return ahead > Self.timeless }
        let seconds = Double(time.milliseconds - other.time.milliseconds) / 1000
        return Double(ahead) > Double(Self.tolerated) + max(0, seconds) * Self.blocksPerSecond
    }

    func isNear(_ other: ShownHead) -> Bool { other.height.rawValue + Self.tolerated >= height.rawValue }
}
