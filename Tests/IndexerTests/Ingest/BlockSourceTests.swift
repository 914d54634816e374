import Cadence
import FlowClient
import Testing

@testable import Indexer

/// What a node's results may look like, and what stops ingest.
struct BlockSourceTests {
    private final class Node: PartialAccessAPI {
        let results: [TransactionResult]
        init(_ results: [TransactionResult]) { self.results = results }

        static let id = BlockID(bytes: [UInt8](repeating: 9, count: 32))!

        func block(_ block: BlockReference, full: Bool) async throws -> Reply<Block> {
            var block = Block()
            (block.id, block.height, block.status) = (Self.id, 7, .sealed)
            block.parentID = BlockID(bytes: [UInt8](repeating: 8, count: 32))!
            var guarantee = CollectionGuarantee()
            guarantee.collectionID = TransactionCollection.id(
                of: results.filter { $0.collectionID != .zero }.map(\.transactionID))
            block.collectionGuarantees = [guarantee]
            return Reply(block)
        }

        func transactionResults(inBlock id: BlockID, encoding: EventEncoding) async throws -> Reply<[TransactionResult]>
        {
            Reply(results)
        }
    }

    private static func id(_ byte: UInt8) -> TransactionID {
        TransactionID(bytes: [UInt8](repeating: byte, count: 32))!
    }

    private static func event(_ type: String, _ transaction: UInt8, _ index: UInt32, _ event: UInt32) -> Event {
        var made = Event()
        (made.type, made.transactionID, made.transactionIndex, made.eventIndex) = (type, id(transaction), index, event)
        let fields = ["brandID", "name", "operation"].map { CadenceField($0, .string("x")) }
        made.payload = JSONCDC.encode(.composite(CadenceComposite(.event, type, fields: fields)))
        return made
    }

    private static let brand = "A.\(Nova.platform.hex).NovaBrand.BrandCreated"
    private static let foreign = "A.f8d6e0586b0a20c7.EVM.BlockExecuted"

    private static func read(_ all: [(UInt8, [Event], isSystem: Bool)]) async throws -> IngestedBlock? {
        let collection = TransactionCollection.id(of: all.filter { !$0.isSystem }.map { id($0.0) })
        let results = all.map { byte, events, isSystem in
            var result = TransactionResult()
            (result.transactionID, result.blockID, result.blockHeight, result.status) = (id(byte), Node.id, 7, .sealed)
            result.collectionID = isSystem ? .zero : collection
            result.events = events
            return result
        }
        return try await BlockSource(api: Node(results), reader: EventReader(Nova.contracts)).block(at: 7)
    }

    @Test func `system events that are numbered twice stop nothing`() async throws {
        let block = try await Self.read([
            (1, [Self.event(Self.brand, 1, 0, 0)], false), (2, [Self.event(Self.foreign, 2, 1, 0)], true),
            (3, [Self.event(Self.foreign, 3, 1, 0)], true), (4, [Self.event(Self.foreign, 9, 0, 0)], true),
        ])
        #expect(block?.events.count == 1)
        #expect(block?.transactions.count == 4)
    }

    @Test
    func `events come in the order of their numbers, however the node gives them, and gaps are none of our business`()
        async throws
    {
        let events = [5, 0, 2].map { Self.event(Self.brand, 1, 0, $0) }
        #expect(try await Self.read([(1, events, false)])?.events.map(\.eventIndex) == [0, 2, 5])
    }

    @Test(arguments: [
        [event(brand, 1, 0, 3), event(brand, 1, 0, 3)], [event(brand, 2, 0, 0)], [event(brand, 1, 1, 0)],
        [event(brand, 1, 0, 2_147_483_648)],
    ]) func `what would put owners where they are not is a contradiction`(events: [Event]) async {
        let error = await #expect(throws: IndexerError.self) { try await Self.read([(1, events, false)]) }
        #expect(error?.code == .contradiction)
    }
}
