public import Cadence

/// What governs a chain at present, and may change between two blocks: on a network a service account's transaction does that,
/// here whoever holds the admin port.
public struct ChainRules: Hashable, Sendable {
    /// The highest computation limit that a transaction may ask for.
    public var maximumComputation: UInt64 = 9999
    public var weights = ExecutionWeights.flip346
    /// What a transaction costs. Nil where none is taken.
    public var fees: FeeSchedule?
    /// What fees are multiplied by while the network is busy, scaled by 1e8 (FLIP 336).
    public var surgeFactor: UInt64 = 100_000_000
    /// A payer that holds less than the least balance has nothing executed: 1118.
    public var checksPayerBalance = false

    /// What these accounts pay for or authorize fails when it is executed, with `restrictedCode`.
    public var restrictedAccounts: Set<Address> = []

    /// A code that no catalogue of flow-go lists: what a network adds in need is not known beforehand.
    static let restrictedCode = 1150

    public init() {}

    /// The fee of a transaction of so many units, in FLOW scaled by 1e8. Nothing where none is taken.
    func fee(for computation: UInt64) -> UInt64 {
        guard let fees else { return 0 }
        let whole = Double(fees.inclusion) + fees.perUnit * Double(computation)
        return UInt64(min(whole * Double(surgeFactor) / 1e8, 1e18))
    }
}

/// What the parts of a program weigh, which is changed by governance: the same transaction costs another number of units.
public enum ExecutionWeights: String, Hashable, Sendable, CaseIterable {
    /// Since November 2025, and what the emulator v1.20.0 has: fixtures/recordings/computation.table.json.
    case flip346
    /// Accepted on 2026-06-11, some five times as much: computation-370.table.json.
    case flip370
}

/// What a transaction pays, before the surge factor.
public enum FeeSchedule: String, Hashable, Sendable, CaseIterable {
    /// The emulator's, with `--transaction-fees`: 0.00001 FLOW, whatever is computed.
    case emulator
    /// FLIP 351: 0.0001 FLOW and 0.00004 FLOW a unit.
    case flip351
    /// What was paid before it: 0.000001 FLOW and 0.0000002495 FLOW a unit.
    case before351

    /// In FLOW scaled by 1e8.
    var inclusion: UInt64 {
        switch self {
        case .emulator: 1000
        case .flip351: 10_000
        case .before351: 100
        }
    }

    /// For one unit of computation, in FLOW scaled by 1e8.
    var perUnit: Double {
        switch self {
        case .emulator: 0
        case .flip351: 4000
        case .before351: 24.95
        }
    }
}
