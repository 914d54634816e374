import Daemon
package import Encoding
import FoundationEssentials
import HTTP

/// Tokens of one's own tenant: for admins.
extension ControlPort {
    func addTokenRoutes(to router: inout Router) {
        router.get("/v1/tokens") { [self] request in
            let all = try await TokenStore(pool: pool).list(tenant: tenant(of: request))
            return .json(["tokens": .array(all.map(\.json))])
        }
        router.post("/v1/tokens", makeToken)
        router.delete("/v1/tokens/{id}") { [self] request in
            let id = request.parameters["id"] ?? ""
            guard try await TokenStore(pool: pool).revoke(id, tenant: tenant(of: request)) else {
                throw Problems.notFound("there is no token \(id), or it is revoked already")
            }
            try await audit(request, "token.revoked", id)
            return .noContent
        }
    }

    /// The token is in this answer, and in no other.
    @Sendable private func makeToken(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        var reader = PayloadReader(try Self.body(of: request), path: "")
        let name = reader.text("name", maximumLength: 100)
        var scopes: Set<Scope> = []
        reader.each("scopes", maximumCount: Scope.allCases.count) { element, path in
            guard let scope = element.string.flatMap(Scope.init) else {
                return [Violation(path, "must be one of \(Scope.allCases.map(\.rawValue).joined(separator: ", "))")]
            }
            scopes.insert(scope)
            return []
        }
        let lifetime = reader.optionalWhole("expires_in_seconds", in: 60...10 * 366 * 86_400)
        let rate = reader.optionalWhole("requests_per_second", in: 1...100_000)
        reader.finish()
        guard reader.violations.isEmpty else { throw Problems.invalid(reader.violations) }
        let store = TokenStore(pool: pool)
        let (id, token) = try await store.create(
            tenant: tenant(of: request), name: name, scopes: scopes, lifetime: lifetime.map { .seconds(Int64($0)) },
            requestsPerSecond: rate.map { Int($0) })
        try await audit(
            request, "token.created", id,
            after: ["name": JSON(name), "scopes": .array(scopes.map(\.rawValue).sorted().map { JSON($0) })])
        return .json(["id": JSON(id), "token": JSON(token.text)], status: 201)
    }
}

extension TokenStore.Entry {
    package var json: JSON {
        [
            "id": JSON(id), "tenant": JSON(tenant), "name": JSON(name),
            "scopes": .array(scopes.map(\.rawValue).sorted().map { JSON($0) }),
            "requests_per_second": requestsPerSecond.map { JSON($0) } ?? .null,
            "created_at": JSON(RFC3339.format(createdAt)), "expires_at": JSON(expiresAt.map(RFC3339.format)),
            "revoked_at": JSON(revokedAt.map(RFC3339.format)),
        ]
    }
}
