import Testing

@testable import Devnet

struct PersistentMapTests {
    /// Hashes that clash, so that every path of the trie is taken.
    struct Clashing: Hashable, Sendable {
        var value: Int
        var spread: Int
        func hash(into hasher: inout Hasher) { hasher.combine(value % spread) }
    }

    @Test(arguments: [1, 3, 50, 100_000])
    func `it holds what a dictionary holds, and copies keep what they held`(spread: Int) {
        var generator = SystemRandomNumberGenerator()
        var map = PersistentMap<Clashing, Int>()
        var truth: [Clashing: Int] = [:]
        var copies: [(PersistentMap<Clashing, Int>, [Clashing: Int])] = []
        for step in 0..<4000 {
            let key = Clashing(value: Int.random(in: 0..<400, using: &generator), spread: spread)
            let value: Int? = step % 3 == 0 ? nil : step
            map[key] = value
            truth[key] = value
            guard map[key] == value else {
                Issue.record("step \(step)")
                return
            }
            if step % 500 == 0 { copies.append((map, truth)) }
        }
        for (map, truth) in copies + [(map, truth)] {
            #expect(map.count == truth.count)
            #expect(Dictionary(uniqueKeysWithValues: map.entries.map { ($0.key, $0.value) }) == truth)
            #expect(truth.allSatisfy { map[$0.key] == $0.value })
        }
    }
}
