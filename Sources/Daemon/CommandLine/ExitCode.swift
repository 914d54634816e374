/// What a process says with its last number. Throw one from a command to end with it and no further word.
public struct ExitCode: RawRepresentable, Error, Hashable, Sendable {
    public let rawValue: Int32
    public init(rawValue: Int32) { self.rawValue = rawValue }

    public static let ok = ExitCode(rawValue: 0)
    public static let failed = ExitCode(rawValue: 1)
    /// The command line was wrong.
    public static let usage = ExitCode(rawValue: 2)
    /// Whoever should have answered could not be asked: EX_UNAVAILABLE of sysexits.h. Later it may work.
    public static let unavailable = ExitCode(rawValue: 69)
    /// The configuration was wrong: EX_CONFIG of sysexits.h. A supervisor need not try again.
    public static let configuration = ExitCode(rawValue: 78)
}

/// An error that ends the process with a code of its own, after its description.
public protocol ErrorWithExitCode: Error, CustomStringConvertible {
    var exitCode: ExitCode { get }
}

/// The command line is wrong: reported with a pointer to the command's help, exit code 2.
public struct UsageError: Error, Hashable, Sendable, CustomStringConvertible {
    public var message: String
    public init(_ message: String) { self.message = message }
    public var description: String { message }
}
