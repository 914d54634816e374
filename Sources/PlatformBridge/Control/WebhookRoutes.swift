import Daemon
import Encoding
import HTTP

/// Endpoints that are told of what happens.
extension ControlPort {
    func addWebhookRoutes(to router: inout Router) {
        router.get("/v1/webhooks") { [self] request in
            .json(["endpoints": .array(try await webhooks.list(tenant: tenant(of: request)).map(\.json))])
        }
        router.post("/v1/webhooks", makeEndpoint)
        router.get("/v1/webhooks/{id}") { [self] in .json(try await endpoint($0).json) }
        router.delete("/v1/webhooks/{id}") { [self] request in
            let id = try await endpoint(request).id
            try await webhooks.remove(id, tenant: tenant(of: request))
            try await audit(request, "webhook.removed", id)
            return .noContent
        }
        for (word, isOn) in [("on", true), ("off", false)] {
            router.post("/v1/webhooks/{id}/\(word)") { [self] request in
                try await webhooks.turn(try await endpoint(request).id, tenant: tenant(of: request), on: isOn)
                return .json(try await endpoint(request).json)
            }
        }
        router.post("/v1/webhooks/{id}/rotate") { [self] request in
            let secret = WebhookSecret.generate()
            try await webhooks.rotate(try await endpoint(request).id, tenant: tenant(of: request), to: secret)
            return .json(try await endpoint(request).json(with: secret))
        }
        router.post("/v1/webhooks/{id}/end-rotation") { [self] request in
            try await webhooks.endRotation(try await endpoint(request).id, tenant: tenant(of: request))
            return .json(try await endpoint(request).json)
        }
        router.post("/v1/webhooks/{id}/replay", replay)
        router.get("/v1/webhooks/{id}/deliveries", deliveries)
    }

    /// The secret is in this answer, and in no other.
    @Sendable private func makeEndpoint(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        var reader = PayloadReader(try Self.body(of: request), path: "")
        let url = reader.text("url", maximumLength: 2000)
        if !url.isEmpty, let rule = fault(of: url) { reader.reject("url", rule) }
        var topics: [String] = []
        if reader.has("topics") {
            reader.each("topics", maximumCount: 100) { element, path in
                guard let topic = element.string, (1...100).contains(topic.utf8.count), !topic.utf8.contains(0) else {
                    return [Violation(path, "must be a topic, such as operation.done")]
                }
                topics.append(topic)
                return []
            }
        } else {
            reader.knows("topics")
        }
        let given = reader.optionalText("secret", maximumLength: 200)
        let secret = given.map { WebhookSecret($0) } ?? .generate()
        if secret == nil { reader.reject("secret", "must be whsec_ and 24 to 64 bytes in base64") }
        reader.finish()
        guard let secret, reader.violations.isEmpty else { throw Problems.invalid(reader.violations) }
        let tenant = try tenant(of: request)
        let id = try await webhooks.create(tenant: tenant, url: url, topics: topics, secret: secret)
        guard let made = try await webhooks.endpoint(id, tenant: tenant) else {
            throw Problems.notFound("the endpoint is gone already")
        }
        try await audit(request, "webhook.created", id, after: made.json)
        var response = HTTPServerResponse.json(made.json(with: secret), status: 201)
        response.headers["Location"] = "/v1/webhooks/\(id)"
        return response
    }

    /// What is wrong with an address that webhooks are to go to. Where its name leads is looked at with each connection.
    private func fault(of url: String) -> String? {
        guard let address = WebAddress(url, schemes: allowsPrivateWebhooks ? ["https", "http"] : ["https"]) else {
            return "must be \(allowsPrivateWebhooks ? "an http or https" : "an https") address"
        }
        if address.hasUserInfo { return "must hold no user and no password" }
        return address.hasFragment ? "must hold no fragment" : nil
    }

    @Sendable private func replay(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let endpoint = try await endpoint(request)
        var reader = PayloadReader(try Self.body(of: request), path: "")
        let most = UInt64(Int64.max)
        let from = reader.whole("from", in: 0...most)
        let through = reader.optionalWhole("through", in: 0...most) ?? from
        if through < from { reader.reject("through", "must not be before from") }
        reader.finish()
        guard reader.violations.isEmpty else { throw Problems.invalid(reader.violations) }
        let count = try await webhooks.replay(
            endpoint.id, tenant: tenant(of: request), from: Int64(from), through: Int64(through))
        return .json(["replayed": JSON(count)])
    }

    @Sendable private func deliveries(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let limit = try Self.wholeQuery(request, "limit", in: 1...1000) ?? 100
        let before = try Self.wholeQuery(request, "cursor", in: 0...Int.max) ?? Int.max
        let state = request.query("state")
        if let state, !["pending", "delivered", "dead"].contains(state) {
            throw Problems.badParameter("state", "must be pending, delivered or dead")
        }
        let page = try await webhooks.deliveries(
            try await endpoint(request).id, state: state, before: Int64(before), limit: limit)
        return .json(["deliveries": .array(page), "next": page.count == limit ? page.last?["id"] ?? .null : .null])
    }

    private func endpoint(_ request: HTTPServerRequest) async throws -> WebhookStore.Endpoint {
        let id = request.parameters["id"] ?? ""
        guard let endpoint = try await webhooks.endpoint(id, tenant: tenant(of: request)) else {
            throw Problems.notFound("there is no endpoint \(id)")
        }
        return endpoint
    }
}

extension WebhookStore.Endpoint {
    var json: JSON {
        [
            "id": JSON(id), "url": JSON(url), "topics": .array(topics.map { JSON($0) }), "on": .bool(isOn),
            "off_because": JSON(offBecause), "secrets": JSON(secretCount), "pending": JSON(pending),
            "dead": JSON(dead), "created_at": JSON(RFC3339.format(createdAt)),
        ]
    }

    func json(with secret: WebhookSecret) -> JSON {
        guard case .object(let members) = json else { return json }
        return .object(members + [.init("secret", JSON(secret.text))])
    }
}
