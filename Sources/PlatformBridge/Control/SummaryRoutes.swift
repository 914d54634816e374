import Daemon
import Encoding
import FlowClient
import FoundationEssentials
import HTTP
import Indexer
import Postgres
import Submitter

/// The first page of the day: what is open, what happened, what failed, what comes next; and the nodes behind it all.
extension ControlPort {
    func addSummaryRoutes(to router: inout Router) {
        router.get("/v1/summary", summary)
        router.get("/v1/nodes") { [nodes] _ in .json(["nodes": .array((nodes?.status ?? []).map(\.json))]) }
    }

    private static let open = """
        select state, count(*) as n from operations where tenant = $1 and state <> 'finished' group by state
        """
    private static let ended = """
        select outcome, count(*) as n, sum(items_done)::bigint as done, sum(items_total - items_done)::bigint as not_done
        from operations where tenant = $1 and finished_at > now() - interval '24 hours' group by outcome
        """
    private static let failures = """
        select id, type, outcome, reason, finished_at from operations
        where tenant = $1 and finished_at > now() - interval '24 hours' and outcome in ('partial', 'rejected', 'failed')
        order by finished_at desc limit 20
        """
    private static let next = """
        select name, next_run_at from schedules where tenant = $1 and is_on and next_run_at is not null order by next_run_at limit 1
        """

    @Sendable private func summary(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let tenant: [PostgresValue] = [.text(try tenant(of: request))]
        let open = try await pool.query(Self.open, tenant).map {
            JSON.Member(try $0.decode("state"), JSON(try $0.decode(Int64.self, "n")))
        }
        var (done, notDone) = (Int64(0), Int64(0))
        var outcomes: [JSON.Member] = []
        for row in try await pool.query(Self.ended, tenant) {
            outcomes.append(.init(try row.decode("outcome"), JSON(try row.decode(Int64.self, "n"))))
            done += try row.decode(Int64.self, "done")
            notDone += try row.decode(Int64.self, "not_done")
        }
        let failures = try await pool.query(Self.failures, tenant).map { row -> JSON in
            [
                "id": JSON(try row.decode(String.self, "id")), "type": JSON(try row.decode(String.self, "type")),
                "outcome": JSON(try row.decode(String.self, "outcome")),
                "reason": JSON(try row.decode(String?.self, "reason")),
                "finished_at": JSON(RFC3339.format(try row.decode(Date.self, "finished_at"))),
            ]
        }
        let next = try await pool.query(Self.next, tenant).first.map { row -> JSON in
            [
                "schedule": JSON(try row.decode(String.self, "name")),
                "at": JSON(RFC3339.format(try row.decode(Date.self, "next_run_at"))),
            ]
        }
        var told: [JSON] = []
        for campaign in try await campaigns.current(tenant: self.tenant(of: request)) {
            let counts = try await campaigns.counts(of: campaign)
            let ended = counts.delivered + counts.failed
            told.append([
                "name": JSON(campaign.name), "state": JSON(campaign.state.rawValue),
                "recipients": JSON(counts.total), "sent": JSON(ended + counts.sending + counts.unproven),
                "delivered": JSON(counts.delivered), "failed": JSON(counts.failed),
                "failed_percent": JSON(ended > 0 ? Double(counts.failed) * 100 / Double(ended) : 0),
            ])
        }
        let sync = try await SyncStatus.read(from: pool)
        let status = try await operations.submitterStatus()
        let answer: KeyValuePairs<String, JSON> = [
            "open": .object(open), "last_24_hours": .object(outcomes), "items_done": JSON(done),
            "items_not_done": JSON(notDone), "failures": .array(failures), "next_run": next ?? .null,
            "campaigns": .array(told),
            "paused": .array(try await pausedParts.all().map { JSON($0.part) }),
            "held": .array(status.holds.map { JSON($0.reason) }),
            "index_height": sync.height.map { JSON($0.rawValue) } ?? .null,
            "index_lag_heights": sync.lagHeights.map { JSON($0) } ?? .null, "open_drifts": JSON(sync.openDrifts),
            "poison_events": JSON(sync.poisonEvents),
        ]
        return .json(.object(answer.map { JSON.Member($0.key, $0.value) }))
    }
}

extension NodePool.NodeStatus {
    var json: JSON {
        [
            "node": JSON(name), "up": .bool(isUp), "latency_seconds": latency.map { JSON($0.seconds) } ?? .null,
            "error_rate": JSON(errorRate), "head_height": JSON(head.rawValue),
        ]
    }
}
