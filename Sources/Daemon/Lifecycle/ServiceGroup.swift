import Glibc

/// The services of a daemon, listed in dependency order: each is started when those before it have started, and stopped
/// when those behind it have returned.
///
/// SIGINT and SIGTERM ask for graceful shutdown; the second one, or the end of the grace period, cancels everything. What does
/// not return even then is named in the log, and the process ends without it: a supervisor need not kill it. A
/// service that fails brings the group down in the same order, and `run` throws its error. A service that returns has
/// done its work; the group goes on without it unless it was listed as `.stopsGroup`.
public final class ServiceGroup: Service {
    public struct Member: Sendable {
        let service: any Service
        let stopsGroup: Bool

        public static func service(_ service: any Service) -> Member { Member(service: service, stopsGroup: false) }
        /// When it returns, the whole group shuts down gracefully.
        public static func stopsGroup(_ service: any Service) -> Member { Member(service: service, stopsGroup: true) }
    }

    public let name: String
    private let members: [Member]
    private let logger: Logger
    private let gracePeriod: Duration
    private let patience: Duration
    private let abandon: (@Sendable ([String]) -> Void)?
    private let clock: any Clock<Duration>
    private let handlesSignals: Bool
    private let notifier: ServiceNotifier
    private let events: AsyncStream<StateMachine.Event>
    private let continuation: AsyncStream<StateMachine.Event>.Continuation

    /// - Parameters:
    ///   - gracePeriod: from the request to stop to the cancellation of whatever still runs.
    ///   - patience: from the cancellation to the end of the process, whoever still runs.
    ///   - abandon: what ends the process, by default at once; told who was waited for in vain.
    ///   - handlesSignals: false in tests and for a group inside another one, which hears of shutdown from that.
    public init(
        _ members: [Member], name: String = "services", logger: Logger, gracePeriod: Duration = .seconds(30),
        patience: Duration = .seconds(10), abandon: (@Sendable ([String]) -> Void)? = nil,
        handlesSignals: Bool = true, notifier: ServiceNotifier = .fromEnvironment,
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.name = name
        self.members = members
        self.logger = logger
        self.gracePeriod = gracePeriod
        self.patience = patience
        // A group inside another one, or in a test, has no process to end.
        let endProcess: @Sendable ([String]) -> Void = { _ in _exit(ExitCode.failed.rawValue) }
        self.abandon = abandon ?? (handlesSignals ? endProcess : nil)
        self.handlesSignals = handlesSignals
        self.notifier = notifier
        self.clock = clock
        (events, continuation) = AsyncStream.makeStream()
    }

    public convenience init(_ services: [any Service], logger: Logger, gracePeriod: Duration = .seconds(30)) {
        self.init(services.map { .service($0) }, logger: logger, gracePeriod: gracePeriod)
    }

    /// As a signal does: gracefully the first time, at once the second.
    public func requestShutdown() { continuation.yield(.shutdownRequested) }

    /// Once in the life of a group.
    public func run() async throws {
        let signals =
            handlesSignals ? await ShutdownSignals { [continuation] in continuation.yield(.shutdownRequested) } : nil
        defer { signals?.stop() }
        try await withGracefulShutdownHandler {
            try await withThrowingTaskGroup(of: Void.self) { group in
                let failure = await steer(&group)
                group.cancelAll()
                while await group.nextResult() != nil {}
                if let failure { throw failure }
            }
        } onGracefulShutdown: { [continuation] in
            continuation.yield(.shutdownRequested)
        }
    }

    /// Until the last service has returned. The error that brought the group down.
    private func steer(_ group: inout ThrowingTaskGroup<Void, any Error>) async -> (any Error)? {
        var machine = StateMachine(stopsGroup: members.map(\.stopsGroup))
        let tokens = members.map { _ in GracefulShutdown() }
        var actions = machine.begin()
        var incoming = events.makeAsyncIterator()
        var patiently: Task<Void, Never>?
        defer { patiently?.cancel() }
        while true {
            for action in actions {
                switch action {
                case .run(let index):
                    let (service, token) = (members[index].service, tokens[index])
                    logger.debug("service starts", ["service": service.name])
                    group.addTask { [continuation] in await Self.live(service, index, token, continuation) }
                case .ready:
                    notifier.send("READY=1")
                    logger.debug("all services started")
                case .stop(let index):
                    logger.debug("service stops", ["service": members[index].service.name])
                    tokens[index].request()
                case .startGracePeriod:
                    notifier.send("STOPPING=1")
                    logger.info("shutting down", ["grace_period": DurationText.format(gracePeriod)])
                    group.addTask { [clock, gracePeriod, continuation] in
                        try await clock.sleep(for: gracePeriod)
                        continuation.yield(.gracePeriodElapsed)
                    }
                case .cancelAll:
                    logger.warning("cancelling what still runs", ["services": names(machine.alive)])
                    group.cancelAll()
                    // Not of the group, which is cancelled: it ends with it, or ends the process.
                    let (clock, patience, continuation) = (clock, patience, continuation)
                    patiently = Task {
                        try? await clock.sleep(for: patience)
                        continuation.yield(.patienceElapsed)
                    }
                case .abandon(let indices):
                    logger.error(
                        "stopped without services that did not return",
                        ["services": names(indices), "patience": DurationText.format(patience)])
                    abandon?(indices.map { members[$0].service.name })
                case .done(let failure):
                    return failure
                }
            }
            guard let event = await incoming.next() else { return CancellationError() }
            if case .finished(let index, let error?) = event, !machine.isStopping {
                logger.error(
                    "service failed", ["service": members[index].service.name, "error": String(describing: error)])
            }
            actions = machine.handle(event)
        }
    }

    private func names(_ indices: [Int]) -> String { indices.map { members[$0].service.name }.joined(separator: ", ") }

    private static func live(
        _ service: any Service, _ index: Int, _ token: GracefulShutdown,
        _ continuation: AsyncStream<StateMachine.Event>.Continuation
    ) async {
        await GracefulShutdown.$current.withValue(token) {
            do {
                try await (service as? any StartableService)?.start()
                continuation.yield(.started(index))
                try await service.run()
                continuation.yield(.finished(index, nil))
            } catch {
                continuation.yield(.finished(index, error))
            }
        }
    }
}
