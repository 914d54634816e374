import Cadence
package import FlowClient
import FoundationEssentials
import Recordings

/// A node that answers from a recording of one: the blocks and results of its section "the whole chain", and nothing else.
package struct RecordedNode: PartialAccessAPI {
    struct RecordedBlock: Sendable {
        var block: Block
        var header: BlockHeader?
        var results: Result<[TransactionResult], AccessError>?
        /// In the recording.
        var line: Int
    }

    static let section = "the whole chain"

    /// Without a gap, from the recording's first.
    private(set) var blocks: [RecordedBlock] = []
    private var places: [BlockID: Int] = [:]

    package var first: BlockHeight { blocks[0].block.height }
    package var last: BlockHeight { blocks[blocks.count - 1].block.height }

    /// Reads a recording, gzip or plain.
    /// - Throws: `recording`, which names the line, where it is cut off, damaged, or contradicts itself.
    package init(recording file: [UInt8]) throws {
        var ranges = RecordedRanges()
        let exchanges: [(line: Int, exchange: RecordedExchange)]
        do {
            exchanges = try RecordedExchange.read(file, where: { $0.hasPrefix(Self.section) })
        } catch {
            throw IndexerError(.recording, "\(error)")
        }
        for (line, exchange) in exchanges {
            do {
                try read(exchange, line, &ranges)
            } catch let error as IndexerError {
                throw IndexerError(.recording, "line \(line): \(error.message)")
            } catch {
                throw IndexerError(.recording, "line \(line): \(exchange.method): \(error)")
            }
        }
        guard !blocks.isEmpty else {
            throw IndexerError(.recording, "no exchange begins with \"\(Self.section)\": nothing can be replayed")
        }
        for block in blocks where block.results == nil {
            throw IndexerError(.recording, "line \(block.line): the results of block \(block.block.height) are missing")
        }
        try ranges.check(against: blocks)
    }

    private mutating func read(_ exchange: RecordedExchange, _ line: Int, _ ranges: inout RecordedRanges) throws {
        guard exchange.transport == "grpc" else { return }
        let succeeded = (exchange.code ?? 0) == 0
        let call = try RecordedCall(
            method: exchange.method, request: [UInt8](exchange.request ?? Data()),
            response: succeeded ? [UInt8](exchange.response ?? Data()) : nil)
        switch call {
        case .block(let height, let block): try add(block, at: height, line)
        case .header(_, let header): try add(header)
        case .results(let id, let results):
            guard let place = places[id] else {
                throw IndexerError(.recording, "results of block \(id), which is not here")
            }
            blocks[place].results = results.map { .success($0) } ?? .failure(exchange.failure)
        case .events(let type, let heights, _, let found?):
            ranges.ranges.append(
                RecordedRanges.Range(type: type, end: heights.last, blocks: found, line: line))
        case .events, .other: break
        }
    }

    private mutating func add(_ block: Block?, at height: BlockHeight, _ line: Int) throws {
        guard let block else { throw IndexerError(.recording, "block \(height) was not answered") }
        guard block.height == height else {
            throw IndexerError(.recording, "block \(height) was asked for and \(block.height) was answered")
        }
        if let last = blocks.last?.block, height != last.height.advanced(by: 1) {
            throw IndexerError(.recording, "block \(height) comes after block \(last.height)")
        }
        places[block.id] = blocks.count
        blocks.append(RecordedBlock(block: block, line: line))
    }

    private mutating func add(_ header: BlockHeader?) throws {
        guard let header, let place = places[header.id], blocks[place].block.parentID == header.parentID,
            blocks[place].block.height == header.height
        else { throw IndexerError(.recording, "the header belongs to no block before it") }
        blocks[place].header = header
    }

    // MARK: AccessAPI

    package func blockHeader(_ block: BlockReference) async throws -> Reply<BlockHeader> {
        let recorded = try find(block)
        if let header = recorded.header { return Reply(header) }
        var header = BlockHeader()
        header.id = recorded.block.id
        header.parentID = recorded.block.parentID
        header.height = recorded.block.height
        header.timestamp = recorded.block.timestamp
        return Reply(header)
    }

    package func block(_ block: BlockReference, full: Bool) async throws -> Reply<Block> {
        Reply(try find(block).block)
    }

    /// In the encoding of the recording, whichever is asked for: the payload's first byte tells it.
    package func transactionResults(
        inBlock id: BlockID, encoding: EventEncoding
    ) async throws -> Reply<[TransactionResult]> {
        guard let results = try find(.id(id)).results else { throw AccessError(.notFound, "not recorded") }
        return Reply(try results.get())
    }

    /// Of all heights that were recorded; in the encoding of the recording, or in JSON-CDC where that was CCF.
    package func events(
        ofType type: String, heights: ClosedRange<BlockHeight>, encoding: EventEncoding
    ) async throws -> Reply<[BlockEvents]> {
        guard heights.lowerBound <= last else { return Reply([]) }
        let range = max(heights.lowerBound, first)...min(heights.upperBound, last)
        return Reply(
            try (range.lowerBound.rawValue...range.upperBound.rawValue).map { height in
                let recorded = blocks[Int(height - first.rawValue)]
                var found = BlockEvents()
                found.blockID = recorded.block.id
                found.blockHeight = recorded.block.height
                found.blockTimestamp = recorded.block.timestamp
                // The recorded node has no results of its root block.
                let results = (try? recorded.results?.get()) ?? []
                found.events = try results.flatMap(\.events).filter { $0.type == type }.map {
                    try Self.encoded($0, encoding)
                }
                return found
            })
    }

    private static func encoded(_ event: Event, _ encoding: EventEncoding) throws -> Event {
        let isJSON = event.payload.first == UInt8(ascii: "{")
        guard isJSON != (encoding == .jsonCDC) else { return event }
        guard !isJSON else {
            throw AccessError(
                .unimplemented, "the recording has JSON-CDC, which does not tell the types that CCF needs")
        }
        var event = event
        event.payload = JSONCDC.encode(try CCF.decode(event.payload)) + [0x0a]
        return event
    }

    package func ping() async throws {}

    package func networkParameters() async throws -> Reply<ChainID> { Reply(.emulator) }

    package func nodeVersionInfo() async throws -> Reply<NodeVersionInfo> {
        var info = NodeVersionInfo()
        info.nodeRootBlockHeight = first
        return Reply(info)
    }

    private func find(_ reference: BlockReference) throws(AccessError) -> RecordedBlock {
        switch reference {
        case .latestSealed, .latestFinalized: return blocks[blocks.count - 1]
        case .height(let height) where height >= first && height <= last:
            return blocks[Int(height.rawValue - first.rawValue)]
        case .id(let id):
            if let place = places[id] { return blocks[place] }
            fallthrough
        case .height: throw AccessError(.notFound, "not recorded")
        }
    }
}

extension RecordedExchange {
    /// What the node said instead of an answer.
    fileprivate var failure: AccessError {
        AccessError(AccessError.Code(rawValue: Int32(clamping: code ?? 2)) ?? .unknown, message ?? "", method: method)
    }
}
