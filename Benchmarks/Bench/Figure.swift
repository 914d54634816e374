/// One number that is worth watching.
struct Figure: Sendable {
    var name: String
    var unit: String
    var measure: @Sendable () async throws -> Double

    init(_ name: String, unit: String, measure: @escaping @Sendable () async throws -> Double) {
        self.name = name
        self.unit = unit
        self.measure = measure
    }

    /// How often a second a body runs on one thread: the best of five runs of a fifth of a second, after one that does not count.
    static func rate(_ name: String, _ make: @escaping @Sendable () throws -> (Int) throws -> Void) -> Figure {
        Figure(name, unit: "a second") {
            let body = try make()
            var best = 0.0
            var count = 64
            for round in 0..<6 {
                while true {
                    let start = ContinuousClock.now
                    try body(count)
                    let seconds = (ContinuousClock.now - start) / .seconds(1)
                    if seconds > 0.2 {
                        if round > 0 { best = max(best, Double(count) / seconds) }
                        break
                    }
                    count *= 2
                }
            }
            return best
        }
    }

    static func readable(_ value: Double) -> String {
        var digits = String(Int(value.rounded()))
        var groups: [String] = []
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits = String(digits.dropLast(3))
        }
        return ([digits] + groups).joined(separator: ",").leftPadding(to: 14)
    }
}

extension String {
    func padding(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
    func leftPadding(to width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
}

/// Keeps the optimiser from seeing that a result is not used.
@inline(never)
func consume<T>(_ value: T) {}
