import Cadence
import FlowClient
import FoundationEssentials
import Postgres

extension SubmissionStore {
    /// The content of one of our transactions; nil for one that is not in the record.
    func content(of transaction: TransactionID) async throws -> (Recipe, [ReadyItem])? {
        try await pool.withConnection { connection in
            guard let row = try await connection.query(Self.selectSlotOf, [.bytea(transaction.bytes)]).first else {
                return nil
            }
            let items = try await items(inSlot: try row.decode(Int64.self, "id"), on: connection)
            return (try Recipe(stored: row.decode(String.self, "recipe")), items)
        }
    }

    /// The slots of those of these transactions that are in the record.
    func slots(of transactions: [TransactionID]) async throws -> [TransactionID: Int64] {
        var found: [TransactionID: Int64] = [:]
        for row in try await pool.query(
            "select transaction_id, slot_id from attempts where transaction_id = any($1)",
            [.byteaArray(transactions.map(\.bytes))])
        {
            guard let id = TransactionID(bytes: try row.decode([UInt8].self, "transaction_id")) else { continue }
            found[id] = try row.decode(Int64.self, "slot_id")
        }
        return found
    }

    func itemCounts(slots: [Int64]) async throws -> [Int64: Int] {
        try await pool.query(
            "select slot_id, count(*) as items from slot_items where slot_id = any($1) group by slot_id",
            [.int8Array(slots)]
        ).reduce(into: [:]) { $0[try $1.decode(Int64.self, "slot_id")] = try $1.decode(Int.self, "items") }
    }

    /// Items that are not under way, locked; of all recipes where `recipe` is nil.
    func waitingItems(
        of operations: Set<OperationID>, recipe: Recipe?, on connection: PostgresConnection
    ) async throws -> [ReadyItem] {
        try await connection.query(
            Self.selectWaiting,
            [
                .textArray(operations.map(\.rawValue)), .optional(recipe?.rawValue, PostgresValue.text),
            ]
        ).map(Self.readyItem)
    }

    func hasUnreadLanes() async throws -> Bool {
        try await pool.query(Self.selectUnread, [.text(account.hex)]).one(Bool.self)
    }

    func limits() async throws -> [Recipe: RecipeLimit] {
        var limits: [Recipe: RecipeLimit] = [:]
        for row in try await pool.query(
            "select recipe, items, failed_at_items, event_bytes_per_item, computation_per_item from recipe_limits")
        {
            guard let recipe = Recipe(rawValue: try row.decode(String.self, "recipe")) else { continue }
            limits[recipe] = RecipeLimit(
                recipe, items: try row.decode(Int.self, "items"),
                failedAtItems: try row.decode(Int?.self, "failed_at_items"),
                eventBytesPerItem: try row.decode(Double?.self, "event_bytes_per_item"),
                computationPerItem: try row.decode(Double?.self, "computation_per_item"))
        }
        return limits
    }

    /// The network's maximum, where it was found to be less than what is asked for by default.
    func maximumComputation() async throws -> UInt64? {
        try await pool.query("select value from network_limits where name = 'computation'").first?
            .decode(Int64.self, "value").magnitude
    }

    func saveMaximumComputation(_ most: UInt64, on connection: PostgresConnection) async throws {
        _ = try await connection.execute(Self.saveNetworkLimit, [.text("computation"), .int8(Int64(clamping: most))])
    }

    func save(_ limit: RecipeLimit, on connection: PostgresConnection) async throws {
        _ = try await connection.execute(
            Self.saveLimit,
            [
                .text(limit.recipe.rawValue), .int4(Int32(limit.items)),
                .optional(limit.failedAtItems.map { Int32($0) }, PostgresValue.int4),
                .optional(limit.eventBytesPerItem, PostgresValue.float8),
                .optional(limit.computationPerItem, PostgresValue.float8),
            ])
    }

    private static let saveNetworkLimit = """
        insert into network_limits (name, value) values ($1, $2)
        on conflict (name) do update set value = excluded.value, learned_at = now()
        """

    private static let selectSlotOf = """
        select s.id, s.recipe from attempts a join slots s on s.id = a.slot_id where a.transaction_id = $1
        """

    private static let selectWaiting = """
        select operation_id, ordinal, arguments::text as arguments, attempts, suspect_group from operation_items
        where operation_id = any($1) and ($2::text is null or recipe = $2) and state in ('waiting', 'scheduled', 'queued')
        order by operation_id, ordinal for update
        """

    private static let selectUnread = """
        select exists (
            select from proposal_keys k where address = $1 and unread and not revoked and quarantined_because is null
                and not exists (select from slots s
                    where s.address = k.address and s.key_index = k.key_index and s.state = 'held'))
        """

    private static let saveLimit = """
        insert into recipe_limits (recipe, items, failed_at_items, event_bytes_per_item, computation_per_item)
        values ($1, $2, $3, $4, $5)
        on conflict (recipe) do update set items = excluded.items, failed_at_items = excluded.failed_at_items,
            event_bytes_per_item = excluded.event_bytes_per_item, computation_per_item = excluded.computation_per_item,
            updated_at = now()
        """
}
