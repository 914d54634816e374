/// What mint_and_list calls its tokens: the operation's, from its `first` on. The contract carries a batch out once, so
/// batches of one release may be under way side by side; one that was rejected is asked for again under the next round.
struct MintBatch: Hashable, Sendable {
    var operation: String
    /// The number of its first token in the operation, from 0; the others follow it without a gap.
    var first: Int
    var round: Int = 0

    /// Such as `06b1…k/200`, and `06b1…k/200.1` in the second round.
    var name: String { "\(operation)/\(first)" + (round > 0 ? ".\(round)" : "") }
}

extension MintBatch {
    /// Nil for a name that is not one of this operation's.
    init?(name: String, of operation: String) {
        guard name.hasPrefix(operation + "/") else { return nil }
        let numbers = name.dropFirst(operation.count + 1).split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(numbers.count), let first = Int(numbers[0]), (0...Int(Int32.max)).contains(first),
            let round = numbers.count == 2 ? Int(numbers[1]) : 0, round >= 0
        else { return nil }
        self.init(operation: operation, first: first, round: round)
        guard self.name == name else { return nil }
    }
}
