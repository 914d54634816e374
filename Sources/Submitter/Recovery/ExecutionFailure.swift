package import FlowClient

/// Why a transaction that was executed failed, and what follows. Classified once, by the first `[Error Code: N]` of the
/// text, which is the root cause; those after it say only where it surfaced (flow-facts 4.2, 14).
package struct ExecutionFailure: Hashable, Sendable {
    /// What became of the sequence number.
    package enum Effect: Hashable, Sendable {
        case consumed, untouched
        /// The node gave no reason: the chain must be asked.
        case unknown
    }

    package enum Remedy: Hashable, Sendable {
        /// One of the items, or how many they are: try fewer together; alone, it fails for good.
        case split
        /// Too much for one transaction: split, and learn.
        case splitAndLearn
        /// Nothing that splitting would help: all items fail for good.
        case fail
        /// The payer cannot pay or cannot sign: nothing goes out until someone has seen to it.
        case waitForPayer
        /// This proposal key can't propose: other lanes can.
        case leaveLane
        /// The number was not the chain's. What the chain had, where the text says it.
        case wrongNumber(chain: SequenceNumber?, given: SequenceNumber?)
    }

    package var code: Int?
    /// As the node gave it.
    package var text: String
    package var effect: Effect
    package var remedy: Remedy

    /// `proposer` tells a lane's trouble from the payer's.
    package init(text: String, proposer: KeyIndex? = nil) {
        self.text = text
        code = Self.code(in: text)
        (effect, remedy) = Self.classify(code, text, proposer)
    }

    /// In one line, for people: the root cause without the machine's wrapping.
    package var reason: String {
        let plain: String? =
            switch code {
            case 1006, 1008, 1009: "a signature was not accepted"
            case 1007: "the sequence number was not the chain's"
            case 1055: "the signatures did not carry enough weight"
            case 1103: "an account is over its storage capacity"
            case 1105: "the events of one transaction were too large"
            case 1106: "one transaction touched too much state"
            case 1109, 1118: "the payer's balance is too small"
            case 1110: "one transaction needed more computation than is allowed"
            case 1111: "one transaction needed more memory than is allowed"
            default: nil
            }
        return [code.map { "chain error \($0)" } ?? "failed", plain ?? Self.innermost(text)].joined(separator: ": ")
    }

    static func code(in text: String) -> Int? {
        guard let start = text.firstRange(of: "[Error Code: ")?.upperBound else { return nil }
        return Int(text[start...].prefix { $0.isNumber })
    }

    private static func classify(_ code: Int?, _ text: String, _ proposer: KeyIndex?) -> (Effect, Remedy) {
        switch code {
        case nil: (.unknown, .split)
        case 1006: (.untouched, .leaveLane)
        case 1007:
            (
                .untouched,
                .wrongNumber(
                    chain: number(in: text, after: "has sequence number "), given: number(in: text, after: "but given ")
                )
            )
        case 1008, 1009:
            (
                .untouched,
                proposer.map { text.contains("public key \($0) on account") } ?? true ? .leaveLane : .waitForPayer
            )
        case 1055: text.contains("verification failed") ? (.untouched, .waitForPayer) : (.consumed, .fail)
        case 1052, 1054, 1056, 1057, 1251: (.consumed, .fail)
        case 1105, 1106, 1110, 1111: (.consumed, .splitAndLearn)
        case 1109, 1112, 1118: (.consumed, .waitForPayer)
        // Found before the body ran, so no item is the cause: a type that does not check, arguments that do not fit.
        case 1101 where text.contains("transaction preprocess failed"): (.consumed, .fail)
        default: (.consumed, .split)
        }
    }

    private static func number(in text: String, after words: String) -> SequenceNumber? {
        guard let start = text.firstRange(of: words)?.upperBound else { return nil }
        return UInt64(text[start...].prefix { $0.isNumber }).map { SequenceNumber($0) }
    }

    /// The sentence after the last "error: " or error code, up to the end of its line.
    private static func innermost(_ text: String) -> String {
        let line =
            text.split(whereSeparator: \.isNewline).first { $0.contains("error: ") }
            ?? text.split(whereSeparator: \.isNewline).last
        guard let line else { return "the node gave no reason" }
        let words = line.ranges(of: "error: ").last.map { line[$0.upperBound...] } ?? line[...]
        let end = words.firstRange(of: " -->")?.lowerBound ?? words.endIndex
        return String(words[..<end].prefix(300))
    }
}
