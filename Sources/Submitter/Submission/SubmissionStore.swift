import Cadence
import FlowClient
import FoundationEssentials
import Postgres

/// The submitter's side of the tables. Whoever changes anything does it under an epoch: `owned` takes a share of the
/// lease's row first, so a take-over, which rewrites or deletes that row, waits for what is under way and undoes the rest.
struct SubmissionStore: Sendable {
    let pool: PostgresPool
    /// For the lease alone, so that no load on the other connections costs it.
    let leases: PostgresPool
    let workerID: String
    let account: Address

    /// A transaction under the epoch, run again where it met another's locks: `body` does nothing but write.
    /// Throws `SubmitterError.fenced` where another process has taken this one's place.
    func owned<R>(_ epoch: Int64, _ body: (PostgresConnection) async throws -> R) async throws -> R {
        for _ in 0..<4 {
            do { return try await transaction(under: epoch, body) } catch let error as PostgresError
                where error.sqlState == .deadlockDetected || error.sqlState == .serializationFailure
            {}
        }
        return try await transaction(under: epoch, body)
    }

    private func transaction<R>(
        under epoch: Int64, _ body: (PostgresConnection) async throws -> R
    ) async throws -> R {
        try await pool.withTransaction { connection in
            // KEY SHARE: a heartbeat may pass, since it changes no key; a new epoch or a deletion may not.
            guard try await connection.query(Self.share, [.text(workerID), .int8(epoch)]).first != nil else {
                throw SubmitterError(.fenced, "another process has taken over from worker \(workerID)")
            }
            return try await body(connection)
        }
    }

    private static let share = "select from leases where worker_id = $1 and epoch = $2 for key share"
}

// Leases.
extension SubmissionStore {
    /// Takes this worker's place, from whoever has it, with an epoch of its own.
    func takeLease(for duration: Duration) async throws -> Int64 {
        try await leases.query(Self.take, [.text(workerID), .int8(duration.milliseconds)]).one(Int64.self)
    }

    /// Throws `fenced` where the place is another's.
    func keepLease(_ epoch: Int64, for duration: Duration) async throws {
        let kept = try await leases.execute(Self.keep, [.text(workerID), .int8(epoch), .int8(duration.milliseconds)])
        guard kept == 1 else {
            throw SubmitterError(.fenced, "another process has taken over from worker \(workerID)")
        }
    }

    /// Gives the place up, so that others need not wait for its end.
    func giveLeaseUp(_ epoch: Int64) async throws {
        _ = try await pool.execute(
            "delete from leases where worker_id = $1 and epoch = $2", [.text(workerID), .int8(epoch)])
    }

    /// Takes what belongs to nobody alive: claims, lanes, and the attempts of `recipes`, those that this program knows.
    /// Returns the attempts.
    func adopt(_ epoch: Int64, recipes: [Recipe] = Recipe.allCases) async throws -> [Int64] {
        try await owned(epoch) { connection in
            _ = try await connection.execute(Self.dropLeases, [.text(workerID)])
            _ = try await connection.execute(Self.dropClaims, [])
            _ = try await connection.execute(Self.dropLanes, [])
            return try await connection.query(
                Self.adoptAttempts, [.int8(epoch), .textArray(recipes.map(\.rawValue))]
            ).map { try $0.decode(Int64.self, "id") }
        }
    }

    private static let take = """
        insert into leases (worker_id, epoch, expires_at)
        values ($1, nextval('lease_epochs'), now() + $2 * interval '1 millisecond')
        on conflict (worker_id) do update set epoch = excluded.epoch, taken_at = now(), expires_at = excluded.expires_at
        returning epoch
        """

    private static let keep = """
        update leases set expires_at = now() + $3 * interval '1 millisecond' where worker_id = $1 and epoch = $2
        """

    /// Whether another process has this worker's name now. Where nobody has it, the lease had ended, and others have taken
    /// what was under way.
    func isReplaced(_ epoch: Int64) async throws -> Bool {
        try await pool.query(
            "select from leases where worker_id = $1 and epoch <> $2", [.text(workerID), .int8(epoch)]
        ).first != nil
    }

    private static let dropLeases = "delete from leases where expires_at < now() and worker_id <> $1"

    private static let dropClaims = """
        delete from item_claims c where not exists (select from leases l where l.epoch = c.epoch)
        """

    private static let dropLanes = """
        update proposal_keys k set lease_epoch = null, leased_by = null, leased_at = null
        where lease_epoch is not null and not exists (select from leases l where l.epoch = k.lease_epoch)
        """

    private static let adoptAttempts = """
        update attempts a set lease_epoch = $1 from slots s
        where a.finished_at is null and not exists (select from leases l where l.epoch = a.lease_epoch)
            and s.id = a.slot_id and s.recipe = any($2)
        returning a.id
        """
}

extension Duration {
    var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}

extension PostgresValue {
    static func height(_ height: BlockHeight) -> PostgresValue { .int8(Int64(clamping: height.rawValue)) }
    static func height(_ height: BlockHeight?) -> PostgresValue { height.map { PostgresValue.height($0) } ?? .null }
}

extension PostgresRow {
    func height(_ column: String) throws -> BlockHeight? {
        try decode(Int64?.self, column).map { BlockHeight(UInt64($0)) }
    }
}
