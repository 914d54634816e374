import Cadence
import FlowClient
import FoundationEssentials
import Postgres

/// A lane that has been taken, and the slot that it fills.
struct LeasedLane: Hashable, Sendable {
    var slot: SlotPlace
    var weight: Int
}

/// A batch, and the lane that will carry it.
struct Claim: Hashable, Sendable {
    var batch: Batch
    var lane: LeasedLane
}

extension SubmissionStore {
    /// Takes free lanes and ready items for them, as many as there are of both; what is taken is marked with the epoch.
    /// `limits` gives the items of one transaction, `allowances` how many transactions of a recipe may go out.
    func claim(
        _ epoch: Int64, limits: [Recipe: Int], allowances: [Recipe: Int], itemLimit: Int
    ) async throws -> [Claim] {
        try await owned(epoch) { connection in
            var lanes = try await freeLanes(on: connection)
            var claims: [Claim] = []
            for recipe in try await readyRecipes(on: connection) where !lanes.isEmpty {
                let allowed = min(lanes.count, allowances[recipe] ?? .max)
                guard allowed > 0 else { continue }
                let limit = limits[recipe] ?? recipe.startingLimit
                let items = try await readyItems(
                    recipe, limit: min(itemLimit, limit * max(lanes.count, 4)), on: connection)
                for batch in Batcher(itemLimit: limit).batches(items, of: recipe).prefix(allowed) {
                    claims.append(Claim(batch: batch, lane: lanes.removeFirst()))
                }
            }
            guard !claims.isEmpty else { return [] }
            let references = claims.flatMap(\.batch.items).map(\.reference)
            _ = try await connection.execute(
                Self.mark,
                [
                    .int8(epoch), .textArray(references.map(\.operation.rawValue)),
                    .int8Array(references.map { Int64($0.ordinal) }),
                ])
            _ = try await connection.execute(
                Self.leaseLanes,
                [
                    .int8(epoch), .text(workerID), .text(account.hex),
                    .int8Array(claims.map { Int64($0.lane.slot.keyIndex.rawValue) }),
                ])
            return claims
        }
    }

    /// Gives items and lanes back that no transaction was made of.
    func unclaim(_ claim: Claim, epoch: Int64) async throws {
        try await owned(epoch) { connection in
            let references = claim.batch.items.map(\.reference)
            _ = try await connection.execute(
                Self.unmark,
                [
                    .int8(epoch), .textArray(references.map(\.operation.rawValue)),
                    .int8Array(references.map { Int64($0.ordinal) }),
                ])
            _ = try await connection.execute(
                Self.freeLane,
                [
                    .int8(epoch), .text(account.hex), .int8(Int64(claim.lane.slot.keyIndex.rawValue)),
                ])
        }
    }

    private func freeLanes(on connection: PostgresConnection) async throws -> [LeasedLane] {
        try await connection.query(Self.selectLanes, [.text(account.hex)]).map { row in
            LeasedLane(
                slot: SlotPlace(
                    address: account, keyIndex: KeyIndex(UInt32(try row.decode(Int64.self, "key_index"))),
                    sequenceNumber: SequenceNumber(try row.decode(UInt64.self, "next_sequence_number"))),
                weight: try row.decode(Int.self, "weight"))
        }
    }

    /// Recipes with something ready, the most urgent first.
    private func readyRecipes(on connection: PostgresConnection) async throws -> [Recipe] {
        try await connection.query(Self.selectRecipes, [.textArray(Recipe.allCases.map(\.rawValue))]).compactMap {
            row in
            Recipe(rawValue: try row.decode(String.self, "recipe"))
        }
    }

    private func readyItems(_ recipe: Recipe, limit: Int, on connection: PostgresConnection) async throws -> [ReadyItem]
    {
        try await connection.query(Self.selectItems, [.text(recipe.rawValue), .int8(Int64(limit))]).map(Self.readyItem)
    }

    static func readyItem(_ row: PostgresRow) throws -> ReadyItem {
        let content = try row.decode(String.self, "arguments")
        return ReadyItem(
            ItemReference(
                OperationID(rawValue: try row.decode(String.self, "operation_id"))!, try row.decode(Int.self, "ordinal")
            ),
            try JSONDecoder().decode(ItemContent.self, from: Data(content.utf8)),
            attempts: try row.decode(Int.self, "attempts"), suspectGroup: try row.decode(Int64?.self, "suspect_group"))
    }

    /// Keys of no weight first: the payer's own key is the one that the rest hangs on.
    private static let selectLanes = """
        select key_index, next_sequence_number, weight from proposal_keys k
        where address = $1 and not revoked and quarantined_because is null and not unread
            and (lease_epoch is null or not exists (select from leases l where l.epoch = k.lease_epoch))
            and not exists (select from slots s
                where s.address = k.address and s.key_index = k.key_index and s.state = 'held')
        order by weight, key_index limit 256 for update skip locked
        """

    private static let ready = """
        i.state = 'queued' and (i.not_before_at is null or i.not_before_at <= now())
            and (i.lease_epoch is null or not exists (select from leases l where l.epoch = i.lease_epoch))
            and (i.sequence_key is null or not exists (select from slots s
                where s.sequence_key = i.sequence_key and s.finished_at is null))
        """

    private static let selectRecipes = """
        select r.recipe from unnest($1::text[]) as r (recipe)
        cross join lateral (
            select i.priority, i.operation_id from operation_items i where i.recipe = r.recipe and \(ready)
            order by i.priority desc, i.operation_id, i.ordinal limit 1) as first
        order by first.priority desc, first.operation_id
        """

    private static let selectItems = """
        select i.operation_id, i.ordinal, i.arguments::text as arguments, i.attempts, i.suspect_group
        from operation_items i where i.recipe = $1 and \(ready)
        order by i.priority desc, i.operation_id, i.ordinal limit $2 for update of i skip locked
        """

    private static let mark = """
        update operation_items i set lease_epoch = $1
        from unnest($2::text[], $3::bigint[]) as c (operation_id, ordinal)
        where i.operation_id = c.operation_id and i.ordinal = c.ordinal
        """

    private static let unmark = """
        update operation_items i set lease_epoch = null
        from unnest($2::text[], $3::bigint[]) as c (operation_id, ordinal)
        where i.operation_id = c.operation_id and i.ordinal = c.ordinal and i.lease_epoch = $1
        """

    private static let leaseLanes = """
        update proposal_keys set lease_epoch = $1, leased_by = $2, leased_at = now()
        where address = $3 and key_index = any($4::bigint[])
        """

    static let freeLane = """
        update proposal_keys set lease_epoch = null, leased_by = null, leased_at = null
        where address = $2 and key_index = $3 and lease_epoch = $1
        """
}
