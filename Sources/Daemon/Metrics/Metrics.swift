import Synchronization

/// The numbers of one process, by name and labels. Asking twice for the same series gives the same object, so whoever
/// counts asks once and keeps it. One name has one kind and one meaning; a second definition is our bug and traps.
public final class Metrics: Sendable {
    public typealias Labels = [String: String]

    /// A label that takes its values from outside could grow without end. Past this many series of one name, further
    /// ones are counted together under the label overflow="true".
    public static let maximumSeriesPerName = 2000

    private let families = Mutex<[String: Family]>([:])

    public init() {}

    /// Only grows. By custom the name ends in `_total`.
    public func counter(_ name: String, help: String, labels: Labels = [:]) -> Counter {
        series(name, help, labels, kind: "counter") { Counter() }
    }

    public func gauge(_ name: String, help: String, labels: Labels = [:]) -> Gauge {
        series(name, help, labels, kind: "gauge") { Gauge() }
    }

    /// A gauge that is asked when it is read.
    public func gauge(_ name: String, help: String, labels: Labels = [:], read: @escaping @Sendable () -> Double) {
        _ = series(name, help, labels, kind: "gauge") { ReadGauge(read: read) }
    }

    /// - Parameter range: the values worth telling apart, as powers of ten: seconds by default, from a microsecond to a
    ///   thousand seconds.
    public func histogram(
        _ name: String, help: String, labels: Labels = [:], range: ClosedRange<Double> = 1e-6...1e3
    ) -> Histogram {
        series(name, help, labels, kind: "histogram") { Histogram(range: range) }
    }

    private func series<Series: MetricSeries>(
        _ name: String, _ help: String, _ labels: Labels, kind: String, make: () -> Series
    ) -> Series {
        precondition(PrometheusText.isName(name), "not a metric name: \(name)")
        precondition(labels.keys.allSatisfy(PrometheusText.isLabel), "not a label name among \(labels.keys)")
        return families.withLock { families in
            var family = families[name] ?? Family(kind: kind, help: help)
            precondition(family.kind == kind, "\(name) is a \(family.kind), not a \(kind)")
            let isFull = family.series[labels] == nil && family.series.count >= Self.maximumSeriesPerName
            let key = isFull ? ["overflow": "true"] : labels
            let found = family.series[key] ?? make()
            guard let typed = found as? Series else { preconditionFailure("\(name) is defined twice") }
            family.series[key] = typed
            families[name] = family
            return typed
        }
    }

    /// All of it in Prometheus' text format 0.0.4, sorted by name and labels. Serve it as `Metrics.contentType`.
    public func prometheusText() -> String {
        let snapshot = families.withLock { $0 }
        var out = PrometheusText()
        for (name, family) in snapshot.sorted(by: { $0.key < $1.key }) {
            out.header(name, kind: family.kind, help: family.help)
            let lines = family.series.map { (PrometheusText.labels($0.key), $0) }
            for (_, (labels, series)) in lines.sorted(by: { $0.0 < $1.0 }) {
                series.write(name, labels, to: &out)
            }
        }
        return out.text
    }

    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private struct Family {
        var kind: String
        var help: String
        var series: [Labels: any MetricSeries] = [:]
    }
}

/// One series: a name with one set of labels.
protocol MetricSeries: Sendable {
    func write(_ name: String, _ labels: Metrics.Labels, to out: inout PrometheusText)
}
