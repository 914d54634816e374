package import Cadence
package import Daemon
import Encoding
import FlowClient
package import Postgres
package import Submitter

/// Gives operations that were only accepted their items: what there is to do is looked up when their time has come, in
/// the transaction that takes it, so that nothing is picked twice.
package struct Sweeper: Sendable {
    let pool: PostgresPool
    let operations: OperationStore
    let planner: OperationPlanner
    /// Whose storefront is swept. Nil where the process does not know the platform's account.
    let account: Address?
    let logger: Logger

    package init(
        pool: PostgresPool, operations: OperationStore, planner: OperationPlanner, account: Address?, logger: Logger
    ) {
        self.pool = pool
        self.operations = operations
        self.planner = planner
        self.account = account
        self.logger = logger
    }

    package func service() -> RecurringWork {
        RecurringWork(
            name: "sweeper", pool: pool, channels: ["weir_accepted", OperationStore.outcomeChannel], part: .sweeps,
            logger: logger
        ) {
            try await self.settleDelivered()
            while try await self.expandOne() {}
            return .seconds(10)
        }
    }

    /// Whether there was one.
    package func expandOne() async throws -> Bool {
        try await pool.withTransaction { connection in
            guard let row = try await connection.query(Self.accepted).first else { return false }
            let operation = Accepted(
                id: OperationID(rawValue: try row.decode(String.self, "id"))!,
                tenant: try row.decode(String.self, "tenant"))
            do {
                let items = try await items(
                    of: operation, type: try row.decode(String.self, "type"),
                    payload: try row.json("payload"), on: connection)
                try await operations.expand(operation.id, into: items, on: connection)
            } catch let refusal as Refusal {
                // "Could not look" is no "there is nothing".
                try await operations.fail(operation.id, because: refusal.reason, on: connection)
            }
            return true
        }
    }

    struct Accepted: Sendable {
        var id: OperationID
        var tenant: String
    }

    /// Why an operation can't be given items, ever.
    struct Refusal: Error { var reason: String }

    private func items(
        of operation: Accepted, type: String, payload: JSON, on connection: PostgresConnection
    ) async throws -> [NewItem] {
        guard let type = OperationType(rawValue: type) else {
            throw Refusal(reason: "there is no operation type \(type.prefix(50))")
        }
        switch planner.plan(type, payload: payload) {
        case .items(let items): return items
        case .invalid(let violations):
            throw Refusal(reason: violations.first.map { "\($0.field) \($0.rule)" } ?? "its payload is not valid")
        case .sweep(.drops(let kind, let limit, nil)):
            return try await drops(kind, limit, for: operation, on: connection)
        case .sweep(.drops(let kind, let limit, let campaign?)):
            return try await wave(of: campaign, kind, limit, for: operation, on: connection)
        case .sweep(.purchases(let limit)): return try await purchases(limit, for: operation, on: connection)
        case .sweep(.listings(let limit)): return try await listings(limit, for: operation, on: connection)
        case .sweep(.locker(let holder, let address, let limit)):
            return try await locker(of: holder, to: address, limit, on: connection)
        case .sweep(.reminders(let limit)): return try await reminders(limit, for: operation, on: connection)
        }
    }

    // skip locked: any number of processes sweep.
    private static let accepted = """
        select id, type, tenant, payload::text from operations
        where state = 'accepted' and (not_before_at is null or not_before_at <= now())
        order by id limit 1 for update skip locked
        """
}
