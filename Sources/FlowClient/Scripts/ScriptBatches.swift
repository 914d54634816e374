/// Asks many things by one script; in halves where that is too much for one, and nil where even one thing alone is.
/// Throws whatever is no matter of size.
package func askInHalves<Question: Sendable, Answer: Sendable>(
    _ questions: [Question], _ ask: @Sendable ([Question]) async throws -> Answer
) async throws -> [([Question], Answer?)] {
    guard !questions.isEmpty else { return [] }
    do {
        return [(questions, try await ask(questions))]
    } catch let error as AccessError where error.verdict == .split {
        guard questions.count > 1 else { return [(questions, nil)] }
        let middle = questions.count / 2
        return try await askInHalves(Array(questions[..<middle]), ask)
            + askInHalves(Array(questions[middle...]), ask)
    }
}

extension Array {
    /// In order, of so many each; the last may be smaller.
    package func batches(of size: Int) -> [[Element]] {
        stride(from: 0, to: count, by: Swift.max(1, size)).map {
            Array(self[$0..<Swift.min($0 + Swift.max(1, size), count)])
        }
    }
}
