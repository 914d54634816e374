import Daemon
import Synchronization
import TestSupport
import Testing

@testable import FlowClient

/// What the pool says is so even where some of its nodes are wrong, behind or gone: absent is absent, the head is the head.
@Suite(.timeLimit(.minutes(1)))
struct NodePoolTruthTests {
    private func pool(
        _ nodes: [TestNode], clock: any Clock<Duration> = ContinuousClock(), heights: [HeightRange] = [],
        budgets: RequestBudgets = .unlimited, _ change: (inout NodePool.Policy) -> Void = { _ in }
    ) -> NodePool {
        var policy = NodePool.Policy()
        policy.firstPause = .milliseconds(1)
        policy.longestPause = .milliseconds(5)
        policy.hedgeAfter = nil
        change(&policy)
        return NodePool(
            nodes.enumerated().map {
                NodePool.Node(
                    name: "node \($0)", api: $1, heights: $0 < heights.count ? heights[$0] : HeightRange(),
                    budgets: budgets)
            }, policy: policy, clock: clock)
    }

    private let gone = AccessError(.unavailable, "gone")

    @Test func `an id is looked for at every node, however many there are, and asked of each once`() async throws {
        let nodes = (0..<12).map { TestNode(.init(head: $0 == 11 ? 5000 : 10)) }
        #expect(try await pool(nodes).blockHeader(.id(.test(4000))).value.height == 4000)
        let without = (0..<12).map { _ in TestNode(.init(head: 10)) }
        let error = await #expect(throws: AccessError.self) { try await pool(without).blockHeader(.id(.test(4000))) }
        #expect(error?.code == .notFound)
        #expect(without.map(\.count) == Array(repeating: 1, count: 12))
    }

    @Test(arguments: [0, 1], [true, false])
    func `what one node does not have is not absent while another cannot be asked`(broken: Int, wasDown: Bool)
        async throws
    {
        let nodes = [TestNode(), TestNode()]
        nodes[broken].change { $0.down = AccessError(.unavailable, "gone") }
        let pool = pool(nodes)
        if wasDown { for _ in 0..<3 { await pool.probe() } }
        let error = await #expect(throws: AccessError.self) { try await pool.blockHeader(.id(.test(5000))) }
        #expect(error?.code == .unavailable)
        #expect(nodes[1 - broken].calls.withLock { $0.filter { $0.hasPrefix("header id") }.count } <= 1)
        // It comes back, and does not have it either.
        nodes[broken].change { $0.down = nil }
        await pool.probe()
        let answer = await #expect(throws: AccessError.self) { try await pool.blockHeader(.id(.test(5000))) }
        #expect(answer?.code == .notFound)
    }

    @Test func `a node that fails at first and has it then is the answer`() async throws {
        let nodes = [TestNode(.init(head: 10)), TestNode(.init(head: 5000, errors: [gone, gone]))]
        #expect(try await pool(nodes).blockHeader(.id(.test(4000))).value.height == 4000)
    }

    @Test func `a hedge that finds nothing does not speak for the node that failed`() async throws {
        let clock = ManualClock()
        let gate = HoldGate()
        let slow = TestNode(.init(down: gone, hold: gate))
        let quick = TestNode(.init(head: 10))
        let pool = pool([slow, quick], clock: clock) { $0.hedgeAfter = .milliseconds(500) }
        let answer = Task { try await pool.blockHeader(.id(.test(4000))) }
        await clock.waitForSleepers()
        clock.advance(by: .milliseconds(500))
        while quick.count == 0 { await Task.yield() }
        gate.open()
        let driver = Task {
            while !Task.isCancelled {
                await clock.waitForSleepers()
                clock.advance(by: .milliseconds(5))
            }
        }
        let error = await #expect(throws: AccessError.self) { try await answer.value }
        #expect(error?.code == .unavailable)
        driver.cancel()
        await driver.value
    }

    @Test func `the head never goes backwards, whichever call tells it, and what is sealed is finalized`() async throws
    {
        let nodes = [TestNode(.init(head: 100)), TestNode(.init(head: 95)), TestNode(.init(head: 98))]
        let pool = pool(nodes)
        var (sealed, finalized): (UInt64, UInt64) = (0, 0)
        for round in 0..<120 {
            let reference = round % 4 < 2 ? BlockReference.latestSealed : .latestFinalized
            let height = try await NodeAffinity.$key.withValue("\(round)") {
                switch round % 3 {
                case 0: try await pool.blockHeader(reference).value.height.rawValue
                case 1: try await pool.block(reference, full: false).value.height.rawValue
                default:
                    try #require(try await pool.block(reference, full: true).value.header).height.rawValue
                }
            }
            if reference == .latestSealed {
                #expect(height >= sealed, "round \(round)")
                sealed = height
            } else {
                #expect(height >= finalized && height >= sealed, "round \(round)")
                finalized = height
            }
            nodes[round % 3].change { $0.head += UInt64(round % 4) }
        }
    }

