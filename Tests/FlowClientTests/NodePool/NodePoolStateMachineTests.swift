import Testing

@testable import Cadence
@testable import Encoding
@testable import FlowClient

@Suite struct NodePoolStateMachineTests {
    typealias Machine = NodePoolStateMachine

    private func machine(_ names: [String], heights: [HeightRange] = []) -> Machine {
        Machine(
            names.enumerated().map { ($1, $0 < heights.count ? heights[$0] : HeightRange(), .publicNodes) }, at: .zero)
    }
    private let read = Machine.Request(kind: .other, method: "GetBlock")

    private func node(_ choice: Machine.Choice) -> Int? {
        if case .node(let node, _) = choice { node } else { nil }
    }

    @Test func `who answers soonest is asked`() {
        var machine = machine(["a", "b"])
        machine.answered(0, read, after: .milliseconds(100))
        machine.answered(1, read, after: .milliseconds(10))
        #expect(node(machine.choose(read, at: .zero)) == 1)
    }

    @Test func `calls spread over nodes when one's budget is spent`() {
        var machine = machine(["a", "b"])
        let script = Machine.Request(kind: .script, method: "ExecuteScript")
        var counts = [0, 0]
        for _ in 0..<10 {
            guard case .node(let node, let delay) = machine.choose(script, at: .zero) else { continue }
            #expect(delay == .zero)
            counts[node] += 1
        }
        #expect(counts == [5, 5])
        guard case .node(_, let delay) = machine.choose(script, at: .zero) else { return #expect(Bool(false)) }
        #expect(delay > .zero)
        // Other kinds have budgets of their own.
        #expect(machine.choose(read, at: .zero) == .node(0, after: .zero))
    }

    @Test func `a node that is down is left out until its time is over, then tried by one call`() {
        var machine = machine(["a", "b"])
        for _ in 0..<3 { _ = machine.failed(0, read, AccessError(.unavailable, "gone"), after: .zero, at: .zero) }
        machine.answered(1, read, after: .seconds(3))
        #expect(node(machine.choose(read, at: .zero)) == 1)
        #expect(machine.choose(read, excluding: [1], at: .zero) == .allDown(for: .seconds(1)))
        #expect(node(machine.choose(read, excluding: [1], at: .seconds(1))) == 0)
        guard case .allDown = machine.choose(read, excluding: [1], at: .seconds(1)) else { return #expect(Bool(false)) }
    }

    @Test func `history goes to the nodes that have it`() {
        var machine = machine(["old", "new"], heights: [HeightRange(first: 0, last: 99), HeightRange(first: 100)])
        func request(_ height: BlockHeight?) -> Machine.Request {
            .init(kind: .other, method: "GetBlock", height: height)
        }
        #expect(node(machine.choose(request(99), at: .zero)) == 0)
        #expect(node(machine.choose(request(100), at: .zero)) == 1)
        #expect(node(machine.choose(request(nil), at: .zero)) == 1)
        #expect(machine.choose(request(nil), excluding: [1], at: .zero) == .allDown(for: .milliseconds(100)))
        let byID = Machine.Request(kind: .other, method: "GetBlock", isByID: true)
        #expect(node(machine.choose(byID, at: .zero)) == 1)
        #expect(node(machine.choose(byID, excluding: [1], at: .zero)) == 0)
        machine.learnedHeights(from: 150, of: 1)
        #expect(machine.choose(request(120), at: .zero) == .nobody("no node serves height 120"))
    }

    @Test func `a key stays with its node while that is well, keys spread, and come back`() {
        var machine = machine(["a", "b", "c"])
        var homes: [String: Int] = [:]
        for key in 0..<60 {
            let request = Machine.Request(kind: .send, method: "SendTransaction", affinity: "slot/\(key)")
            let home = node(machine.choose(request, at: .seconds(key)))!
            homes["slot/\(key)"] = home
            for again in 0..<3 {
                machine.answered(home, request, after: .seconds(again))
                #expect(node(machine.choose(request, at: .seconds(key))) == home)
            }
        }
        #expect(Set(homes.values) == [0, 1, 2])
        for _ in 0..<3 {
            _ = machine.failed(0, read, AccessError(.unavailable, "gone"), after: .zero, at: .seconds(100))
        }
        for (key, home) in homes {
            let request = Machine.Request(kind: .other, method: "GetTransactionResult", isByID: true, affinity: key)
            let now = node(machine.choose(request, at: .seconds(100)))
            #expect(home == 0 ? now != 0 : now == home)
        }
    }

    @Test func `a node that lags is asked for the latest last, and not for what it cannot have`() {
        var machine = machine(["quick but behind", "slow"])
        machine.sawHead(100, of: 0)
        machine.sawHead(200, of: 1)
        machine.answered(0, read, after: .milliseconds(1))
        machine.answered(1, read, after: .milliseconds(900))
        #expect(node(machine.choose(read, at: .zero)) == 1)
        #expect(node(machine.choose(.init(kind: .other, method: "GetBlock", height: 150), at: .zero)) == 1)
        #expect(node(machine.choose(.init(kind: .other, method: "GetBlock", height: 90), at: .zero)) == 0)
        #expect(node(machine.choose(read, excluding: [1], at: .zero)) == 0)
    }

    @Test func `what a node does not offer is not asked of it again`() {
        var machine = machine(["a", "b"])
        let stream = Machine.Request(kind: .other, method: "SubscribeEvents")
        #expect(
            machine.failed(0, stream, AccessError(.unimplemented, "no"), after: .zero, at: .zero).reaction == .again)
        for _ in 0..<5 { #expect(node(machine.choose(stream, at: .zero)) == 1) }
        #expect(node(machine.choose(read, at: .zero)) == 0)
        _ = machine.failed(1, stream, AccessError(.unimplemented, "no"), after: .zero, at: .zero)
        #expect(machine.choose(stream, at: .zero) == .nobody("no node offers SubscribeEvents"))
    }

    @Test func `a node without CCF is asked for JSON-CDC still`() {
        var machine = machine(["a"])
        var request = Machine.Request(kind: .other, method: "GetTransactionResultsByBlockID", encoding: .ccf)
        _ = machine.failed(0, request, AccessError(.unimplemented, "no"), after: .zero, at: .zero)
        #expect(machine.choose(request, at: .zero) == .nobody("no node offers GetTransactionResultsByBlockID in CCF"))
        request.encoding = .jsonCDC
        #expect(node(machine.choose(request, at: .zero)) == 0)
        _ = machine.failed(0, request, AccessError(.unimplemented, "no"), after: .zero, at: .zero)
        #expect(machine.choose(request, at: .zero) == .nobody("no node offers GetTransactionResultsByBlockID"))
    }

    @Test func `a block of known height is asked about where its height is served, and nowhere else`() {
        var machine = machine(["old", "new"], heights: [HeightRange(first: 0, last: 99), HeightRange(first: 100)])
        var request = Machine.Request(kind: .other, method: "GetTransactionResultsByBlockID", height: 99, isByID: true)
        machine.sawHead(90, of: 1)
        #expect(machine.able(request) == [0])
        request.height = 100
        #expect(machine.able(request) == [1])
        // Above the highest head that was shown: another one may still know the block.
        #expect(
            machine.failed(1, request, AccessError(.notFound, "x"), after: .zero, at: .zero).reaction == .otherNodes)
    }

    @Test func `each kind of error has its consequence`() {
        func reaction(_ error: AccessError, _ request: Machine.Request? = nil) -> (Machine.Reaction, failures: Int) {
            var machine = machine(["a", "b"])
            machine.sawHead(100, of: 1)
            let reaction = machine.failed(0, request ?? read, error, after: .zero, at: .zero).reaction
            return (reaction, machine.nodes[0].health.consecutiveFailures)
        }
        for code in [
            AccessError.Code.unavailable, .deadlineExceeded, .internal, .unknown, .aborted, .dataLoss, .unauthenticated,
        ] {
            #expect(reaction(AccessError(code, "x")) == (.again, 1), "\(code)")
        }
        #expect(reaction(AccessError(.invalidArgument, "bad id")) == (.surface, 0))
        #expect(reaction(AccessError(.internal, "transaction is missing required fields")) == (.surface, 0))
        #expect(reaction(AccessError(.invalidArgument, "unknown reference block")) == (.again, 0))
        #expect(reaction(AccessError(.resourceExhausted, "slow down")) == (.again, 0))
        #expect(reaction(AccessError(.resourceExhausted, "received message larger than max")) == (.surface, 0))
        // Below the best head another node has it; above nobody has.
        let below = Machine.Request(kind: .other, method: "GetBlock", height: 90)
        let above = Machine.Request(kind: .other, method: "GetBlock", height: 110)
        #expect(reaction(AccessError(.notFound, "x"), below) == (.otherNodes, 0))
        #expect(reaction(AccessError(.notFound, "x"), above) == (.surface, 0))
        #expect(
            reaction(AccessError(.notFound, "x"), .init(kind: .other, method: "GetBlock", isByID: true)) == (
                .otherNodes, 0
            ))
    }

