import Daemon
import Encoding
import PlatformBridge
import Postgres
import Submitter
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct EnqueueGateTests {
    static func operation(_ key: String, _ type: String = "create_brand", payload: String = "{}") -> NewOperation {
        NewOperation(
            type: type, tenant: "default", payload: payload, idempotencyKey: key,
            items: [NewItem(.createBrand(id: key, name: "x"))])
    }

    @Test func `many at once are taken in, each once, whoever comes with the same key`() async throws {
        try await Door.with { door in
            let gate = EnqueueGate(operations: door.operations)
            let results = try await withThrowingTaskGroup(of: (Int, EnqueueResult, Int).self) { group in
                for n in 0..<600 {
                    group.addTask {
                        let (result, status) = try await gate.enqueue(Self.operation("k\(n % 200)"))
                        return (n % 200, result, status.items.total)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(results.allSatisfy { $0.2 == 1 })
            for (_, same) in Dictionary(grouping: results, by: \.0) {
                #expect(Set(same.map(\.1.id)).count == 1, "one operation a key")
                #expect(same.count { if case .created = $0.1 { true } else { false } } == 1)
            }
            let counts = try await door.pool.query(
                """
                select (select count(*) from operations) as operations, (select count(*) from operation_items) as items,
                    (select count(*) from operation_history) as history
                """
            ).one()
            #expect(try ["operations", "items", "history"].map { try counts.decode(Int.self, $0) } == [200, 200, 200])
        }
    }

    @Test func `what one has wrong keeps no other out`() async throws {
        try await Door.with { door in
            let gate = EnqueueGate(operations: door.operations)
            _ = try await gate.enqueue(Self.operation("taken"))
            let asked = [
                Self.operation("a"), Self.operation("taken", "other"),
                Self.operation("bad", payload: #"{"x": "\u0000"}"#),
                Self.operation("b"), Self.operation(""), Self.operation("taken"),
            ]
            let said = await withTaskGroup(of: (Int, String).self) { group in
                for (place, operation) in asked.enumerated() {
                    group.addTask {
                        do { return (place, try await gate.enqueue(operation).status.type) } catch let error
                            as SubmitterError
                        {
                            return (place, "\(error.code)")
                        } catch { return (place, "\(error)") }
                    }
                }
                return await group.reduce(into: [Int: String]()) { $0[$1.0] = $1.1 }
            }
            #expect(
                said == [
                    0: "create_brand", 1: "\(SubmitterError.Code.idempotencyConflict)",
                    2: "\(SubmitterError.Code.invalidOperation)", 3: "create_brand",
                    4: "\(SubmitterError.Code.invalidOperation)", 5: "create_brand",
                ])
            #expect(try await door.pool.query("select from operations").count == 3)
        }
    }

    @Test func `a caller that goes away takes nobody else's operation with it`() async throws {
        try await Door.with { door async throws in
            let gate = EnqueueGate(operations: door.operations)
            let tasks = (0..<60).map { n in Task { try await gate.enqueue(Self.operation("k\(n)")) } }
            for task in tasks where Bool.random() { task.cancel() }
            var acknowledged = 0
            for task in tasks {
                if case .success = await task.result { acknowledged += 1 }
            }
            #expect(acknowledged == 60, "it is taken in, and said so")
            #expect(try await door.pool.query("select from operations").count == 60)
        }
    }

    @Test func `lines are operations too`() async throws {
        try await Door.with { door in
            let body = (0..<500).map {
                #"{"type":"create_brand","payload":{"brand_id":"7kX9mPqR2sTvWxYzA3bCdE","name":"x"},"idempotency_key":"k\#($0)"}"#
            }.joined(separator: "\n")
            let good = try await door.send(lines: body + "\n\n", to: "/v1/operations/batch")
            #expect(good.status == 202 && good.json["operations"]?.array?.count == 500)
            let bad = try await door.send(lines: body + "\n{", to: "/v1/operations/batch")
            #expect(bad.status == 400 && bad.detail.hasPrefix("line 501"))
            let wrong = try await door.send(lines: "{\"type\":\"dance\"}", to: "/v1/operations/batch")
            #expect(wrong.status == 422 && wrong.detail.hasPrefix("operations[0].type"))
        }
    }

    @Test func `what an operation would take is foretold, and nothing is asked for`() async throws {
        try await Door.with { door in
            let rows = (0..<600).map { (number: Int) -> JSON in
                .object([.init("drop_id", .string("row-\(number)")), .init("holder", .string("guest-\(number)"))])
            }
            let body: JSON = [
                "type": "airdrop_pass",
                "payload": ["release_id": "LzM5bHuZ2Y8vZrXn4qBZsH", "recipients": .array(rows)],
            ]
            let plan = try await door.send("POST", "/v1/operations/plan", body)
            #expect(plan.status == 200 && plan.json["transactions"] == 3 && plan.json["lanes"] == 0)
            #expect(plan.json["recipes"]?.array?.first?["fee_basis"] == "table")
            let fee = try #require(Double(plan.json["fee"]?.string ?? ""))
            #expect(fee > 1 && fee < 2, "\(plan.json.text)")
            #expect(try await door.pool.query("select from operations").isEmpty)
            let wrong = try await door.send(
                "POST", "/v1/operations/plan", ["type": "airdrop_pass", "payload": ["release_id": "x"]])
            #expect(wrong.status == 422)
            let unknown = try await door.send("POST", "/v1/operations/plan", ["type": "dance"])
            #expect(unknown.status == 422 && unknown.detail.contains("type"))
            let sweep = try await door.send("POST", "/v1/operations/plan", ["type": "signup_reminder"])
            #expect(sweep.status == 409)
        }
    }
}
