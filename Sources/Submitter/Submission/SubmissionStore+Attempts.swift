import Cadence
import Encoding
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

/// What events did to attempts, to be written for all of them at once.
struct AttemptChanges {
    var saved: [Int64: AttemptRecord] = [:]
    var failures: [(Int64, ExecutionFailure)] = []
    var seen: [Int64: SeenExecution] = [:]
    var history: [SlotHistory] = []
    /// Slots whose items are in doubt from here on, or are not any more.
    var inDoubt: [(slot: Int64, inDoubt: Bool)] = []
}

/// A line of the history of each operation with items in a slot.
struct SlotHistory {
    var what: String
    var slot: Int64
    var attempt: Int64
    var transaction: TransactionID?
    var height: BlockHeight?
    var detail: String?
}

/// A reference block: the latest finalized one, when it was asked for.
struct ReferenceBlock: Hashable, Sendable {
    var id: BlockID
    var height: BlockHeight
}

extension SubmissionStore {
    /// Records signed transactions, their slots and their items, before any of their bytes go out; returns the attempts in
    /// their order. Throws `ClaimLost` where an item of a claim was taken back in the meantime: then nothing is recorded.
    func commit(
        _ made: [(claim: Claim, transaction: Transaction)], reference: ReferenceBlock, expiry: UInt64, epoch: Int64
    ) async throws -> [Int64] {
        guard !made.isEmpty else { return [] }
        return try await owned(epoch) { connection in
            let items = made.flatMap(\.claim.batch.items).map(\.reference)
            let (operations, ordinals) = Self.columns(items)
            guard try await connection.execute(Self.batchItems, [.int8(epoch), operations, ordinals]) == items.count
            else {
                throw ClaimLost()
            }
            let keys = made.map { Int64($0.claim.lane.slot.keyIndex.rawValue) }
            let rows = try await connection.query(
                Self.insertSlots,
                [
                    .text(account.hex), .int8Array(keys),
                    .textArray(made.map { "\($0.claim.lane.slot.sequenceNumber)" }),
                    .textArray(made.map(\.claim.batch.recipe.rawValue)),
                    .textArrayNullable(made.map(\.claim.batch.sequenceKey)),
                    .byteaArray(made.map(\.transaction.contentDigest)),
                ])
            // A lane fills one slot at a time: its key tells which one it is.
            var slots: [Int64: Int64] = [:]
            for row in rows { slots[try row.decode(Int64.self, "key_index")] = try row.decode(Int64.self, "id") }
            let places = keys.compactMap { slots[$0] }
            guard places.count == made.count else {
                throw SubmitterError(.contradiction, "a slot was recorded and is not there")
            }
            let inserted = try await connection.pipeline([
                (
                    Self.insertSlotItems,
                    [
                        .int8Array(zip(places, made).flatMap { slot, one in one.claim.batch.items.map { _ in slot } }),
                        .int8Array(made.flatMap { $0.claim.batch.items.indices.map(Int64.init) }), operations, ordinals,
                    ]
                ),
                (
                    Self.insertAttempts,
                    Self.attemptColumns(zip(places, made).map { ($0, $1.transaction) }, reference, expiry, epoch)
                ),
            ])
            var attempts: [Int64: Int64] = [:]
            for row in inserted[1] {
                attempts[try row.decode(Int64.self, "slot_id")] = try row.decode(Int64.self, "id")
            }
            let ids = places.compactMap { attempts[$0] }
            guard ids.count == made.count else {
                throw SubmitterError(.contradiction, "an attempt was recorded and is not there")
            }
            try await connection.pipeline([
                (SubmissionStore.freeLanes, [.int8(epoch), .text(account.hex), .int8Array(keys)]),
                (
                    Self.startOperations,
                    [
                        .textArray(
                            made.flatMap { Set($0.claim.batch.items.map(\.reference.operation.rawValue)).sorted() })
                    ]
                ),
                Self.historyStatement(
                    zip(made, zip(places, ids)).map { one, place in
                        SlotHistory(
                            what: "batched", slot: place.0, attempt: place.1, transaction: one.transaction.id)
                    }),
            ])
            return ids
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
            let attempt = try await connection.query(
                Self.insertAttempts, Self.attemptColumns([(old.slotID, transaction)], reference, expiry, epoch)
            )[0].decode(Int64.self, "id")
            try await remember(
                [SlotHistory(what: "signed again", slot: old.slotID, attempt: attempt, transaction: transaction.id)],
                on: connection)
            return attempt
        }
    }

