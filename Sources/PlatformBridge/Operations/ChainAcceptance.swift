import Daemon
package import FlowClient
import Indexer
package import Postgres
package import Submitter

/// A chain that was rolled back is accepted by a person: the index goes back to the last common block, and what had been
/// done above it is open again. May be run again where it was cut off.
package struct ChainAcceptance: Sendable {
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    package func accept(_ common: BlockHeight) async throws -> OperationStore.Reopened {
        // First what must not be signed, then what it hangs on, then the word that it may go on.
        let reopened = try await OperationStore(pool: pool, logger: .silent).rollBack(to: common)
        try await Rewind(to: common).run(on: pool)
        _ = try await IngestStop.clear(on: pool)
        return reopened
    }
}
