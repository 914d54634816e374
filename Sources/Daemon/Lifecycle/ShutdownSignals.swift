import Dispatch
import Glibc

/// Calls a handler on SIGINT, SIGTERM and SIGHUP (a terminal that closes; not where it was ignored from the start, as by nohup), on a thread of its own, instead of the process ending. SIGPIPE is ignored: a
/// peer that hangs up is an error of a write, not of the process.
final class ShutdownSignals {
    private let sources: [any DispatchSourceSignal]

    /// Returns when the handler is in place. Dispatch installs its own signal handler then; ignoring the signals before
    /// it, as Darwin needs, would lose those that come meanwhile.
    init(_ handler: @escaping @Sendable () -> Void) async {
        signal(SIGPIPE, SIG_IGN)
        var atStart = sigaction()
        sigaction(SIGHUP, nil, &atStart)
        let ignoresHangUp = atStart.__sigaction_handler.sa_handler.map { unsafeBitCast($0, to: Int.self) } == 1
        sources = ([SIGINT, SIGTERM] + (ignoresHangUp ? [] : [SIGHUP])).map {
            DispatchSource.makeSignalSource(signal: $0, queue: .global())
        }
        for source in sources {
            source.setEventHandler(handler: handler)
            await withCheckedContinuation { continuation in
                source.setRegistrationHandler { continuation.resume() }
                source.resume()
            }
        }
    }

    /// Signals end the process again.
    func stop() {
        for source in sources { source.cancel() }
        signal(SIGINT, SIG_DFL)
        signal(SIGTERM, SIG_DFL)
    }
}
