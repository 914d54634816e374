import Daemon
import Synchronization
import TestSupport
import Testing

@testable import Cadence
@testable import FlowClient

@Suite(.timeLimit(.minutes(1)))
struct NodePoolTests {
    private func pool(
        _ nodes: [any AccessAPI], clock: any Clock<Duration> = ContinuousClock(), heights: [HeightRange] = [],
        budgets: RequestBudgets = .unlimited, logger: Logger = .silent,
        _ change: (inout NodePool.Policy) -> Void = { _ in }
    ) -> NodePool {
        var policy = NodePool.Policy()
        policy.firstPause = .milliseconds(1)
        policy.longestPause = .milliseconds(5)
        policy.hedgeAfter = nil
        change(&policy)
        let nodes = nodes.enumerated().map {
            NodePool.Node(
                name: "node \($0)", api: $1, heights: $0 < heights.count ? heights[$0] : HeightRange(), budgets: budgets
            )
        }
        return NodePool(nodes, policy: policy, logger: logger, clock: clock)
    }

    private let transaction = Transaction()

    @Test func `where one node fails another answers, and the caller does not notice`() async throws {
        let broken = TestNode(.init(down: AccessError(.unavailable, "gone")))
        let well = TestNode()
        let pool = pool([broken, well])
        for _ in 0..<20 { #expect(try await pool.blockHeader(.height(7)).value.height == 7) }
        // One failure, and the other one is preferred.
        #expect(broken.count == 1)
        #expect(well.count == 20)
        // Those who insist on it try until it is down, and then leave it alone.
        for key in 0..<40 {
            try await NodeAffinity.$key.withValue("\(key)") { _ = try await pool.blockHeader(.height(7)) }
        }
        #expect(broken.count == 3)
        #expect(pool.status.map(\.isUp) == [false, true])
    }

    @Test func `an error that every node would give is given at once`() async throws {
        let nodes = [
            TestNode(.init(down: AccessError(.invalidArgument, "bad"))),
            TestNode(.init(down: AccessError(.invalidArgument, "bad"))),
        ]
        let pool = pool(nodes)
        let error = await #expect(throws: AccessError.self) { try await pool.blockHeader(.height(7)) }
        #expect(error?.code == .invalidArgument)
        #expect(nodes.map(\.count).reduce(0, +) == 1)
    }

    @Test func `what nobody has is not found, after everyone who may have it was asked once`() async throws {
        let nodes = [TestNode(), TestNode(.init(head: 90))]
        let pool = pool(nodes)
        _ = try await pool.blockHeader(.latestSealed)
        await #expect(throws: AccessError.self) { try await pool.blockHeader(.id(.test(5000))) }
        #expect(nodes.map { $0.calls.withLock { $0.filter { $0.hasPrefix("header id") }.count } } == [1, 1])
    }

    @Test func `every call says through a pool what its node says`() async throws {
        let node = FilledAccess()
        let pool = NodePool([.init(name: "filled", api: node)])
        for call in allCalls where !call.name.lowercased().contains("subscribe") {
            #expect(try await call.body(pool) == call.body(node), "\(call.name)")
        }
    }

    @Test func `budgets may name every method that is asked, and no other`() async throws {
        let pool = pool([UnimplementedAccess()])
        for call in allCalls { _ = try? await call.body(pool) }
        #expect(Set(pool.status[0].lacks.map { $0.replacing(" in CCF", with: "") }) == Set(RequestBudgets.methodNames))
        #expect(Set(RequestBudgets.methodNames).count == RequestBudgets.methodNames.count)
    }

    @Test func `when all nodes are down the last error comes back after some rounds`() async throws {
        let nodes = [
            TestNode(.init(down: AccessError(.unavailable, "gone"))),
            TestNode(.init(down: AccessError(.unavailable, "gone"))),
        ]
        let pool = pool(nodes)
        let error = await #expect(throws: AccessError.self) { try await pool.send(transaction) }
        #expect(error?.code == .unavailable)
        #expect(error?.message == "gone")
    }

    @Test func `a send whose answer is lost is sent again, the same bytes, elsewhere`() async throws {
        let nodes = [
            TestNode(.init(errors: [AccessError(.deadlineExceeded, "lost", method: "SendTransaction")])), TestNode(),
        ]
        let pool = pool(nodes)
        try await NodeAffinity.$key.withValue("x") { _ = try await pool.send(transaction) }
        #expect((1...2).contains(nodes.map(\.count).reduce(0, +)))
    }

    @Test func `a refusal does not hide that the bytes may have arrived elsewhere`() async throws {
        let lost = AccessError(.deadlineExceeded, "lost", method: "SendTransaction")
        let refused = AccessError(.invalidArgument, "invalid transaction", method: "SendTransaction")
        let pool = pool(
            [TestNode(.init(errors: [lost], down: nil)), TestNode(.init(errors: [lost, refused]))].map { node in
                node.change { $0.errors.append(refused) }
                return node
            })
        let error = await #expect(throws: AccessError.self) { try await pool.send(transaction) }
        #expect(error?.code == .deadlineExceeded)
    }

    @Test func `the head never goes backwards`() async throws {
        let nodes = [TestNode(.init(head: 100)), TestNode(.init(head: 95))]
        let pool = pool(nodes)
        var highest: UInt64 = 0
        for round in 0..<40 {
            let head = try await pool.blockHeader(.latestSealed).value.height.rawValue
            #expect(head >= highest)
            highest = head
            nodes[round % 2].change { $0.head += UInt64(round % 3) }
        }
    }

    @Test func `two nodes with different blocks at one sealed height stop everything`() async throws {
        let log = RecordingLogSink()
        let nodes = [TestNode(), TestNode(.init(chain: 1))]
        let pool = pool(nodes, logger: Logger(sink: log))
        let error = await #expect(throws: AccessError.self) {
            for key in 0..<20 {
                _ = try await NodeAffinity.$key.withValue("\(key)") { try await pool.blockHeader(.latestSealed) }
            }
        }
        #expect(error?.code == .dataLoss)
        #expect(log.all.contains { $0.level == .error })
        await #expect(throws: AccessError.self) { try await pool.crossCheck(50) }
    }

