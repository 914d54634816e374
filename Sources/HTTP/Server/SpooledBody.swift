import Glibc
import Synchronization

/// A body that was written to a file without a name while it came in, so that a large one takes no memory. It is gone with its last owner.
public final class SpooledBody: Sendable {
    /// Why it could not be written, or not be read.
    public struct Failed: Error, CustomStringConvertible {
        public let description: String
    }

    private let descriptor: Int32
    private let written = Atomic<Int>(0)
    public var count: Int { written.load(ordering: .acquiring) }

    /// - Parameter folder: where the file is made: not in memory, as /tmp may be.
    init(in folder: String = "/var/tmp") throws(Failed) {
        var path = Array("\(folder)/weir-body-\(String(repeating: "X", count: 6))".utf8CString)
        let place = mkstemp(&path)
        guard place >= 0 else { throw Self.failure("can't be made in \(folder)") }
        unlink(path)
        _ = fcntl(place, F_SETFD, FD_CLOEXEC)
        descriptor = place
    }

    deinit { close(descriptor) }

    /// By the one that receives it. What is written goes to the page cache: it waits for no disk.
    func append(_ bytes: UnsafeRawBufferPointer) throws(Failed) {
        var done = 0
        while done < bytes.count {
            let count = write(descriptor, bytes.baseAddress! + done, bytes.count - done)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failure("can't be written") }
            done += count
        }
        written.add(done, ordering: .releasing)
    }

    /// From an offset on, at most so many bytes; none at the end.
    public func read(from offset: Int, count: Int) throws(Failed) -> [UInt8] {
        let wanted = max(0, min(count, self.count - offset))
        var bytes = [UInt8](repeating: 0, count: wanted)
        var done = 0
        while done < wanted {
            let count = bytes.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress! + done, wanted - done, offset + done)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failure("can't be read again") }
            done += count
        }
        return bytes
    }

    private static func failure(_ what: String) -> Failed {
        Failed(description: "the file that a body is kept in \(what): \(String(cString: strerror(errno)))")
    }
}
