import Encoding
import FoundationEssentials
package import Postgres

extension OperationStore {
    /// Takes one operation in. When this returns, the operation is committed.
    /// Throws `SubmitterError` with `idempotencyConflict` (and the operation that has the key) or `invalidOperation`.
    @discardableResult
    package func enqueue(_ operation: NewOperation) async throws -> EnqueueResult {
        try await enqueue([operation])[0]
    }

    /// Takes all of them in or none, in one transaction. Results in the order of `operations`.
    @discardableResult
    package func enqueue(_ operations: [NewOperation]) async throws -> [EnqueueResult] {
        try await pool.withTransaction { try await enqueue(operations, on: $0) }
    }

    /// The same inside the caller's transaction, which must be rolled back when this throws.
    package func enqueue(_ operations: [NewOperation], on connection: PostgresConnection) async throws
        -> [EnqueueResult]
    {
        try operations.forEach(check)
        let ids = operations.map { _ in OperationID() }
        let created = try await insert(operations, ids: ids, on: connection)
        let existing = try await holders(of: operations, on: connection)

        var results: [EnqueueResult] = []
        var repeated: [(holder: OperationID, operation: NewOperation)] = []
        for (operation, id) in zip(operations, ids) {
            if created.contains(id) {
                results.append(.created(id))
                continue
            }
            guard let holder = existing[Key(operation)] else {
                throw SubmitterError(.contradiction, "an idempotency key is taken and has no holder")
            }
            repeated.append((holder, operation))
            results.append(.existing(holder))
        }
        try await requireSameBodies(repeated, on: connection)
        try await insertItems(
            zip(operations, ids).filter { created.contains($1) }.map { ($1, $0, $0.items ?? []) }, on: connection)
        return results
    }

    private func requireSameBodies(
        _ repeated: [(holder: OperationID, operation: NewOperation)], on connection: PostgresConnection
    ) async throws {
        guard !repeated.isEmpty else { return }
        let other = try await connection.query(
            Self.otherBody,
            [
                .textArray(repeated.map(\.holder.rawValue)), .textArray(repeated.map(\.operation.type)),
                .textArray(repeated.map(\.operation.payload)),
            ]
        ).first
        guard let other else { return }
        throw SubmitterError(
            .idempotencyConflict, "the idempotency key was used before, with another type or payload",
            operation: OperationID(rawValue: try other.decode(String.self, "id")))
    }

    /// Takes in what is new, each for itself, in one transaction and one round trip; what is wrong with one, or whose key
    /// another holds, keeps no other out. Each with its status.
    package func enqueueEach(
        _ operations: [NewOperation]
    ) async throws -> [Result<(EnqueueResult, OperationStatus), SubmitterError>] {
        var wrong: [Int: SubmitterError] = [:]
        for (place, operation) in operations.enumerated() {
            do { try check(operation) } catch let error as SubmitterError { wrong[place] = error }
        }
        let good = operations.indices.filter { wrong[$0] == nil }
        let ids = Dictionary(uniqueKeysWithValues: good.map { ($0, OperationID()) })
        let known = good.isEmpty ? [:] : try await insertEach(good.map { (ids[$0]!, operations[$0]) })
        var results: [Result<(EnqueueResult, OperationStatus), SubmitterError>] = []
        for (place, operation) in operations.enumerated() {
            if let error = wrong[place] {
                results.append(.failure(error))
            } else if let id = ids[place], let status = known[id] {
                results.append(.success((.created(id), status)))
            } else {
                results.append(try await existing(operation))
            }
        }
        return results
    }

    /// The statuses of those that were new.
    private func insertEach(
        _ operations: [(id: OperationID, operation: NewOperation)]
    ) async throws -> [OperationID: OperationStatus] {
        let parameters = Self.parameters(of: operations.map(\.operation), ids: operations.map(\.id))
        let items = try Self.itemParameters(of: operations.map { ($0.id, $0.operation, $0.operation.items ?? []) })
        do {
            let rows = try await pool.query(Self.insertEach, parameters + items)
            return Dictionary(uniqueKeysWithValues: try rows.map(Self.status).map { ($0.id, $0) })
        } catch let error as PostgresError where Self.isAboutContent(error) {
            throw SubmitterError(.invalidOperation, "the payload is not JSON that can be stored")
        }
    }

    /// The operation that has the key, where it is the same.
    private func existing(
        _ operation: NewOperation
    ) async throws -> Result<(EnqueueResult, OperationStatus), SubmitterError> {
        try await pool.withConnection { connection in
            guard let holder = try await holders(of: [operation], on: connection)[Key(operation)] else {
                throw SubmitterError(.contradiction, "an idempotency key is taken and has no holder")
            }
            do { try await requireSameBodies([(holder, operation)], on: connection) } catch let error as SubmitterError
            { return .failure(error) }
            guard let status = try await statuses(of: [holder], on: connection)[holder] else {
                throw SubmitterError(.contradiction, "an operation was taken in and is not there")
            }
            return .success((.existing(holder), status))
        }
    }