    @Test func `bytes that arrived although the answer was lost are accepted, not in doubt`() async throws {
        let lost = AccessError(.deadlineExceeded, "lost", method: "SendTransaction")
        let known = AccessError(
            .internal, "transaction with ID ab has already been submitted", method: "SendTransaction")
        let pool = pool([TestNode(.init(errors: [lost, known]))])
        let error = await #expect(throws: AccessError.self) { try await pool.send(Transaction()) }
        #expect(error?.sendJudgement == .accepted)
    }

    @Test func `requests that are given up while they wait leave the budget to others`() async throws {
        let clock = ManualClock()
        let pool = pool([TestNode()], clock: clock, budgets: .publicNodes)
        for _ in 0..<5 { _ = try await pool.executeScript([1], arguments: [], at: .latestSealed) }
        let waiting = (0..<30).map { _ in
            Task { _ = try await pool.executeScript([1], arguments: [], at: .latestSealed) }
        }
        await clock.waitForSleepers(30)
        for task in waiting { task.cancel() }
        for task in waiting { await #expect(throws: CancellationError.self) { try await task.value } }
        let delay = pool.state.withLock { $0.nodes[0].buckets[.script, "ExecuteScript"].delay(at: pool.clock.now()) }
        #expect(delay > .zero && delay <= .milliseconds(200))
        #expect(pool.status[0].isUp && pool.status[0].errorRate == 0)
    }

    @Test func `while nodes tell different blocks nobody is told a head; when they agree again everybody is`()
        async throws
    {
        let nodes = [TestNode(), TestNode(.init(chain: 1))]
        let pool = pool(nodes)
        await pool.probe()
        await pool.compareHeads()
        for key in 0..<10 {
            let error = await #expect(throws: AccessError.self) {
                try await NodeAffinity.$key.withValue("\(key)") { try await pool.blockHeader(.latestSealed) }
            }
            #expect(error?.code == .dataLoss)
        }
        // What is asked by height has an answer: the caller names the block it means.
        _ = try await pool.blockHeader(.height(7))
        for node in nodes { node.change { ($0.chain, $0.head) = (0, 101) } }
        await pool.probe()
        await pool.compareHeads()
        #expect(try await pool.blockHeader(.latestSealed).value.height == 101)
    }

    @Test func `as long as it runs the pool looks at its nodes and compares them, turn after turn`() async throws {
        let clock = ManualClock()
        let nodes = [TestNode(), TestNode(.init(down: gone))]
        let pool = pool(nodes, clock: clock)
        let running = Task { try await pool.run() }
        func turn() async {
            await clock.waitForSleepers()
            clock.advance(by: .seconds(5))
        }
        for _ in 0..<3 { await turn() }
        await clock.waitForSleepers()
        #expect(pool.status.map(\.isUp) == [true, false])
        // It is there again, and tells another chain.
        nodes[1].change { ($0.down, $0.chain, $0.head) = (nil, 1, 105) }
        while pool.heads.withLock({ $0.quarrel }) == nil { await turn() }
        #expect(pool.status.map(\.isUp) == [true, true])
        running.cancel()
        try await running.value
    }

    @Test func `ops see which node is down, which lags and which slows us`() async throws {
        let nodes = [TestNode(.init(head: 100)), TestNode(.init(down: gone))]
        let pool = pool(nodes)
        let metrics = Metrics()
        pool.addMetrics(to: metrics)
        for _ in 0..<3 { await pool.probe() }
        nodes[0].change { $0.errors = [AccessError(.resourceExhausted, "slow down")] }
        _ = try? await pool.executeScript([1], arguments: [], at: .latestSealed)
        // Halved by the refusal, and one answer gave a sixty-fourth of it back.
        let text = metrics.prometheusText()
        for line in [
            #"weir_node_up{node="node 0"} 1"#, #"weir_node_up{node="node 1"} 0"#,
            #"weir_node_head_height{node="node 0"} 100"#,
            #"weir_node_budget_share{kind="script",node="node 0"} 0.515625"#,
            #"weir_node_budget_share{kind="script",node="node 1"} 1"#,
        ] {
            #expect(text.contains(line + "\n"), "\(line): \(text)")
        }
    }

