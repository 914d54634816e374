import Daemon
package import Encoding
import FlowClient
import FoundationEssentials
import HTTP
import Indexer
import Submitter

/// Whether the process lives, whether its answers may be called current, and what it is doing.
extension ControlPort {
    func addHealthRoutes(to router: inout Router) {
        // Alive: the process answers. It says nothing about the database or the chain, so that a node's trouble
        // restarts nobody.
        router.get("/healthz") { _ in .text("ok\n") }
        router.get("/readyz", ready)
        router.get("/metrics") { [metrics] _ in
            var response = HTTPServerResponse.text(metrics.prometheusText())
            response.headers["Content-Type"] = Metrics.contentType
            return response
        }
        router.get("/v1/sync") { [pool] _ in .json(try await SyncStatus.read(from: pool).json) }
        router.get("/v1/submitter") { [operations] _ in .json(try await operations.submitterStatus().json) }
        router.get("/v1/fees") { [self] request in
            let hours = try Self.wholeQuery(request, "hours", in: 1...8784) ?? 24
            let fees = try await operations.fees(within: .seconds(hours * 3600), tenant: tenant(of: request))
            return .json([
                "hours": JSON(hours), "paid": JSON(RecipeFees.flow(fees.reduce(0) { $0 + $1.paid })),
                "recipes": .array(fees.map(\.json)),
            ])
        }
        router.post("/v1/submitter/lanes/{key}/clear") { [operations] request in
            guard let index = UInt32(request.parameters["key"] ?? "") else {
                throw Problems.notFound("there is no key \(request.parameters["key"] ?? "")")
            }
            try await operations.clearQuarantine(of: KeyIndex(index))
            return .json(try await operations.submitterStatus().json)
        }
        router.get("/openapi.json") { _ in .json(OpenAPI.document) }
        router.get("/docs") { _ in DocumentationPage.response }
        router.get("/") { _ in .html(OpenAPI.page) }
    }

    /// Ready means progress against an independently observed tip, never that the process is up.
    @Sendable private func ready(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let status: SyncStatus
        do { status = try await SyncStatus.read(from: pool) } catch {
            logger.debug("readiness could not be read", ["error": "\(error)"])
            throw Problems.unavailable("the database did not answer")
        }
        if status.isCurrent(
            lag: readiness.maximumLagHeights, tipAge: readiness.maximumSilence.seconds,
            blockAge: readiness.maximumBlockAge?.seconds)
        {
            return .json(["ready": true, "sync": status.json])
        }
        throw Problems.unavailable(status.reasonNotReady(readiness)).with("sync", status.json)
    }
}

extension SyncStatus {
    package var json: JSON {
        [
            "height": height.map { JSON($0.rawValue) } ?? .null, "block_id": JSON(blockID?.hex),
            "block_time": JSON(producedAt.map(RFC3339.format)), "committed_at": JSON(committedAt.map(RFC3339.format)),
            "sealed_height": sealedHeight.map { JSON($0.rawValue) } ?? .null,
            "sealed_seen_at": JSON(sealedSeenAt.map(RFC3339.format)),
            "lag_heights": lagHeights.map { JSON($0) } ?? .null, "lag_seconds": lagSeconds.map { JSON($0) } ?? .null,
            "start_height": start.map { JSON($0.rawValue) } ?? .null, "writer": JSON(isHeld ? holder : nil),
            "epoch": JSON(epoch), "error": JSON(error), "error_at": JSON(errorAt.map(RFC3339.format)),
            "poison_events": JSON(poisonEvents), "open_drifts": JSON(openDrifts), "paused": JSON(paused),
            "stopped": JSON(isStopped),
            "sealed_below_since": JSON(sealedBelowSince.map(RFC3339.format)),
        ]
    }

    func reasonNotReady(_ readiness: ControlPort.Readiness) -> String {
        if isStopped { return "ingest has stopped, and waits for a person (weir chain): \(error ?? "")" }
        if let paused { return "ingest is paused (\(paused)): weir parts resume ingest" }
        if let error { return "ingest is interrupted, and goes on by itself: \(error)" }
        if isAhead, let sealedHeight, let height {
            return
                "the sealed head \(sealedHeight) is below the indexed height \(height): the chain was rolled back, or "
                + "the nodes are behind"
        }
        guard isHeld else { return "no process is indexing" }
        guard let lagHeights, let sealedSeenAt else { return "no sealed block has been seen yet" }
        guard height != nil else { return "nothing has been indexed yet" }
        if lagHeights > readiness.maximumLagHeights {
            return "the index is \(lagHeights) blocks behind the sealed head"
        }
        if let limit = readiness.maximumBlockAge, let age = blockAge, age > limit.seconds {
            return "no block has been sealed for \(Int(age)) s: the network's sealing stands, or all its nodes do"
        }
        return "the sealed head was last seen \(Int(readAt.timeIntervalSince(sealedSeenAt))) s ago"
    }
}
