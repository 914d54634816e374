import Devnet
import FlowClient
import Testing

/// Clients go on where they were cut off: at the last height that they saw, and one.
@Suite(.timeLimit(.minutes(1)))
struct StreamsAheadTests {
    @Test func `a stream may begin at the block after the head, and gets it when it is made`() async throws {
        for style in [DevnetConfiguration.Style.emulator, .publicNode] {
            let node = try await TestChain.make { ($0.style, $0.blockMaking) = (style, .onDemand) }.node
            let next = BlockHeight(node.finalizedHeight.rawValue + 1)
            let task = Task {
                var heights: [BlockHeight] = []
                for try await block in node.subscribeBlockDigests(from: .height(next), status: .finalized) {
                    heights.append(block.height)
                    if heights.count == 2 { break }
                }
                return heights
            }
            node.makeBlocks(2)
            #expect(try await task.value == [next, BlockHeight(next.rawValue + 1)])
        }
    }

    @Test func `the emulator waits for any height, a public node for the next alone`() async throws {
        let emulator = try await TestChain.make { $0.blockMaking = .onDemand }.node
        let far = BlockHeight(emulator.finalizedHeight.rawValue + 50)
        let task = Task {
            for try await message in emulator.subscribeEvents(
                from: .height(far), filter: EventFilter(), heartbeat: 1, encoding: .ccf)
            {
                return message.blockHeight
            }
            return 0
        }
        emulator.makeBlocks(50)
        #expect(try await task.value == far)

        let node = try await TestChain.make { ($0.style, $0.blockMaking) = (.publicNode, .onDemand) }.node
        let error = await #expect(throws: AccessError.self) {
            for try await _ in node.subscribeBlockHeaders(
                from: .height(BlockHeight(node.finalizedHeight.rawValue + 2)), status: .sealed)
            {}
        }
        #expect(error?.code == .notFound)
    }
}
