package import Daemon
import Postgres

/// Sees to it that the account has as many lanes as are asked for: adds what is missing once the submitter has read the
/// account's keys, and again where keys were revoked. Any number of processes do this at once: one request is made.
package struct LaneKeeper: Service {
    package let name = "lane keeper"
    private let lanes: Int
    private let provisioner: KeyProvisioner
    private let logger: Logger
    private let clock: any Clock<Duration>

    package init(
        lanes: Int, store: OperationStore, logger: Logger, clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.lanes = lanes
        provisioner = KeyProvisioner(store: store)
        self.logger = logger
        self.clock = clock
    }

    package func run() async throws {
        do {
            try await withCancellationOnGracefulShutdown { [self] in
                while true { try await clock.sleep(for: await look() ? .seconds(30) : .seconds(1)) }
            }
        } catch is CancellationError {}
    }

    /// True where there is nothing to wait for.
    private func look() async -> Bool {
        do {
            switch try await provisioner.ensure(lanes) {
            case .enough: return true
            case .notRead, .underWay: return false
            case .asked(let operation, let count):
                logger.info(
                    "adding proposal keys", ["count": "\(count)", "lanes": "\(lanes)", "operation": "\(operation)"])
                return false
            case .failed(let operation):
                logger.error(
                    "proposal keys could not be added; the lanes stay fewer than submit.lanes",
                    [
                        "operation": "\(operation)",
                        "remedy": "see why with GET /v1/operations/\(operation), then retry it",
                    ])
                return true
            }
        } catch {
            // Without its tables nothing runs; the submitter says so, and this looks again.
            logger.debug("lanes could not be counted", ["error": "\(error)"])
            return false
        }
    }
}
