import Daemon
import FoundationEssentials
import Glibc
import Synchronization

/// The shell that starts the server and stops it when the pipe to this process ends: by `letGo`, or by this process's death.
final class Keeper: Sendable {
    private struct State {
        var pipe: Int32
        var hasExited = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>
    private init(pipe: Int32) { state = Mutex(State(pipe: pipe)) }

    /// SIGINT is Postgres's fast shutdown: sessions are ended, and data are written.
    private static let script = """
        log="$1" sockets="$2" remove="$3"; shift 3
        "$@" >>"$log" 2>&1 </dev/null 3<&- &
        server=$!
        # The server's own end ends the keeper too: the reader below is then not needed any more.
        ( read -r line <&3; kill -INT $server ) 2>/dev/null &
        reader=$!
        exec 3<&-
        trap '' INT TERM HUP
        wait $server
        status=$?
        kill $reader 2>/dev/null
        [ -z "$sockets" ] || rmdir "$sockets" 2>/dev/null
        [ -z "$remove" ] || rm -rf "$remove"
        exit $status
        """

    static func start(
        _ folder: ServerFolder, _ binaries: PostgresBinaries, _ account: Account, _ options: PrivateServer.Options
    ) throws -> Keeper {
        var settings = [
            "listen_addresses=", "unix_socket_directories=\(folder.sockets)", "unix_socket_permissions=0700",
            "port=5432",
            "max_connections=\(options.maximumConnections)", "logging_collector=off", "log_min_messages=warning",
            "jit=off",
        ]
        if !options.isDurable {
            settings += [
                "fsync=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0", "autovacuum=off",
            ]
        }
        let server = [binaries.path("postgres"), "-D", folder.data] + settings.flatMap { ["-c", $0] }
        let strayFolder = folder.sockets.hasPrefix(folder.path) ? "" : folder.sockets
        let arguments =
            ["-c", script, "keeper", folder.log, strayFolder, options.isTemporary ? folder.path : ""] + server

        let (reading, writing) = try Subprocess.makePipe()
        defer { Glibc.close(reading) }
        let nothing = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { Glibc.close(nothing) }
        let keeper = Keeper(pipe: writing)
        // The pipe arrives as standard input, and is moved out of the way of the server's.
        let process = try Subprocess.spawn(
            account.command(["sh", "-c", "exec 3<&0; exec sh \"$@\"", "keeper"] + arguments), input: reading,
            output: nothing)
        OwnThread.start("postgres-keeper") {
            _ = Subprocess.waitFor(process)
            keeper.processExited()
        }
        return keeper
    }

    var hasExited: Bool { state.withLock { $0.hasExited } }

    /// The server begins to stop.
    func letGo() {
        state.withLock { state in
            if state.pipe >= 0 { Glibc.close(state.pipe) }
            state.pipe = -1
        }
    }

    /// Returns when the server has stopped.
    func exited() async {
        await withCheckedContinuation { continuation in
            let over = state.withLock { state in
                if !state.hasExited { state.waiters.append(continuation) }
                return state.hasExited
            }
            if over { continuation.resume() }
        }
    }

    private func processExited() {
        let waiters = state.withLock { state in
            state.hasExited = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }
}
