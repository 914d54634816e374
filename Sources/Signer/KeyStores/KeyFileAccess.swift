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
            var problem: CInt = 0
            let chunk = [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
                let found = Glibc.read(file, buffer.baseAddress, buffer.count)
                if found < 0 { problem = errno }
                count = max(0, found)
            }
            if problem == EINTR { continue }
            guard problem == 0 else { throw failure("read", path, problem) }
            if chunk.isEmpty { return bytes }
            bytes += chunk
        }
    }

    /// Writes a new file of mode 0600, flushes it, renames it into place, flushes the folder. It has the owner and the group of
    /// the file that it replaces, or, where there was none and root writes, of its folder: whoever could read the keys before
    /// still can.
    package static func write(_ bytes: [UInt8], to path: String) throws(SignerError) {
        let temporary = path + ".new-\(getpid())"
        unlink(temporary)
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure("create", temporary) }
        var done = false
        defer { if !done { unlink(temporary) } }
        do { try give(file, temporary, toOwnerOf: path) } catch {
            close(file)
            throw error
        }
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
        try give(file, path + ".lock", toOwnerOf: path)
        while flock(file, LOCK_EX) != 0 {
            guard errno == EINTR else { throw failure("lock", path) }
        }
        return try body()
    }

    private static func give(_ file: CInt, _ name: String, toOwnerOf path: String) throws(SignerError) {
        var (wanted, own) = (stat(), stat())
        guard fstat(file, &own) == 0 else { throw failure("look at", name) }
        if stat(path, &wanted) != 0 {
            guard errno == ENOENT else { throw failure("look at", path) }
            // Who is not root makes files of its own.
            guard geteuid() == 0, stat(folder(of: path), &wanted) == 0 else { return }
        }
        guard wanted.st_uid != own.st_uid || wanted.st_gid != own.st_gid else { return }
        guard fchown(file, wanted.st_uid, wanted.st_gid) == 0 else {
            // The group alone is no reason to refuse: the file is for its owner.
            if wanted.st_uid == own.st_uid { return }
            throw SignerError(
                .refused,
                "\(path) belongs to user \(wanted.st_uid), to whom \(name) can't be given: run this as that user")
        }
    }

    private static func folder(of path: String) -> String {
        let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        return folder.isEmpty ? (path.hasPrefix("/") ? "/" : ".") : folder
    }

    private static func flushFolder(of path: String) {
        let file = open(folder(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard file >= 0 else { return }
        // The new file is in place already; a system that can't flush folders is no reason to say that it is not.
        fsync(file)
        close(file)
    }

    private static func failure(_ what: String, _ path: String, _ problem: CInt = errno) -> SignerError {
        let remedy = problem == EACCES ? " (run this as the file's owner)" : ""
        return SignerError(.unavailable, "could not \(what) \(path): \(String(cString: strerror(problem)))\(remedy)")
    }
}
