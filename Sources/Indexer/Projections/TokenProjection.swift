package import FlowClient
package import Postgres

/// Which tokens there are, of which pass or collectible, and when they came and went.
package struct TokenProjection: Projection {
    package static let name = "tokens"
    package static let version: Int32 = 2
    package static let tables = ["tokens"]
    package init() {}

    private static let destroy = """
        update tokens set destroyed_height = gone.height
        from unnest($1::text[], $2::numeric[], $3::bigint[]) as gone (token_type, token_id, height)
        where tokens.token_type = gone.token_type and tokens.token_id = gone.token_id
        """
    private static let destroyByUUID = """
        update tokens set destroyed_height = gone.height
        from unnest($1::numeric[], $2::bigint[]) as gone (uuid, height)
        where tokens.uuid = gone.uuid and tokens.destroyed_height is null
        """
    /// Tokens of contracts that don't announce their mints: they are there when they are first deposited. Whoever has an owner
    /// already is known.
    private static let appear = """
        insert into tokens (token_type, token_id, minted_height, uuid)
        select n.token_type, uint64(n.token_id), n.height, n.uuid
        from unnest($1::text[], $2::bigint[], $3::bigint[], $4::numeric[]) as n (token_type, token_id, height, uuid)
        where not exists (select from token_owners o where o.token_id = n.token_id and o.token_type = n.token_type)
        on conflict (token_type, token_id) do update set uuid = excluded.uuid
        where tokens.uuid is null and excluded.uuid is not null
        """
    private static let columns = [
        "token_type", "token_id", "group_id", "release_id", "serial", "minted_height", "uuid",
    ]

    package func execute(_ batch: EventBatch, on connection: PostgresConnection) async throws {
        try await execute(batch, appearing: true, on: connection)
    }

    /// - Parameter appearing: false where who appears without a mint is found afterwards, by sorting.
    func execute(_ batch: EventBatch, appearing: Bool, on connection: PostgresConnection) async throws {
        var mints: [(mint: ChainFact.Mint, height: BlockHeight)] = []
        var minted: [TokenKey: UInt64?] = [:]
        var appeared: [TokenKey: (height: BlockHeight, uuid: UInt64?)] = [:]
        var gone: [TokenKey: BlockHeight] = [:]
        var goneSomewhere: [UInt64: BlockHeight] = [:]
        for event in batch.events {
            let height = event.position.height
            for fact in event.facts {
                switch fact {
                case .minted(let mint) where minted[mint.token] == nil:
                    minted[mint.token] = .some(nil)
                    mints.append((mint, height))
                case .deposited(let token, let uuid, _, _):
                    if let known = minted[token] {
                        if known == nil { minted[token] = uuid }
                    } else if appeared[token] == nil {
                        appeared[token] = (height, uuid)
                    }
                case .destroyed(let token), .corrected(let token, nil): gone[token] = height
                case .corrected(let token, _) where minted[token] == nil && appeared[token] == nil:
                    appeared[token] = (height, nil)
                case .destroyedSomewhere(let uuid): goneSomewhere[uuid] = height
                default: break
                }
            }
        }
        if !mints.isEmpty {
            let rows = mints.map { mint, height -> [PostgresValue] in
                [
                    .text(mint.token.type), .numeric(mint.token.id), .text(mint.group),
                    .optional(mint.release, PostgresValue.text), .numeric(mint.serial), .height(height),
                    .optional(minted[mint.token] ?? nil, PostgresValue.numeric),
                ]
            }
            try await connection.write("tokens", columns: Self.columns, rows: rows)
        }
        if appearing, !appeared.isEmpty {
            _ = try await connection.execute(
                Self.appear,
                [
                    .textArray(appeared.keys.map(\.type)), .id64Array(appeared.keys.map(\.id)),
                    .int8Array(appeared.values.map { Int64($0.height.rawValue) }),
                    .array(
                        of: .numeric, appeared.values.map { .optional($0.uuid, PostgresValue.numeric) }),
                ])
        }
        if !gone.isEmpty {
            _ = try await connection.execute(
                Self.destroy,
                [
                    .textArray(gone.keys.map(\.type)), .numericArray(gone.keys.map(\.id)),
                    .int8Array(gone.values.map { Int64($0.rawValue) }),
                ])
        }
        if !goneSomewhere.isEmpty {
            _ = try await connection.execute(
                Self.destroyByUUID,
                [
                    .numericArray(Array(goneSomewhere.keys)),
                    .int8Array(goneSomewhere.values.map { Int64($0.rawValue) }),
                ])
        }
    }

    package func unwind(to height: BlockHeight, on connection: PostgresConnection) async throws {
        _ = try await connection.execute("delete from tokens where minted_height > $1", [.height(height)])
        _ = try await connection.execute(
            "update tokens set destroyed_height = null where destroyed_height > $1", [.height(height)])
    }
}