    @Test func `a block is checked between nodes, and those who cannot say do not count`() async throws {
        let nodes = [TestNode(), TestNode(), TestNode(.init(down: AccessError(.unavailable, "gone")))]
        let check = try await pool(nodes).crossCheck(50)
        #expect(check.header.id == .test(50))
        #expect(check.nodes == ["node 0", "node 1"])
        await #expect(throws: AccessError.self) { try await pool(nodes).crossCheck(50, quorum: 3) }
    }

    @Test func `a slow read is asked of a second node, and the first answer counts`() async throws {
        let clock = ManualClock()
        let gate = HoldGate()
        let slow = TestNode(.init(hold: gate))
        let quick = TestNode(.init(head: 200))
        let pool = pool([slow, quick], clock: clock) { $0.hedgeAfter = .milliseconds(500) }
        async let answer = pool.executeScript([1], arguments: [], at: .latestSealed)
        await clock.waitForSleepers()
        clock.advance(by: .milliseconds(500))
        #expect(try await answer.value == [1])
        #expect(slow.count == 1 && quick.count == 1)
        // A send is never hedged.
        quick.change { $0.hold = gate }
        async let sent = pool.send(transaction)
        gate.open()
        _ = try await sent
        #expect(slow.count + quick.count == 3)
    }

    @Test func `requests keep to the node's budget`() async throws {
        let clock = ManualClock()
        let node = TestNode()
        let pool = pool([node], clock: clock, budgets: .publicNodes)
        try await withThrowingTaskGroup { group in
            for _ in 0..<8 { group.addTask { _ = try await pool.executeScript([1], arguments: [], at: .latestSealed) } }
            await clock.waitForSleepers(3)
            #expect(node.count <= 5)
            clock.advance(by: .milliseconds(200))
            await clock.waitForSleepers(2)
            clock.advance(by: .milliseconds(400))
            try await group.waitForAll()
        }
        #expect(node.count == 8)
    }

