import Cadence
import FlowClient
import Testing

@testable import Devnet

/// What a node does wrong on demand, each kind by what a client sees of it.
@Suite(.timeLimit(.minutes(1)))
struct FaultTests {
    private func code(_ body: () async throws -> Void) async -> AccessError.Code? {
        do {
            try await body()
            return nil
        } catch { return (error as? AccessError)?.code }
    }

    @Test func `an answer that is lost was given all the same`() async throws {
        let chain = try await TestChain.make()
        let transaction = try await chain.client.transaction(script: TestChain.nothing, [], by: chain.service)
        chain.node.misbehave { $0.lostAnswers = 1000 }
        #expect(await code { _ = try await chain.node.send(transaction) } == .unavailable)
        chain.node.misbehave { $0 = Misbehaviour() }
        // It reached the chain: what is sent again is known.
        #expect(await code { _ = try await chain.node.send(transaction) } == .internal)
        chain.node.makeBlock()
        #expect(try await chain.result(transaction.id).status == .sealed)
    }

    @Test func `so many in a thousand calls fail, the same ones for a seed`() async throws {
        func failures(seed: UInt64) async throws -> [Bool] {
            let chain = try await TestChain.make { $0.seed = seed }
            chain.node.misbehave { $0.unknownAnswers = 300 }
            var failed: [Bool] = []
            for _ in 0..<400 { failed.append(await code { try await chain.node.ping() } == .unknown) }
            return failed
        }
        let (a, again, other) = (try await failures(seed: 7), try await failures(seed: 7), try await failures(seed: 8))
        #expect(a == again)
        #expect(a != other)
        #expect((80...160).contains(a.count { $0 }))
    }

    @Test func `a sibling that has not seen it says not found, and the head is still there`() async throws {
        let chain = try await TestChain.make { $0.blockMaking = .onDemand }
        chain.node.makeBlocks(3)
        chain.node.misbehave { $0.misses = 1000 }
        #expect(await code { _ = try await chain.node.block(.height(2), full: false) } == .notFound)
        #expect(try await chain.node.blockHeader(.latestSealed).value.height == 3)
        let id = SystemTransactions.all[0].id
        #expect(
            await code {
                _ = try await chain.node.transactionResult(id, blockID: nil, collectionID: nil, encoding: .ccf)
            } == .notFound)
    }

    @Test func `a send that comes in twice is answered as the second one`() async throws {
        let chain = try await TestChain.make { $0.blockMaking = .onDemand }
        let transaction = try await chain.client.transaction(script: TestChain.nothing, [], by: chain.service)
        chain.node.misbehave { $0.repeatedSends = 1 }
        let error = await #expect(throws: AccessError.self) { try await chain.node.send(transaction) }
        #expect(error?.message.contains("already been submitted") == true)
        chain.node.makeBlock()
        #expect(try await chain.result(transaction.id).status == .sealed)
    }

    @Test func `a range is cut short, and events of a height are left out`() async throws {
        let chain = try await TestChain.withRelease(supply: 1)
        let head = chain.node.finalizedHeight
        let type = CoreContracts.evm.typeID("BlockExecuted")
        func heights() async throws -> [UInt64] {
            try await chain.node.events(ofType: type, heights: 1...head, encoding: .ccf).value.map(
                \.blockHeight.rawValue)
        }
        #expect(try await heights().last == head.rawValue)
        chain.node.misbehave { $0.truncatedHeights = 3 }
        #expect(try await heights().last == head.rawValue - 3)
        chain.node.misbehave {
            $0 = Misbehaviour()
            $0.omitsEventsOf = [2]
        }
        let blocks = try await chain.node.events(ofType: type, heights: 1...3, encoding: .ccf).value
        #expect(blocks.map(\.events.count) == [1, 0, 1])
    }

    @Test func `calls of a kind beyond its limit are refused, others are not`() async throws {
        let chain = try await TestChain.make()
        chain.node.misbehave { $0.callsPerSecond = [.scripts: 2] }
        let script = Array("access(all) fun main() {}".utf8)
        var codes: [AccessError.Code?] = []
        for _ in 0..<3 {
            codes.append(
                await code { _ = try await chain.node.executeScript(script, arguments: [], at: .latestSealed) })
        }
        #expect(codes == [nil, nil, .resourceExhausted])
        #expect(await code { try await chain.node.ping() } == nil)
    }

    @Test func `a node that goes away fails its calls and ends its streams`() async throws {
        let chain = try await TestChain.make { $0.blockMaking = .onDemand }
        var stream = chain.node.subscribeBlockHeaders(from: .latest, status: .sealed).makeAsyncIterator()
        #expect(try await stream.next()?.height == 0)
        async let ending = #expect(throws: AccessError.self) { try await stream.next() }
        chain.node.misbehave { $0.isDown = true }
        #expect(await ending?.code == .unavailable)
        #expect(await code { try await chain.node.ping() } == .unavailable)
        chain.node.misbehave { $0.isDown = false }
        #expect(await code { try await chain.node.ping() } == nil)
    }

    @Test func `two nodes over one chain disagree where they are told to, and on nothing else`() async throws {
        let chain = try await TestChain.make { $0.blockMaking = .onDemand }
        let sibling = chain.node.sibling()
        chain.node.makeBlocks(5)
        sibling.misbehave {
            $0.stuckAt = 3
            $0.liesAboutParentsOf = [2]
        }
        #expect(try await chain.node.blockHeader(.latestSealed).value.height == 5)
        #expect(try await sibling.blockHeader(.latestSealed).value.height == 3)
        #expect(await code { _ = try await sibling.block(.height(4), full: false) } == .notFound)
        let (a, b) = (
            try await chain.node.blockHeader(.height(2)).value, try await sibling.blockHeader(.height(2)).value
        )
        #expect(a.id == b.id && a.parentID != b.parentID)
        // What is sent to one is on the chain of both.
        let transaction = try await chain.client.transaction(script: TestChain.nothing, [], by: chain.service)
        _ = try await sibling.send(transaction)
        chain.node.makeBlock()
        sibling.misbehave { $0 = Misbehaviour() }
        #expect(try await chain.result(transaction.id).status == .sealed)
        #expect(try await sibling.blockHeader(.latestSealed).value.height == 6)
    }

    @Test func `what a restricted account pays for fails with a code of its own, and is seen by no other`() async throws
    {
        let chain = try await TestChain.withRelease(supply: 1)
        let platform = chain.platform.address
        chain.node.changeRules { $0.restrictedAccounts = [platform] }
        let refused = try await chain.client.run(
            chain.client.transaction(script: TestChain.nothing, [], by: chain.platform))
        #expect(refused.errorMessage.hasPrefix("[Error Code: \(ChainRules.restrictedCode)]"))
        let other = try await chain.client.run(
            chain.client.transaction(script: TestChain.nothing, [], by: chain.service))
        #expect(other.errorMessage.isEmpty)
    }

    @Test func `a key that others use has another number than its owner knows`() async throws {
        let chain = try await TestChain.make()
        let transaction = try await chain.client.transaction(script: TestChain.nothing, [], by: chain.service)
        chain.node.useKey(0, of: chain.service.address, times: 3)
        let result = try await chain.client.run(transaction)
        #expect(result.errorMessage.contains("[Error Code: 1007]"))
        #expect(result.errorMessage.contains("has sequence number 3, but given 0"))
    }
}
