package import Encoding
import FlowClient
import FoundationEssentials
import HTTP
package import Indexer
import Postgres

/// What the index covers, and the long work on it.
extension ControlPort {
    func addIndexRoutes(to router: inout Router) {
        router.get("/v1/coverage") { [pool] _ in
            .json(["tracks": .array(try await Coverage.read(from: pool).map(\.json))])
        }
        router.get("/v1/index/jobs") { [self] request in
            let limit = try Self.wholeQuery(request, "limit", in: 1...1000) ?? 100
            return .json(["jobs": .array(try await jobs.all(limit: limit).map(\.json))])
        }
        router.post("/v1/index/jobs", makeJob)
        router.get("/v1/index/jobs/{id}") { [self] request in
            guard let job = try await jobs.job(try jobID(request)) else { throw noJob(request) }
            return .json(job.json)
        }
        for (word, state) in [("pause", IndexJob.State.paused), ("resume", .queued), ("cancel", .cancelled)] {
            router.post("/v1/index/jobs/{id}/\(word)") { [self] request in
                let id = try jobID(request)
                guard let job = try await jobs.change(id, to: state) else {
                    guard let job = try await jobs.job(id) else { throw noJob(request) }
                    throw Problems.conflict("job \(id) is \(job.state.rawValue): it can't be \(state.rawValue)")
                }
                try await audit(request, "index.job.\(word)", "\(id)")
                return .json(job.json)
            }
        }
        router.get("/v1/drift") { [self] request in
            let word = request.query("state")
            let state = word.flatMap { Drift.State(rawValue: $0) }
            guard word == nil || state != nil else {
                throw Problems.badParameter("state", "must be open, repaired, dismissed or gone")
            }
            let store = DriftStore(pool: pool)
            let (status, drifts) = (try await store.status(), try await store.all(state: state))
            return .json([
                "tokens": JSON(status.tokens), "proven_within_24_hours": JSON(status.provenWithinADay),
                "open": JSON(status.openDrifts), "drifts": .array(drifts.map(\.json)),
                "listings": .array(try await store.listings().map(\.json)),
            ])
        }
        for word in ["repair", "dismiss"] {
            router.post("/v1/drift/{id}/\(word)") { [self] in .json(try await decide(word, $0).json) }
        }
        router.get("/v1/index/poison") { [pool] _ in
            .json(["events": .array(try await PoisonEvent.all(on: pool).map(\.json))])
        }
    }

    private var jobs: IndexJobStore { IndexJobStore(pool: pool) }

    private func jobID(_ request: HTTPServerRequest) throws -> Int64 {
        guard let id = Int64(request.parameters["id"] ?? "") else { throw noJob(request) }
        return id
    }

    private func noJob(_ request: HTTPServerRequest) -> ProblemDocument {
        Problems.notFound("there is no job \(request.parameters["id"] ?? "")")
    }

    /// `{"reason": …}`: who asks is known, why is not.
    private func decide(_ word: String, _ request: HTTPServerRequest) async throws -> Drift {
        var reader = PayloadReader(try Self.body(of: request), path: "")
        let reason = reader.text("reason")
        reader.finish()
        guard reader.violations.isEmpty else { throw Problems.invalid(reader.violations) }
        let store = DriftStore(pool: pool)
        guard let id = Int64(request.parameters["id"] ?? ""), try await store.drift(id) != nil else {
            throw Problems.notFound("there is no drift \(request.parameters["id"] ?? "")")
        }
        let (tenant, actor) = (try tenant(of: request), actor(of: request))
        let note: @Sendable (PostgresConnection, Drift) async throws -> Void = { connection, drift in
            try await AuditLog.add(
                tenant: tenant, actor: actor, action: "drift.\(word)", subject: "\(drift.token)",
                before: drift.indexed?.json ?? .null,
                after: word == "repair" ? drift.onChain?.json ?? .null : JSON(reason),
                on: connection)
        }
        do {
            return word == "repair"
                ? try await store.repair(id, by: actor, reason: reason, audit: note)
                : try await store.dismiss(id, by: actor, reason: reason, audit: note)
        } catch let error as IndexerError where error.code == .badRequest {
            throw Problems.conflict(error.message)
        }
    }

