import FoundationEssentials
import Glibc

/// Buckets whose width grows with the value: each power of ten is cut into 90 equal steps (two significant digits), so a
/// quantile is off by at most ten per cent over many orders of magnitude. A bucket includes its upper bound, as
/// Prometheus' `le` does. Below and above the range, the first and the last bucket take it.
struct LogLinearBuckets: Sendable {
    static let stepsPerDecade = 90
    let lowestExponent: Int
    let decades: Int

    /// - Parameter range: powers of ten, such as 1e-6...1e3.
    init(_ range: ClosedRange<Double>) {
        lowestExponent = Int(log10(range.lowerBound).rounded())
        decades = max(1, Int(log10(range.upperBound).rounded()) - lowestExponent)
    }

    /// Bucket 0 takes what is at or below the lowest bound, the last what is above the highest.
    var count: Int { decades * Self.stepsPerDecade + 2 }

    func index(of value: Double) -> Int {
        guard value > lowest else { return 0 }
        guard value <= highest else { return count - 1 }
        var exponent = Int(log10(value).rounded(.down))
        var steps = value / pow(10, Double(exponent)) * 10
        if steps >= 100 { (steps, exponent) = (steps / 10, exponent + 1) }
        // A bound such as 0.3 is not exact in binary: what is within a billionth of it is on it.
        let whole = steps.rounded()
        let position = abs(steps - whole) < 1e-7 ? Int(whole) - 10 : Int(steps.rounded(.up)) - 10
        return min(max(0, (exponent - lowestExponent) * Self.stepsPerDecade + position), count - 2)
    }

    /// The upper bound, infinite for the last.
    func bound(_ index: Int) -> Double {
        guard index < count - 1 else { return .infinity }
        let (decade, step) = index.quotientAndRemainder(dividingBy: Self.stepsPerDecade)
        return decimal(step + 10, exponent: lowestExponent + decade - 1)
    }

    /// 1, 2 and 5 of each decade, and the highest bound: what a scrape shows.
    var shown: [Int] {
        (0..<decades).flatMap { decade in [0, 10, 40].map { decade * Self.stepsPerDecade + $0 } } + [count - 2]
    }

    private var lowest: Double { decimal(1, exponent: lowestExponent) }
    private var highest: Double { decimal(1, exponent: lowestExponent + decades) }

    /// Parsed rather than computed: 12 × 10⁻⁷ is not the double that "12e-7" is.
    private func decimal(_ digits: Int, exponent: Int) -> Double { Double("\(digits)e\(exponent)")! }
}