    @Test func `what the pool asks for itself comes out of the node's budget too`() async throws {
        var budgets = RequestBudgets.publicNodes
        budgets.other = RequestBudget(perSecond: 4)
        let clock = ManualClock()
        let nodes = [TestNode(), TestNode()]
        let pool = pool(nodes, clock: clock, budgets: budgets)
        await pool.probe()
        _ = try await pool.crossCheck(50)
        #expect(nodes.map(\.count) == [2, 2])
        func delays() -> [Duration] {
            pool.state.withLock { $0.nodes.map { $0.buckets[.other, "Ping"].delay(at: pool.clock.now()) } }
        }
        // The node version, the header and the cross-check.
        #expect(delays() == [.zero, .zero])
        _ = try await pool.crossCheck(50)
        #expect(delays() == [.milliseconds(250), .milliseconds(250)])
    }

    @Test func `too much slows down, tries elsewhere, and recovers`() async throws {
        let limited = TestNode(.init(errors: [AccessError(.resourceExhausted, "please retry later")]))
        let other = TestNode()
        let pool = pool([limited, other])
        _ = try await pool.executeScript([1], arguments: [], at: .latestSealed)
        #expect(other.count == 1)
        #expect(pool.status[0].budgetShare[.script] == 0.5)
        #expect(pool.status[0].isUp)
    }

    @Test func `a range over a spork's end is asked of both and answered as one`() async throws {
        let old = TestNode(.init(head: 1000))
        let new = TestNode(.init(head: 1000, lowest: 100))
        let pool = pool([old, new], heights: [HeightRange(first: 0, last: 99), HeightRange(first: 100)])
        let events = try await pool.events(ofType: "flow.AccountCreated", heights: 90...110, encoding: .ccf).value
        #expect(events.map(\.blockHeight.rawValue) == Array(90...110))
        #expect(old.calls.withLock { $0 } == ["events 90...99"])
        #expect(new.calls.withLock { $0 } == ["events 100...110"])
    }

    @Test func `an answer that is cut short in the older spork leaves no gap`() async throws {
        let old = TestNode(.init(head: 95))
        let new = TestNode(.init(head: 1000))
        let pool = pool([old, new], heights: [HeightRange(first: 0, last: 99), HeightRange(first: 100)])
        let events = try await pool.events(ofType: "flow.AccountCreated", heights: 90...110, encoding: .ccf).value
        #expect(events.map(\.blockHeight.rawValue) == Array(90...95))
    }

    @Test func `a block that was told is asked about by its id where it is served, and by nobody else`() async throws {
        let (old, new) = (TestNode(.init(head: 99)), TestNode(.init(head: 1000, lowest: 100)))
        let pool = pool([old, new], heights: [HeightRange(first: 0, last: 99), HeightRange(first: 100)])
        let told = try await pool.blockHeader(.height(50)).value
        for _ in 0..<3 { #expect(try await pool.blockHeader(.id(told.id)).value == told) }
        #expect(old.count == 4 && new.count == 0)
        // Of an id that nobody told, the live nodes are asked first.
        #expect(try await pool.blockHeader(.id(.test(51))).value.height == 51)
        #expect(old.count == 5 && new.count == 1)
    }

    @Test func `a spork is from where a node says to where the pool's nodes end`() async throws {
        func rooted(_ root: BlockHeight) -> RootedNode {
            let node = RootedNode()
            node.root.withLock { $0 = root }
            return node
        }
        let pool = pool(
            [rooted(0), rooted(40), rooted(100)],
            heights: [HeightRange(first: 0, last: 39), HeightRange(first: 40, last: 99), HeightRange(first: 100)])
        #expect(try await pool.spork(holding: 39) == HeightRange(first: 0, last: 39))
        #expect(try await pool.spork(holding: 40) == HeightRange(first: 40, last: 99))
        #expect(try await pool.spork(holding: 500) == HeightRange(first: 100))
        // Who offers no node version has one spork.
        #expect(try await self.pool([UnimplementedAccess()]).spork(holding: 5) == HeightRange())
    }

    private final class RootedNode: UnimplementedAccess, @unchecked Sendable {
        let root = Mutex<BlockHeight>(0)
        override func nodeVersionInfo() async throws -> Reply<NodeVersionInfo> {
            var info = NodeVersionInfo()
            info.sporkRootBlockHeight = root.withLock { $0 }
            return Reply(info)
        }
    }

    @Test func `boundaries of sporks are checked by parent ids`() async throws {
        let table = try SporkTable([Spork(name: "old", rootHeight: 0), Spork(name: "new", rootHeight: 50)])
        #expect(try await pool([TestNode()]).checkBoundaries(table) == [])
        let torn = pool(
            [TestNode(), TestNode(.init(chain: 1))], heights: [HeightRange(first: 0, last: 49), HeightRange(first: 50)])
        let error = await #expect(throws: AccessError.self) { try await torn.checkBoundaries(table) }
        #expect(error?.code == .dataLoss)
    }

    @Test func `cancelling the task ends the call and blames no node`() async throws {
        let node = TestNode(.init(hold: HoldGate()))
        let pool = pool([node])
        let call = Task { try await pool.blockHeader(.latestSealed) }
        while node.count == 0 { await Task.yield() }
        call.cancel()
        await #expect(throws: CancellationError.self) { try await call.value }
        #expect(pool.status[0].isUp && pool.status[0].errorRate == 0)
    }

    @Test func `a probe finds nodes that are down and finds them again`() async throws {
        let node = TestNode(.init(down: AccessError(.unavailable, "gone")))
        let pool = pool([node, TestNode()])
        for _ in 0..<3 { await pool.probe() }
        #expect(pool.status.map(\.isUp) == [false, true])
        node.change { $0.down = nil }
        await pool.probe()
        #expect(pool.status.map(\.isUp) == [true, true])
        #expect(pool.head == 100)
    }
}

@Suite(.timeLimit(.minutes(1)))
struct ResumingStreamTests {
    private var quick: NodePool.Policy {
        var policy = NodePool.Policy()
        policy.firstPause = .milliseconds(1)
        policy.longestPause = .milliseconds(2)
        policy.hedgeAfter = nil
        return policy
    }

