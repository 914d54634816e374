import Synchronization

/// A number that only grows, from zero at the start of the process.
public final class Counter: MetricSeries {
    private let count = Atomic<UInt64>(0)

    public func increment(by amount: UInt64 = 1) { count.wrappingAdd(amount, ordering: .relaxed) }
    public var value: UInt64 { count.load(ordering: .relaxed) }

    func write(_ name: String, _ labels: Metrics.Labels, to out: inout PrometheusText) {
        out.sample(name, labels, String(value))
    }
}

/// A number that goes up and down.
public final class Gauge: MetricSeries {
    private let bits = Atomic<UInt64>(0)

    public var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }
    public func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }
    public func set(_ value: some BinaryInteger) { set(Double(value)) }

    public func add(_ amount: Double) {
        var seen = bits.load(ordering: .relaxed)
        while true {
            let next = (Double(bitPattern: seen) + amount).bitPattern
            let (exchanged, original) = bits.compareExchange(expected: seen, desired: next, ordering: .relaxed)
            if exchanged { return }
            seen = original
        }
    }

    func write(_ name: String, _ labels: Metrics.Labels, to out: inout PrometheusText) {
        out.sample(name, labels, PrometheusText.number(value))
    }
}

/// A gauge that is read when it is shown.
final class ReadGauge: MetricSeries {
    let read: @Sendable () -> Double
    init(read: @escaping @Sendable () -> Double) { self.read = read }

    func write(_ name: String, _ labels: Metrics.Labels, to out: inout PrometheusText) {
        out.sample(name, labels, PrometheusText.number(read()))
    }
}
