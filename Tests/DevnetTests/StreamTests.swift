import Cadence
import Devnet
import FlowClient
import Testing

@Suite(.timeLimit(.minutes(1)))
struct StreamTests {
    @Test func `events come by type, by contract or by address, with a heartbeat in silence`() async throws {
        let chain = try await TestChain.withRelease(supply: 10)
        let head = chain.node.finalizedHeight.rawValue
        chain.node.makeBlocks(5)
        let contract = "A.179b6b1cb6755e31.NovaPass"
        for filter in [
            EventFilter(eventTypes: ["\(contract).PassCreated", "\(contract).ReleaseScheduled"]),
            EventFilter(contracts: [contract]), EventFilter(addresses: ["0x179b6b1cb6755e31"]),
        ] {
            var found: [String] = []
            var last: UInt64 = 0
            var silent: UInt64 = 0
            let stream = chain.node.subscribeEvents(from: .height(0), filter: filter, heartbeat: 3, encoding: .ccf)
            for try await message in stream {
                silent = message.events.isEmpty ? message.blockHeight.rawValue - last : 0
                #expect(silent <= 3)
                last = message.blockHeight.rawValue
                found += message.events.map(\.type)
                if last > head { break }
            }
            #expect(found.filter { $0.hasPrefix(contract) }.count >= 1)
            #expect(found.allSatisfy { $0.hasPrefix("A.179b6b1cb6755e31.") })
        }
    }

    @Test(arguments: ["nonsense", "A.1.X.Y", "A.179b6b1cb6755e31.X", "flow.", "flow.A.B"])
    func `a filter that is no type is refused`(type: String) async throws {
        let chain = try await TestChain.make()
        let error = await #expect(throws: AccessError.self) {
            for try await _ in chain.node.subscribeEvents(
                from: .latest, filter: EventFilter(eventTypes: [type]), heartbeat: 1, encoding: .ccf)
            {}
        }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message == "invalid event filter: invalid event type \(type): invalid event type: \(type)")
    }

    @Test func `account statuses are the core events of the accounts that are asked for`() async throws {
        let chain = try await TestChain.withRelease(supply: 1)
        let other = try await DevnetBootstrap(api: chain.node, serviceSigner: Keys.service).wallet(signer: Keys.user)
        let head = chain.node.finalizedHeight
        var seen: [Address: [String]] = [:]
        let filter = AccountStatusFilter(addresses: [other.address])
        for try await message in chain.node.subscribeAccountStatuses(
            from: .height(0), filter: filter, heartbeat: 1, encoding: .jsonCDC)
        {
            for result in message.results { seen[result.address, default: []] += result.events.map(\.type) }
            if message.blockHeight == head { break }
        }
        #expect(seen == [other.address: ["flow.AccountCreated", "flow.AccountKeyAdded"]])
    }

    @Test func `a public node's execution data has the collection's chunk and the system's last`() async throws {
        let chain = try await TestChain.withRelease(supply: 1) { $0.style = .publicNode }
        let head = chain.node.finalizedHeight
        for try await message in chain.node.subscribeExecutionData(from: .height(head), encoding: .ccf) {
            let data = message.executionData
            #expect(message.blockHeight == head)
            #expect(data.chunks.map(\.transactions.count) == [1, 2])
            #expect(data.chunks[0].events.map(\.type) == ["A.179b6b1cb6755e31.NovaPass.ReleaseScheduled"])
            #expect(data.chunks[1].events.map(\.type) == ["A.f8d6e0586b0a20c7.EVM.BlockExecuted"])
            break
        }
    }

    @Test func `sending and subscribing tells every status once, and events from executed on`() async throws {
        let chain = try await TestChain.make {
            $0.blockMaking = .onDemand
            $0.sealLag = 2
        }
        let transaction = try await chain.client.transaction(script: TestChain.nothing, [], by: chain.service)
        var results = chain.node.sendAndSubscribe(transaction, encoding: .ccf).makeAsyncIterator()
        var statuses: [TransactionStatus] = [try #require(try await results.next()).status]
        chain.node.makeBlocks(3)
        while let result = try await results.next() { statuses.append(result.status) }
        #expect(statuses == [.pending, .finalized, .executed, .sealed])
    }

    @Test func `a refusal is the stream's error, and so is a status that is none`() async throws {
        let chain = try await TestChain.make()
        let bad = try await chain.client.transaction(script: TestChain.nothing, [], by: chain.service)
            .with { $0.envelopeSignatures = [] }
        let refused = await #expect(throws: AccessError.self) {
            for try await _ in chain.node.sendAndSubscribe(bad, encoding: .ccf) {}
        }
        #expect(refused?.message.hasPrefix("payer envelope signature is missing") == true)
        let unknown = await #expect(throws: AccessError.self) {
            for try await _ in chain.node.subscribeBlocks(from: .latest, status: .unknown, full: true) {}
        }
        #expect(unknown?.code == .invalidArgument)
    }

    @Test func `many streams and a chain that grows do not disturb one another`() async throws {
        let chain = try await TestChain.make { $0.blockMaking = .onDemand }
        let node = chain.node
        try await withThrowingTaskGroup(of: [UInt64].self) { group in
            for _ in 0..<8 {
                group.addTask {
                    var heights: [UInt64] = []
                    for try await digest in node.subscribeBlockDigests(from: .height(0), status: .sealed) {
                        heights.append(digest.height.rawValue)
                        if heights.count == 101 { break }
                    }
                    return heights
                }
            }
            for _ in 0..<100 {
                node.makeBlock()
                await Task.yield()
            }
            for try await heights in group { #expect(heights == Array(0...100)) }
        }
    }
}
