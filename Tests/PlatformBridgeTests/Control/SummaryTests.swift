import Encoding
import Postgres
import Testing

@testable import PlatformBridge

@Suite(.timeLimit(.minutes(1))) struct SummaryTests {
    @Test func `a day is summed up from the tenant's own operations`() async throws {
        try await Door.with { door in
            for key in ["a", "b", "c", "d"] {
                let answer = try await door.send(
                    "POST", "/v1/operations",
                    [
                        "type": "create_brand", "payload": ["brand_id": "7kX9mPqR2sTvWxYzA3bCdE", "name": "x"],
                        "idempotency_key": JSON(key),
                    ])
                #expect(answer.status == 202)
            }
            let end =
                "update operations set state = 'finished', outcome = $2, reason = $3, finished_at = now() - $4::interval"
            for (key, outcome, reason, age) in [
                ("a", "done", nil, "1 hour"), ("b", "failed", "no brand", "2 hours"),
                ("c", "failed", "old", "25 hours"),
            ] as [(String, String, String?, String)] {
                try await door.pool.execute(
                    "\(end), items_done = case $2 when 'done' then 1 else 0 end where idempotency_key = $1",
                    [.text(key), .text(outcome), .optional(reason, PostgresValue.text), .text(age)])
            }
            let told = try await door.send("GET", "/v1/summary").json
            #expect(told["open"]?["queued"] == 1, "\(told.text)")
            #expect(told["last_24_hours"]?["done"] == 1 && told["last_24_hours"]?["failed"] == 1)
            #expect(told["items_done"] == 1 && told["items_not_done"] == 1)
            #expect(told["failures"]?.array?.map { $0["reason"] } == ["no brand"])
            #expect(told["next_run"] == .null && told["held"]?.array?.isEmpty == true && told["open_drifts"] == 0)
            try await door.pool.execute("update operations set tenant = 'other'")
            #expect(try await door.send("GET", "/v1/summary").json["last_24_hours"] == [:])
            #expect(try await door.send("GET", "/v1/nodes").json["nodes"]?.array?.isEmpty == true)
        }
    }
}
