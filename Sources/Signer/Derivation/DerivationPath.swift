import Encoding

/// A path such as `m/44'/539'/0'/0/0`: which children to take, from the master key down.
public struct DerivationPath: Hashable, Sendable, CustomStringConvertible {
    public struct Step: Hashable, Sendable, CustomStringConvertible {
        /// 0 … 2³¹−1
        public let number: UInt32
        /// Derived from the private key only.
        public let isHardened: Bool

        public init?(_ number: UInt32, hardened: Bool) {
            guard number < 1 << 31 else { return nil }
            self.number = number
            isHardened = hardened
        }

        var index: UInt32 { isHardened ? number | 1 << 31 : number }
        public var description: String { isHardened ? "\(number)'" : "\(number)" }
    }

    public let steps: [Step]

    public init(_ steps: [Step]) { self.steps = steps }

    /// What Flow's command line and wallets use: coin 539 of SLIP-0044.
    public static let flow = try! DerivationPath("m/44'/539'/0'/0/0")

    /// Takes `'`, `h` and `H` for hardened steps.
    public init(_ text: String) throws(SignerError) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.first == "m" else {
            throw SignerError(.malformed, "a derivation path begins with m, as in m/44'/539'/0'/0/0")
        }
        var steps: [Step] = []
        for part in parts.dropFirst() {
            let hardened = part.last.map { "'hH".contains($0) } ?? false
            let digits = hardened ? part.dropLast() : part
            guard PlainText.isDigits(digits), let number = UInt32(digits),
                let step = Step(number, hardened: hardened)
            else {
                throw SignerError(
                    .malformed, "step \(steps.count + 1) of the derivation path is no number below 2147483648")
            }
            guard steps.count < 255 else { throw SignerError(.malformed, "a derivation path has at most 255 steps") }
            steps.append(step)
        }
        self.steps = steps
    }

    public var description: String { (["m"] + steps.map(\.description)).joined(separator: "/") }
}
