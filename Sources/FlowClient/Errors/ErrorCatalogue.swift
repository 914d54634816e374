/// Every code that a node answers with, in one place: what it means, what to do, and what became of the sequence number.
/// Shown by `weir explain CODE`.
public enum ErrorCatalogue {
    public struct Entry: Hashable, Sendable {
        /// An FVM code such as 1101, or a gRPC status from 1 to 16.
        public var code: Int
        public var name: String
        /// What happened, in plain words.
        public var meaning: String
        public var remedy: String
        public var verdict: Verdict
        public var effect: SequenceNumberEffect
        public var culprit = Culprit.content
        /// The cause may be one of several items in one transaction: alone, the others may pass.
        public var isolable = false
    }

    /// An entry by `1110`, `[Error Code: 1110]`, `8`, `RESOURCE_EXHAUSTED` or `resourceExhausted`; nil for what is unknown.
    public static func entry(_ text: String) -> Entry? {
        if let code = Int(text) ?? FailureCode(first: text)?.number { return byCode[code] }
        func plain(_ name: String) -> String { name.lowercased().filter { $0 != "_" && $0 != " " } }
        return all.first { plain($0.name) == plain(text) }
    }

    public static func entry(code: Int) -> Entry? { byCode[code] }

    /// A page for people: the meaning of a code, or of the first code in an error's text. Nil for what is unknown.
    public static func explain(_ text: String) -> String? {
        guard let entry = entry(text.trimmed) else { return nil }
        let number =
            switch entry.effect {
            case _ where entry.code < 100: nil as String?
            case .consumed: "used up; fees are charged"
            case .untouched: "not used up; no fees"
            case .unknown: "depends on where it happens: read the key from the chain"
            }
        return """
            \(entry.code) \(entry.name)
              \(entry.meaning)
              Do:       \(entry.remedy)
              Weir:     \(entry.verdict.advice)
            """ + (number.map { "\n  Sequence number: \($0)" } ?? "")
    }

    public static let all: [Entry] = transport + fvm

    private static let byCode = Dictionary(uniqueKeysWithValues: all.map { ($0.code, $0) })
}

extension String {
    fileprivate var trimmed: String {
        String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
}