    @Test func `too much slows that kind of request at that node, and answers speed it up again`() {
        var machine = machine(["a"])
        let events = Machine.Request(kind: .events, method: "GetEvents")
        _ = machine.failed(0, events, AccessError(.resourceExhausted, "slow down"), after: .zero, at: .zero)
        #expect(machine.nodes[0].buckets[.events, "GetEvents"].share == 0.5)
        #expect(machine.nodes[0].buckets[.other, "GetBlock"].share == 1)
        for _ in 0..<100 { machine.answered(0, events, after: .zero) }
        #expect(machine.nodes[0].buckets[.events, "GetEvents"].share == 1)
    }

    @Test func `a method that has a budget is counted by itself, and slowed by itself`() {
        var budgets = RequestBudgets.publicNodes
        budgets.methods["GetAccount"] = RequestBudget(perSecond: 2)
        var machine = Machine([("a", HeightRange(), budgets)], at: .zero)
        let account = Machine.Request(kind: .other, method: "GetAccount")
        for _ in 0..<2 { #expect(machine.choose(account, at: .zero) == .node(0, after: .zero)) }
        #expect(machine.choose(account, at: .zero) == .node(0, after: .milliseconds(500)))
        machine.gaveUp(0, account, at: .zero)
        #expect(machine.choose(account, at: .zero) == .node(0, after: .milliseconds(500)))
        for _ in 0..<100 { #expect(machine.choose(read, at: .zero) == .node(0, after: .zero)) }
        guard case .node(_, let delay) = machine.choose(read, at: .zero) else { return #expect(Bool(false)) }
        #expect(delay > .zero && delay < .milliseconds(500))
        _ = machine.failed(0, account, AccessError(.resourceExhausted, "slow down"), after: .zero, at: .zero)
        #expect(machine.nodes[0].buckets.methods["GetAccount"]?.share == 0.5)
        #expect(machine.nodes[0].buckets.kinds[.other]?.share == 1)
        machine.answered(0, account, after: .zero)
        #expect(machine.nodes[0].buckets.methods["GetAccount"]?.share == 0.5 + 1.0 / 64)
    }

    @Test func `a policy says when a node is down, for how long, and how far it is slowed`() {
        var policy = NodePool.Policy()
        (policy.failuresUntilDown, policy.longestDown, policy.leastShare) = (1, .milliseconds(300), 0.5)
        var machine = Machine([("a", HeightRange(), .publicNodes)], policy: policy, at: .zero)
        for _ in 0..<5 {
            _ = machine.failed(0, read, AccessError(.resourceExhausted, "slow down"), after: .zero, at: .zero)
        }
        #expect(machine.nodes[0].buckets.kinds[.other]?.share == 0.5)
        #expect(machine.failed(0, read, AccessError(.unavailable, "gone"), after: .zero, at: .zero).wentDown)
        #expect(machine.choose(read, at: .zero) == .allDown(for: .milliseconds(300)))
        #expect(node(machine.choose(read, at: .milliseconds(300))) == 0)
        _ = machine.failed(0, read, AccessError(.unavailable, "gone"), after: .zero, at: .milliseconds(300))
        #expect(machine.choose(read, at: .milliseconds(300)) == .allDown(for: .milliseconds(300)))
        machine.answered(0, read, after: .zero)
        #expect(machine.nodes[0].health.state == .up)
    }

    @Test func `"not found" and a refusal are answers: they speed up again, too`() {
        let codes: [AccessError.Code] = [.notFound, .outOfRange, .failedPrecondition, .invalidArgument]
        for code in codes {
            var machine = machine(["a"])
            _ = machine.failed(0, read, AccessError(.resourceExhausted, "slow down"), after: .zero, at: .zero)
            _ = machine.failed(0, read, AccessError(code, "no such thing"), after: .zero, at: .zero)
            #expect(machine.nodes[0].buckets[.other, "GetBlock"].share == 0.5 + 1.0 / 64, "\(code)")
        }
    }

    @Test func `a hedge goes to another node that is well and has a token`() {
        var machine = machine(["a", "b", "c"])
        #expect(machine.chooseHedge(read, besides: 0, excluding: [1], at: .zero) == 2)
        for _ in 0..<3 { _ = machine.failed(2, read, AccessError(.unavailable, "gone"), after: .zero, at: .zero) }
        #expect(machine.chooseHedge(read, besides: 0, excluding: [1], at: .zero) == nil)
        for _ in 0..<100 { _ = machine.chooseHedge(read, besides: 0, excluding: [], at: .zero) }
        #expect(machine.chooseHedge(read, besides: 0, excluding: [], at: .zero) == nil)
    }
}
