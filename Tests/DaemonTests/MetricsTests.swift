import TestSupport
import Testing

@testable import Daemon

struct MetricsTests {
    @Test func `the exposition is Prometheus text, sorted and escaped`() {
        let metrics = Metrics()
        metrics.counter("weir_b_total", help: "Back\\slash\nand newline.", labels: ["kind": "a\"b\\c\nd"]).increment(
            by: 3)
        metrics.counter("weir_b_total", help: "ignored", labels: ["kind": "a"]).increment()
        metrics.gauge("weir_a", help: "A gauge.").set(2.5)
        #expect(
            metrics.prometheusText() == """
                # HELP weir_a A gauge.
                # TYPE weir_a gauge
                weir_a 2.5
                # HELP weir_b_total Back\\\\slash\\nand newline.
                # TYPE weir_b_total counter
                weir_b_total{kind="a"} 1
                weir_b_total{kind="a\\"b\\\\c\\nd"} 3

                """)
    }

    @Test func `asking twice gives the same series, and gauges can be read when shown`() {
        let metrics = Metrics()
        metrics.counter("x_total", help: "", labels: ["a": "1"]).increment()
        metrics.counter("x_total", help: "", labels: ["a": "1"]).increment()
        metrics.gauge("y", help: "") { .infinity }
        #expect(metrics.counter("x_total", help: "", labels: ["a": "1"]).value == 2)
        #expect(metrics.prometheusText().contains("y +Inf\n"))
    }

    @Test func `labels from outside cannot grow without end`() {
        let metrics = Metrics()
        for number in 0..<(Metrics.maximumSeriesPerName + 500) {
            metrics.counter("x_total", help: "", labels: ["path": "\(number)"]).increment()
        }
        #expect(metrics.counter("x_total", help: "", labels: ["overflow": "true"]).value == 500)
    }

    @Test func `counters and gauges lose nothing under concurrency`() async {
        let metrics = Metrics()
        let counter = metrics.counter("x_total", help: "")
        let gauge = metrics.gauge("y", help: "")
        let histogram = metrics.histogram("z", help: "")
        await withTaskGroup { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<1000 {
                        counter.increment()
                        gauge.add(0.5)
                        histogram.observe(0.25)
                    }
                }
            }
        }
        #expect(counter.value == 8000)
        #expect(gauge.value == 4000)
        #expect(histogram.count == 8000)
        #expect(histogram.sum == 2000)
    }

    @Test(arguments: [1e-6...1e3, 1...1e6, 1e-3...10])
    func `every value lies in the bucket that includes it`(range: ClosedRange<Double>) {
        let buckets = LogLinearBuckets(range)
        var generator = SplitMix(state: 7)
        for _ in 0..<20_000 {
            let value =
                range.lowerBound * Double.random(in: 0.1...1, using: &generator)
                * Double.random(in: 1...10, using: &generator).squareRoot() * [1, 10, 1e3, 1e5, 1e9].randomElement(
                    using: &generator)!
            let index = buckets.index(of: value)
            #expect(value <= buckets.bound(index) * (1 + 1e-8), "\(value) above its bucket \(buckets.bound(index))")
            if index > 0 { #expect(value > buckets.bound(index - 1) * (1 - 1e-8), "\(value) below its bucket") }
        }
    }

    @Test func `a value on a bound is in the bucket below it`() {
        let buckets = LogLinearBuckets(1e-6...1e3)
        for index in 0..<(buckets.count - 1) {
            #expect(buckets.index(of: buckets.bound(index)) == index)
        }
        #expect(buckets.index(of: 0) == 0)
        #expect(buckets.index(of: -5) == 0)
        #expect(buckets.index(of: .infinity) == buckets.count - 1)
    }

    @Test func `bounds rise, and quantiles are ten per cent off at most`() throws {
        let buckets = LogLinearBuckets(1e-6...1e3)
        let bounds = (0..<buckets.count).map(buckets.bound)
        #expect(zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 })
        let histogram = Histogram(range: 1e-6...1e3)
        for number in 1...10_000 { histogram.observe(Double(number) / 1000) }
        for (quantile, exact) in [(0.5, 5.0), (0.9, 9.0), (0.99, 9.9), (1.0, 10.0), (0.001, 0.01)] {
            let found = try #require(histogram.quantile(quantile))
            #expect(found >= exact && found <= exact * 1.1 + 1e-9)
        }
        #expect(Histogram(range: 1...10).quantile(0.5) == nil)
    }

    @Test func `histogram lines are cumulative, and NaN is not counted`() {
        let metrics = Metrics()
        let histogram = metrics.histogram("t_seconds", help: "", labels: ["a": "1"], range: 0.1...10)
        for value in [0.05, 0.2, 0.21, 3, 100, Double.nan] { histogram.observe(value) }
        let lines = metrics.prometheusText().split(separator: "\n").map(String.init)
        #expect(
            lines.dropFirst(2) == [
                "t_seconds_bucket{a=\"1\",le=\"0.1\"} 1", "t_seconds_bucket{a=\"1\",le=\"0.2\"} 2",
                "t_seconds_bucket{a=\"1\",le=\"0.5\"} 3", "t_seconds_bucket{a=\"1\",le=\"1\"} 3",
                "t_seconds_bucket{a=\"1\",le=\"2\"} 3", "t_seconds_bucket{a=\"1\",le=\"5\"} 4",
                "t_seconds_bucket{a=\"1\",le=\"10\"} 4", "t_seconds_bucket{a=\"1\",le=\"+Inf\"} 5",
                "t_seconds_sum{a=\"1\"} 103.46", "t_seconds_count{a=\"1\"} 5",
            ])
    }

    @Test func `the process knows its memory and its files`() {
        #expect(ProcessFigures.residentBytes > 1 << 20)
        #expect(ProcessFigures.openDescriptors > 2)
        #expect(ProcessFigures.processorSeconds > 0)
    }
}
