import Daemon
import Glibc

/// A file that grows at its end.
final class JournalFile: Sendable {
    private let descriptor: CInt
    private let path: String

    init(path: String) throws(JournalError) {
        self.path = path
        descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw JournalError("the journal \(path) can't be opened: \(Self.reason)") }
    }

    deinit { close(descriptor) }

    func readAll() throws(JournalError) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = pread(descriptor, &chunk, chunk.count, off_t(bytes.count))
            if count > 0 {
                bytes += chunk[..<count]
            } else if count == 0 {
                return bytes
            } else if errno != EINTR {
                throw JournalError("the journal \(path) can't be read: \(Self.reason)")
            }
        }
    }

    func truncate(to size: Int) throws(JournalError) {
        guard ftruncate(descriptor, off_t(size)) == 0 else {
            throw JournalError("the journal \(path) can't be cut: \(Self.reason)")
        }
    }

    func append(_ text: String) throws(JournalError) {
        guard Descriptor.write(text, to: descriptor) else {
            throw JournalError("the journal \(path) can't be written: \(Self.reason)")
        }
    }

    private static var reason: String { String(cString: strerror(errno)) }
}
