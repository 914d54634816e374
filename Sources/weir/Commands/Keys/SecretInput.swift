import Daemon
import Glibc
import Signer

/// Reads secrets without leaving copies: into secret memory, from files, pipes, the environment and the terminal.
enum SecretInput {
    static func read(path: String) throws -> SecretBytes {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw UsageError("\(path) can't be read: \(String(cString: strerror(errno)))") }
        defer { close(file) }
        return try read(descriptor: file, called: path)
    }

    static func read(descriptor: Int32, called name: String) throws -> SecretBytes {
        var length = 0
        var problem: Int32 = 0
        let buffer = SecretBytes(count: 1 << 16) { out in
            while length < out.count {
                let count = Glibc.read(descriptor, out.baseAddress! + length, out.count - length)
                if count < 0, errno == EINTR { continue }
                if count < 0 { problem = errno }
                guard count > 0 else { break }
                length += count
            }
        }
        guard problem == 0 else { throw UsageError("\(name) can't be read: \(String(cString: strerror(problem)))") }
        guard length > 0 else { throw UsageError("\(name) is empty") }
        guard length < buffer.count else { throw UsageError("\(name) is too long for a key") }
        return prefix(of: buffer, length)
    }

    /// A passphrase: the first line, without blanks around it. `warn` hears where others may read the file.
    static func passphrase(path: String, warn: (String) -> Void) throws -> SecretBytes {
        guard path != "-" else { return firstLine(of: try read(descriptor: 0, called: "standard input")) }
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o077 != 0 {
            warn("\(path) may be read by others: chmod 600 it")
        }
        return firstLine(of: try read(path: path))
    }

    static func firstLine(of text: SecretBytes) -> SecretBytes {
        let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
        let line = text.withUnsafeBytes { bytes in
            var line = bytes.prefix { $0 != 0x0a && $0 != 0x0d }
            while let first = line.first, isBlank(first) { line.removeFirst() }
            while let last = line.last, isBlank(last) { line.removeLast() }
            return line.startIndex..<line.endIndex
        }
        return text.withUnsafeBytes { bytes in
            SecretBytes(count: line.count) { $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[line])) }
        }
    }

    /// Takes a variable out of the environment.
    static func variable(_ name: String) throws -> SecretBytes {
        guard let value = EnvironmentSecrets.take(where: { $0 == name })[name], value.count > 0 else {
            throw UsageError("the variable \(name) is not set, or empty")
        }
        return value
    }

    /// Asks on the terminal, which does not show what is typed.
    static func ask(_ question: String, orElse advice: String) throws -> SecretBytes {
        let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
        guard terminal >= 0 else { throw UsageError("there is no terminal to ask on: \(advice)") }
        defer { close(terminal) }
        var before = termios()
        guard tcgetattr(terminal, &before) == 0 else {
            throw UsageError("the terminal can't be told to show nothing: \(advice)")
        }
        var silent = before
        // Each character comes as it is typed, an interrupt too, so that the terminal is never left silent.
        silent.c_lflag &= ~tcflag_t(ECHO | ISIG | ICANON)
        guard tcsetattr(terminal, TCSAFLUSH, &silent) == 0 else {
            throw UsageError("the terminal can't be told to show nothing: \(advice)")
        }
        defer {
            tcsetattr(terminal, TCSAFLUSH, &before)
            _ = write(terminal, "\n", 1)
        }
        _ = question.withCString { write(terminal, $0, strlen($0)) }
        var length = 0
        var isInterrupted = false
        let buffer = SecretBytes(count: 1024) { out in
            typing: while length < out.count {
                let count = Glibc.read(terminal, out.baseAddress! + length, 1)
                if count < 0, errno == EINTR { continue }
                guard count == 1 else { break }
                switch out[length] {
                case 0x0a, 0x0d, 0x04: break typing
                case 0x03, 0x1c:
                    isInterrupted = true
                    break typing
                case 0x08, 0x7f:
                    // One character back, which may be several bytes of UTF-8.
                    while length > 0 {
                        length -= 1
                        if out[length] & 0xc0 != 0x80 { break }
                    }
                case 0x15: length = 0
                default: length += 1
                }
            }
        }
        guard !isInterrupted else { throw ExitCode(rawValue: 130) }
        return prefix(of: buffer, length)
    }

    private static func prefix(of secret: SecretBytes, _ length: Int) -> SecretBytes {
        secret.withUnsafeBytes { bytes in
            SecretBytes(count: length) { $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<length])) }
        }
    }
}
