import Cadence
import FlowClient

/// What a node told of some heights for several event types, put together: whole where every type was told of every height
/// under one block id.
struct FilledRange: Sendable {
    struct Block: Hashable, Sendable {
        var id: BlockID
        var producedAt: Timestamp
    }

    let heights: ClosedRange<BlockHeight>
    private(set) var blocks: [Block] = []
    /// In the chain's order; raw, and read.
    private(set) var events: [(height: BlockHeight, event: Event)] = []
    private(set) var poison: [PoisonEvent] = []
    private(set) var bytes = 0

    /// - Throws: `gap` where a height is missing in an answer, `contradiction` where two answers name different blocks, or an
    ///   event is told twice.
    init(_ heights: ClosedRange<BlockHeight>, answers: [(type: String, blocks: [BlockEvents])], reader: EventReader)
        throws
    {
        self.heights = heights
        for (type, answer) in answers { try add(type, answer, reader) }
        events.sort {
            ($0.height, $0.event.transactionIndex, $0.event.eventIndex) < (
                $1.height, $1.event.transactionIndex, $1.event.eventIndex
            )
        }
        for (a, b) in zip(events, events.dropFirst())
        where a.height == b.height && a.event.transactionIndex == b.event.transactionIndex
            && a.event.eventIndex == b.event.eventIndex
        {
            throw IndexerError(
                .contradiction, "two events were told of one place, \(a.event.transactionIndex)/\(a.event.eventIndex)",
                height: a.height)
        }
    }

    private mutating func add(_ type: String, _ answer: [BlockEvents], _ reader: EventReader) throws {
        let ordered = answer.sorted { $0.blockHeight < $1.blockHeight }
        guard ordered.count == heights.count, zip(ordered, heights).allSatisfy({ $0.blockHeight == $1 }) else {
            throw IndexerError(
                .gap, "\(ordered.count) of \(heights.count) heights were told for \(type)", height: heights.lowerBound)
        }
        let told = ordered.map { Block(id: $0.blockID, producedAt: $0.blockTimestamp) }
        if blocks.isEmpty {
            blocks = told
        } else if let (place, _) = zip(blocks, told).enumerated().first(where: { $1.0.id != $1.1.id }) {
            throw IndexerError(
                .contradiction, "the node says \(blocks[place].id) and \(told[place].id) of one height",
                height: ordered[place].blockHeight)
        }
        for block in ordered {
            guard block.blockTimestamp.isPlausible else {
                throw IndexerError(
                    .contradiction, "block \(block.blockID) is not of the years 1 to 9999", height: block.blockHeight)
            }
            for event in block.events {
                guard event.type == type else {
                    throw IndexerError(
                        .contradiction, "an event of type \(event.type) was told for \(type)", height: block.blockHeight
                    )
                }
                guard event.eventIndex <= UInt32(Int32.max), event.transactionIndex <= UInt32(Int32.max) else {
                    throw IndexerError(
                        .contradiction, "an event has an index that no block comes to", height: block.blockHeight)
                }
                do {
                    guard try reader.read(event, at: block.blockHeight) != nil else { continue }
                } catch let error as IndexerError where error.code == .undecodable {
                    poison.append(PoisonEvent(event, at: block.blockHeight, error: "\(error)"))
                }
                events.append((block.blockHeight, event))
                bytes += event.payload.count + 200
            }
        }
    }
}
