/// The table, a row as soon as its figure is known, and the same as JSON.
struct Report {
    var asJSON: Bool
    private(set) var missed: [String] = []
    private(set) var skipped: [String] = []

    init(asJSON: Bool) { self.asJSON = asJSON }

    /// Tells a person at a terminal what takes its time now.
    func begin(_ figure: Figure, _ number: Int, of count: Int) {
        guard Output.errorIsTerminal else { return }
        Output.error("\u{1B}[2K\r\(number) of \(count): \(figure.meaning) …")
    }

    func header() {
        guard !asJSON else { return }
        line(Self.row("", "ours", "peer", "", "ratio", "must reach", ""))
    }

    mutating func add(_ figure: Figure, _ outcome: Outcome) {
        let verdict = figure.verdict(on: outcome)
        if verdict == .missed { missed.append(figure.name) }
        if verdict == .skipped { skipped.append(figure.name) }
        if Output.errorIsTerminal { Output.error("\u{1B}[2K\r") }
        line(asJSON ? Self.json(figure, outcome, verdict) : Self.row(figure, outcome, verdict))
    }

    func end(seconds: Double) {
        guard !asJSON else { return }
        line(
            "\nRates are a second, the best of rounds in turns with the peer, computing on one core. \(Int(seconds.rounded())) s in all."
        )
        if !skipped.isEmpty {
            line(
                "SKIPPED, not measured: \(skipped.joined(separator: ", ")). `scripts/peers` installs what they are compared with."
            )
        }
        line(missed.isEmpty ? "No target was missed." : "MISSED: \(missed.joined(separator: ", "))")
    }

    private func line(_ text: String) { Output.standard(text + "\n") }

    // MARK: Rows

    private static func row(_ figure: Figure, _ outcome: Outcome, _ verdict: Verdict) -> String {
        let target = figure.target.map(\.description) ?? ""
        switch outcome {
        case .rates(let ours, let peer, let name):
            let ratio =
                if case .percent? = figure.target { "\(fixed(100 * ours / peer, 1)) %" } else {
                    "\(fixed(ours / peer, 1))x"
                }
            return row(figure.name, grouped(ours), grouped(peer), name, ratio, target, verdict.rawValue)
        case .rate(let ours): return row(figure.name, grouped(ours), "", "", "", target, verdict.rawValue)
        case .bytes(let bytes, let beside):
            return row(figure.name, "\(grouped(bytes)) B", "", beside, "", target, verdict.rawValue)
        case .seconds(let taken):
            return row(figure.name, "\(fixed(taken * 1000, 1)) ms", "", "", "", target, verdict.rawValue)
        case .noPeer(let ours, let why):
            return row(
                figure.name, ours.map(grouped) ?? "", "–", why, "–", target, "\(verdict.rawValue): no \(why) here")
        }
    }

    private static func row(
        _ name: String, _ ours: String, _ peer: String, _ of: String, _ ratio: String, _ target: String,
        _ verdict: String
    ) -> String {
        let left =
            "\(padded(name, 36)) \(padded(ours, 12, atRight: true)) \(padded(peer, 12, atRight: true))  \(padded(of, 18))"
        return "\(left) \(padded(ratio, 8, atRight: true)) \(padded(target, 12, atRight: true))  \(verdict)"
    }

    private static func json(_ figure: Figure, _ outcome: Outcome, _ verdict: Verdict) -> String {
        var parts = [#""figure":"\#(figure.name)""#, #""meaning":"\#(figure.meaning)""#]
        switch outcome {
        case .rates(let ours, let peer, let name):
            parts += [
                #""unit":"a second""#, #""ours":\#(ours)"#, #""peer":"\#(name)""#, #""peers":\#(peer)"#,
                #""ratio":\#(ours / peer)"#,
            ]
        case .rate(let ours): parts += [#""unit":"a second""#, #""ours":\#(ours)"#]
        case .bytes(let bytes, let beside):
            parts += [#""unit":"bytes""#, #""ours":\#(bytes)"#, #""beside":"\#(beside)""#]
        case .seconds(let taken): parts += [#""unit":"seconds""#, #""ours":\#(taken)"#]
        case .noPeer(let ours, let why):
            if let ours { parts += [#""unit":"a second""#, #""ours":\#(ours)"#] }
            parts.append(#""missing":"\#(why)""#)
        }
        if let target = figure.target {
            parts += [#""target":"\#(target)""#, #""verdict":"\#(verdict.rawValue.lowercased())""#]
        }
        return "{\(parts.joined(separator: ","))}"
    }

    // MARK: Numbers

    static func grouped(_ value: Double) -> String {
        var digits = String(Int(value.magnitude.rounded()))
        var groups: [String] = []
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits = String(digits.dropLast(3))
        }
        return (value <= -0.5 ? "-" : "") + ([digits] + groups).joined(separator: ",")
    }

    static func fixed(_ value: Double, _ places: Int) -> String {
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        // Down, so that what is printed as reached is reached.
        let scaled = Int((value * scale).rounded(.down))
        let fraction = String(scaled % Int(scale))
        return "\(scaled / Int(scale))." + String(repeating: "0", count: places - fraction.count) + fraction
    }

    private static func padded(_ text: String, _ width: Int, atRight: Bool = false) -> String {
        let spaces = String(repeating: " ", count: max(0, width - text.count))
        return atRight ? spaces + text : text + spaces
    }
}

extension Target: CustomStringConvertible {
    var description: String {
        switch self {
        case .times(let times): "≥ \(Report.fixed(times, 1).replacing(".0", with: ""))x"
        case .percent(let percent): "≥ \(Int(percent)) %"
        case .atMost(let bytes): "≤ \(Report.grouped(bytes)) B"
        case .within(let seconds): "≤ \(Report.grouped(seconds * 1000)) ms"
        case .rate(let rate): "≥ \(Report.grouped(rate))"
        }
    }
}
