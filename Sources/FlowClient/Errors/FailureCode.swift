/// The root cause in a node's text: its FIRST `[Error Code: N]` or `[Failure Code: N]`. Codes after it say only where it
/// surfaced (onflow/flow-go:fvm/errors/errors.go).
public struct FailureCode: Hashable, Sendable, CustomStringConvertible {
    public var number: Int
    /// A failure is the node's own (2xxx), and should not be in a sealed result.
    public var isNodeFailure: Bool

    /// Nil where the text names no code.
    public init?(first text: some StringProtocol) {
        var found: (start: String.Index, FailureCode)?
        for (marker, isNodeFailure) in [("[Error Code: ", false), ("[Failure Code: ", true)] {
            let text = String(text)
            guard let range = text.firstRange(of: marker), range.lowerBound < (found?.start ?? text.endIndex) else {
                continue
            }
            let digits = text[range.upperBound...].prefix { $0.isASCII && $0.isNumber }
            guard let number = Int(digits) else { continue }
            found = (range.lowerBound, FailureCode(number: number, isNodeFailure: isNodeFailure))
        }
        guard let found else { return nil }
        self = found.1
    }

    init(number: Int, isNodeFailure: Bool) {
        self.number = number
        self.isNodeFailure = isNodeFailure
    }

    public var description: String { "\(isNodeFailure ? "Failure" : "Error") Code: \(number)" }
}