    /// Gives an operation that was taken in without items (state `accepted`) its items.
    package func expand(_ id: OperationID, into items: [NewItem], on connection: PostgresConnection) async throws {
        guard let row = try await connection.query(Self.expand, [.text(id.rawValue), .int4(Int32(items.count))]).first
        else {
            throw SubmitterError(.wrongState, "only an accepted operation can be given items", operation: id)
        }
        let operation = NewOperation(
            type: "", tenant: try row.decode(String.self, "tenant"), payload: "", idempotencyKey: "",
            priority: try row.decode(Int16.self, "priority"),
            notBefore: try row.decode(Date?.self, "not_before_at"), items: items)
        try check(items: items)
        try await insertItems([(id, operation, items)], on: connection)
    }

    /// Ends an operation that was only accepted and can't be given items.
    package func fail(_ id: OperationID, because reason: String, on connection: PostgresConnection) async throws {
        try await connection.execute(
            """
            update operations set state = 'finished', outcome = 'failed', reason = $2, finished_at = now(), updated_at = now()
            where id = $1 and state = 'accepted'
            """, [.text(id.rawValue), .text(reason)])
    }

    private struct Key: Hashable {
        var tenant: String
        var key: String
        init(_ operation: NewOperation) { (tenant, key) = (operation.tenant, operation.idempotencyKey) }
        init(tenant: String, key: String) { (self.tenant, self.key) = (tenant, key) }
    }

    private func check(_ operation: NewOperation) throws {
        func demand(_ holds: Bool, _ message: String) throws {
            if !holds { throw SubmitterError(.invalidOperation, message) }
        }
        try demand(!operation.type.isEmpty, "an operation has a type")
        try demand((1...255).contains(operation.idempotencyKey.utf8.count), "an idempotency key has 1 to 255 bytes")
        try demand(!operation.idempotencyKey.utf8.contains(0), "an idempotency key holds no zero byte")
        try check(items: operation.items ?? [])
    }

    private func check(items: [NewItem]) throws {
        for (ordinal, item) in items.enumerated() where !item.dependsOn.allSatisfy((0..<ordinal).contains) {
            throw SubmitterError(.invalidOperation, "item \(ordinal) may depend on items before it only")
        }
    }

    private func insert(
        _ operations: [NewOperation], ids: [OperationID], on connection: PostgresConnection
    ) async throws -> Set<OperationID> {
        do {
            let rows = try await connection.query(Self.insert, Self.parameters(of: operations, ids: ids))
            return Set(try rows.map { OperationID(rawValue: try $0.decode(String.self, "id"))! })
        } catch let error as PostgresError where Self.isAboutContent(error) {
            throw SubmitterError(.invalidOperation, "the payload is not JSON that can be stored")
        }
    }

    private static func isAboutContent(_ error: PostgresError) -> Bool {
        ["22P02", "22P05"].contains(error.sqlState?.rawValue ?? "")
    }

    private static func parameters(of operations: [NewOperation], ids: [OperationID]) -> [PostgresValue] {
        [
            .textArray(ids.map(\.rawValue)), .textArray(operations.map(\.tenant)),
            .textArray(operations.map(\.type)),
            .textArray(operations.map(\.payload)), .textArray(operations.map(\.idempotencyKey)),
            .int8Array(operations.map { Int64($0.priority) }),
            .textArrayNullable(operations.map { $0.notBefore.map { String($0.timeIntervalSince1970) } }),
            .int8Array(operations.map { $0.items.map { Int64($0.count) } ?? -1 }),
            .textArrayNullable(operations.map(\.traceparent)),
        ]
    }

    private func holders(of operations: [NewOperation], on connection: PostgresConnection) async throws -> [Key:
        OperationID]
    {
        let rows = try await connection.query(
            Self.holders,
            [
                .textArray(operations.map(\.tenant)), .textArray(operations.map(\.idempotencyKey)),
            ])
        var found: [Key: OperationID] = [:]
        for row in rows {
            let key = Key(
                tenant: try row.decode(String.self, "tenant"), key: try row.decode(String.self, "idempotency_key"))
            found[key] = OperationID(rawValue: try row.decode(String.self, "id"))
        }
        return found
    }

    /// The items of all these operations, in two statements however many they are.
    private func insertItems(
        _ operations: [(id: OperationID, operation: NewOperation, items: [NewItem])], on connection: PostgresConnection
    ) async throws {
        let operations = operations.filter { !$0.items.isEmpty }
        guard !operations.isEmpty else { return }
        try await connection.pipeline([
            (Self.insertItems, try Self.itemParameters(of: operations)),
            (
                Self.remember,
                [.textArray(operations.map(\.id.rawValue)), .int8Array(operations.map { Int64($0.items.count) })]
            ),
        ])
    }

