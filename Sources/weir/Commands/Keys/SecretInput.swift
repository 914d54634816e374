import Daemon
import Glibc
import Secrets
import Signer

/// Reads secrets without leaving copies: into secret memory, from files, pipes, the environment and the terminal.
enum SecretInput {
    static func read(path: String) throws -> SecretBytes {
        do { return try .reading(path: path) } catch { throw UsageError(error.description) }
    }

    static func read(descriptor: Int32, called name: String) throws -> SecretBytes {
        do { return try .reading(descriptor: descriptor, called: name) } catch { throw UsageError(error.description) }
    }

    /// A passphrase: the first line, without blanks around it. `warn` hears where others may read the file.
    static func passphrase(path: String, warn: (String) -> Void) throws -> SecretBytes {
        guard path != "-" else { return try read(descriptor: 0, called: "standard input").firstLine }
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o077 != 0 {
            warn("\(path) may be read by others: chmod 600 it")
        }
        return try read(path: path).firstLine
    }

    static func variable(_ name: String, of environment: ProcessEnvironment) throws -> SecretBytes {
        guard let value = environment.secret(name), value.count > 0 else {
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
        return buffer.part(0..<length)
    }
}
