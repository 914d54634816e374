import Encoding
import HTTP
import Postgres

/// The platform's own things, with its own status numbers.
extension ControlPort {
    private struct Kind {
        var path: String
        var view: String
        var id: String
        var kind: String
    }

    private static let kinds = [
        Kind(path: "brands", view: "brands", id: "brand_id", kind: "brand"),
        Kind(path: "passes", view: "passes", id: "pass_id", kind: "pass"),
        Kind(path: "releases", view: "releases", id: "release_id", kind: "release"),
        Kind(path: "collectibles", view: "collectibles", id: "collectible_id", kind: "collectible"),
    ]

    func addEntityRoutes(to router: inout Router) {
        addTokenHistories(to: &router)
        for kind in Self.kinds {
            router.get("/v1/\(kind.path)") { [self] request in
                let limit = try Self.wholeQuery(request, "limit", in: 1...1000) ?? 100
                let page = try await pool.query(
                    """
                    select (to_jsonb(e) - 'tenant')::text as row from \(kind.view) e
                    where tenant = $1 and \(kind.id) > $2 order by \(kind.id) limit $3
                    """,
                    [.text(try tenant(of: request)), .text(request.query("cursor") ?? ""), .int8(Int64(limit))]
                ).map { try $0.json("row") }
                return .json([
                    "\(kind.path)": .array(page), "next": page.count == limit ? page.last?[kind.id] ?? .null : .null,
                ])
            }
            router.get("/v1/\(kind.path)/{id}/history") { [self] request in
                let id = request.parameters["id"] ?? ""
                return try await history(
                    """
                    select jsonb_build_object('at', at, 'status', status, 'status_before', status_before, 'reason', reason,
                        'operation', operation_id)::text as row
                    from entity_history where tenant = $1 and kind = $2 and entity_id = $3 order by id limit 1000
                    """, [.text(try tenant(of: request)), .text(kind.kind), .text(id)],
                    orElse: "nobody has asked for \(id) in \(kind.path)")
            }
            router.get("/v1/\(kind.path)/{id}") { [self] request in
                let id = request.parameters["id"] ?? ""
                let row = try await pool.query(
                    "select (to_jsonb(e) - 'tenant')::text as row from \(kind.view) e where tenant = $1 and \(kind.id) = $2",
                    [.text(try tenant(of: request)), .text(id)]
                ).first
                guard let row else { throw Problems.notFound("nobody has asked for \(id) in \(kind.path)") }
                return .json(try row.json("row"))
            }
        }
    }
}

/// Entities that come by the thousand: tokens of a release and rows of drop tables.
extension ControlPort {
    private func addTokenHistories(to router: inout Router) {
        router.get("/v1/releases/{id}/tokens") { [self] request in
            let (limit, release) = (
                try Self.wholeQuery(request, "limit", in: 1...1000) ?? 100, request.parameters["id"] ?? ""
            )
            let after = request.query("cursor").map { UInt64($0) }
            if case .some(nil) = after { throw Problems.badParameter("cursor", "must be a token's id") }
            let page = try await pool.query(
                """
                select (to_jsonb(e) - 'tenant' || jsonb_build_object('token_id', token_id::text, 'serial', serial::text))::text as row
                from release_tokens e where tenant = $1 and release_id = $2 and ($3::numeric is null or token_id > $3) order by token_id limit $4
                """,
                [
                    .text(try tenant(of: request)), .text(release), .optional(after ?? nil, PostgresValue.numeric),
                    .int8(Int64(limit)),
                ]
            ).map { try $0.json("row") }
            return .json([
                "tokens": .array(page), "next": page.count == limit ? page.last?["token_id"] ?? .null : .null,
            ])
        }
        router.get("/v1/releases/{id}/tokens/{token}/history") { [self] request in
            let (release, token) = (request.parameters["id"] ?? "", request.parameters["token"] ?? "")
            guard let number = UInt64(token) else { throw Problems.notFound("\(token) is no token's id") }
            return try await history(
                """
                select jsonb_build_object('at', at, 'height', height, 'status', status)::text as row
                from token_history where tenant = $1 and release_id = $2 and token_id = $3 order by height, status
                """, [.text(try tenant(of: request)), .text(release), .numeric(number)],
                orElse: "no token \(token) of release \(release) has been minted")
        }
        router.get("/v1/drop-tables/{subject}/{drop}/history") { [self] request in
            let (subject, drop) = (request.parameters["subject"] ?? "", request.parameters["drop"] ?? "")
            return try await history(
                """
                select jsonb_build_object('at', at, 'status', status, 'reason', reason, 'operation', operation_id,
                    'transaction_id', transaction_id)::text as row
                from drop_history where tenant = $1 and subject_id = $2 and drop_id = $3 order by at, status
                """, [.text(try tenant(of: request)), .text(subject), .text(drop)],
                orElse: "there is no drop \(drop) of \(subject)")
        }
    }

    private func history(_ sql: String, _ parameters: [PostgresValue], orElse message: String) async throws
        -> HTTPServerResponse
    {
        let changes = try await pool.query(sql, parameters).map { try $0.json("row") }
        guard !changes.isEmpty else { throw Problems.notFound(message) }
        return .json(["history": .array(changes)])
    }
}