    private static func attemptColumns(
        _ all: [(slot: Int64, transaction: Transaction)], _ reference: ReferenceBlock, _ expiry: UInt64, _ epoch: Int64
    ) -> [PostgresValue] {
        [
            .int8Array(all.map(\.slot)), .byteaArray(all.map(\.transaction.contentDigest)),
            .byteaArray(all.map(\.transaction.id.bytes)), .byteaArray(all.map(\.transaction.rlp)),
            .bytea(reference.id.bytes), .height(reference.height),
            .height(BlockHeight(reference.height.rawValue + expiry)), .int8(epoch),
        ]
    }

    /// Everything of this epoch that is not finished.
    func unfinished(_ epoch: Int64, margin: UInt64) async throws -> [AttemptRecord] {
        try await pool.query(
            Self.selectAttempts + " where a.lease_epoch = $1 and a.finished_at is null order by a.id", [.int8(epoch)]
        ).map { try Self.attempt($0, margin: margin) }
    }

    /// Locked, in the order of their ids. What is finished, or not this epoch's any more, is left out.
    func attempts(
        _ ids: [Int64], epoch: Int64, margin: UInt64, on connection: PostgresConnection
    ) async throws -> [AttemptRecord] {
        try await connection.query(
            Self.selectAttempts
                + " where a.id = any($1) and a.lease_epoch = $2 and a.finished_at is null order by a.id for update of a",
            [.int8Array(ids), .int8(epoch)]
        ).map { try Self.attempt($0, margin: margin) }
    }

    /// What events did to attempts, for all of them in one round trip.
    func save(_ changes: AttemptChanges, epoch: Int64, on connection: PostgresConnection) async throws {
        for (id, failure) in changes.failures { try await saveFailure(failure, of: id, on: connection) }
        let saved = Array(changes.saved.values)
        guard !saved.isEmpty else { return }
        var statements: [(String, [PostgresValue])] = [
            (
                Self.updateAttempts,
                [
                    .int8(epoch), .int8Array(saved.map(\.id)), .textArray(saved.map(\.machine.state.rawValue)),
                    .textArray(saved.map { "\($0.machine.possiblyKnown)" }),
                    .textArrayNullable(saved.map { ($0.machine.passedHeight?.rawValue).map(String.init) }),
                    .textArrayNullable(saved.map { ($0.executedHeight?.rawValue).map(String.init) }),
                    .textArrayNullable(saved.map { $0.executedBlockID?.hex }),
                ]
            )
        ]
        if !changes.seen.isEmpty { statements.append(Self.seenStatement(changes.seen)) }
        if !changes.history.isEmpty { statements.append(Self.historyStatement(changes.history)) }
        try await connection.pipeline(statements)
        for (slot, inDoubt) in changes.inDoubt { try await setInDoubt(slot: slot, inDoubt, on: connection) }
    }

    func saveFailure(_ failure: ExecutionFailure, of id: Int64, on connection: PostgresConnection) async throws {
        _ = try await connection.execute(
            "update attempts set error_code = $2, error_text = $3 where id = $1",
            [
                .int8(id), .optional(failure.code.map { Int32(clamping: $0) }, PostgresValue.int4),
                .text(String(failure.text.prefix(10_000)).replacing("\0", with: "")),
            ])
    }

    func saveSeen(_ seen: [Int64: SeenExecution], on connection: PostgresConnection) async throws {
        guard !seen.isEmpty else { return }
        try await connection.pipeline([Self.seenStatement(seen)])
    }

    /// What transactions have cost. Where a look saw none of it, an earlier one's stays.
    private static func seenStatement(_ seen: [Int64: SeenExecution]) -> (String, [PostgresValue]) {
        let all = Array(seen)
        return (
            """
            update attempts a set computation = coalesce(nullif(n.computation, 0), a.computation),
                event_bytes = n.event_bytes, fee = coalesce(n.fee::bigint, a.fee)
            from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[]) as n (id, computation, event_bytes, fee)
            where a.id = n.id
            """,
            [
                .int8Array(all.map(\.key)), .int8Array(all.map { Int64($0.value.computation) }),
                .int8Array(all.map { Int64($0.value.eventBytes) }),
                .textArrayNullable(all.map { $0.value.fee.map { String(Int64(clamping: $0)) } }),
            ]
        )
    }

    /// Nil where the record is not there, or is not what we write.
    func signedTransaction(_ id: Int64) async throws -> Transaction? {
        try await pool.query("select signed_bytes from attempts where id = $1", [.int8(id)]).first
            .flatMap { Transaction(stored: try $0.decode([UInt8].self, "signed_bytes")) }
    }

