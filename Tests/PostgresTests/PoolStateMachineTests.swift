import TestSupport
import Testing

@testable import Postgres

@Suite struct PoolStateMachineTests {
    typealias Machine = PoolStateMachine<Int>

    private func machine(_ maximum: Int) -> Machine { Machine(maximum: maximum) }

    @Test func `the first caller gets a connection made for it, the next the same one again`() {
        var pool = machine(2)
        #expect(pool.acquire(1, deadline: 9) == [.connect(1)])
        #expect(pool.connected(1, now: 0) == [.lease(1, 1)])
        #expect(pool.release(1, isReusable: true, now: 1) == [])
        #expect(pool.acquire(2, deadline: 9) == [.lease(1, 2)])
        #expect(pool.open == 1 && pool.leased == 1)
    }

    @Test func `no more connections are opened than allowed, and waiters are served in order`() {
        var pool = machine(2)
        _ = pool.acquire(1, deadline: 9)
        _ = pool.acquire(2, deadline: 9)
        #expect(pool.acquire(3, deadline: 9) == [])
        #expect(pool.acquire(4, deadline: 9) == [])
        // Whichever connection is ready first goes to whoever came first.
        #expect(pool.connected(2, now: 0) == [.lease(2, 1)])
        #expect(pool.connected(1, now: 0) == [.lease(1, 2)])
        #expect(pool.release(1, isReusable: true, now: 1) == [.lease(1, 3)])
        #expect(pool.release(2, isReusable: true, now: 1) == [.lease(2, 4)])
    }

    @Test func `a newcomer does not overtake`() {
        var pool = machine(1)
        _ = pool.acquire(1, deadline: 9)
        _ = pool.connected(1, now: 0)
        _ = pool.acquire(2, deadline: 9)
        _ = pool.acquire(3, deadline: 9)
        #expect(pool.release(1, isReusable: true, now: 0) == [.lease(1, 2)])
        #expect(pool.acquire(4, deadline: 9) == [])
        #expect(pool.release(1, isReusable: true, now: 0) == [.lease(1, 3)])
    }

    @Test func `a connection made for a waiter who left is kept for the next`() {
        var pool = machine(1)
        _ = pool.acquire(1, deadline: 9)
        #expect(pool.cancel(1) == [.fail(1, .cancelled)])
        #expect(pool.cancel(1) == [])
        #expect(pool.connected(1, now: 0) == [])
        #expect(pool.acquire(2, deadline: 9) == [.lease(1, 2)])
    }

    @Test func `a failed attempt fails the first waiter, and the next one gets its own attempt`() {
        var pool = machine(1)
        _ = pool.acquire(1, deadline: 9)
        _ = pool.acquire(2, deadline: 9)
        #expect(pool.connectFailed(1, serverIsFull: false) == [.fail(1, .connectFailed), .connect(2)])
        #expect(pool.connected(2, now: 0) == [.lease(2, 2)])
    }

    @Test func `a full server fails nobody while a busy connection can come back`() {
        var pool = machine(3)
        _ = pool.acquire(1, deadline: 9)
        _ = pool.connected(1, now: 0)
        #expect(pool.acquire(2, deadline: 9) == [.connect(2)])
        #expect(pool.connectFailed(2, serverIsFull: true) == [])
        #expect(pool.release(1, isReusable: true, now: 0) == [.lease(1, 2)])
        _ = pool.release(1, isReusable: false, now: 0)
        #expect(pool.acquire(3, deadline: 9) == [.connect(3)])
        #expect(pool.connectFailed(3, serverIsFull: true) == [.fail(3, .connectFailed)])
    }

    @Test func `what comes back unusable is closed, and replaced for who waits`() {
        var pool = machine(1)
        _ = pool.acquire(1, deadline: 9)
        _ = pool.connected(1, now: 0)
        _ = pool.acquire(2, deadline: 9)
        #expect(pool.release(1, isReusable: false, now: 0) == [.close(1), .connect(2)])
        #expect(pool.connected(2, now: 0) == [.lease(2, 2)])
    }

    @Test func `a lost idle connection goes, a lost leased one at the end of its lease`() {
        var pool = machine(2)
        _ = pool.acquire(1, deadline: 9)
        _ = pool.connected(1, now: 0)
        #expect(pool.lost(1) == [])
        #expect(pool.release(1, isReusable: false, now: 0) == [.close(1)])
        _ = pool.acquire(2, deadline: 9)
        _ = pool.connected(2, now: 0)
        _ = pool.release(2, isReusable: true, now: 0)
        #expect(pool.lost(2) == [.close(2)])
        #expect(pool.lost(2) == [])
        #expect(pool.open == 0)
    }

