/// What lives as long as the daemon does. `run` returns when the work is done or graceful shutdown is asked for, and
/// throws when it cannot go on; cancelling its task stops it at once. Either leaves the database true.
public protocol Service: Sendable {
    /// For logs and the status page.
    var name: String { get }
    func run() async throws
}

/// A service that others behind it can rely on once `start` has returned: a port that is bound, a schema that is
/// migrated. `run` is called afterwards, by the same task.
public protocol StartableService: Service {
    func start() async throws
}

/// A service whose work is its start: those behind it rely on that having been done.
public protocol StartStep: StartableService {}

extension StartStep {
    public func run() async throws { try await GracefulShutdown.current?.requested() }
}
