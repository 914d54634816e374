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
                let changes = try await pool.query(
                    """
                    select jsonb_build_object('at', at, 'status', status, 'status_before', status_before, 'reason', reason,
                        'operation', operation_id)::text as row
                    from entity_history where tenant = $1 and kind = $2 and entity_id = $3 order by id limit 1000
                    """, [.text(try tenant(of: request)), .text(kind.kind), .text(id)]
                ).map { try $0.json("row") }
                guard !changes.isEmpty else { throw Problems.notFound("nobody has asked for \(id) in \(kind.path)") }
                return .json(["history": .array(changes)])
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
