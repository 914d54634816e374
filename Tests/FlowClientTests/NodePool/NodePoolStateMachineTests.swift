import Testing

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
        machine.answered(0, .other, after: .milliseconds(100))
        machine.answered(1, .other, after: .milliseconds(10))
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
        machine.answered(1, .other, after: .seconds(3))
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
                machine.answered(home, .send, after: .seconds(again))
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
        machine.answered(0, .other, after: .milliseconds(1))
        machine.answered(1, .other, after: .milliseconds(900))
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
        #expect(machine.nodes[0].buckets[.events]!.share == 0.5)
        #expect(machine.nodes[0].buckets[.other]!.share == 1)
        for _ in 0..<100 { machine.answered(0, .events, after: .zero) }
        #expect(machine.nodes[0].buckets[.events]!.share == 1)
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