    /// `{"kind": "backfill", "tracks": […], "from": 0}` or `{"kind": "rebuild", "projections": […]}`.
    @Sendable private func makeJob(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        var reader = PayloadReader(try Self.body(of: request), path: "")
        let kind = reader.text("kind")
        let tracks = reader.optionalTexts("tracks")
        let projections = reader.optionalTexts("projections")
        let from = reader.optionalWhole("from", in: 0...UInt64(Int64.max))
        reader.finish()
        guard reader.violations.isEmpty else { throw Problems.invalid(reader.violations) }
        let made: [IndexJob]
        do {
            switch kind {
            case "backfill":
                made = try await jobs.backfill(tracks ?? [], from: from.map { BlockHeight($0) })
                guard !made.isEmpty else { throw Problems.conflict("nothing that is followed has a gap") }
            case "rebuild": made = [try await jobs.rebuild(projections ?? [])]
            default: throw Problems.invalid([Violation("kind", "must be backfill or rebuild")])
            }
        } catch let error as IndexerError where error.code == .badRequest {
            throw Problems.invalid([Violation(kind == "backfill" ? "tracks" : "projections", error.message)])
        }
        for job in made { try await audit(request, "index.job.ask", "\(job.id)", after: job.json) }
        return .json(["jobs": .array(made.map(\.json))], status: 202)
    }
}

extension Coverage {
    package var json: JSON {
        [
            "track": JSON(track), "from_height": JSON(from.rawValue),
            "until_height": until.map { JSON($0.rawValue) } ?? .null,
            "since_height": since.map { JSON($0.rawValue) } ?? .null, "source": JSON(source.rawValue),
            "whole": .bool(isWhole),
        ]
    }
}

extension IndexJob {
    package var json: JSON {
        [
            "id": JSON(id), "kind": JSON(kind.rawValue), "tracks": .array(tracks.map { JSON($0) }),
            "projections": .array(projections.map { JSON($0) }), "from_height": from.map { JSON($0.rawValue) } ?? .null,
            "to_height": to.map { JSON($0.rawValue) } ?? .null, "height": height.map { JSON($0.rawValue) } ?? .null,
            "events": JSON(events), "state": JSON(state.rawValue), "step": JSON(step), "error": JSON(error),
            "reason": JSON(reason), "created_at": JSON(RFC3339.format(createdAt)),
            "finished_at": JSON(finishedAt.map(RFC3339.format)),
        ]
    }
}

extension PoisonEvent {
    package var json: JSON {
        [
            "height": JSON(position.height.rawValue), "transaction_index": JSON(UInt64(position.transactionIndex)),
            "event_index": JSON(UInt64(position.eventIndex)), "type": JSON(type), "error": JSON(error),
        ]
    }
}

extension Drift {
    package var json: JSON {
        [
            "id": JSON(id), "contract": JSON(token.type), "token_id": JSON(token.id), "height": JSON(height.rawValue),
            "asked": asked.map { ["operation": JSON($0.operation), "owner": $0.owner?.json ?? .null] } ?? .null,
            "indexed": indexed?.json ?? .null, "chain": onChain?.json ?? .null, "cause": JSON(cause),
            "state": JSON(state.rawValue), "found_at": JSON(RFC3339.format(foundAt)), "decided_by": JSON(decidedBy),
            "reason": JSON(reason),
        ]
    }
}

extension ListingDrift {
    package var json: JSON {
        [
            "listing_id": JSON(id), "token_id": JSON(tokenID), "height": JSON(height.rawValue),
            "open_in_index": .bool(isIndexed), "open_on_chain": .bool(isOnChain),
        ]
    }
}
