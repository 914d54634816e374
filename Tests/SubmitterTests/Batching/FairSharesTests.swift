import Submitter
import TestSupport
import Testing

@Suite struct FairSharesTests {
    @Test func `tenants take turns, the urgent first, and each keeps its order`() {
        let a = (0..<5).map { (priority: Int16(0), item: "a\($0)") }
        let b = [(priority: Int16(0), item: "b0"), (priority: 0, item: "b1")]
        let c = [(priority: Int16(9), item: "c0"), (priority: 0, item: "c1")]
        #expect(FairShares.interleave([a, b, c]) == ["c0", "a0", "b0", "c1", "a1", "b1", "a2", "a3", "a4"])
        #expect(FairShares.interleave([] as [[(priority: Int16, item: Int)]]).isEmpty)
    }

    @Test func `whatever is ready, nothing is lost and nobody gets more than one ahead of an equal`() {
        var random = SplitMix(state: 7)
        for _ in 0..<200 {
            var tenants: [[(priority: Int16, item: Int)]] = []
            for tenant in 0..<Int.random(in: 1...5, using: &random) {
                let count = Int.random(in: 0...20, using: &random)
                tenants.append((0..<count).map { _ in (priority: 0, item: tenant) })
            }
            let merged: [Int] = FairShares.interleave(tenants)
            #expect(merged.count == tenants.reduce(0) { $0 + $1.count })
            var counts = [Int](repeating: 0, count: tenants.count)
            for tenant in merged {
                counts[tenant] += 1
                let waiting = tenants.indices.filter { counts[$0] < tenants[$0].count }.map { counts[$0] }.min()
                #expect(counts[tenant] <= (waiting ?? .max - 1) + 1)
            }
        }
    }

    @Test func `lanes go round, also one at a time`() {
        let kinds: [(kind: String, priority: Int16, wanted: Int)] = [
            ("drops", 0, 100), ("brands", 0, 1), ("mints", 0, 3),
        ]
        #expect(
            FairShares.lanes(6, among: kinds, turns: [:]) == ["drops", "brands", "mints", "drops", "mints", "drops"])
        var turns: [String: UInt64] = [:]
        var served: [String] = []
        for turn in 1...6 as ClosedRange<UInt64> {
            let next = FairShares.lanes(1, among: kinds, turns: turns)
            served += next
            for kind in next { turns[kind] = turn }
        }
        #expect(served == ["drops", "brands", "mints", "drops", "brands", "mints"])
        let urgent = kinds + [("claims", 5, 2)]
        #expect(FairShares.lanes(3, among: urgent, turns: ["drops": 9]) == ["claims", "claims", "brands"])
        #expect(FairShares.lanes(0, among: kinds, turns: [:]).isEmpty)
    }
}
