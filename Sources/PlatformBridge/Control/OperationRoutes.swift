import Daemon
import Encoding
import FlowClient
import FoundationEssentials
import HTTP
import Submitter

/// Taking operations in, and saying what became of them.
extension ControlPort {
    func addOperationRoutes(to router: inout Router) {
        router.post("/v1/operations", enqueueOne)
        router.post("/v1/operations/batch", enqueueMany)
        router.post("/v1/operations/plan", foretell)
        router.get("/v1/operations", list)
        router.get("/v1/operations/{id}", status)
        router.get("/v1/operations/{id}/items", items)
        router.get("/v1/operations/{id}/history", history)
        router.post("/v1/operations/{id}/cancel") { [self] request in
            let status = try await operations.cancel(owned(request).id)
            try await audit(request, "operation.cancelled", status.id.rawValue)
            return .json(status.json(withPayload: false))
        }
        router.post("/v1/operations/{id}/retry") { [self] request in
            let status = try await operations.retry(owned(request).id)
            try await audit(request, "operation.retried", status.id.rawValue)
            return .json(status.json(withPayload: false))
        }
        router.post("/v1/operations/{id}/resolve", resolve)
        router.get("/v1/operation-types") { _ in
            .json(.array(OperationType.allCases.map { ["type": JSON($0.rawValue), "summary": JSON($0.summary)] }))
        }
    }

    /// 202 for a new operation, 200 for the one that the key named before.
    @Sendable private func enqueueOne(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let body = try Self.body(of: request)
        var operation = try read(
            body, path: "", key: request.header("Idempotency-Key"), tenant: tenant(of: request))
        operation.traceparent = TraceContext.parent(in: request)
        let (result, status) = try await enqueuing.enqueue(operation)
        var isNew = false
        if case .created = result { isNew = true }
        var response = HTTPServerResponse.json(status.json(withPayload: false), status: isNew ? 202 : 200)
        response.headers["Location"] = "/v1/operations/\(status.id)"
        return response
    }

    /// What an operation would take; nothing is asked for.
    @Sendable private func foretell(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        var reader = PayloadReader(try Self.body(of: request), path: "")
        let name = reader.text("type")
        let payload = reader.optionalValue("payload") ?? .object([])
        reader.finish()
        guard reader.violations.isEmpty else { throw Problems.invalid(reader.violations) }
        guard let type = OperationType(rawValue: name) else {
            throw Problems.invalid([Violation("type", "must be one of GET /v1/operation-types")])
        }
        switch planner.plan(type, payload: payload) {
        case .items(let items): return .json(try await operations.forecast(items).json)
        case .invalid(let violations): throw Problems.invalid(violations)
        case .sweep:
            throw Problems.conflict(
                "\(name) looks up what there is to do when it runs: nobody can say before how much that is")
        }
    }

    /// All or none. Keys are in the bodies: an array, or one operation a line.
    @Sendable private func enqueueMany(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let list = try Self.isLines(request) ? Self.lines(of: request) : Self.body(of: request)["operations"]?.array
        guard let list, (1...10_000).contains(list.count) else {
            throw Problems.badParameter("operations", "must be an array of 1 to 10000 operations")
        }
        let (tenant, trace) = (try tenant(of: request), TraceContext.parent(in: request))
        var violations: [Violation] = []
        var all: [NewOperation] = []
        for (index, element) in list.enumerated() where violations.count < 100 {
            switch EnqueueRequest.read(
                element, path: "operations[\(index)]", idempotencyKey: nil, tenant: tenant, planner: planner)
            {
            case .operation(var operation):
                operation.traceparent = trace
                all.append(operation)
            case .invalid(let more): violations += more
            }
        }
        guard violations.isEmpty else { throw Problems.invalid(violations) }
        let results = try await operations.enqueue(all)
        return .json(
            [
                "operations": .array(
                    results.map { result in
                        switch result {
                        case .created(let id): ["id": JSON(id.rawValue), "created": true]
                        case .existing(let id): ["id": JSON(id.rawValue), "created": false]
                        }
                    })
            ], status: 202)
    }

    private func read(_ body: JSON, path: String, key: String?, tenant: String) throws -> NewOperation {
        switch EnqueueRequest.read(body, path: path, idempotencyKey: key, tenant: tenant, planner: planner) {
        case .operation(let operation): return operation
        case .invalid(let violations): throw Problems.invalid(violations)
        }
    }

    /// With `wait`, at most so many seconds for it to finish.
    @Sendable private func status(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let id = try await owned(request).id
        let wait = try Self.wholeQuery(request, "wait", in: 0...60) ?? 0
        let status = try await finished(id, within: .seconds(wait))
        guard let status else { throw Problems.notFound("there is no operation \(id)") }
        let holds = status.state == .finished ? [] : try await operations.holds(of: id)
        let paid = try await operations.feesPaid(by: id)
        return .json(status.json(withPayload: true, holds: holds, feesPaid: paid))
    }

