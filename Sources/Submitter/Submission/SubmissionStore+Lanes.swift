import Cadence
import FlowClient
import FoundationEssentials
import Postgres

extension SubmissionStore {
    /// Makes lanes of the account keys in `own` that are not lanes yet, and tells all lanes what the chain says of them.
    /// `keys` as the account was at `height`. Returns what is odd about it.
    func readLanes(
        _ keys: [AccountKey], own: Set<KeyIndex>, at height: BlockHeight, epoch: Int64
    ) async throws -> [String] {
        try await owned(epoch) { connection in
            var warnings: [String] = []
            let known = Set(
                try await connection.query(
                    "select key_index from proposal_keys where address = $1", [.text(account.hex)]
                )
                .map { KeyIndex(UInt32(try $0.decode(Int64.self, "key_index"))) })
            for key in keys where known.contains(key.index) || own.contains(key.index) {
                _ = try await connection.execute(
                    Self.insertLane,
                    [
                        .text(account.hex), .int8(Int64(key.index.rawValue)), .bytea(key.publicKey),
                        .int4(Int32(key.weight)),
                        .numeric(key.sequenceNumber.rawValue), .height(height),
                    ])
                let said = try await withLane(key.index, on: connection) {
                    $0.receive(.read(key.sequenceNumber, revoked: key.revoked, at: height))
                }
                warnings += said.compactMap {
                    if case .warn(let text) = $0 { "key \(key.index): \(text)" } else { nil }
                }
            }
            return warnings
        }
    }

    /// Runs `body` on the lane's machine under its row's lock, and keeps what it has become.
    @discardableResult
    func withLane<R>(
        _ index: KeyIndex, on connection: PostgresConnection, _ body: (inout LaneStateMachine) -> R
    ) async throws -> R {
        let place: [PostgresValue] = [.text(account.hex), .int8(Int64(index.rawValue))]
        guard let row = try await connection.query(Self.selectLane, place).first else {
            throw SubmitterError(.contradiction, "there is no lane for key \(index) of \(account)")
        }
        var machine = try Self.machine(row)
        let result = body(&machine)
        var reason: String?
        if case .quarantined(let because) = machine.state { reason = because }
        _ = try await connection.execute(
            Self.updateLane,
            place + [
                .numeric(machine.nextNumber.rawValue), .height(machine.evidenceHeight), .bool(machine.state == .unread),
                .bool(machine.state == .revoked), .optional(reason, PostgresValue.text),
            ])
        return result
    }

    /// The end of a held slot, for the slot and for its lane. One that is not held any more is left as it is.
    func end(
        slot: Int64, _ place: SlotPlace, _ event: LaneStateMachine.Event, by transaction: TransactionID? = nil,
        at height: BlockHeight? = nil, on connection: PostgresConnection
    ) async throws {
        guard try await connection.query(Self.lockSlot, [.int8(slot)]).first != nil else { return }
        try await withLane(place.keyIndex, on: connection) { $0.receive(event) }
        if case .slotConsumed = event {
            _ = try await connection.execute(
                Self.endRest, [.text(account.hex), .int8(Int64(place.keyIndex.rawValue))])
        }
        _ = try await connection.execute(
            Self.endSlot,
            [
                .int8(slot), .text(event == .slotReleased ? "released" : "consumed"),
                .optional(transaction?.bytes, PostgresValue.bytea), .height(height),
            ])
    }

    /// Others use the key: it is left alone for a while, longer each time.
    func restLane(_ index: KeyIndex, first: Duration, on connection: PostgresConnection) async throws {
        _ = try await connection.execute(
            Self.rest, [.text(account.hex), .int8(Int64(index.rawValue)), .int8(first.milliseconds)])
    }

    /// The record and the chain may differ: the chain is asked before the key is used again.
    func forgetNumber(of index: KeyIndex, on connection: PostgresConnection) async throws {
        _ = try await connection.execute(
            "update proposal_keys set unread = true where address = $1 and key_index = $2",
            [.text(account.hex), .int8(Int64(index.rawValue))])
    }

    private static func machine(_ row: PostgresRow) throws -> LaneStateMachine {
        let state: LaneStateMachine.State =
            if try row.decode(Bool.self, "revoked") {
                .revoked
            } else if let reason = try row.decode(String?.self, "quarantined_because") {
                .quarantined(because: reason)
            } else if try row.decode(Bool.self, "held") {
                .busy
            } else {
                try row.decode(Bool.self, "unread") ? .unread : .idle
            }
        return LaneStateMachine(
            state: state, nextNumber: SequenceNumber(try row.decode(UInt64.self, "next_sequence_number")),
            evidenceHeight: try row.height("evidence_height")!)
    }

    /// Ten minutes at most.
    private static let rest = """
        update proposal_keys set collisions = collisions + 1,
            rests_until_at = now() + least(600000, $3 * power(2, least(collisions, 20))) * interval '1 millisecond'
        where address = $1 and key_index = $2
        """

    private static let insertLane = """
        insert into proposal_keys (address, key_index, public_key, weight, next_sequence_number, evidence_height)
        values ($1, $2, $3, $4, $5, $6) on conflict do nothing
        """

    private static let selectLane = """
        select next_sequence_number, evidence_height, unread, revoked, quarantined_because, exists (
            select from slots s where s.address = k.address and s.key_index = k.key_index and s.state = 'held') as held
        from proposal_keys k where address = $1 and key_index = $2 for update
        """

    private static let updateLane = """
        update proposal_keys set next_sequence_number = $3, evidence_height = $4, unread = $5, revoked = $6,
            quarantined_because = $7,
            quarantined_at = case when $7::text is null then null else coalesce(quarantined_at, now()) end
        where address = $1 and key_index = $2
        """

    private static let endRest = """
        update proposal_keys set collisions = 0, rests_until_at = null
        where address = $1 and key_index = $2 and collisions > 0
        """

    private static let lockSlot = "select from slots where id = $1 and state = 'held' for update"

    private static let endSlot = """
        update slots set state = $2, consumed_by = $3, consumed_height = $4 where id = $1 and state = 'held'
        """
}
