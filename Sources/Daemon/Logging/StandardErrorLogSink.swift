import Dispatch
import FoundationEssentials
import Glibc
import Synchronization

/// Writes entries to standard error: text on a terminal, with colour unless NO_COLOR is set, JSON lines elsewhere. Each
/// line is one write(2), so that lines of several processes on one pipe stay whole up to the pipe's own 4096 bytes.
///
/// Whoever reads a pipe may stop reading: then lines wait in memory, a megabyte of them, and further ones are counted
/// instead of kept. Nobody who logs ever waits.
public final class StandardErrorLogSink: LogSink {
    public enum Format: String, Sendable, CaseIterable {
        case automatic, text, json
    }

    private let descriptor: CInt
    private let style: Style
    private let backlog: Mutex<LogBacklog>

    private enum Style { case text(coloured: Bool), json }

    /// - Parameters:
    ///   - descriptor: 2, or a pipe in tests. It stays the caller's.
    ///   - maximumBacklog: bytes of lines that wait for a reader.
    public init(format: Format = .automatic, descriptor: CInt = 2, maximumBacklog: Int = 1 << 20) {
        self.descriptor = descriptor
        backlog = Mutex(LogBacklog(maximumBytes: maximumBacklog))
        let terminal = isatty(descriptor) == 1
        let coloured = terminal && getenv("NO_COLOR") == nil
        switch format {
        case .automatic: style = terminal ? .text(coloured: coloured) : .json
        case .text: style = .text(coloured: coloured)
        case .json: style = .json
        }
    }

    public func write(_ entry: LogEntry) {
        let line = text(of: entry)
        backlog.withLock { backlog in
            backlog.add(line)
            flush(&backlog)
        }
    }

    private func text(of entry: LogEntry) -> String {
        switch style {
        case .text(let coloured): LogLine.text(entry, coloured: coloured) + "\n"
        case .json: LogLine.json(entry) + "\n"
        }
    }

    /// As much as is taken at once; what is left is tried again soon.
    private func flush(_ backlog: inout LogBacklog) {
        while !backlog.isEmpty {
            guard Self.takesMore(descriptor) else { return later(&backlog) }
            let count = backlog.withNext { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                backlog.wrote(count)
            } else if errno != EINTR {
                // Where nobody reads there is nowhere to say so.
                return backlog.clear()
            }
        }
        let lost = backlog.takeLost()
        guard lost > 0 else { return }
        backlog.add(
            text(
                of: LogEntry(
                    level: .warning, message: "log lines were lost: nobody read standard error",
                    metadata: ["lines": "\(lost)"], time: Date())))
        flush(&backlog)
    }

    private func later(_ backlog: inout LogBacklog) {
        guard !backlog.isScheduled else { return }
        backlog.isScheduled = true
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(50)) { [weak self] in
            self?.backlog.withLock { backlog in
                backlog.isScheduled = false
                self?.flush(&backlog)
            }
        }
    }

    /// Whether a write of a line would return at once: a pipe takes 4096 bytes then, a file always.
    private static func takesMore(_ descriptor: CInt) -> Bool {
        var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&wanted, 1, 0) > 0
    }
}

/// Lines that have not been written yet. Pure.
struct LogBacklog {
    private let maximumBytes: Int
    private var bytes: [UInt8] = []
    private var start = 0
    private var lost = 0
    var isScheduled = false

    /// What a pipe takes whole when it takes anything.
    static let pieceBytes = 4096

    init(maximumBytes: Int) { self.maximumBytes = maximumBytes }

    var isEmpty: Bool { start == bytes.count }

    /// Counted where there is no room for it.
    mutating func add(_ line: String) {
        guard isEmpty || bytes.count - start + line.utf8.count <= maximumBytes else {
            lost += 1
            return
        }
        bytes += line.utf8
    }

    /// A whole line where it fits into a piece, else a piece of it.
    func withNext<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        let end = bytes[start...].firstIndex(of: 0x0A).map { $0 + 1 } ?? bytes.count
        return bytes.withUnsafeBytes {
            body(UnsafeRawBufferPointer(rebasing: $0[start..<min(end, start + Self.pieceBytes)]))
        }
    }

    mutating func wrote(_ count: Int) {
        start += count
        if isEmpty { (bytes, start) = ([], 0) }
    }

    mutating func clear() { (bytes, start) = ([], 0) }

    mutating func takeLost() -> Int {
        defer { lost = 0 }
        return lost
    }
}