    func countSends(_ ids: [Int64]) async throws {
        // In the order in which everyone locks several of them.
        _ = try await pool.execute(
            """
            update attempts a set sends = a.sends + 1, sent_at = coalesce(a.sent_at, now())
            from (select id from attempts where id = any($1) order by id for update) locked where a.id = locked.id
            """, [.int8Array(ids)])
    }

    /// The items in a slot, in the order of the transaction's arguments.
    func items(inSlot slot: Int64, on connection: PostgresConnection) async throws -> [ReadyItem] {
        try await items(inSlots: [slot], on: connection)[slot] ?? []
    }

    /// By slot, each in the order of its transaction's arguments.
    func items(inSlots slots: [Int64], on connection: PostgresConnection) async throws -> [Int64: [ReadyItem]] {
        try await connection.query(Self.selectSlotItems, [.int8Array(slots)]).reduce(into: [:]) { all, row in
            all[try row.decode(Int64.self, "slot_id"), default: []].append(try Self.readyItem(row))
        }
    }

    /// One line each for each operation that has items in the slot.
    func remember(_ lines: [SlotHistory], on connection: PostgresConnection) async throws {
        guard !lines.isEmpty else { return }
        try await connection.pipeline([Self.historyStatement(lines)])
    }

    private static func historyStatement(_ lines: [SlotHistory]) -> (String, [PostgresValue]) {
        (
            insertHistory,
            [
                .int8Array(lines.map(\.slot)), .textArray(lines.map(\.what)), .int8Array(lines.map(\.attempt)),
                .textArrayNullable(lines.map { $0.transaction?.hex }),
                .textArrayNullable(lines.map { ($0.height?.rawValue).map(String.init) }),
                .textArrayNullable(lines.map { $0.detail.map { PlainText.storable(String($0.prefix(1000))) } }),
            ]
        )
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

    private static let insertSlots = """
        insert into slots (address, key_index, sequence_number, recipe, sequence_key, content_digest)
        select $1, key_index, number::numeric, recipe, sequence_key, digest
        from unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::bytea[])
            as n (key_index, number, recipe, sequence_key, digest)
        returning id, key_index
        """

    private static let insertSlotItems = """
        insert into slot_items (slot_id, position, operation_id, ordinal)
        select slot_id, position, operation_id, ordinal
        from unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[]) as n (slot_id, position, operation_id, ordinal)
        """

    private static let insertAttempts = """
        insert into attempts (slot_id, content_digest, transaction_id, signed_bytes, reference_block_id, reference_height,
            expiry_height, lease_epoch)
        select slot_id, digest, transaction_id, signed_bytes, $5, $6, $7, $8
        from unnest($1::bigint[], $2::bytea[], $3::bytea[], $4::bytea[]) as n (slot_id, digest, transaction_id, signed_bytes)
        returning id, slot_id
        """

    private static let closeAttempt = """
        update attempts set finished_at = now()
        where id = $1 and lease_epoch = $2 and finished_at is null and state = 'expired'
        """

    /// An operation is named once for each transaction.
    private static let startOperations = """
        update operations o set state = 'running', attempts = o.attempts + n.transactions, updated_at = now()
        from (select id, count(*)::int4 as transactions from unnest($1::text[]) as given (id) group by id) n
        where o.id = n.id and o.state in ('queued', 'running')
        """

    private static let updateAttempts = """
        update attempts a set state = n.state, possibly_known = n.known::boolean, passed_height = n.passed::bigint,
            executed_height = n.executed::bigint, executed_block_id = decode(n.block, 'hex'),
            executed_at = case when n.executed is null then a.executed_at else coalesce(a.executed_at, now()) end,
            sealed_at = case when n.state in ('sealed', 'failed') then coalesce(a.sealed_at, now()) else a.sealed_at end
        from unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
            as n (id, state, known, passed, executed, block)
        where a.id = n.id and a.lease_epoch = $1 and a.finished_at is null
        """

    private static let selectSlotItems = """
        select s.slot_id, i.operation_id, i.ordinal, i.arguments::text as arguments, i.attempts, i.suspect_group
        from slot_items s join operation_items i on i.operation_id = s.operation_id and i.ordinal = s.ordinal
        where s.slot_id = any($1) order by s.slot_id, s.position
        """

    private static let insertHistory = """
        insert into operation_history (operation_id, what, items, attempt_id, transaction_id, height, detail)
        select i.operation_id, n.what, count(*), n.attempt, decode(n.transaction, 'hex'), n.height::bigint, n.detail
        from unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[]) with ordinality
            as n (slot_id, what, attempt, transaction, height, detail, place)
        join slot_items i on i.slot_id = n.slot_id
        group by n.place, n.what, n.attempt, n.transaction, n.height, n.detail, i.operation_id order by n.place
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
