/// What a process says with its last number. Throw one from a command to end with it and no further word.
public struct ExitCode: RawRepresentable, Error, Hashable, Sendable {
    public let rawValue: Int32
    public init(rawValue: Int32) { self.rawValue = rawValue }

    public static let ok = ExitCode(rawValue: 0)
    public static let failed = ExitCode(rawValue: 1)
    /// The command line was wrong.
    public static let usage = ExitCode(rawValue: 2)
    /// The configuration was wrong: EX_CONFIG of sysexits.h. A supervisor need not try again.
    public static let configuration = ExitCode(rawValue: 78)
}

/// The command line is wrong: reported with a pointer to the command's help, exit code 2.
public struct UsageError: Error, Hashable, Sendable, CustomStringConvertible {
    public var message: String
    public init(_ message: String) { self.message = message }
    public var description: String { message }
}
