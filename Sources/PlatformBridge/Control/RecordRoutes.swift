import Cadence
import Encoding
import FlowClient
import FoundationEssentials
import HTTP

/// What the platform tells ahead of its scheduled operations.
extension ControlPort {
    func addRecordRoutes(to router: inout Router) {
        router.put("/v1/drop-tables/{subject}", putDrops)
        router.get("/v1/drop-tables/{subject}") { [self] request in
            let limit = try Self.wholeQuery(request, "limit", in: 1...10_000) ?? 1000
            let rows = try await records.drops(
                tenant: tenant(of: request), subject: request.parameters["subject"] ?? "",
                after: request.query("cursor") ?? "", limit: limit)
            return .json([
                "rows": .array(rows), "next": rows.count == limit ? rows.last?["drop_id"] ?? .null : .null,
            ])
        }
        router.put("/v1/purchases/{id}", putPurchase)
        router.get("/v1/purchases/{id}") { [self] request in
            let id = request.parameters["id"] ?? ""
            guard let purchase = try await records.purchase(tenant: tenant(of: request), id: id) else {
                throw Problems.notFound("there is no purchase \(id)")
            }
            return .json(purchase)
        }
        router.put("/v1/claimants/{person}", putClaimant)
    }

    @Sendable private func putDrops(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let body = try Self.body(of: request)
        var reader = PayloadReader(body, path: "")
        let subject = Self.parameter(request, "subject", &reader) { $0.shortUUID($1) }
        let kind = reader.choice("kind", of: Sweep.DropKind.allCases)
        if kind == nil, !reader.has("kind") { reader.reject("kind", "is required: pass or collectible") }
        var rows: [PlatformRecords.DropRow] = []
        var seen: Set<String> = []
        reader.each("rows", maximumCount: OperationPlanner.maximumRows) { element, path in
            var row = PayloadReader(element, path: path)
            let dropID = row.key("drop_id")
            let at = row.optionalDate("at")
            let (address, holder) = row.recipient(on: planner.chain)
            if row.violations.isEmpty, !seen.insert(dropID).inserted { row.reject("drop_id", "comes twice") }
            row.finish()
            rows.append(.init(dropID: dropID, address: address, holder: holder, at: at))
            return row.violations
        }
        reader.finish()
        guard let kind, reader.violations.isEmpty else { throw Problems.invalid(reader.violations) }
        let taken = try await records.putDrops(rows, tenant: tenant(of: request), kind: kind, subject: subject)
        return .json(["rows": JSON(rows.count), "taken": JSON(taken), "picked_before": JSON(rows.count - taken)])
    }

    @Sendable private func putPurchase(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        var reader = PayloadReader(try Self.body(of: request), path: "")
        let id = Self.parameter(request, "id", &reader) { $0.key($1) }
        let token = reader.whole("token_id", in: 0...UInt64.max)
        let price = reader.ufix64("price")
        let seller = reader.optionalAddress("seller", on: planner.chain)
        let buyer = reader.optionalAddress("buyer", on: planner.chain)
        let holder = reader.optionalKey("holder")
        let transaction = reader.optionalText("transaction_id", maximumLength: 66)
        let transactionID = transaction.flatMap { TransactionID(hex: $0) }
        if transaction != nil, transactionID == nil { reader.reject("transaction_id", "must be 64 hex digits") }
        let isPaid = reader.optionalBool("paid") ?? false
        if reader.violations.isEmpty, buyer == nil, holder == nil { reader.reject("buyer", "or holder is required") }
        if isPaid, transactionID != nil { reader.reject("paid", "can't be true beside transaction_id") }
        reader.finish()
        guard reader.violations.isEmpty else { throw Problems.invalid(reader.violations) }
        let isTaken = try await records.put(
            .init(
                id: id, tokenID: token, price: price, seller: seller, buyer: buyer, holder: holder,
                transactionID: transactionID, isPaid: isPaid), tenant: tenant(of: request))
        guard let purchase = try await records.purchase(tenant: tenant(of: request), id: id) else {
            throw Problems.notFound("there is no purchase \(id)")
        }
        guard isTaken else {
            throw ProblemDocument(
                status: 409, type: Problems.base + "wrong-state", title: "Not in this state",
                detail: "the purchase is \(purchase["state"]?.string ?? "decided") already"
            ).with("purchase", purchase)
        }
        return .json(purchase)
    }

    @Sendable private func putClaimant(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        var reader = PayloadReader(try Self.body(of: request), path: "")
        let person = Self.parameter(request, "person", &reader) { $0.key($1) }
        let claimed = reader.date("claimed_at")
        let signedUp = reader.optionalDate("signed_up_at")
        reader.finish()
        guard reader.violations.isEmpty else { throw Problems.invalid(reader.violations) }
        try await records.putClaimant(
            person, claimedAt: claimed, signedUpAt: signedUp, tenant: tenant(of: request))
        return HTTPServerResponse(status: 204)
    }

    /// A name in the path, by the rules of a payload's field.
    private static func parameter(
        _ request: HTTPServerRequest, _ name: String, _ reader: inout PayloadReader,
        _ read: (inout PayloadReader, String) -> String
    ) -> String {
        var path = PayloadReader(.object([.init(name, JSON(request.parameters[name] ?? ""))]), path: "")
        let value = read(&path, name)
        for violation in path.violations { reader.reject(violation.field, violation.rule) }
        return value
    }
}
