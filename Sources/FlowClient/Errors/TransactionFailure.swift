public import Cadence

/// Why an executed transaction or a script failed, and what follows from it.
public struct TransactionFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The root cause; nil where the node gave no code, as the literal `failed` of an index without error texts.
    public var code: FailureCode?
    public var verdict: Verdict
    public var effect: SequenceNumberEffect
    public var culprit: Culprit
    /// One of several items in one transaction may be to blame: in smaller parts the others may pass.
    public var isolable: Bool
    /// In plain words, one line: for a Cadence failure what the code itself said.
    public var reason: String
    public var remedy: String
    /// For 1007: what the chain expected, and what was given.
    public var sequenceNumbers: (expected: SequenceNumber, given: SequenceNumber)? { Self.sequenceNumbers(in: text) }
    /// The key whose signature is wrong or missing, where the text names it: for 1006, 1008 and 1009.
    public var key: (address: Address?, index: KeyIndex)? { Self.key(in: text) }
    /// As the node gave it.
    public var text: String

    /// Nil for a result that is no failure.
    public static func classify(_ result: TransactionResult) -> TransactionFailure? {
        guard result.statusCode != 0 || !result.errorMessage.isEmpty else { return nil }
        // Some nodes tell the code in the status alone.
        if FailureCode(first: result.errorMessage) == nil, result.statusCode >= 1000 {
            return classify(
                result.errorMessage,
                FailureCode(number: Int(result.statusCode), isNodeFailure: result.statusCode >= 2000))
        }
        return classify(result.errorMessage)
    }

    /// Any text of a failure: a transaction result's, a script's.
    public static func classify(_ text: String) -> TransactionFailure {
        classify(text, FailureCode(first: text))
    }

    private static func classify(_ text: String, _ code: FailureCode?) -> TransactionFailure {
        guard let code else {
            // Older nodes give what Cadence said and no code: the script's doing all the same.
            if let reason = cadenceReason(in: text) {
                return TransactionFailure(
                    verdict: .permanent, effect: .unknown, culprit: .content, isolable: true, reason: reason,
                    remedy: "correct what the text names; read the key's sequence number from the chain", text: text)
            }
            return TransactionFailure(
                verdict: .otherNode, effect: .unknown, culprit: .content, isolable: true,
                reason: "it failed, and this node does not say why",
                remedy: "ask another node for the error text, and the chain for the key's sequence number", text: text)
        }
        guard !code.isNodeFailure else {
            return TransactionFailure(
                code: code, verdict: .otherNode, effect: .unknown, culprit: .node, isolable: false,
                reason: "the node itself failed (\(code))",
                remedy: "ask another node", text: text)
        }
        guard let entry = ErrorCatalogue.entry(code: code.number), code.number >= 1000 else {
            return TransactionFailure(
                code: code, verdict: .permanent, effect: .unknown, culprit: .content, isolable: true,
                reason: cadenceReason(in: text) ?? "it failed with a code that Weir does not know (\(code))",
                remedy: "read the text, and the chain for the key's sequence number", text: text)
        }
        // Checked before the body ran: what is wrong is the script or its parameters, and no single item.
        let isolable = entry.isolable && !text.contains("transaction preprocess failed")
        // An authorization that fails in the body, and not in the checks before, comes after the increment.
        let inBody = entry.culprit == .weight && !text.contains("verification failed")
        return TransactionFailure(
            code: code, verdict: entry.verdict, effect: inBody ? .unknown : entry.effect,
            culprit: inBody ? .content : entry.culprit, isolable: isolable,
            reason: code.number == 1101 ? cadenceReason(in: text) ?? entry.meaning : entry.meaning,
            remedy: entry.remedy, text: text)
    }

    public var description: String { "\(code.map { "\($0): " } ?? "")\(reason)" }

    /// What Cadence said: the line after `error: `, without its place in the source.
    static func cadenceReason(in text: String) -> String? {
        guard
            let start = text.firstRange(of: "\nerror: ")?.upperBound
                ?? (text.hasPrefix("error: ")
                    ? text.index(text.startIndex, offsetBy: 7) : nil)
        else { return nil }
        let line = text[start...].prefix { $0 != "\n" }
        return line.isEmpty ? nil : String(line.prefix(500))
    }

    private static func sequenceNumbers(in text: String) -> (expected: SequenceNumber, given: SequenceNumber)? {
        guard let expected = number(after: "has sequence number ", in: text),
            let given = number(after: ", but given ", in: text)
        else { return nil }
        return (SequenceNumber(expected), SequenceNumber(given))
    }

    private static func key(in text: String) -> (address: Address?, index: KeyIndex)? {
        guard let index = number(after: "public key ", in: text).flatMap({ UInt32(exactly: $0) }),
            let start = text.firstRange(of: "public key \(index) on account ")?.upperBound
        else { return nil }
        return (Address(text[start...].prefix { $0.isHexDigit }), KeyIndex(index))
    }

    private static func number(after marker: String, in text: String) -> UInt64? {
        guard let start = text.firstRange(of: marker)?.upperBound else { return nil }
        return UInt64(text[start...].prefix { $0.isASCII && $0.isNumber })
    }
}
