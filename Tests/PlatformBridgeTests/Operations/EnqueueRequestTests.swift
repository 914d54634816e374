import Encoding
import FlowClient
import HTTP
import PlatformBridge
import Submitter
import Testing

struct EnqueueRequestTests {
    let planner = OperationPlanner(chain: .emulator)
    let payload: JSON = ["brand_id": "vytxeTZskVKR7C7WgdSP3d", "name": "Nova"]

    func read(_ body: JSON, key: String? = "k") -> EnqueueRequest.Reading {
        EnqueueRequest.read(body, idempotencyKey: key, tenant: "default", planner: planner)
    }

    func violations(_ body: JSON, key: String? = "k") -> [Violation] {
        if case .invalid(let violations) = read(body, key: key) { violations } else { [] }
    }

    @Test func `an unknown type is named, with the types there are`() throws {
        let found = violations(["type": "burn_everything", "payload": [:]])
        let rule = try #require(found.first { $0.field == "type" }?.rule)
        #expect(rule.contains("burn_everything") && rule.contains("create_brand"))
    }

    @Test func `a call without an idempotency key is refused`() {
        #expect(violations(["type": "create_brand", "payload": payload], key: nil).map(\.field) == ["idempotency_key"])
    }

    @Test func `header and body may not name two keys`() {
        let body: JSON = ["type": "create_brand", "payload": payload, "idempotency_key": "a"]
        #expect(violations(body, key: "b").map(\.field) == ["idempotency_key"])
        guard case .operation(let operation) = read(body, key: "a") else { return #expect(Bool(false), "refused") }
        #expect(operation.idempotencyKey == "a")
    }

    @Test func `payloads that differ in order alone are the same payload`() {
        guard case .operation(let a) = read(["type": "create_brand", "payload": payload]),
            case .operation(let b) = read([
                "payload": ["name": "Nova", "brand_id": "vytxeTZskVKR7C7WgdSP3d"], "type": "create_brand",
            ])
        else { return #expect(Bool(false), "refused") }
        #expect(a.payload == b.payload)
    }

    @Test func `a misspelt field does not pass for an absent one`() {
        let found = violations(["type": "create_brand", "payload": payload, "not_befor": "2026-01-01T00:00:00Z"])
        #expect(found.map(\.field) == ["not_befor"])
    }

    @Test func `a field that comes twice is refused`() {
        let body = JSON.object([.init("type", "create_brand"), .init("type", "drop"), .init("payload", payload)])
        #expect(violations(body).contains { $0.field == "type" && $0.rule == "comes twice" })
    }

    @Test func `what is no object is refused`() {
        for body: JSON in [.null, [], "create_brand", 7] { #expect(!violations(body).isEmpty) }
    }
}
