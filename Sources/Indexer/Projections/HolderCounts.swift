import Postgres

/// How many tokens each owner has gained or lost: kept beside the spans, so that a page of holders costs the same at any depth.
struct HolderCounts {
    private struct Key: Hashable {
        var type: String
        var kind: String
        var owner: String
        var group: String
    }

    private var changes: [Key: Int64] = [:]

    mutating func add(_ type: String, _ owner: Owner, group: String?) {
        guard owner != .limbo else { return }
        changes[Key(type: type, kind: owner.kind.rawValue, owner: owner.text, group: group ?? ""), default: 0] += 1
    }

    /// A span that has ended.
    mutating func remove(_ row: PostgresRow) throws {
        let kind: String = try row.decode("owner_kind")
        guard kind != Owner.Kind.limbo.rawValue else { return }
        let key = Key(
            type: try row.decode("token_type"), kind: kind, owner: try row.decode("owner"),
            group: try row.decode("group_id"))
        changes[key, default: 0] -= 1
    }

    private static let change = """
        insert into holder_counts as h (token_type, owner_kind, owner, group_id, tokens)
        select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[])
        on conflict (token_type, owner_kind, owner, group_id) do update set tokens = h.tokens + excluded.tokens
        """
    private static let lower = """
        update holder_counts h set tokens = h.tokens - lost.tokens
        from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[])
            as lost (token_type, owner_kind, owner, group_id, tokens)
        where h.token_type = lost.token_type and h.owner_kind = lost.owner_kind and h.owner = lost.owner
            and h.group_id = lost.group_id
        """
    private static let forget = """
        delete from holder_counts h
        using unnest($1::text[], $2::text[], $3::text[], $4::text[]) as lost (token_type, owner_kind, owner, group_id)
        where h.token_type = lost.token_type and h.owner_kind = lost.owner_kind and h.owner = lost.owner
            and h.group_id = lost.group_id and h.tokens = 0
        """

    func write(on connection: PostgresConnection) async throws {
        let gained = changes.filter { $0.value > 0 }
        let lost = changes.filter { $0.value < 0 }
        if !lost.isEmpty {
            let keys = Self.columns(lost.keys)
            _ = try await connection.execute(Self.lower, keys + [.int8Array(lost.values.map { -$0 })])
            _ = try await connection.execute(Self.forget, keys)
        }
        if !gained.isEmpty {
            _ = try await connection.execute(
                Self.change, Self.columns(gained.keys) + [.int8Array(Array(gained.values))])
        }
    }

    private static func columns(_ keys: some Collection<Key>) -> [PostgresValue] {
        [
            .textArray(keys.map(\.type)), .textArray(keys.map(\.kind)), .textArray(keys.map(\.owner)),
            .textArray(keys.map(\.group)),
        ]
    }

    /// All of them anew, from the spans.
    static func count(on connection: PostgresConnection) async throws {
        _ = try await connection.execute("delete from holder_counts", [])
        _ = try await connection.execute(fill, [])
    }

    static let fill = """
        insert into holder_counts (token_type, owner_kind, owner, group_id, tokens)
        select token_type, owner_kind, owner, coalesce(group_id, ''), count(*) from ownership_spans
        where to_height is null and owner_kind <> 'limbo' group by 1, 2, 3, 4
        """
}
