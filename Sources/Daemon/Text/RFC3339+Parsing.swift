public import Foundation

extension RFC3339 {
    /// Nil where the text is no RFC 3339 time: date, T, time with or without fraction, Z or an offset.
    public static func parse(_ text: String) -> Date? {
        let shape = /\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})/
        guard text.wholeMatch(of: shape) != nil else { return nil }
        let plain = text.uppercased().replacing(" ", with: "T")
        return (try? Date(plain, strategy: .iso8601))
            ?? (try? Date(plain, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
    }
}
