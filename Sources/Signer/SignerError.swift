/// What went wrong with a key, a signature or a key store. `description` is safe to log and to show: nothing in it comes
/// from a secret.
public struct SignerError: Error, Hashable, Sendable, CustomStringConvertible {
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        public let description: String
        private init(_ name: String) { description = name }

        /// Bytes, text or numbers that are no key, signature, path, phrase or tag.
        public static let malformed = Code("malformed")
        /// A private scalar of zero, or not below the order of the group.
        public static let scalarOutOfRange = Code("scalar out of range")
        /// A public key that is no point of its curve.
        public static let pointNotOnCurve = Code("point not on the curve")
        public static let unsupported = Code("unsupported")
        public static let wrongPassphrase = Code("wrong passphrase")
        /// What was read fails its integrity check.
        public static let tampered = Code("tampered")
        public static let truncated = Code("truncated")
        public static let keyNotFound = Code("no such key")
        public static let keyExists = Code("key exists")
        public static let keyUnusable = Code("key unusable")
        /// A file or a service could not be reached: trying again may help.
        public static let unavailable = Code("unavailable")
        /// A service refused, and will again.
        public static let refused = Code("refused")
        /// A service's answer cannot be believed.
        public static let badAnswer = Code("bad answer")
        public static let libraryFailed = Code("the library failed")
    }

    public let code: Code
    /// What is wrong with what, in words.
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { "\(code): \(message)" }
    public var isRetryable: Bool { code == .unavailable }
}