    private func pool(_ nodes: [TestNode], clock: any Clock<Duration> = ContinuousClock()) -> NodePool {
        NodePool(
            nodes.enumerated().map { NodePool.Node(name: "node \($0)", api: $1, budgets: .unlimited) }, policy: quick,
            clock: clock)
    }

    private func heights(
        _ pool: NodePool, from start: StreamStart = .height(10), _ count: Int
    ) async throws -> [UInt64] {
        var seen: [UInt64] = []
        for try await header in pool.subscribeBlockHeaders(from: start, status: .sealed) {
            seen.append(header.height.rawValue)
            if seen.count == count { break }
        }
        return seen
    }

    @Test func `a stream survives errors, ends, gaps and repetitions without a gap or a duplicate`() async throws {
        let node = TestNode(
            .init(
                head: 40,
                connections: [
                    [.block(10), .block(11), .fail(AccessError(.unavailable, "restarting"))],
                    [.block(11), .block(12), .end],
                    [.block(12), .block(13), .block(15)],
                    [
                        .block(13), .block(13), .block(14), .block(14), .block(15),
                        .fail(AccessError(.deadlineExceeded, "x")),
                    ],
                ]))
        #expect(try await heights(pool([node]), 31) == Array(10...40))
        #expect(node.opened.withLock { $0 } == [.height(10), .height(11), .height(12), .height(13), .height(15)])
    }

    @Test func `a stream goes on at another node`() async throws {
        let first = TestNode(.init(connections: [[.block(10), .block(11), .fail(AccessError(.unavailable, "gone"))]]))
        let second = TestNode(.init(head: 30))
        let pool = pool([first, second])
        var seen: [UInt64] = []
        for try await header in pool.subscribeBlockHeaders(from: .height(10), status: .sealed) {
            seen.append(header.height.rawValue)
            if header.height == 11 { first.change { $0.down = AccessError(.unavailable, "gone") } }
            if header.height == 30 { break }
        }
        #expect(seen == Array(10...30))
    }

    @Test func `a stream goes on in the next spork, at its first block and no other`() async throws {
        let old = TestNode(.init(head: 14, connections: [(10...14).map { .block($0) } + [.end]]))
        let new = TestNode(.init(head: 20, lowest: 15))
        let pool = NodePool(
            [
                .init(name: "old", api: old, heights: HeightRange(first: 0, last: 14), budgets: .unlimited),
                .init(name: "new", api: new, heights: HeightRange(first: 15), budgets: .unlimited),
            ], policy: quick)
        #expect(try await heights(pool, 11) == Array(10...20))
        #expect(new.opened.withLock { $0 } == [.height(15)])
    }