    @Test(arguments: [5_000_000_000, UInt64.max, UInt64(Int64.max) - 10] as [UInt64], [0, 1])
    func `a node whose head is beyond all others' is not believed, whoever is asked first`(head: UInt64, wild: Int)
        async throws
    {
        let nodes = [TestNode(.init(head: 100)), TestNode(.init(head: 100))]
        nodes[wild].change { $0.head = head }
        let pool = pool(nodes)
        for _ in 0..<3 {
            await pool.probe()
            await pool.compareHeads()
        }
        for _ in 0..<4 { #expect(try await pool.blockHeader(.latestSealed).value.height == 100) }
        // It comes to its senses.
        nodes[wild].change { $0.head = 101 }
        for _ in 0..<3 { await pool.probe() }
        nodes[1 - wild].change { $0.head = 102 }
        await pool.probe()
        #expect(try await pool.blockHeader(.latestSealed).value.height == 102)
    }

    @Test func `of three nodes the two that agree are believed, and the third is named`() async throws {
        let nodes = [TestNode(), TestNode(.init(chain: 1)), TestNode()]
        let pool = pool(nodes)
        let told = try await pool.crossCheck(90)
        #expect(told.header.id == .test(90) && told.nodes == ["node 0", "node 2"])
        let two = self.pool(Array(nodes[..<2]))
        let error = await #expect(throws: AccessError.self) { try await two.crossCheck(90) }
        #expect(error?.code == .dataLoss)
    }

    @Test func `a quarrel ends when one of the two is gone`() async throws {
        let nodes = [TestNode(), TestNode(.init(chain: 1))]
        let pool = pool(nodes)
        await pool.probe()
        await pool.compareHeads()
        let quarrel = await #expect(throws: AccessError.self) { try await pool.blockHeader(.latestSealed) }
        #expect(quarrel?.code == .dataLoss)
        nodes[1].change { $0.down = AccessError(.unavailable, "gone") }
        for _ in 0..<4 { await pool.probe() }
        await pool.compareHeads()
        #expect(try await pool.blockHeader(.latestSealed).value.id == .test(100))
    }

    @Test func `heads are as far apart as the time between their blocks allows`() {
        func head(_ height: UInt64, _ seconds: Int64) -> ShownHead {
            ShownHead(height: BlockHeight(height), time: Timestamp(seconds: seconds))
        }
        // One node has stood still for a day, at some block a second.
        #expect(!head(1_000_000 + 110_000, 1_800_086_400).isBeyond(head(1_000_000, 1_800_000_000)))
        #expect(head(9_000_000, 1_800_086_400).isBeyond(head(1_000_000, 1_800_000_000)))
        #expect(head(9_000_000, 1_800_000_001).isBeyond(head(1_000_000, 1_800_000_000)))
        #expect(!head(1_900, 1_800_000_000).isBeyond(head(1_000, 1_800_000_009)))
        #expect(!head(1, 0).isBeyond(head(2, 0)))
    }

    @Test func `a history that does not hang together is said, and ends nobody`() async throws {
        let heights = [HeightRange(first: 0, last: 49), HeightRange(first: 50)]
        let torn = pool([TestNode(), TestNode(.init(chain: 1))], heights: heights)
        let error = await #expect(throws: AccessError.self) { try await torn.checkBoundaries() }
        #expect(error?.code == .dataLoss)
        #expect(error?.message.contains("block 50 has parent") == true)
        // Unknown is not torn.
        try await pool([TestNode(.init(down: gone)), TestNode()], heights: heights).checkBoundaries()
    }
}

/// Streams that count their messages, over connections that each count from 0.
@Suite(.timeLimit(.minutes(1)))
struct EventStreamTests {
    private final class EventNode: UnimplementedAccess, @unchecked Sendable {
        /// Height and index of each message, connection after connection; each ends in an error, the last one never.
        let connections: Mutex<[[(UInt64, UInt64)]]>
        let opened = Mutex<[StreamStart]>([])
        init(_ connections: [[(UInt64, UInt64)]]) { self.connections = Mutex(connections) }

        override func subscribeEvents(
            from start: StreamStart, filter: EventFilter, heartbeat: UInt64, encoding: EventEncoding
        ) -> AccessStream<EventsMessage> {
            AccessStream { [self] in
                opened.withLock { $0.append(start) }
                let (steps, isLast) = connections.withLock { ($0.removeFirst(), $0.isEmpty) }
                let at = Mutex(0)
                return {
                    let now = at.withLock { at in
                        defer { at += 1 }
                        return at
                    }
                    guard now < steps.count else {
                        if isLast { try await HoldGate().wait() }
                        throw AccessError(.unavailable, "restarting")
                    }
                    var message = EventsMessage()
                    (message.blockHeight, message.messageIndex) = (BlockHeight(steps[now].0), steps[now].1)
                    message.blockID = .test(steps[now].0)
                    return message
                }
            }
        }
    }

    @Test func `messages are numbered through, and what a connection lost is asked for again`() async throws {
        let node = EventNode([
            [(10, 0), (12, 1)], [(12, 0), (15, 1), (16, 3)], [(15, 2)], [(15, 0), (16, 1), (16, 2), (18, 3)],
        ])
        var policy = NodePool.Policy()
        policy.firstPause = .milliseconds(1)
        policy.longestPause = .milliseconds(2)
        let pool = NodePool([.init(name: "node", api: node, budgets: .unlimited)], policy: policy)
        var seen: [(UInt64, UInt64)] = []
        let stream = pool.subscribeEvents(
            from: .height(10), filter: EventFilter(eventTypes: ["flow.AccountCreated"]), heartbeat: 0, encoding: .ccf)
        for try await message in stream {
            seen.append((message.blockHeight.rawValue, message.messageIndex))
            if seen.count == 5 { break }
        }
        #expect(seen.map(\.0) == [10, 12, 15, 16, 18])
        #expect(seen.map(\.1) == [0, 1, 2, 3, 4])
        #expect(node.opened.withLock { $0 } == [.height(10), .height(12), .height(15), .height(15)])
    }
}
