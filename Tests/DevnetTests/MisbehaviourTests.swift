import Devnet
import FlowClient
import Testing

@Suite(.timeLimit(.minutes(1)))
struct MisbehaviourTests {
    @Test func `a dropped send is answered and never included`() async throws {
        let chain = try await TestChain.make()
        let transaction = try await chain.client.transaction(script: TestChain.nothing, [], by: chain.service)
        chain.node.misbehave { $0.dropSends = 1 }
        #expect(try await chain.node.send(transaction).value == transaction.id)
        #expect(try await chain.result(transaction.id).status == .unknown)
        // The same bytes again are taken.
        #expect(try await chain.node.send(transaction).value == transaction.id)
        #expect(try await chain.result(transaction.id).status == .sealed)
    }

    @Test func `a lost reply hides that the transaction was executed`() async throws {
        let chain = try await TestChain.make()
        let transaction = try await chain.client.transaction(script: TestChain.nothing, [], by: chain.service)
        chain.node.misbehave { $0.loseReplies = 1 }
        let error = await #expect(throws: AccessError.self) { try await chain.node.send(transaction) }
        #expect(error?.code == .deadlineExceeded)
        #expect(try await chain.result(transaction.id).status == .sealed)
    }

    @Test func `it is unavailable, then busy, as often as it is told, then answers`() async throws {
        let chain = try await TestChain.make()
        chain.node.misbehave {
            $0.unavailableCalls = 2
            $0.rateLimitedCalls = 1
        }
        var codes: [AccessError.Code] = []
        for _ in 0..<3 {
            do { try await chain.node.ping() } catch let error as AccessError { codes.append(error.code) }
        }
        #expect(codes == [.unavailable, .unavailable, .resourceExhausted])
        try await chain.node.ping()
    }

    @Test func `a lagging head hides what is above it`() async throws {
        let chain = try await TestChain.make { $0.blockMaking = .onDemand }
        chain.node.makeBlocks(10)
        chain.node.misbehave { $0.headLag = 4 }
        #expect(try await chain.node.blockHeader(.latestSealed).value.height == 6)
        await #expect(throws: AccessError.self) { try await chain.node.block(.height(7), full: false) }
        chain.node.misbehave { $0.headLag = 0 }
        #expect(try await chain.node.block(.height(7), full: false).value.height == 7)
    }

    @Test func `a lie about a parent is told in headers and blocks`() async throws {
        let chain = try await TestChain.make { $0.blockMaking = .onDemand }
        chain.node.makeBlocks(3)
        let parent = try await chain.node.blockHeader(.height(1)).value.id
        chain.node.misbehave { $0.liesAboutParentsOf = [2] }
        #expect(try await chain.node.blockHeader(.height(2)).value.parentID != parent)
        #expect(try await chain.node.block(.height(2), full: true).value.parentID != parent)
        #expect(
            try await chain.node.blockHeader(.height(3)).value.parentID == chain.node.blockHeader(.height(2)).value.id)
    }

    @Test func `streams repeat, leave out and end as they are told`() async throws {
        let chain = try await TestChain.make { $0.blockMaking = .onDemand }
        chain.node.makeBlocks(6)
        chain.node.misbehave {
            $0.duplicatesStreamMessages = true
            $0.skipsStreamHeights = [2]
            $0.endsStreamsAfter = 3
        }
        var heights: [UInt64] = []
        let error = await #expect(throws: AccessError.self) {
            for try await header in chain.node.subscribeBlockHeaders(from: .height(0), status: .sealed) {
                heights.append(header.height.rawValue)
            }
        }
        #expect(error?.code == .unavailable)
        #expect(heights == [0, 0, 1, 1, 3, 3])
    }

    @Test func `a stream that waits ends when its task is cancelled`() async throws {
        let chain = try await TestChain.make { $0.blockMaking = .onDemand }
        let node = chain.node
        let task = Task {
            var seen = 0
            for try await _ in node.subscribeBlockDigests(from: .height(0), status: .finalized) { seen += 1 }
            return seen
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}