    private static func itemParameters(
        of operations: [(id: OperationID, operation: NewOperation, items: [NewItem])]
    ) throws -> [PostgresValue] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let items = operations.flatMap(\.items)
        let contents = try items.map { String(decoding: try encoder.encode($0.content), as: UTF8.self) }
        return [
            .textArray(operations.map(\.id.rawValue)),
            .int8Array(operations.map { Int64($0.operation.priority) }),
            .textArrayNullable(
                operations.map { $0.operation.notBefore.map { String($0.timeIntervalSince1970) } }),
            .textArray(operations.map(\.operation.tenant)),
            .int8Array(
                operations.indices.flatMap { Array(repeating: Int64($0) + 1, count: operations[$0].items.count) }),
            .int8Array(operations.flatMap { $0.items.indices.map(Int64.init) }),
            .textArray(items.map(\.content.recipe.rawValue)), .textArray(items.map(\.content.key)),
            .textArray(contents),
            .textArray(items.map { "{\($0.dependsOn.map(String.init).joined(separator: ","))}" }),
            .textArrayNullable(items.map(\.content.sequenceKey)),
        ]
    }

    /// The whole of it in one statement, which looks at no table but to write: no statistics can make it slow. An id that
    /// was refused for its key is nobody's, and its items come to nothing.
    private static let insertEach = """
        with created as (\(insert.replacing("returning id", with: "returning *"))), items as (
            \(insertItems(firstParameter: 10, join: "join created c on c.id = owners.id"))
        ), history as (
            insert into operation_history (operation_id, what, items)
            select id, 'enqueued', items_total from created where items_total > 0
        )
        \(selectStatus.replacing("from operations", with: "from created"))
        """

    private static let insertItems = insertItems(firstParameter: 1)

    /// Operations in arrays of their own, items with the place of theirs.
    /// - Parameter join: which of the operations count.
    private static func insertItems(firstParameter first: Int, join: String = "") -> String {
        """
        insert into operation_items (operation_id, tenant, ordinal, recipe, item_key, arguments, depends_on, sequence_key, priority,
            not_before_at, state)
        select owners.id, owners.tenant, ordinal, recipe, key, content::jsonb, depends_on::bigint[], sequence_key, owners.priority::int2,
            to_timestamp(not_before::double precision),
            case when depends_on <> '{}' then 'waiting' when to_timestamp(not_before::double precision) > now() then 'scheduled'
                else 'queued' end
        from unnest($\(first)::text[], $\(first + 1)::bigint[], $\(first + 2)::text[], $\(first + 3)::text[]) with ordinality
            as owners (id, priority, not_before, tenant, place)
        \(join)
        join unnest($\(first + 4)::bigint[], $\(first + 5)::bigint[], $\(first + 6)::text[], $\(first + 7)::text[],
            $\(first + 8)::text[], $\(first + 9)::text[], $\(first + 10)::text[])
            as new (owner, ordinal, recipe, key, content, depends_on, sequence_key) on owner = owners.place
        """
    }

    /// An operation of no items has nothing to wait for; one whose items come later (-1) is only accepted.
    private static let insert = """
        insert into operations (id, tenant, type, payload, payload_digest, idempotency_key, priority, not_before_at,
            items_total, state, outcome, finished_at, traceparent)
        select id, tenant, type, payload::jsonb, sha256(convert_to(type || chr(10) || payload::jsonb::text, 'UTF8')), key,
            priority, to_timestamp(not_before::double precision), greatest(items, 0),
            case items when -1 then 'accepted' when 0 then 'finished' else 'queued' end,
            case items when 0 then 'done' end, case items when 0 then now() end, traceparent
        from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::bigint[], $9::text[])
            with ordinality as new (id, tenant, type, payload, key, priority, not_before, items, traceparent, place)
        order by place
        on conflict (tenant, idempotency_key) do nothing
        returning id
        """

    private static let holders = """
        select o.id, o.tenant, o.idempotency_key
        from unnest($1::text[], $2::text[]) as asked (tenant, key)
        join operations o on o.tenant = asked.tenant and o.idempotency_key = asked.key
        """

    private static let otherBody = """
        select o.id from unnest($1::text[], $2::text[], $3::text[]) as asked (id, type, payload)
        join operations o on o.id = asked.id
        where o.payload_digest <> sha256(convert_to(asked.type || chr(10) || asked.payload::jsonb::text, 'UTF8'))
        limit 1
        """

    private static let expand = """
        update operations set state = case $2::int4 when 0 then 'finished' else 'queued' end, items_total = $2::int4,
            outcome = case $2::int4 when 0 then 'done' end, finished_at = case $2::int4 when 0 then now() end, updated_at = now()
        where id = $1 and state = 'accepted'
        returning tenant, priority, not_before_at
        """

    private static let remember = """
        insert into operation_history (operation_id, what, items)
        select id, 'enqueued', items from unnest($1::text[], $2::bigint[]) as new (id, items)
        """
}
