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
    /// What may be claimed: how many transactions at most (of each recipe), with how many items, and on which lanes.
    struct ClaimBounds: Sendable {
        var limits: [Recipe: Int] = [:]
        /// The keys that this process can sign with.
        var keys: Set<KeyIndex>
        var itemLimit = 4_000
        /// When each recipe was given a lane last, by a count that goes up.
        var turns: [Recipe: UInt64] = [:]
        /// Between two looks whether a hold still stands.
        var probePause: Duration = .seconds(60)
    }

    /// Takes free lanes and ready items for them, as many as there are of both; what is taken is named with the epoch.
    /// What this process took before and made nothing of, because a reply or a connection was lost, is given back first:
    /// one process claims once at a time.
    func claim(_ epoch: Int64, _ bounds: ClaimBounds) async throws -> [Claim] {
        try await owned(epoch) { connection in
            try await dropOwnClaims(epoch, on: connection)
            _ = try await connection.execute(Self.makeReady, [])
            var lanes = try await freeLanes(bounds.keys, on: connection)
            guard !lanes.isEmpty else { return [] }
            let gate = try await HoldGate(holds(on: connection))
            let claims = try await fill(&lanes, bounds, gate, on: connection)
            guard !claims.isEmpty else { return [] }
            let references = claims.flatMap(\.batch.items).map(\.reference)
            let (operations, ordinals) = Self.columns(references)
            // Another process may have claimed some of them since this statement's snapshot: its claims stand, and the
            // next look finds what is left.
            guard
                try await connection.execute(Self.mark, [.int8(epoch), operations, ordinals]) == references.count
            else {
                try await dropOwnClaims(epoch, on: connection)
                return []
            }
            _ = try await connection.execute(
                Self.leaseLanes,
                [
                    .int8(epoch), .text(workerID), .text(account.hex),
                    .int8Array(claims.map { Int64($0.lane.slot.keyIndex.rawValue) }),
                ])
            return claims
        }
    }

    /// Each is a look-up of its own.
    private static let tenantsAtOnce = 64

    /// Lanes with what they will carry: the most urgent first, and of equally urgent recipes and tenants each in turn.
    private func fill(
        _ lanes: inout [LeasedLane], _ bounds: ClaimBounds, _ gate: HoldGate, on connection: PostgresConnection
    ) async throws -> [Claim] {
        let ready = try await readyTenants(on: connection)
        let recipes = ready.map(\.recipe).reduce(into: [Recipe]()) { if !$0.contains($1) { $0.append($1) } }
        var batches: [Recipe: [Batch]] = [:]
        var wanted: [(kind: Recipe, priority: Int16, wanted: Int)] = []
        for recipe in recipes where !gate.isShut(recipe) {
            let limit = bounds.limits[recipe] ?? recipe.startingLimit
            // Those whose oldest waits longest: the others' turn comes as these get done.
            let tenants = Array(ready.filter { $0.recipe == recipe }.prefix(Self.tenantsAtOnce))
            let share = max(1, min(bounds.itemLimit, limit * max(lanes.count, 4)) / tenants.count)
            var items: [[(priority: Int16, item: ReadyItem)]] = []
            for tenant in tenants {
                items.append(try await readyItems(recipe, of: tenant.tenant, limit: share, on: connection))
            }
            let made = Batcher(itemLimit: limit).batches(FairShares.interleave(items), of: recipe)
            batches[recipe] = made
            // One probe at a time, whatever else waits.
            let allowed = gate.lets(recipe) ? made.count : min(1, made.count)
            wanted.append((recipe, tenants[0].priority, allowed))
            guard !gate.lets(recipe), !made.isEmpty else { continue }
            if gate.holdsEverything {
                wanted = [wanted[wanted.count - 1]]
                break
            }
        }
        var claims: [Claim] = []
        for recipe in FairShares.lanes(lanes.count, among: wanted, turns: bounds.turns) {
            guard let batch = batches[recipe]?.removeFirst() else { continue }
            if !gate.lets(recipe) {
                try await probe(gate.scopes(holding: recipe), pause: bounds.probePause, on: connection)
            }
            claims.append(Claim(batch: batch, lane: lanes.removeFirst()))
        }
        return claims
    }

    private func dropOwnClaims(_ epoch: Int64, on connection: PostgresConnection) async throws {
        _ = try await connection.execute("delete from item_claims where epoch = $1", [.int8(epoch)])
        _ = try await connection.execute(Self.freeOwnLanes, [.int8(epoch)])
    }

    /// Gives back what no transactions were made of.
    func unclaim(_ claims: [Claim], epoch: Int64) async throws {
        try await owned(epoch) { connection in
            let (operations, ordinals) = Self.columns(claims.flatMap(\.batch.items).map(\.reference))
            _ = try await connection.execute(Self.unmark, [.int8(epoch), operations, ordinals])
            _ = try await connection.execute(
                Self.freeLanes,
                [
                    .int8(epoch), .text(account.hex),
                    .int8Array(claims.map { Int64($0.lane.slot.keyIndex.rawValue) }),
                ])
        }
    }

    /// Whether there are lanes that another process has found and this one does not know.
    func hasLanes(besides keys: Set<KeyIndex>) async throws -> Bool {
        try await pool.query(
            Self.selectUnknownLanes, [.text(account.hex), .int8Array(keys.map { Int64($0.rawValue) })]
        ).one(Bool.self)
    }

    private func freeLanes(
        _ keys: Set<KeyIndex>, on connection: PostgresConnection
    ) async throws -> [LeasedLane] {
        try await connection.query(
            Self.selectLanes, [.text(account.hex), .int8Array(keys.map { Int64($0.rawValue) })]
        ).map { row in
            LeasedLane(
                slot: SlotPlace(
                    address: account, keyIndex: KeyIndex(UInt32(try row.decode(Int64.self, "key_index"))),
                    sequenceNumber: SequenceNumber(try row.decode(UInt64.self, "next_sequence_number"))),
                weight: try row.decode(Int.self, "weight"))
        }
    }

    private struct ReadyTenant {
        var recipe: Recipe
        var tenant: String
        var priority: Int16
    }

    /// Recipes and tenants with something ready, the most urgent first. Recipes that this program does not know are left to
    /// those that do.
    private func readyTenants(on connection: PostgresConnection) async throws -> [ReadyTenant] {
        try await connection.query(Self.selectTenants, [.textArray(Recipe.allCases.map(\.rawValue))]).compactMap {
            row in
            guard let recipe = Recipe(rawValue: try row.decode(String.self, "recipe")) else { return nil }
            return ReadyTenant(
                recipe: recipe, tenant: try row.decode(String.self, "tenant"),
                priority: try row.decode(Int16.self, "priority"))
        }
    }

    private func readyItems(
        _ recipe: Recipe, of tenant: String, limit: Int, on connection: PostgresConnection
    ) async throws -> [(priority: Int16, item: ReadyItem)] {
        try await connection.query(Self.selectItems, [.text(recipe.rawValue), .text(tenant), .int8(Int64(limit))]).map {
            (try $0.decode(Int16.self, "priority"), try Self.readyItem($0))
        }
    }

    static func readyItem(_ row: PostgresRow) throws -> ReadyItem {
        let content = try row.decode(String.self, "arguments")
        return ReadyItem(
            ItemReference(
                OperationID(rawValue: try row.decode(String.self, "operation_id"))!, try row.decode(Int.self, "ordinal")
            ),
            try ItemContent.read(content),
            attempts: try row.decode(Int.self, "attempts"), suspectGroup: try row.decode(Int64?.self, "suspect_group"))
    }

    /// Keys of no weight first: the payer's own key is the one that the rest hangs on. A lane that
    /// rests is left, unless there is no other one.
    private static let selectLanes = """
        select key_index, next_sequence_number, weight from proposal_keys k
        where address = $1 and key_index = any($2) and not revoked and quarantined_because is null and not unread
            and (coalesce(rests_until_at <= now(), true) or not exists (select from proposal_keys o
                where o.address = k.address and o.key_index = any($2) and not o.revoked and o.quarantined_because is null
                    and coalesce(o.rests_until_at <= now(), true)))
            and (lease_epoch is null or not exists (select from leases l where l.epoch = k.lease_epoch))
            and not exists (select from slots s
                where s.address = k.address and s.key_index = k.key_index and s.state = 'held')
        order by collisions > 0, weight, key_index limit 256 for update skip locked
        """

    private static let ready = """
        i.state = 'queued' and not exists (select from item_claims c where c.operation_id = i.operation_id and c.ordinal = i.ordinal)
            and (i.sequence_key is null or not exists (select from slots s
                where s.sequence_key = i.sequence_key and s.finished_at is null))
        """

    /// Some at a time: what is left becomes ready with the next look.
    private static let makeReady = """
        update operation_items i set state = 'queued', updated_at = now()
        from (select operation_id, ordinal from operation_items
            where state = 'scheduled' and not_before_at <= now() order by not_before_at limit 20000 for update skip locked) as due
        where i.operation_id = due.operation_id and i.ordinal = due.ordinal
        """

    /// From one pair of recipe and tenant to the next by the index, however much each has.
    private static let selectTenants = """
        with recursive pairs as (
            (select i.recipe, i.tenant from operation_items i where i.state = 'queued' order by i.recipe, i.tenant limit 1)
            union all
            select n.recipe, n.tenant from pairs p cross join lateral (
                select i.recipe, i.tenant from operation_items i
                where i.state = 'queued' and (i.recipe, i.tenant) > (p.recipe, p.tenant)
                order by i.recipe, i.tenant limit 1) n
        )
        select p.recipe, p.tenant, first.priority from pairs p
        cross join lateral (
            select i.priority, i.operation_id from operation_items i
            where i.recipe = p.recipe and i.tenant = p.tenant and \(ready)
            order by i.priority desc, i.operation_id, i.ordinal limit 1) as first
        where p.recipe = any($1::text[])
        order by first.priority desc, first.operation_id
        """

    private static let selectItems = """
        select i.operation_id, i.ordinal, i.arguments::text as arguments, i.attempts, i.suspect_group, i.priority
        from operation_items i where i.recipe = $1 and i.tenant = $2 and \(ready)
        order by i.priority desc, i.operation_id, i.ordinal limit $3 for update of i skip locked
        """

    private static let mark = """
        insert into item_claims (epoch, operation_id, ordinal)
        select $1, operation_id, ordinal from unnest($2::text[], $3::bigint[]) as c (operation_id, ordinal)
        on conflict do nothing
        """

    private static let unmark = """
        delete from item_claims i using unnest($2::text[], $3::bigint[]) as c (operation_id, ordinal)
        where i.operation_id = c.operation_id and i.ordinal = c.ordinal and i.epoch = $1
        """

    private static let selectUnknownLanes = """
        select exists (select from proposal_keys where address = $1 and not revoked and key_index <> all($2))
        """

    private static let freeOwnLanes = """
        update proposal_keys set lease_epoch = null, leased_by = null, leased_at = null where lease_epoch = $1
        """

    private static let leaseLanes = """
        update proposal_keys set lease_epoch = $1, leased_by = $2, leased_at = now()
        where address = $3 and key_index = any($4::bigint[])
        """

    static let freeLanes = """
        update proposal_keys set lease_epoch = null, leased_by = null, leased_at = null
        where address = $2 and key_index = any($3::bigint[]) and lease_epoch = $1
        """
}
