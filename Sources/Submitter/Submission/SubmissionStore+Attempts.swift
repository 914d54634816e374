import Cadence
import FlowClient
import FoundationEssentials
import Postgres

/// A signed transaction as recorded, with the slot that it is in.
struct AttemptRecord: Sendable {
    var id: Int64
    var slotID: Int64
    var slot: SlotPlace
    var recipe: Recipe
    var sequenceKey: String?
    var referenceHeight: BlockHeight
    var executedHeight: BlockHeight?
    var executedBlockID: BlockID?
    var sends: Int
    var createdAt: Date
    /// Something keeps it from going on: `SubmissionStore.note`.
    var isTroubled: Bool
    var machine: AttemptStateMachine
    var transactionID: TransactionID { machine.transactionID }
}

/// A reference block: the latest finalized one, when it was asked for.
struct ReferenceBlock: Hashable, Sendable {
    var id: BlockID
    var height: BlockHeight
}

extension SubmissionStore {
    /// Records a signed transaction, its slot and its items, before any of its bytes go out. Throws `ClaimLost` where an
    /// item of the claim was taken back in the meantime: then nothing is recorded.
    func commit(
        _ claim: Claim, _ transaction: Transaction, reference: ReferenceBlock, expiry: UInt64, epoch: Int64
    ) async throws -> Int64 {
        try await owned(epoch) { connection in
            let items = claim.batch.items
            let (operations, ordinals) = Self.columns(items.map(\.reference))
            guard try await connection.execute(Self.batchItems, [.int8(epoch), operations, ordinals]) == items.count
            else {
                throw ClaimLost()
            }
            let slot = try await connection.query(
                Self.insertSlot,
                [
                    .text(account.hex), .int8(Int64(claim.lane.slot.keyIndex.rawValue)),
                    .numeric(claim.lane.slot.sequenceNumber.rawValue), .text(claim.batch.recipe.rawValue),
                    .optional(claim.batch.sequenceKey, PostgresValue.text), .bytea(transaction.contentDigest),
                ]
            ).one(Int64.self)
            _ = try await connection.execute(Self.insertSlotItems, [.int8(slot), operations, ordinals])
            let attempt = try await insert(
                transaction, slot: slot, reference, expiry: expiry, epoch: epoch, on: connection)
            _ = try await connection.execute(
                SubmissionStore.freeLane,
                [
                    .int8(epoch), .text(account.hex), .int8(Int64(claim.lane.slot.keyIndex.rawValue)),
                ])
            _ = try await connection.execute(Self.startOperations, [operations])
            try await remember("batched", slot: slot, attempt: attempt, transaction.id, on: connection)
            return attempt
        }
    }

    struct ClaimLost: Error {}

    /// The same content in the same slot under a new signature; the attempt before it is closed. Nil where it was closed.
    func commitAgain(
        _ transaction: Transaction, after old: AttemptRecord, reference: ReferenceBlock, expiry: UInt64, epoch: Int64
    ) async throws -> Int64? {
        try await owned(epoch) { connection in
            // Its slot may have been given up in the meantime: then there is nothing to sign again.
            guard try await connection.execute(Self.closeAttempt, [.int8(old.id), .int8(epoch)]) == 1 else {
                return nil
            }
            let attempt = try await insert(
                transaction, slot: old.slotID, reference, expiry: expiry, epoch: epoch, on: connection)
            try await remember("signed again", slot: old.slotID, attempt: attempt, transaction.id, on: connection)
            return attempt
        }
    }

    private func insert(
        _ transaction: Transaction, slot: Int64, _ reference: ReferenceBlock, expiry: UInt64, epoch: Int64,
        on connection: PostgresConnection
    ) async throws -> Int64 {
        try await connection.query(
            Self.insertAttempt,
            [
                .int8(slot), .bytea(transaction.contentDigest), .bytea(transaction.id.bytes), .bytea(transaction.rlp),
                .bytea(reference.id.bytes), .height(reference.height),
                .height(BlockHeight(reference.height.rawValue + expiry)),
                .int8(epoch),
            ]
        ).one(Int64.self)
    }

    /// Everything of this epoch that is not finished.
    func unfinished(_ epoch: Int64, margin: UInt64) async throws -> [AttemptRecord] {
        try await pool.query(
            Self.selectAttempts + " where a.lease_epoch = $1 and a.finished_at is null order by a.id", [.int8(epoch)]
        ).map { try Self.attempt($0, margin: margin) }
    }

