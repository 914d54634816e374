/// Who goes first where several have something ready: the most urgent, and of equally urgent ones each in turn. Plain values;
/// what was served is kept by the caller.
package enum FairShares {
    /// Items of several tenants as one list: by priority, and one of each tenant after another within it. The order of each
    /// tenant's own items is kept.
    package static func interleave<Item>(_ tenants: [[(priority: Int16, item: Item)]]) -> [Item] {
        var merged: [Item] = []
        var places = tenants.map(\.startIndex)
        while true {
            let heads = tenants.indices.filter { places[$0] < tenants[$0].endIndex }
            guard let urgent = heads.map({ tenants[$0][places[$0]].priority }).max() else { return merged }
            for tenant in heads where tenants[tenant][places[tenant]].priority == urgent {
                merged.append(tenants[tenant][places[tenant]].item)
                places[tenant] += 1
            }
        }
    }

    /// Which kind each lane goes to: the most urgent kinds first, and of equally urgent ones each in turn, beginning with the
    /// one that was served longest ago.
    /// - Parameters:
    ///   - kinds: what is ready: how urgent, and for how many lanes.
    ///   - turns: when each was served last; a kind that never was is not in it.
    package static func lanes<Kind: Hashable>(
        _ count: Int, among kinds: [(kind: Kind, priority: Int16, wanted: Int)], turns: [Kind: UInt64]
    ) -> [Kind] {
        var served: [Kind] = []
        var left = Dictionary(kinds.map { ($0.kind, $0.wanted) }) { $1 }
        for priority in Set(kinds.map(\.priority)).sorted(by: >) {
            let group = kinds.enumerated().filter { $0.element.priority == priority }.sorted { a, b in
                (turns[a.element.kind] ?? 0, a.offset) < (turns[b.element.kind] ?? 0, b.offset)
            }.map(\.element.kind)
            while served.count < count {
                let before = served.count
                for kind in group where left[kind, default: 0] > 0 && served.count < count {
                    served.append(kind)
                    left[kind, default: 0] -= 1
                }
                if served.count == before { break }
            }
        }
        return served
    }
}
