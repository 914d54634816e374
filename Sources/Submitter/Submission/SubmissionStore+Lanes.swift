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
        try await withLanes([index], on: connection) { machines in
            guard machines[index] != nil else {
                throw SubmitterError(.contradiction, "there is no lane for key \(index) of \(account)")
            }
            return body(&machines[index]!)
        }
    }

    /// The same for several lanes at once, in the order of their keys.
    private func withLanes<R>(
        _ indexes: [KeyIndex], on connection: PostgresConnection,
        _ body: (inout [KeyIndex: LaneStateMachine]) throws -> R
    ) async throws -> R {
        var machines: [KeyIndex: LaneStateMachine] = [:]
        for row in try await connection.query(
            Self.selectLanesToChange, [.text(account.hex), .int8Array(indexes.map { Int64($0.rawValue) })])
        {
            machines[KeyIndex(UInt32(try row.decode(Int64.self, "key_index")))] = try Self.machine(row)
        }
        let result = try body(&machines)
        let all = Array(machines)
        _ = try await connection.execute(
            Self.updateLanes,
            [
                .text(account.hex), .int8Array(all.map { Int64($0.key.rawValue) }),
                .textArray(all.map { "\($0.value.nextNumber)" }),
                .int8Array(all.map { Int64(clamping: $0.value.evidenceHeight.rawValue) }),
                .textArray(all.map { "\($0.value.state == .unread)" }),
                .textArray(all.map { "\($0.value.state == .revoked)" }),
                .textArrayNullable(
                    all.map { if case .quarantined(let because) = $0.value.state { because } else { nil } }),
            ])
        return result
    }

    /// The ends of held slots, for the slots and for their lanes. One that is not held any more is left as it is.
    func end(_ ends: [SlotEnd], on connection: PostgresConnection) async throws {
        guard !ends.isEmpty else { return }
        let held = Set(
            try await connection.query(Self.lockSlots, [.int8Array(ends.map(\.slot))])
                .map { try $0.decode(Int64.self, "id") })
        let ends = ends.filter { held.contains($0.slot) }
        guard !ends.isEmpty else { return }
        try await withLanes(ends.map(\.place.keyIndex), on: connection) { machines in
            for end in ends {
                guard machines[end.place.keyIndex] != nil else {
                    throw SubmitterError(
                        .contradiction, "there is no lane for key \(end.place.keyIndex) of \(account)")
                }
                _ = machines[end.place.keyIndex]!.receive(end.event)
            }
        }
        let consumed = ends.filter { if case .slotConsumed = $0.event { true } else { false } }
        try await connection.pipeline([
            (Self.endRests, [.text(account.hex), .int8Array(consumed.map { Int64($0.place.keyIndex.rawValue) })]),
            (
                Self.endSlots,
                [
                    .int8Array(ends.map(\.slot)),
                    .textArray(ends.map { $0.event == .slotReleased ? "released" : "consumed" }),
                    .textArrayNullable(ends.map { $0.transaction?.hex }),
                    .textArrayNullable(ends.map { ($0.height?.rawValue).map(String.init) }),
                ]
            ),
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

    private static let selectLanesToChange = """
        select key_index, next_sequence_number, evidence_height, unread, revoked, quarantined_because, exists (
            select from slots s where s.address = k.address and s.key_index = k.key_index and s.state = 'held') as held
        from proposal_keys k where address = $1 and key_index = any($2) order by key_index for update
        """

    private static let updateLanes = """
        update proposal_keys k set next_sequence_number = n.number::numeric, evidence_height = n.height,
            unread = n.unread::boolean, revoked = n.revoked::boolean, quarantined_because = n.reason,
            quarantined_at = case when n.reason is null then null else coalesce(k.quarantined_at, now()) end
        from unnest($2::bigint[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[])
            as n (key_index, number, height, unread, revoked, reason)
        where k.address = $1 and k.key_index = n.key_index
        """

    private static let endRests = """
        update proposal_keys set collisions = 0, rests_until_at = null
        where address = $1 and key_index = any($2::bigint[]) and collisions > 0
        """

    private static let lockSlots = "select id from slots where id = any($1) and state = 'held' order by id for update"

    private static let endSlots = """
        update slots s set state = n.state, consumed_by = decode(n.by, 'hex'), consumed_height = n.height::bigint
        from unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) as n (id, state, by, height)
        where s.id = n.id and s.state = 'held'
        """
}

/// How a slot that was held has ended.
struct SlotEnd {
    var slot: Int64
    var place: SlotPlace
    var event: LaneStateMachine.Event
    /// Which transaction used it, where that is known.
    var transaction: TransactionID?
    var height: BlockHeight?
}
