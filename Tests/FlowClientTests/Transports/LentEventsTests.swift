import GRPC
import Testing

@testable import AccessServing
@testable import FlowClient

/// Ranges of events over a socket, lent as they came.
@Suite(.timeLimit(.minutes(1)))
struct LentEventsTests {
    private static let method = "/flow.access.AccessAPI/GetEventsForHeightRange"

    /// 250 blocks with 10,000 events: every fifth has none, one has two fifths of them all.
    private static let blocks: [BlockEvents] = (1...250).map { height in
        var block = BlockEvents()
        block.blockHeight = BlockHeight(UInt64(height))
        block.blockTimestamp = Timestamp(seconds: Int64(height))
        block.events = (0..<(height == 100 ? 4000 : height.isMultiple(of: 5) ? 0 : 30)).map { index in
            var event = Event()
            event.type = "A.f8d6e0586b0a20c7.NonFungibleToken.Deposited"
            event.transactionIndex = UInt32(height)
            event.eventIndex = UInt32(index)
            event.payload = (0..<(400 + index % 100)).map { UInt8(truncatingIfNeeded: $0 &* height &+ index) }
            return event
        }
        return block
    }

    private final class Node: UnimplementedAccess, @unchecked Sendable {
        override func events(
            ofType type: String, heights: ClosedRange<BlockHeight>, encoding: EventEncoding
        ) async throws -> Reply<[BlockEvents]> {
            Reply(LentEventsTests.blocks.filter { heights.contains($0.blockHeight) })
        }
    }

    private func withClient(
        _ server: GRPCServer, _ body: @Sendable (GRPCAccessClient) async throws -> Void
    ) async throws {
        let port = try server.start()
        try await withThrowingTaskGroup { group in
            group.addTask { try await server.run() }
            defer { group.cancelAll() }
            try await body(GRPCAccessClient(target: "127.0.0.1:\(port)"))
        }
    }

    private func withNode(_ body: @Sendable (GRPCAccessClient) async throws -> Void) async throws {
        let service = AccessService(Node())
        try await withClient(GRPCServer { service.handler(for: $0) }, body)
    }

    /// A server that gives these bytes to whoever asks for events.
    private func withAnswer(
        _ answer: [UInt8], compressed: Bool = false, _ body: @Sendable (GRPCAccessClient) async throws -> Void
    ) async throws {
        let handler = GRPCHandler.unary { call, _ in
            if compressed { call.initialMetadata = ["grpc-internal-encoding-request": "gzip"] }
            return answer
        }
        try await withClient(GRPCServer { $0 == Self.method ? handler : nil }, body)
    }

    private static func lent(by client: GRPCAccessClient) async throws -> [BlockEvents] {
        var lent: [BlockEvents] = []
        try await client.withEvents(ofType: "E", heights: 1...250, encoding: .ccf) { block, events in
            lent.append(try Self.whole(block, events))
        }
        return lent
    }

    private static func whole(_ block: BlockEvents, _ events: LentEvents) throws -> BlockEvents {
        var whole = block
        try events.forEach { event, payload in
            var event = event
            event.payload = Array(payload)
            whole.events.append(event)
        }
        return whole
    }

    @Test func `a range of 10,000 events is lent as the call without lending has it`() async throws {
        #expect(Self.blocks.reduce(0) { $0 + $1.events.count } == 10_000)
        try await withNode { client in
            let whole = try await client.events(ofType: "E", heights: 1...250, encoding: .ccf).value
            #expect(whole == Self.blocks)
            #expect(try await Self.lent(by: client) == whole)
        }
    }

    @Test func `its answer comes in several slices, and reading it joins none`() async throws {
        try await withNode { client in
            let request = GetEventsForHeightRangeRequest(
                type: "E", startHeight: 1, endHeight: 250, encoding: .ccf, stateQuery: nil)
            let message = try await client.channel.unary(Self.method, request.protobuf).message
            let slices = message.withUnsafeSlices { $0.count }
            #expect(message.count > 4 << 20)
            #expect(slices > 1)
            var lent: [BlockEvents] = []
            try EventRange.read(message) { block, events in lent.append(try Self.whole(block, events)) }
            #expect(lent == Self.blocks)
            #expect(message.withUnsafeSlices { $0.count } == slices)
        }
    }

    private static func response(_ blocks: [BlockEvents]) -> [UInt8] {
        var response = EventsResponse()
        response.results = blocks
        return response.protobuf
    }

    @Test func `a compressed answer is lent too`() async throws {
        try await withAnswer(Self.response(Self.blocks), compressed: true) { client async throws in
            #expect(try await Self.lent(by: client) == Self.blocks)
        }
    }

    @Test func `what is wrong deep inside is data loss at its byte of the answer`() async throws {
        // The last block's id has a byte too few, some MiB from the start.
        let answer = Self.response(Self.blocks) + [0x0a, 33, 0x0a, 31] + [UInt8](repeating: 1, count: 31)
        let whole = #expect(throws: ProtobufError.self) { try EventsResponse(protobuf: answer) }
        #expect(whole.map { $0.offset > 4 << 20 } == true)
        try await withAnswer(answer) { client in
            let error = await #expect(throws: AccessError.self) { try await Self.lent(by: client) }
            #expect(error?.code == .dataLoss)
            #expect(error?.message == whole?.description)
        }
    }

    @Test func `who has seen enough throws, and the client lives on`() async throws {
        struct Enough: Error {}
        try await withNode { client in
            await #expect(throws: Enough.self) {
                try await client.withEvents(ofType: "E", heights: 1...250, encoding: .ccf) { block, _ in
                    if block.blockHeight == 100 { throw Enough() }
                }
            }
            let next = try await client.events(ofType: "E", heights: 3...3, encoding: .ccf).value
            #expect(next.map(\.blockHeight) == [3])
        }
    }
}