    /// Locked. Nil where it is finished, or not this epoch's any more.
    func attempt(
        _ id: Int64, epoch: Int64, margin: UInt64, on connection: PostgresConnection
    ) async throws -> AttemptRecord? {
        try await connection.query(
            Self.selectAttempts + " where a.id = $1 and a.lease_epoch = $2 and a.finished_at is null for update of a",
            [
                .int8(id), .int8(epoch),
            ]
        ).first.map { try Self.attempt($0, margin: margin) }
    }

    func save(_ attempt: AttemptRecord, epoch: Int64, on connection: PostgresConnection) async throws {
        _ = try await connection.execute(
            Self.updateAttempt,
            [
                .int8(attempt.id), .int8(epoch), .text(attempt.machine.state.rawValue),
                .bool(attempt.machine.possiblyKnown),
                .height(attempt.machine.passedHeight), .height(attempt.executedHeight),
                .optional(attempt.executedBlockID?.bytes, PostgresValue.bytea),
            ])
    }

    func saveFailure(_ failure: ExecutionFailure, of id: Int64, on connection: PostgresConnection) async throws {
        _ = try await connection.execute(
            "update attempts set error_code = $2, error_text = $3 where id = $1",
            [
                .int8(id), .optional(failure.code.map { Int32(clamping: $0) }, PostgresValue.int4),
                .text(String(failure.text.prefix(10_000)).replacing("\0", with: "")),
            ])
    }

    /// What the transaction has cost. Where a look saw none of it, an earlier one's stays.
    func save(_ seen: SeenExecution, of id: Int64, on connection: PostgresConnection) async throws {
        _ = try await connection.execute(
            """
            update attempts set computation = coalesce(nullif($2, 0), computation), event_bytes = $3,
                fee = coalesce($4, fee) where id = $1
            """,
            [
                .int8(id), .int8(Int64(seen.computation)), .int8(Int64(seen.eventBytes)),
                .optional(seen.fee.map { Int64(clamping: $0) }, PostgresValue.int8),
            ])
    }

    /// Nil where the record is not there, or is not what we write.
    func signedTransaction(_ id: Int64) async throws -> Transaction? {
        try await pool.query("select signed_bytes from attempts where id = $1", [.int8(id)]).first
            .flatMap { Transaction(stored: try $0.decode([UInt8].self, "signed_bytes")) }
    }

    func countSend(_ id: Int64) async throws {
        _ = try await pool.execute(
            "update attempts set sends = sends + 1, sent_at = coalesce(sent_at, now()) where id = $1",
            [
                .int8(id)
            ])
    }

    /// The items in a slot, in the order of the transaction's arguments.
    func items(inSlot slot: Int64, on connection: PostgresConnection) async throws -> [ReadyItem] {
        try await connection.query(Self.selectSlotItems, [.int8(slot)]).map(Self.readyItem)
    }

    /// One line for each operation that has items in the slot.
    func remember(
        _ what: String, slot: Int64, attempt: Int64, _ transaction: TransactionID? = nil, height: BlockHeight? = nil,
        detail: String? = nil, on connection: PostgresConnection
    ) async throws {
        _ = try await connection.execute(
            Self.insertHistory,
            [
                .int8(slot), .text(what), .int8(attempt), .optional(transaction?.bytes, PostgresValue.bytea),
                .height(height),
                .optional(detail.map { String($0.prefix(1000)).replacing("\0", with: "") }, PostgresValue.text),
            ])
    }

    static func columns(_ references: [ItemReference]) -> (PostgresValue, PostgresValue) {
        (.textArray(references.map(\.operation.rawValue)), .int8Array(references.map { Int64($0.ordinal) }))
    }

    private static func attempt(_ row: PostgresRow, margin: UInt64) throws -> AttemptRecord {
        let slot = SlotPlace(
            address: Address(try row.decode(String.self, "address"))!,
            keyIndex: KeyIndex(UInt32(try row.decode(Int64.self, "key_index"))),
            sequenceNumber: SequenceNumber(try row.decode(UInt64.self, "sequence_number")))
        return AttemptRecord(
            id: try row.decode(Int64.self, "id"), slotID: try row.decode(Int64.self, "slot_id"), slot: slot,
            recipe: try Recipe(stored: row.decode(String.self, "recipe")),
            sequenceKey: try row.decode(String?.self, "sequence_key"),
            referenceHeight: try row.height("reference_height")!, executedHeight: try row.height("executed_height"),
            executedBlockID: try row.decode([UInt8]?.self, "executed_block_id").flatMap { BlockID(bytes: $0) },
            sends: try row.decode(Int.self, "sends"), createdAt: try row.decode(Date.self, "created_at"),
            isTroubled: try row.decode(Bool.self, "is_troubled"),
            machine: AttemptStateMachine(
                transactionID: TransactionID(bytes: try row.decode([UInt8].self, "transaction_id"))!,
                sequenceNumber: slot.sequenceNumber, expiryHeight: try row.height("expiry_height")!, margin: margin,
                state: AttemptStateMachine.State(rawValue: try row.decode(String.self, "state"))!,
                possiblyKnown: try row.decode(Bool.self, "possibly_known"),
                passedHeight: try row.height("passed_height"),
                unexplained: try Self.unexplained(row), executedHeight: try row.height("executed_height")))
    }