    @Test func `a node that was down and streams again is up`() async throws {
        let clock = ManualClock()
        let node = TestNode(.init(head: 12, down: AccessError(.unavailable, "gone")))
        let pool = pool([node], clock: clock)
        let reader = Task { try await heights(pool, 3) }
        while pool.status[0].isUp {
            await clock.waitForSleepers()
            clock.advance(by: .milliseconds(10))
        }
        node.change { $0.down = nil }
        await clock.waitForSleepers()
        clock.advance(by: .seconds(2))
        #expect(try await reader.value == [10, 11, 12])
        #expect(pool.status[0].isUp)
    }

    @Test func `another chain at the other node is an error, and nothing of it is delivered`() async throws {
        let node = TestNode(
            .init(connections: [
                [.block(10), .block(11), .fail(AccessError(.unavailable, "restarting"))], [.blockOf(chain: 1, 11)],
            ]))
        let error = await #expect(throws: AccessError.self) { _ = try await heights(pool([node]), 5) }
        #expect(error?.code == .dataLoss)
        let child = TestNode(.init(connections: [[.block(10), .blockOf(chain: 1, 11)]]))
        await #expect(throws: AccessError.self) { _ = try await heights(pool([child]), 5) }
    }

    @Test func `a stream that falls silent is opened again`() async throws {
        let clock = ManualClock()
        let node = TestNode(.init(head: 12, connections: [[.block(10), .silence]]))
        let pool = pool([node], clock: clock)
        let driver = Task {
            while !Task.isCancelled {
                await clock.waitForSleepers()
                clock.advance(by: .seconds(30))
            }
        }
        #expect(try await heights(pool, 3) == [10, 11, 12])
        driver.cancel()
        await driver.value
    }

    @Test func `a start that is refused is refused`() async throws {
        let node = TestNode(.init(down: AccessError(.invalidArgument, "start height is below the root")))
        let error = await #expect(throws: AccessError.self) { _ = try await heights(pool([node]), 1) }
        #expect(error?.code == .invalidArgument)
        #expect(node.count == 1)
    }

    @Test func `a start at a block that no node has is refused when all were asked, each once`() async throws {
        let nodes = (0..<3).map { _ in
            TestNode(.init(connections: Array(repeating: [.fail(AccessError(.notFound, "no such block"))], count: 9)))
        }
        let start = StreamStart.blockID(.test(7, 7))
        let error = await #expect(throws: AccessError.self) { _ = try await heights(pool(nodes), from: start, 1) }
        #expect(error?.code == .notFound && error?.message == "no such block")
        for node in nodes { #expect(node.opened.withLock { $0 } == [start]) }
    }

    @Test func `a start at a block that one node has is found there`() async throws {
        let without = TestNode(.init(connections: [[.fail(AccessError(.notFound, "no such block"))]]))
        let with = TestNode(.init(connections: [[.block(10), .block(11)]]))
        let pool = pool([without, with])
        #expect(try await heights(pool, from: .blockID(.test(10)), 2) == [10, 11])
        #expect(without.opened.withLock { $0.count } <= 1)
    }

    @Test func `a gap that every node shows is data loss in the end`() async throws {
        let gap = [TestNode.StreamStep.block(10), .block(12)]
        let again = [TestNode.StreamStep.block(10), .block(12)]
        let node = TestNode(.init(connections: [gap] + Array(repeating: again, count: 20)))
        let error = await #expect(throws: AccessError.self) { _ = try await heights(pool([node]), 5) }
        #expect(error?.code == .dataLoss)
    }

    @Test func `a stream that no node offers says so`() async throws {
        let pool = pool([TestNode(), TestNode()])
        let stream = pool.subscribeEvents(from: .latest, filter: EventFilter(), heartbeat: 1, encoding: .ccf)
        let error = await #expect(throws: AccessError.self) { for try await _ in stream {} }
        #expect(error?.code == .unimplemented)
    }

    @Test func `cancelling the consumer ends a stream that waits`() async throws {
        let node = TestNode(.init(head: 10))
        let pool = pool([node])
        let reader = Task { try await heights(pool, 100) }
        while node.opened.withLock({ $0.isEmpty }) { await Task.yield() }
        reader.cancel()
        await #expect(throws: CancellationError.self) { _ = try await reader.value }
    }
}
