/// When the clocks of a place are set to what: the offset from UTC in force at any moment.
///
/// Moments are Unix seconds. What lies after the last transition of the table follows its footer (RFC 9636, 3.3).
public struct TimeZoneRules: Hashable, Sendable {
    public let name: String
    /// Ascending; from `transitions[n]` on, `offsets[n + 1]` seconds are added to UTC. `offsets[0]` holds before all.
    let transitions: [Int]
    let offsets: [Int]
    let footer: PosixTimeZone?

    public static let utc = TimeZoneRules(name: "UTC", transitions: [], offsets: [0], footer: nil)

    init(name: String, transitions: [Int], offsets: [Int], footer: PosixTimeZone?) {
        self.name = name
        self.transitions = transitions
        self.offsets = offsets
        self.footer = footer
    }

    /// Seconds to add to UTC at that moment.
    public func offset(at moment: Int) -> Int {
        if let footer, transitions.isEmpty || moment >= transitions[transitions.count - 1] {
            return footer.offset(at: moment)
        }
        var (low, high) = (0, transitions.count)
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle] <= moment { low = middle + 1 } else { high = middle }
        }
        return offsets[low]
    }

    public func local(at moment: Int) -> CivilTime { CivilTime(seconds: moment + offset(at: moment)) }

    /// The moments at which the clock shows that time, in order: none where it is skipped, two where it comes twice.
    public func moments(of local: CivilTime) -> [Int] {
        offsetsAround(local).map { local.seconds - $0 }
            .filter { offset(at: $0) == local.seconds - $0 }.sorted()
    }

    /// The first of the moments. A time that is skipped is read with the offset before the gap (RFC 5545, 3.3.5).
    public func moment(of local: CivilTime) -> Int {
        if let first = moments(of: local).first { return first }
        return local.seconds - offset(at: local.seconds - (offsetsAround(local).max() ?? 0))
    }

    /// Where the clock skips that time: the moment at which it jumps over it.
    public func gap(over local: CivilTime) -> Int {
        let offsets = offsetsAround(local)
        guard let most = offsets.max(), let least = offsets.min() else { return moment(of: local) }
        var (low, high) = (local.seconds - most, local.seconds - least)
        let before = offset(at: low)
        while low + 1 < high {
            let middle = low + (high - low) / 2
            if offset(at: middle) == before { low = middle } else { high = middle }
        }
        return high
    }

    /// Every offset in force within what any clock is apart from UTC.
    private func offsetsAround(_ local: CivilTime) -> Set<Int> {
        if transitions.isEmpty, footer == nil { return [offsets[0]] }
        let ends = [offset(at: local.seconds - 93_600), offset(at: local.seconds + 93_600)]
        if ends[0] == ends[1], !hasTransition(within: local.seconds - 93_600..<local.seconds + 93_600) {
            return [ends[0]]
        }
        return Set(stride(from: -93_600, through: 93_600, by: 3600).map { offset(at: local.seconds + $0) })
    }

    private func hasTransition(within range: Range<Int>) -> Bool {
        guard let last = transitions.last, range.upperBound <= last else { return true }
        return transitions.contains { range.contains($0) }
    }
}
