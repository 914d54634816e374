import FlowClient

/// The events by type that a recording holds beside the blocks. They tell two things that the blocks alone can't: how far
/// the chain was read, so that a recording that is cut off is seen; and a second word on each event.
struct RecordedRanges {
    struct Range {
        var type: String
        /// The last height that was asked for.
        var end: BlockHeight
        var blocks: [BlockEvents]
        var line: Int
    }

    var ranges: [Range] = []

    private struct Place: Hashable {
        var type: String
        var height: BlockHeight
    }

    func check(against blocks: [RecordedNode.RecordedBlock]) throws {
        let last = blocks[blocks.count - 1]
        guard let end = ranges.map(\.end).max() else {
            throw IndexerError(
                .recording,
                "line \(last.line): the recording is cut off after block \(last.block.height): no events follow")
        }
        guard end == last.block.height else {
            throw IndexerError(
                .recording, "line \(last.line): the blocks end at \(last.block.height) and the events at \(end)")
        }
        var counts: [Place: Int] = [:]
        for block in blocks {
            guard case .success(let results) = block.results else { continue }
            for event in results.lazy.flatMap(\.events) {
                counts[Place(type: event.type, height: block.block.height), default: 0] += 1
            }
        }
        for range in ranges { try check(range, blocks, counts) }
        try checkCoverage(blocks)
    }

    private func check(_ range: Range, _ blocks: [RecordedNode.RecordedBlock], _ counts: [Place: Int]) throws {
        let first = blocks[0].block.height
        for answered in range.blocks {
            let height = answered.blockHeight
            guard height >= first, height <= blocks[blocks.count - 1].block.height else { continue }
            let block = blocks[Int(height.rawValue - first.rawValue)]
            guard block.block.id == answered.blockID else {
                throw IndexerError(
                    .recording, "line \(range.line): block \(height) is another one than in line \(block.line)")
            }
            guard case .success = block.results else { continue }
            let count = counts[Place(type: range.type, height: height)] ?? 0
            guard count == answered.events.count else {
                throw IndexerError(
                    .recording,
                    "line \(range.line): block \(height) has \(answered.events.count) events \(range.type) here, and \(count) in its results"
                )
            }
        }
    }

    /// Each type that the blocks' own transactions said must have been read to the end: else the recording ends before
    /// its chain was read back.
    private func checkCoverage(_ blocks: [RecordedNode.RecordedBlock]) throws {
        var covered: [String: BlockHeight] = [:]
        for range in ranges { covered[range.type] = max(covered[range.type] ?? 0, range.end) }
        let last = blocks[blocks.count - 1].block.height
        let line = ranges.map(\.line).max() ?? 0
        for block in blocks {
            guard case .success(let results) = block.results else { continue }
            for event in results.lazy.filter({ $0.collectionID != .zero }).flatMap(\.events)
            where covered[event.type] != last {
                let end = covered[event.type].map { "end at height \($0)" } ?? "are missing"
                throw IndexerError(.recording, "line \(line): the recording is cut off: events \(event.type) \(end)")
            }
        }
    }
}
