import Glibc
import Synchronization

/// Writes entries to standard error: text on a terminal, with colour unless NO_COLOR is set, JSON lines elsewhere. Each
/// line is one write(2), so that lines of several processes on one pipe stay whole up to the pipe's own 4096 bytes.
public final class StandardErrorLogSink: LogSink {
    public enum Format: String, Sendable, CaseIterable {
        case automatic, text, json
    }

    private let descriptor: CInt
    private let style: Style
    /// Held while a line is written: a pipe may take only the beginning of it.
    private let writing = Mutex(())

    private enum Style { case text(coloured: Bool), json }

    /// - Parameter descriptor: 2, or a pipe in tests. It stays the caller's.
    public init(format: Format = .automatic, descriptor: CInt = 2) {
        self.descriptor = descriptor
        let terminal = isatty(descriptor) == 1
        let coloured = terminal && getenv("NO_COLOR") == nil
        switch format {
        case .automatic: style = terminal ? .text(coloured: coloured) : .json
        case .text: style = .text(coloured: coloured)
        case .json: style = .json
        }
    }

    public func write(_ entry: LogEntry) {
        let line =
            switch style {
            case .text(let coloured): LogLine.text(entry, coloured: coloured)
            case .json: LogLine.json(entry)
            }
        // Where nobody reads there is nowhere to say so.
        writing.withLock { _ in _ = Descriptor.write(line + "\n", to: descriptor) }
    }
}
