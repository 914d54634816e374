import CLibPQ
import Daemon
import FoundationEssentials
import Glibc

/// Programs run beside this one, without blocking a thread of the cooperative pool.
///
/// They get no descriptor but their three, their own process group (a terminal's Ctrl-C is ours to pass on), and a clean
/// signal state: a shell that inherits a blocked SIGCHLD waits for its children for ever.
enum Subprocess {
    struct Outcome: Sendable {
        var status: Int32
        /// Standard output and standard error, as they came.
        var output: String
    }

    /// Runs a command to its end.
    static func run(_ command: [String]) async throws -> Outcome {
        let (reading, writing) = try makePipe()
        let nothing = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer { Glibc.close(nothing) }
        let process: pid_t
        do {
            defer { Glibc.close(writing) }
            process = try spawn(command, input: nothing, output: writing)
        } catch {
            Glibc.close(reading)
            throw error
        }
        return await withCheckedContinuation { continuation in
            // Its own thread: reading to the end and waiting both block.
            OwnThread.start("subprocess") {
                let bytes = readToEnd(reading)
                Glibc.close(reading)
                continuation.resume(
                    returning: Outcome(status: waitFor(process), output: String(decoding: bytes, as: UTF8.self)))
            }
        }
    }

    private static func readToEnd(_ descriptor: Int32) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count > 0 { bytes += chunk[..<count] } else if count == 0 || errno != EINTR { return bytes }
        }
    }

    /// Starts a command. Who starts it waits for it: `waitFor`.
    static func spawn(_ command: [String], input: Int32, output: Int32) throws(PostgresError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, output, 2)
        shim_spawn_closefrom(&actions, 3)
        shim_spawn_chdir(&actions, "/")

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))

        let words = command.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var process: pid_t = 0
        let code = posix_spawnp(&process, command[0], &actions, &attributes, words, environ)
        guard code == 0 else {
            throw PostgresError(.privateServer, "\(command[0]) cannot be run: \(String(cString: strerror(code)))")
        }
        return process
    }

    /// Blocks until the process has ended; its exit status, or 128 and the signal.
    static func waitFor(_ process: pid_t) -> Int32 {
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 {
            guard errno == EINTR else { return -1 }
        }
        return status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + status & 0x7f
    }

    /// Both ends close in children: one that kept the writing end would keep the reader waiting.
    static func makePipe() throws(PostgresError) -> (reading: Int32, writing: Int32) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw PostgresError(.privateServer, "pipe: \(systemMessage())") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }
}
