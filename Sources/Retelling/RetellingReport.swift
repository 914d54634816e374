/// How much of a recording the devnet answered as the recorded node did.
package struct RetellingReport: Sendable {
    /// One exchange that was answered otherwise.
    package struct Failure: Sendable, CustomStringConvertible {
        package var n: Int
        package var step: String
        package var transport: String
        package var method: String
        package var differences: [AnswerDifference]

        package var description: String {
            "exchange \(n), \(step): \(transport) \(method)\n"
                + differences.prefix(5).map { "  \($0)" }.joined(separator: "\n")
                + (differences.count > 5 ? "\n  and \(differences.count - 5) more" : "")
        }
    }

    package internal(set) var total = 0
    /// How many agree, by transport.
    package internal(set) var agreeing: [String: Int] = [:]
    package internal(set) var asked: [String: Int] = [:]
    package internal(set) var failures: [Failure] = []
    /// In how many answers something differed that is known to.
    package internal(set) var known: [KnownDifference: Int] = [:]

    package var agreed: Int { agreeing.values.reduce(0, +) }
    package var isWhole: Bool { failures.isEmpty && agreed == total }
}