    /// What it has come to when it is finished or the time is over. Nil where there is no such operation.
    private func finished(_ id: OperationID, within limit: Duration) async throws -> OperationStatus? {
        guard limit > .zero else { return try await operations.status(id) }
        let ticks = outcomes.ticks(for: id.rawValue)
        return try await withThrowingTaskGroup(of: OperationStatus?.self) { group in
            group.addTask { [operations] in
                guard var latest = try await operations.status(id) else { return nil }
                var iterator = ticks.makeAsyncIterator()
                while latest.state != .finished, await iterator.next() != nil {
                    guard let again = try await operations.status(id) else { return nil }
                    latest = again
                }
                return latest
            }
            group.addTask { [operations] in
                try await Task.sleep(for: limit)
                return try await operations.status(id)
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }

    /// A person's word on items that the chain may have done.
    @Sendable private func resolve(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let id = try await owned(request).id
        let body = try Self.body(of: request)
        guard let members = body.object, members.allSatisfy({ ["as", "items", "reason"].contains($0.name) }) else {
            throw Problems.badParameter("body", "must be an object of as, items and reason")
        }
        guard let resolution = body["as"]?.string.flatMap(OperationStore.Resolution.init) else {
            throw Problems.badParameter("as", "must be done, failed or retry")
        }
        let ordinals = try body["items"].map { items in
            guard let list = items.array, !list.isEmpty, list.count <= 100_000 else {
                throw Problems.badParameter("items", "must be an array of 1 to 100000 ordinals")
            }
            return try list.map { element in
                guard let ordinal = element.integer(Int.self), (0...10_000_000).contains(ordinal) else {
                    throw Problems.badParameter("items", "must be ordinals: whole numbers from 0")
                }
                return ordinal
            }
        }
        let reason = try body["reason"].map { text in
            guard let text = text.string, text.utf8.count <= 1_000, !text.utf8.contains(0) else {
                throw Problems.badParameter("reason", "must be a text of at most 1000 bytes")
            }
            return text
        }
        let status = try await operations.resolve(
            id, as: resolution, ordinals: ordinals, because: reason ?? "resolved by a person")
        try await audit(
            request, "operation.resolved", id.rawValue,
            after: ["as": JSON(resolution.rawValue), "reason": JSON(reason)])
        return .json(status.json(withPayload: false))
    }

    @Sendable private func list(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let limit = try Self.wholeQuery(request, "limit", in: 1...500) ?? 50
        let state = try request.query("state").map { text in
            guard let state = OperationStatus.State(rawValue: text) else {
                throw Problems.badParameter("state", "must be accepted, queued, running or finished")
            }
            return state
        }
        let before = try request.query("cursor").map { text in
            guard let id = OperationID(rawValue: text) else {
                throw Problems.badParameter("cursor", "must be the `next` of the page before")
            }
            return id
        }
        let page = try await operations.list(
            tenant: tenant(of: request), state: state, type: request.query("type"), before: before, limit: limit)
        return .json([
            "operations": .array(page.map { $0.json(withPayload: false) }),
            "next": page.count == limit ? JSON(page.last?.id.rawValue) : .null,
        ])
    }

    @Sendable private func items(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let id = try await owned(request).id
        let limit = try Self.wholeQuery(request, "limit", in: 1...10_000) ?? 1000
        let after = try Self.wholeQuery(request, "cursor", in: 0...10_000_000) ?? -1
        let state = try request.query("state").map { text in
            guard let state = ItemStatus.State(rawValue: text) else {
                throw Problems.badParameter("state", "is not a state of an item")
            }
            return state
        }
        let page = try await operations.items(of: id, state: state, after: after, limit: limit)
        return .json([
            "items": .array(page.map(\.json)),
            "next": page.count == limit ? page.last.map { JSON($0.ordinal) } ?? .null : .null,
        ])
    }

    @Sendable private func history(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let id = try await owned(request).id
        return .json(["history": .array(try await operations.history(id).map(\.json))])
    }

    /// Of whoever was let in. Throws 401 where the token has been revoked since.
    func tenant(of request: HTTPServerRequest) throws -> String {
        guard let tokens else { return Caller.owner.tenant }
        guard let caller = tokens.caller(Admission.token(in: request.headers)) else { throw Problems.unauthorized }
        return caller.tenant
    }

    /// Another tenant's operation is not there.
    private func owned(_ request: HTTPServerRequest) async throws -> OperationStatus {
        let id = try Self.operationID(request)
        guard let status = try await operations.status(id), status.tenant == (try tenant(of: request)) else {
            throw Problems.notFound("there is no operation \(id)")
        }
        return status
    }

    private static func operationID(_ request: HTTPServerRequest) throws -> OperationID {
        let text = request.parameters["id"] ?? ""
        guard let id = OperationID(rawValue: text) else { throw Problems.notFound("there is no operation \(text)") }
        return id
    }

    static func wholeQuery(_ request: HTTPServerRequest, _ name: String, in range: ClosedRange<Int>) throws -> Int? {
        guard let text = request.query(name) else { return nil }
        guard let value = Int(text), range.contains(value) else {
            throw Problems.badParameter(name, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    private static func isLines(_ request: HTTPServerRequest) -> Bool {
        request.header("Content-Type")?.lowercased().hasPrefix("application/x-ndjson") ?? false
    }

    /// Newline-delimited JSON; an empty line is none.
    private static func lines(of request: HTTPServerRequest) throws -> [JSON] {
        var lines: [JSON] = []
        for line in request.body.split(separator: 0x0A) where line.contains(where: { $0 != 0x20 && $0 != 0x0D }) {
            do { lines.append(try JSON(parsing: Array(line))) } catch {
                throw Problems.unreadable("line \(lines.count + 1): \(error)")
            }
        }
        return lines
    }

    static func body(of request: HTTPServerRequest) throws -> JSON {
        do { return try JSON(parsing: request.body) } catch { throw Problems.unreadable("\(error)") }
    }
}
