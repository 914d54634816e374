import Daemon
import FlowClient
import Postgres
import Schema

/// Before anything else runs: the tables are this version's, and the node answers for the configured chain. Wrong
/// answers end the start with what to do; a node that does not answer gets a little time.
struct StartCheck: StartableService {
    let name = "start check"
    let pool: PostgresPool
    let api: any AccessAPI
    let chain: ChainID
    let logger: Logger
    var patience: Duration = .seconds(10)

    func start() async throws {
        try await Schema.migrator.verify(on: pool)
        let found = try await chainOfNode()
        guard found == chain else {
            throw StartError("the access node answers for \(found), the configuration says \(chain) (flow.network)")
        }
    }

    private func chainOfNode() async throws -> ChainID {
        let deadline = ContinuousClock.now + patience
        while true {
            do {
                return try await CallDeadline.$current.withValue(.seconds(3)) {
                    try await api.networkParameters().value
                }
            } catch let error as AccessError where error.code == .unavailable || error.code == .deadlineExceeded {
                guard ContinuousClock.now < deadline else {
                    throw StartError("no access node answers (flow.nodes): \(error)")
                }
                logger.warning("no access node answers yet", ["error": "\(error)"])
                try await Task.sleep(for: .milliseconds(500))
            }
        }
    }

    func run() async throws { try await GracefulShutdown.current?.requested() }
}

/// Why the daemon did not start, and what would help.
struct StartError: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}
