import Synchronization

/// How values are spread. Kept fine (two significant digits), scraped coarse (1, 2, 5 of each decade).
public final class Histogram: MetricSeries {
    private struct State {
        var counts: [UInt64]
        var count: UInt64 = 0
        var sum = 0.0
    }

    private let buckets: LogLinearBuckets
    private let state: Mutex<State>

    init(range: ClosedRange<Double>) {
        buckets = LogLinearBuckets(range)
        state = Mutex(State(counts: Array(repeating: 0, count: buckets.count)))
    }

    /// A value that is not a number is ignored: it would spoil the sum for good.
    public func observe(_ value: Double) {
        guard !value.isNaN else { return }
        let index = buckets.index(of: value)
        state.withLock {
            $0.counts[index] += 1
            $0.count += 1
            $0.sum += value
        }
    }

    /// In seconds.
    public func observe(_ duration: Duration) { observe(duration.seconds) }

    public var count: UInt64 { state.withLock { $0.count } }
    public var sum: Double { state.withLock { $0.sum } }

    /// The upper bound of the bucket in which the quantile lies: at most ten per cent too high. Nil where nothing was
    /// observed.
    public func quantile(_ quantile: Double) -> Double? {
        precondition((0...1).contains(quantile))
        let state = state.withLock { $0 }
        guard state.count > 0 else { return nil }
        let rank = max(1, UInt64((Double(state.count) * quantile).rounded(.up)))
        var seen: UInt64 = 0
        for (index, count) in state.counts.enumerated() {
            seen += count
            if seen >= rank { return buckets.bound(index) }
        }
        return .infinity
    }

    func write(_ name: String, _ labels: Metrics.Labels, to out: inout PrometheusText) {
        let state = state.withLock { $0 }
        var cumulative: UInt64 = 0
        var next = 0
        for shown in buckets.shown {
            while next <= shown {
                cumulative += state.counts[next]
                next += 1
            }
            let bound = PrometheusText.number(buckets.bound(shown))
            out.sample(name + "_bucket", labels.merging(["le": bound]) { $1 }, String(cumulative))
        }
        out.sample(name + "_bucket", labels.merging(["le": "+Inf"]) { $1 }, String(state.count))
        out.sample(name + "_sum", labels, PrometheusText.number(state.sum))
        out.sample(name + "_count", labels, String(state.count))
    }
}

extension Duration {
    /// As a floating-point number, for metrics and rates.
    public var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
