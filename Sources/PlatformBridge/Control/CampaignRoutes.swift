import Daemon
import Encoding
import FlowClient
import FoundationEssentials
import HTTP
import Submitter

/// Campaigns: planned first, then sent in waves that can be paused, each recipient with an outcome.
extension ControlPort {
    func addCampaignRoutes(to router: inout Router) {
        router.get("/v1/campaigns") { [self] request in
            let all = try await campaigns.list(tenant: tenant(of: request))
            return .json(["campaigns": .array(all.map { .object($0.members) })])
        }
        router.put("/v1/campaigns/{name}", putCampaign)
        router.get("/v1/campaigns/{name}") { [self] in try await shown(campaign($0)) }
        router.delete("/v1/campaigns/{name}") { [self] request in
            let campaign = try await campaign(request)
            try Self.requireMatch(request, campaign.etag)
            try await campaigns.remove(campaign)
            try await audit(request, "campaign.removed", campaign.name)
            return .noContent
        }
        router.post("/v1/campaigns/{name}/recipients", addRecipients)
        router.get("/v1/campaigns/{name}/recipients", recipients)
        router.post("/v1/campaigns/{name}/plan") { [self] in try await change($0, .plan) }
        router.post("/v1/campaigns/{name}/start", startCampaign)
        router.post("/v1/campaigns/{name}/pause") { [self] in
            try await change($0, .pause, .init(reason: "paused by a person"))
        }
        router.post("/v1/campaigns/{name}/resume") { [self] in try await change($0, .resume) }
        router.post("/v1/campaigns/{name}/abort") { [self] in try await change($0, .abort) }
        router.post("/v1/campaigns/{name}/retry") { [self] in try await change($0, .retry) }
    }

    /// 201 for a new one, 200 for one that was there.
    @Sendable private func putCampaign(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let name = try Self.campaignName(request)
        var reader = PayloadReader(try Self.body(of: request), path: "")
        let kind = reader.choice("kind", of: Sweep.DropKind.allCases)
        if kind == nil, !reader.has("kind") { reader.reject("kind", "is required: pass or collectible") }
        guard let terms = CampaignStore.Terms(reading: &reader, kind: kind ?? .pass), kind != nil else {
            throw Problems.invalid(reader.violations)
        }
        let tenant = try tenant(of: request)
        let before = try await campaigns.campaign(tenant: tenant, name: name)
        try Self.requireMatch(request, before?.etag)
        let campaign = try await campaigns.put(
            terms, tenant: tenant, name: name)
        try await audit(request, "campaign.put", name, after: .object(campaign.members))
        return try await shown(campaign, status: before == nil ? 201 : 200)
    }

    /// CSV, one JSON object a line, or one with `recipients`: all of them are taken in, or none.
    @Sendable private func addRecipients(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let campaign = try await campaign(request)
        let type = (request.header("Content-Type") ?? "").prefix { $0 != ";" }.trimmed().lowercased()
        let format: RecipientReader.Format =
            switch type {
            case "text/csv": .csv
            case "application/x-ndjson": .lines
            default: .json
            }
        do {
            let reader = try RecipientReader(request.feed, as: format, on: planner.chain)
            let (changed, count) = try await campaigns.add(reader, to: campaign.name, tenant: campaign.tenant)
            try await audit(request, "campaign.recipients", campaign.name, after: ["recipients": JSON(count)])
            return .json(.object(changed.members + [.init("taken", JSON(count))]))
        } catch let error as RecipientReader.Invalid {
            throw Problems.invalid(error.violations)
        }
    }

    /// As JSON in pages, or all of them as CSV, which is made while it is sent.
    @Sendable private func recipients(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let campaign = try await campaign(request)
        let state = request.query("state")
        if let state, !Campaign.Recipient.states.contains(state) {
            throw Problems.badParameter("state", "must be one of \(Campaign.Recipient.states.joined(separator: ", "))")
        }
        switch request.query("format") ?? "json" {
        case "json":
            let limit = try Self.wholeQuery(request, "limit", in: 1...10_000) ?? 1_000
            let page = try await campaigns.recipients(
                of: campaign, state: state, after: request.query("cursor") ?? "", limit: limit)
            return .json([
                "recipients": .array(page.map(\.json)),
                "next": page.count == limit ? JSON(page.last?.dropID) : .null,
            ])
        case "csv":
            return HTTPServerResponse(
                headers: [
                    "Content-Type": "text/csv; charset=utf-8; header=present",
                    "Content-Disposition": "attachment; filename=\"\(campaign.name).csv\"",
                ],
                body: .stream(.init(RecipientPages(store: campaigns, campaign: campaign, state: state))))
        default: throw Problems.badParameter("format", "must be json or csv")
        }
    }

    /// Now, at a time (`at`), or by the runs of a schedule (`by_schedule`).
    @Sendable private func startCampaign(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        var reader = PayloadReader(request.body.isEmpty ? .object([]) : try Self.body(of: request), path: "")
        let at = reader.optionalDate("at")
        let bySchedule = reader.optionalBool("by_schedule") ?? false
        let unchecked = reader.optionalBool("unchecked") ?? false
        reader.finish()
        guard reader.violations.isEmpty else { throw Problems.invalid(reader.violations) }
        let isLater = at.map { $0 > Date() } ?? false
        return try await change(
            request, .start(later: isLater, unasked: unchecked),
            .init(startsAt: isLater ? at : nil, isBySchedule: bySchedule))
    }

    private func change(
        _ request: HTTPServerRequest, _ event: CampaignState.Event, _ change: CampaignStore.Change = .init()
    ) async throws -> HTTPServerResponse {
        let before = try await campaign(request)
        try Self.requireMatch(request, before.etag)
        let after = try await campaigns.apply(event, to: before.name, tenant: before.tenant, change)
        let verb = request.segments.last ?? ""
        try await audit(request, "campaign.\(verb)", after.name, after: ["state": JSON(after.state.rawValue)])
        return try await shown(after)
    }

    private func shown(_ campaign: Campaign, status: Int = 200) async throws -> HTTPServerResponse {
        let counts = try await campaigns.counts(of: campaign)
        let body = campaign.json(
            counts, paid: try await campaigns.paid(by: campaign),
            forecast: try await campaigns.forecast(of: campaign, counts))
        return Self.tagged(.json(body, status: status), campaign.etag)
    }

    private func campaign(_ request: HTTPServerRequest) async throws -> Campaign {
        let name = try Self.campaignName(request)
        guard let campaign = try await campaigns.campaign(tenant: tenant(of: request), name: name) else {
            throw Problems.notFound("there is no campaign \(name)")
        }
        return campaign
    }

    private static func campaignName(_ request: HTTPServerRequest) throws -> String {
        let name = request.parameters["name"] ?? ""
        guard ScheduleReader.isName(name) else {
            throw Problems.badParameter("name", "must be 1 to 64 letters, digits, - and _")
        }
        return name
    }
}

extension HTTPServerRequest {
    /// The body from its beginning, wherever it lies.
    fileprivate var feed: ByteFeed {
        guard let spooled else { return ByteFeed(body) }
        return ByteFeed { try spooled.read(from: $0, count: $1) }
    }
}
