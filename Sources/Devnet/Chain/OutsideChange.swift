import Cadence
import FlowClient

/// What happens to a chain from outside of its transactions. The journal keeps it between the blocks, as one line of words.
enum OutsideChange: Hashable, Sendable {
    case rules(ChainRules)
    /// Takes the blocks above a height away.
    case rollBack(BlockHeight)
    /// In FLOW, scaled by 1e8.
    case balance(Address, UInt64)
    /// The account stores as much as its FLOW pays for, and a little more.
    case fill(Address)
    /// The key's sequence number moves on, as if others had used it so many times.
    case useKey(Address, KeyIndex, UInt64)

    var words: String {
        switch self {
        case .rules(let rules):
            "rules \(rules.maximumComputation) \(rules.weights.rawValue) \(rules.fees?.rawValue ?? "none") "
                + "\(rules.surgeFactor) \(rules.checksPayerBalance) "
                + (rules.restrictedAccounts.isEmpty
                    ? "none" : rules.restrictedAccounts.sorted().map(\.hex).joined(separator: ","))
        case .rollBack(let height): "rollback \(height)"
        case .balance(let account, let flow): "balance \(account.hex) \(flow)"
        case .fill(let account): "fill \(account.hex)"
        case .useKey(let account, let index, let times): "use_key \(account.hex) \(index.rawValue) \(times)"
        }
    }

    /// Nil where the words are none.
    init?(_ words: [Substring]) {
        func account(_ at: Int) -> Address? { at < words.count ? Address(String(words[at])) : nil }
        func number(_ at: Int) -> UInt64? { at < words.count ? UInt64(words[at]) : nil }
        switch (words.first, words.count) {
        case ("rules", 7):
            var rules = ChainRules()
            guard let most = number(1), let weights = ExecutionWeights(rawValue: String(words[2])),
                let surge = number(4), let checks = Bool(String(words[5]))
            else { return nil }
            rules.maximumComputation = most
            rules.weights = weights
            rules.fees = FeeSchedule(rawValue: String(words[3]))
            guard rules.fees != nil || words[3] == "none" else { return nil }
            rules.surgeFactor = surge
            rules.checksPayerBalance = checks
            if words[6] != "none" {
                let accounts = words[6].split(separator: ",").map { Address(String($0)) }
                guard accounts.allSatisfy({ $0 != nil }) else { return nil }
                rules.restrictedAccounts = Set(accounts.compactMap { $0 })
            }
            self = .rules(rules)
        case ("rollback", 2):
            guard let height = number(1) else { return nil }
            self = .rollBack(BlockHeight(height))
        case ("balance", 3):
            guard let account = account(1), let flow = number(2) else { return nil }
            self = .balance(account, flow)
        case ("fill", 2):
            guard let account = account(1) else { return nil }
            self = .fill(account)
        case ("use_key", 4):
            guard let account = account(1), let index = number(2).flatMap({ UInt32(exactly: $0) }),
                let times = number(3)
            else { return nil }
            self = .useKey(account, KeyIndex(index), times)
        default: return nil
        }
    }
}