    /// A failure that the machine waits with: recorded while the attempt is in doubt.
    private static func unexplained(_ row: PostgresRow) throws -> ExecutionFailure? {
        guard try row.decode(String.self, "state") == AttemptStateMachine.State.inDoubt.rawValue,
            let failure = try row.decode(String?.self, "error_text").map({ ExecutionFailure(text: $0) })
        else { return nil }
        return failure.effect == .unknown ? failure : nil
    }

    private static let selectAttempts = """
        select a.id, a.slot_id, s.address, s.key_index, s.sequence_number, s.recipe, s.sequence_key, a.transaction_id,
            a.reference_height, a.expiry_height, a.state, a.possibly_known, a.passed_height,
            a.executed_height, a.executed_block_id, a.sends, a.created_at,
            case when a.state = 'in_doubt' then a.error_text end as error_text,
            a.trouble is not null as is_troubled
        from attempts a join slots s on s.id = a.slot_id
        """

    /// The state is compared in a way that keeps the planner from walking through all that is ready (its index has the
    /// condition `state = 'queued'`) for each of the items.
    private static let batchItems = """
        with claimed as (
            delete from item_claims i using unnest($2::text[], $3::bigint[]) as c (operation_id, ordinal)
            where i.operation_id = c.operation_id and i.ordinal = c.ordinal and i.epoch = $1
            returning i.operation_id, i.ordinal
        )
        update operation_items i set state = 'batched', attempts = attempts + 1, updated_at = now()
        from claimed c where i.operation_id = c.operation_id and i.ordinal = c.ordinal and i.state || '' = 'queued'
        """

    private static let insertSlot = """
        insert into slots (address, key_index, sequence_number, recipe, sequence_key, content_digest)
        values ($1, $2, $3, $4, $5, $6) returning id
        """

    private static let insertSlotItems = """
        insert into slot_items (slot_id, position, operation_id, ordinal)
        select $1, place - 1, operation_id, ordinal
        from unnest($2::text[], $3::bigint[]) with ordinality as c (operation_id, ordinal, place)
        """

    private static let insertAttempt = """
        insert into attempts (slot_id, content_digest, transaction_id, signed_bytes, reference_block_id, reference_height,
            expiry_height, lease_epoch)
        values ($1, $2, $3, $4, $5, $6, $7, $8) returning id
        """

    private static let closeAttempt = """
        update attempts set finished_at = now()
        where id = $1 and lease_epoch = $2 and finished_at is null and state = 'expired'
        """

    private static let startOperations = """
        update operations set state = 'running', attempts = attempts + 1, updated_at = now()
        where id = any($1) and state in ('queued', 'running')
        """

    private static let updateAttempt = """
        update attempts set state = $3, possibly_known = $4, passed_height = $5, executed_height = $6, executed_block_id = $7,
            executed_at = case when $6::bigint is null then executed_at else coalesce(executed_at, now()) end,
            sealed_at = case when $3 in ('sealed', 'failed') then coalesce(sealed_at, now()) else sealed_at end
        where id = $1 and lease_epoch = $2 and finished_at is null
        """

    private static let selectSlotItems = """
        select i.operation_id, i.ordinal, i.arguments::text as arguments, i.attempts, i.suspect_group
        from slot_items s join operation_items i on i.operation_id = s.operation_id and i.ordinal = s.ordinal
        where s.slot_id = $1 order by s.position
        """

    private static let insertHistory = """
        insert into operation_history (operation_id, what, items, attempt_id, transaction_id, height, detail)
        select operation_id, $2, count(*), $3, $4, $5, $6 from slot_items where slot_id = $1 group by operation_id
        """
}

extension Recipe {
    /// Throws where the row was written by a program that knows more recipes than this one.
    init(stored name: String) throws {
        guard let recipe = Recipe(rawValue: name) else {
            throw SubmitterError(.contradiction, "this program does not know the recipe \(name)")
        }
        self = recipe
    }
}