    @Test func `time fails who waited too long and closes what nobody used`() {
        var pool = machine(1)
        _ = pool.acquire(1, deadline: 5)
        _ = pool.acquire(2, deadline: 7)
        #expect(pool.tick(now: 4, idleBefore: 0) == [])
        #expect(pool.tick(now: 5, idleBefore: 0) == [.fail(1, .tooLate)])
        #expect(pool.connected(1, now: 6) == [.lease(1, 2)])
        _ = pool.release(1, isReusable: true, now: 8)
        #expect(pool.tick(now: 20, idleBefore: 7) == [])
        #expect(pool.tick(now: 20, idleBefore: 8) == [.close(1)])
        #expect(pool.open == 0)
    }

    @Test func `closing fails who waits, closes what is idle, and finishes with the last`() {
        var pool = machine(3)
        _ = pool.acquire(1, deadline: 9)
        _ = pool.acquire(2, deadline: 9)
        _ = pool.connected(1, now: 0)
        _ = pool.connected(2, now: 0)
        _ = pool.release(2, isReusable: true, now: 0)
        _ = pool.acquire(3, deadline: 9)
        _ = pool.acquire(4, deadline: 9)
        #expect(pool.close() == [.fail(4, .closed)])
        #expect(pool.close() == [])
        #expect(pool.acquire(5, deadline: 9) == [.fail(5, .closed)])
        #expect(pool.connected(3, now: 0) == [.close(3)])
        #expect(pool.release(2, isReusable: true, now: 0) == [.close(2)])
        #expect(pool.release(1, isReusable: true, now: 0) == [.close(1), .finished])
    }

    @Test func `closing an empty pool finishes at once`() {
        var pool = machine(1)
        #expect(pool.close() == [.finished])
    }

    /// Random events against a plain model: no waiter is lost or served twice, no connection is lent twice, the bound holds,
    /// and nobody waits beside a free connection.
    @Test(arguments: 0..<20)
    func `whatever happens in whatever order, the books balance`(_ seed: UInt64) {
        var random = SplitMix(state: seed)
        var pool = machine(Int.random(in: 1...4, using: &random))
        let maximum = 4
        var waiting: [Int] = []
        var lentTo: [Int: Int] = [:]
        var connecting: Set<Int> = []
        var living: Set<Int> = []
        var served: Set<Int> = []
        var last = 0

        func apply(_ actions: [Machine.Action]) {
            for action in actions {
                switch action {
                case .connect(let id):
                    #expect(!living.contains(id) && connecting.insert(id).inserted)
                case .lease(let id, let waiter):
                    #expect(waiting.first == waiter, "served in order")
                    waiting.removeAll { $0 == waiter }
                    #expect(served.insert(waiter).inserted)
                    #expect(living.contains(id))
                    #expect(lentTo.updateValue(waiter, forKey: id) == nil, "lent twice")
                case .fail(let waiter, _):
                    #expect(waiting.contains(waiter))
                    waiting.removeAll { $0 == waiter }
                case .close(let id):
                    #expect(living.remove(id) != nil)
                case .finished: #expect(living.isEmpty && connecting.isEmpty)
                }
            }
        }

        for step in 0..<2000 {
            switch Int.random(in: 0..<9, using: &random) {
            case 0, 1, 2:
                last += 1
                waiting.append(last)
                apply(pool.acquire(last, deadline: step + Int.random(in: 1..<200, using: &random)))
            case 3, 4:
                guard let id = connecting.randomElement(using: &random) else { continue }
                connecting.remove(id)
                if Bool.random(using: &random) {
                    living.insert(id)
                    apply(pool.connected(id, now: step))
                } else {
                    apply(pool.connectFailed(id, serverIsFull: Bool.random(using: &random)))
                }
            case 5, 6:
                guard let id = lentTo.keys.sorted().randomElement(using: &random) else { continue }
                lentTo[id] = nil
                apply(pool.release(id, isReusable: Int.random(in: 0..<4, using: &random) > 0, now: step))
            case 7:
                if let id = living.sorted().randomElement(using: &random) { apply(pool.lost(id)) }
                if let waiter = waiting.randomElement(using: &random) { apply(pool.cancel(waiter)) }
            default:
                apply(pool.tick(now: step, idleBefore: step - 100))
            }
            #expect(living.count + connecting.count <= maximum)
            #expect(pool.waiting == waiting.count && pool.leased == lentTo.count)
            #expect(waiting.isEmpty || pool.idleCount == 0, "somebody waits beside a free connection")
        }
        apply(pool.close())
        for id in lentTo.keys.sorted() { apply(pool.release(id, isReusable: true, now: 0)) }
        while let id = connecting.popFirst() { apply(pool.connectFailed(id, serverIsFull: false)) }
        #expect(living.isEmpty && waiting.isEmpty && pool.open == 0)
    }
}
