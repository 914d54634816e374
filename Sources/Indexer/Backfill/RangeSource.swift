import Cadence
import FlowClient

/// Events of some types over ranges of heights, as nodes allow them: 250 heights at most, and fewer where an answer would be
/// too large (onflow/flow-go:engine/access/rpc/backend/events/events.go).
struct RangeSource: Sendable {
    static let window = 250

    let api: any AccessAPI
    let reader: EventReader
    let types: [String]
    var encoding: EventEncoding = .ccf

    /// Whole, or an error: nodes cut ranges short without a word, and what is missing is asked for again.
    func range(_ heights: ClosedRange<BlockHeight>) async throws -> FilledRange {
        try await withThrowingTaskGroup(of: (String, [BlockEvents]).self) { group in
            for type in types {
                group.addTask { (type, try await events(type, heights)) }
            }
            var answers: [(type: String, blocks: [BlockEvents])] = []
            for try await answer in group { answers.append(answer) }
            return try FilledRange(heights, answers: answers, reader: reader)
        }
    }

    /// The block below a height, as the height's own header names it; nil for the first block of a chain.
    func parent(of height: BlockHeight) async throws -> BlockID? {
        let header = try await api.blockHeader(.height(height)).value
        guard header.height == height else {
            throw IndexerError(.contradiction, "the node answered with block \(header.height)", height: height)
        }
        return header.parentID == .zero ? nil : header.parentID
    }

    private func events(_ type: String, _ heights: ClosedRange<BlockHeight>) async throws -> [BlockEvents] {
        do {
            return try await encoding.orJSON {
                try await api.events(ofType: type, heights: heights, encoding: $0).value
            }
        } catch let error as AccessError where error.verdict == .split && heights.count > 1 {
            let middle = heights.lowerBound.advanced(by: heights.count / 2 - 1)
            let lower = try await events(type, heights.lowerBound...middle)
            return lower + (try await events(type, middle.advanced(by: 1)...heights.upperBound))
        }
    }
}
