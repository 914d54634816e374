import Glibc

/// Reading and replacing a file that must be neither lost, nor half written, nor readable by others.
package enum KeyFileAccess {
    /// Nil where there is no such file. Refuses one that others may read or write.
    static func read(_ path: String) throws(SignerError) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw failure("open", path)
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw failure("look at", path) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw SignerError(.malformed, "\(path) is no file") }
        guard status.st_mode & 0o077 == 0 else {
            throw SignerError(
                .refused, "\(path) may be read or written by others: chmod 600 it, and consider its keys seen")
        }
        guard status.st_size <= 1 << 24 else { throw SignerError(.malformed, "\(path) is too large for a key file") }
        var bytes: [UInt8] = []
        while true {
            let chunk = [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
                count = max(0, Glibc.read(file, buffer.baseAddress, buffer.count))
            }
            if chunk.isEmpty { return bytes }
            bytes += chunk
        }
    }

    /// Writes a new file of mode 0600, flushes it, renames it into place, flushes the folder.
    package static func write(_ bytes: [UInt8], to path: String) throws(SignerError) {
        let temporary = path + ".new-\(getpid())"
        unlink(temporary)
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure("create", temporary) }
        var done = false
        defer { if !done { unlink(temporary) } }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress! + written, $0.count - written) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                defer { close(file) }
                throw failure("write", temporary)
            }
            written += count
        }
        guard fsync(file) == 0 else {
            defer { close(file) }
            throw failure("flush", temporary)
        }
        guard close(file) == 0 else { throw failure("close", temporary) }
        guard rename(temporary, path) == 0 else { throw failure("replace", path) }
        done = true
        flushFolder(of: path)
    }

    /// Holds an exclusive lock beside the file, so that two processes do not overwrite each other's keys.
    static func locked<R>(_ path: String, _ body: () throws(SignerError) -> R) throws(SignerError) -> R {
        let file = open(path + ".lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure("lock", path) }
        defer { close(file) }
        while flock(file, LOCK_EX) != 0 {
            guard errno == EINTR else { throw failure("lock", path) }
        }
        return try body()
    }

    private static func flushFolder(of path: String) {
        let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        let file = open(folder.isEmpty ? (path.hasPrefix("/") ? "/" : ".") : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard file >= 0 else { return }
        // The new file is in place already; a system that can't flush folders is no reason to say that it is not.
        fsync(file)
        close(file)
    }

    private static func failure(_ what: String, _ path: String) -> SignerError {
        SignerError(.unavailable, "could not \(what) \(path): \(String(cString: strerror(errno)))")
    }
}
