/// What was wrong with Cadence bytes, a Cadence value or an argument, and where.
public struct CadenceCodingError: Error, Hashable, Sendable, CustomStringConvertible {
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        public let description: String

        /// The text is not JSON, or not JSON-CDC.
        public static let json = Code(description: "JSON-CDC")
        /// The bytes are not CBOR as CCF has it, or not CCF.
        public static let ccf = Code(description: "CCF")
        /// The value can't be written: a type is missing or does not fit.
        public static let encoding = Code(description: "encoding")
        /// The value is fine, but not of the Swift type that was asked for.
        public static let mismatch = Code(description: "mismatch")
        /// A transaction's parameter and what was given for it.
        public static let argument = Code(description: "argument")
        /// Deeper, longer or more than this process is willing to read.
        public static let limit = Code(description: "limit")
    }

    public var code: Code
    public var reason: String
    /// From the outermost value inwards, such as `.value.fields[2].value`; empty at the top.
    public var path: String
    /// The byte at which it was noticed, where that is known.
    public var offset: Int?

    public init(_ code: Code, _ reason: String, path: String = "", offset: Int? = nil) {
        self.code = code
        self.reason = reason
        self.path = path
        self.offset = offset
    }

    /// The same error, seen from one level further out.
    func inside(_ element: String) -> CadenceCodingError {
        var outer = self
        outer.path = element + path
        return outer
    }

    public var description: String {
        var text = "\(code): \(reason)"
        if !path.isEmpty { text += " (at \(path))" }
        if let offset { text += " (byte \(offset))" }
        return text
    }
}
