/// One number that is worth watching, beside a peer's or a physical limit, with what it must reach where something must.
struct Figure: Sendable {
    var name: String
    /// What is measured, for `--list`.
    var meaning: String
    var target: Target?
    /// What computes is measured on one core, beside a peer on the same; what has a database and sockets around it has the machine.
    var cores: Need
    var measure: @Sendable (Tools) async throws -> Outcome

    enum Need: Sendable { case one, all }

    init(
        _ name: String, _ meaning: String, target: Target? = nil, cores: Need = .one,
        measure: @escaping @Sendable (Tools) async throws -> Outcome
    ) {
        self.name = name
        self.meaning = meaning
        self.target = target
        self.cores = cores
        self.measure = measure
    }
}

/// What a figure must reach.
enum Target: Sendable {
    /// So many times the peer's rate.
    case times(Double)
    /// So many hundredths of the peer's rate.
    case percent(Double)
    case atMost(bytes: Double)
    case within(seconds: Double)
    /// So often a second, by itself.
    case rate(Double)
}

/// What was measured.
enum Outcome: Sendable {
    /// How often a second, ours and a peer's, in turns in the same run.
    case rates(ours: Double, peer: Double, of: String)
    /// How often a second, with nothing to compare with.
    case rate(Double)
    case bytes(Double, beside: String)
    case seconds(Double)
    /// The peer is not on this machine; ours alone.
    case noPeer(ours: Double?, why: String)
}

enum Verdict: String, Sendable {
    case reached
    case missed = "MISSED"
    case skipped = "SKIPPED"
    case none = ""
}

extension Figure {
    func verdict(on outcome: Outcome) -> Verdict {
        if case .noPeer = outcome { return .skipped }
        guard let target else { return .none }
        let isReached =
            switch (target, outcome) {
            case (.times(let wanted), .rates(let ours, let peer, _)): ours / peer >= wanted
            case (.percent(let wanted), .rates(let ours, let peer, _)): 100 * ours / peer >= wanted
            case (.atMost(let most), .bytes(let bytes, _)): bytes <= most
            case (.within(let most), .seconds(let taken)): taken <= most
            case (.rate(let wanted), .rate(let ours)): ours >= wanted
            default: preconditionFailure("\(name) measures something else than its target speaks of")
            }
        return isReached ? .reached : .missed
    }
}
