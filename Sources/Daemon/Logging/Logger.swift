public import FoundationEssentials
import Synchronization

/// error: someone must act. warning: someone may have to. info: a milestone in an operation's life. debug: the rest.
public enum LogLevel: Int, Sendable, Comparable, CaseIterable {
    case debug, info, warning, error
    public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// Passed in, and gains metadata on its way down. One line an entry, written with one write(2): text on a terminal, JSON
/// elsewhere. Secrets are never handed to it: what must not be seen has a type without a description.
public struct Logger: Sendable {
    public typealias Metadata = [String: String]

    let sink: any LogSink
    public var level: LogLevel
    public var metadata: Metadata

    public init(sink: any LogSink, level: LogLevel = .info, metadata: Metadata = [:]) {
        self.sink = sink
        self.level = level
        self.metadata = metadata
    }

    /// A logger that writes nothing.
    public static let silent = Logger(sink: DiscardingLogSink(), level: .error)

    public subscript(metadata key: String) -> String? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// The same logger with more to say on each line.
    public func with(_ more: Metadata) -> Logger {
        var copy = self
        copy.metadata.merge(more) { $1 }
        return copy
    }

    public func debug(_ message: @autoclosure () -> String, _ more: @autoclosure () -> Metadata = [:]) {
        log(.debug, message(), more())
    }

    public func info(_ message: @autoclosure () -> String, _ more: @autoclosure () -> Metadata = [:]) {
        log(.info, message(), more())
    }

    public func warning(_ message: @autoclosure () -> String, _ more: @autoclosure () -> Metadata = [:]) {
        log(.warning, message(), more())
    }

    public func error(_ message: @autoclosure () -> String, _ more: @autoclosure () -> Metadata = [:]) {
        log(.error, message(), more())
    }

    public func log(_ level: LogLevel, _ message: @autoclosure () -> String, _ more: @autoclosure () -> Metadata = [:])
    {
        guard level >= self.level else { return }
        sink.write(LogEntry(level: level, message: message(), metadata: metadata.merging(more()) { $1 }, time: Date()))
    }
}

public struct LogEntry: Sendable {
    public var level: LogLevel
    public var message: String
    public var metadata: Logger.Metadata
    public var time: Date
}

public protocol LogSink: Sendable {
    func write(_ entry: LogEntry)
}

public struct DiscardingLogSink: LogSink {
    public init() {}
    public func write(_ entry: LogEntry) {}
}

/// Keeps what is written, for tests that ask what was said.
public final class RecordingLogSink: LogSink {
    private let entries = Mutex<[LogEntry]>([])
    public init() {}
    public func write(_ entry: LogEntry) { entries.withLock { $0.append(entry) } }
    public var all: [LogEntry] { entries.withLock { $0 } }
}
