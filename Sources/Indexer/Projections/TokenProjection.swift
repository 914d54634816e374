package import FlowClient
package import Postgres

/// Which tokens there are, of which pass or collectible, and when they came and went.
package struct TokenProjection: Projection {
    package static let name = "tokens"
    package static let version: Int32 = 1
    package init() {}

    private static let destroy = """
        update tokens set destroyed_height = gone.height
        from unnest($1::text[], $2::numeric[], $3::bigint[]) as gone (token_type, token_id, height)
        where tokens.token_type = gone.token_type and tokens.token_id = gone.token_id
        """
    /// Tokens of contracts that don't announce their mints: they are there when they are first deposited.
    private static let appear = """
        insert into tokens (token_type, token_id, minted_height)
        select * from unnest($1::text[], $2::numeric[], $3::bigint[]) on conflict do nothing
        """

    package func execute(_ batch: EventBatch, on connection: PostgresConnection) async throws {
        var minted: Set<TokenKey> = []
        var mints: [[PostgresValue]] = []
        var appeared: [TokenKey: BlockHeight] = [:]
        var gone: [TokenKey: BlockHeight] = [:]
        var withdrawn: [UInt64: TokenKey] = [:]
        for event in batch.events {
            let height = event.position.height
            for fact in event.facts {
                switch fact {
                case .minted(let mint) where minted.insert(mint.token).inserted:
                    mints.append([
                        .text(mint.token.type), .numeric(mint.token.id), .text(mint.group),
                        .optional(mint.release, PostgresValue.text), .numeric(mint.serial), .height(height),
                    ])
                case .deposited(let token, _, _, _) where !minted.contains(token) && appeared[token] == nil:
                    appeared[token] = height
                case .withdrawn(let token, let uuid, _, _): withdrawn[uuid] = token
                case .destroyed(let token): gone[token] = height
                case .destroyedSomewhere(let uuid): if let token = withdrawn[uuid] { gone[token] = height }
                default: break
                }
            }
        }
        if !mints.isEmpty {
            try await connection.write(
                "tokens", columns: ["token_type", "token_id", "group_id", "release_id", "serial", "minted_height"],
                rows: mints)
        }
        for (statement, tokens) in [(Self.appear, appeared), (Self.destroy, gone)] where !tokens.isEmpty {
            _ = try await connection.execute(
                statement,
                [
                    .textArray(tokens.keys.map(\.type)), .numericArray(tokens.keys.map(\.id)),
                    .int8Array(tokens.values.map { Int64($0.rawValue) }),
                ])
        }
    }

    package func unwind(to height: BlockHeight, on connection: PostgresConnection) async throws {
        _ = try await connection.execute("delete from tokens where minted_height > $1", [.height(height)])
        _ = try await connection.execute(
            "update tokens set destroyed_height = null where destroyed_height > $1", [.height(height)])
    }

    package func clear(on connection: PostgresConnection) async throws {
        _ = try await connection.execute("delete from tokens", [])
    }
}
