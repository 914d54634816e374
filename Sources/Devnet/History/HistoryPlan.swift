/// A history to generate: how much of it, and from which seed. The same plan makes the same chain.
public struct HistoryPlan: Hashable, Sendable {
    /// Tokens that are minted first, each to a wallet.
    public var tokens: UInt64
    /// Transfers between wallets after that.
    public var transfers: UInt64
    public var wallets: UInt64 = 10_000
    /// Mints or transfers in a block.
    public var perBlock: UInt64 = 100
    public var seed: UInt64 = 1

    /// What one transaction takes at most: more would be more events than a chain lets one have.
    static let perTransaction: UInt64 = 100

    public init(tokens: UInt64, transfers: UInt64) {
        self.tokens = tokens
        self.transfers = transfers
    }

    /// `tokens=1000000,transfers=10000000,seed=7`: `wallets` and `per-block` besides.
    /// - Throws: `HistoryPlanError`, which names the part and the rule.
    public init(_ text: String) throws(HistoryPlanError) {
        self.init(tokens: 0, transfers: 0)
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let words = part.split(separator: "=", maxSplits: 1).map(String.init)
            guard words.count == 2, let value = UInt64(words[1]) else {
                throw HistoryPlanError("\(part) must be a name, =, and a whole number")
            }
            let range: ClosedRange<UInt64>
            switch words[0] {
            case "tokens": (tokens, range) = (value, 1...1_000_000_000)
            case "transfers": (transfers, range) = (value, 0...1_000_000_000)
            case "wallets": (wallets, range) = (value, 2...1_000_000)
            case "per-block": (perBlock, range) = (value, 1...10_000)
            case "seed": (seed, range) = (value, 0 ... .max)
            default: throw HistoryPlanError("\(words[0]) is none of tokens, transfers, wallets, per-block, seed")
            }
            guard range.contains(value) else {
                throw HistoryPlanError("\(words[0]) must be from \(range.lowerBound) to \(range.upperBound)")
            }
        }
        guard tokens > 0 else { throw HistoryPlanError("tokens must be at least 1") }
    }

    var items: UInt64 { tokens + transfers }
    public var blocks: UInt64 { (items + perBlock - 1) / perBlock }
}

public struct HistoryPlanError: Error, Hashable, Sendable, CustomStringConvertible {
    public var description: String
    init(_ description: String) { self.description = description }
}
