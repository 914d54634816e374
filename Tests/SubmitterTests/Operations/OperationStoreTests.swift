import Daemon
import Encoding
import Foundation
import Postgres
import TestSupport
import Testing

@testable import Submitter

@Suite(.timeLimit(.minutes(1))) struct OperationStoreTests {
    static func new(
        _ key: String, _ payload: String = "{}", tenant: String = "nova", type: String = "create_brand",
        items: [NewItem]? = [NewItem(.createBrand(id: "b", name: "n"))]
    ) -> NewOperation {
        NewOperation(type: type, tenant: tenant, payload: payload, idempotencyKey: key, items: items)
    }

    static func with(_ body: (OperationStore, PostgresPool) async throws -> Void) async throws {
        try await TestPostgres.withDatabase { pool in try await body(OperationStore(pool: pool, logger: .silent), pool)
        }
    }

    @Test func `an operation that was taken in can be read back with its items and its history`() async throws {
        try await Self.with { store, _ in
            let id = try await store.enqueue(Self.new("k", #"{"name": "Nova"}"#)).id
            let status = try #require(try await store.status(id))
            #expect(status.state == .queued && status.outcome == nil && status.items.total == 1)
            #expect(try await store.status(tenant: "nova", idempotencyKey: "k") == status)
            let items = try await store.items(of: id)
            #expect(
                items.map(\.key) == ["b"] && items.map(\.state) == [.queued] && items.map(\.recipe) == ["create_brands"]
            )
            #expect(try await store.history(id).map(\.what) == ["enqueued"])
        }
    }

    @Test func `the same key with the same body is the same operation, whatever the order of its fields`() async throws
    {
        try await Self.with { store, pool in
            let first = try await store.enqueue(Self.new("k", #"{"a": 1, "b": [2]}"#))
            let second = try await store.enqueue(Self.new("k", #"{"b":[2],"a":1}"#))
            #expect(second == .existing(first.id))
            #expect(try await pool.query("select from operation_items").count == 1)
        }
    }

    @Test func `the same key with another body is refused and changes nothing`() async throws {
        try await Self.with { store, pool in
            let first = try await store.enqueue(Self.new("k", #"{"a": 1}"#))
            for other in [Self.new("k", #"{"a": 2}"#), Self.new("k", #"{"a": 1}"#, type: "create_pass")] {
                let error = await refusal { _ = try await store.enqueue(other) }
                #expect(error?.code == .idempotencyConflict && error?.operation == first.id)
            }
            let error = await refusal {
                _ = try await store.enqueue([Self.new("fresh"), Self.new("k", #"{"a": 2}"#)])
            }
            #expect(error?.code == .idempotencyConflict)
            #expect(try await pool.query("select from operations").count == 1)
        }
    }

    @Test func `a key belongs to its tenant`() async throws {
        try await Self.with { store, _ in
            let a = try await store.enqueue(Self.new("k", tenant: "a"))
            let b = try await store.enqueue(Self.new("k", #"{"x": 1}"#, tenant: "b"))
            #expect(a.id != b.id)
        }
    }

    @Test func `a key that comes twice in one call makes one operation`() async throws {
        try await Self.with { store, pool in
            let results = try await store.enqueue([Self.new("k"), Self.new("l"), Self.new("k")])
            #expect(results[0].id == results[2].id && results[2] == .existing(results[0].id))
            #expect(try await pool.query("select from operation_items").count == 2)
        }
    }

    @Test func `of many who ask for the same at once one makes it`() async throws {
        try await Self.with { store, pool in
            let results = try await withThrowingTaskGroup(of: EnqueueResult.self) { group in
                for _ in 0..<20 { group.addTask { try await store.enqueue(Self.new("k")) } }
                return try await group.reduce(into: [EnqueueResult]()) { $0.append($1) }
            }
            #expect(Set(results.map(\.id)).count == 1)
            #expect(results.count { if case .created = $0 { true } else { false } } == 1)
            #expect(try await pool.query("select from operation_items").count == 1)
        }
    }

    @Test func `thousands are taken in in one call, or none of them`() async throws {
        try await Self.with { store, pool in
            let many = (0..<2000).map { Self.new("k\($0)") }
            let taken = try await store.enqueue(many).count
            #expect(taken == 2000)
            let bad = (0..<10).map { Self.new("n\($0)") } + [Self.new("x", "{")]
            let error = await refusal { _ = try await store.enqueue(bad) }
            #expect(error?.code == .invalidOperation)
            let kept = try await pool.query("select from operations").count
            #expect(kept == 2000)
        }
    }

    @Test(arguments: ["", "{", "nonsense", #"{"a":"\u0000"}"#])
    func `what is not JSON is refused plainly`(payload: String) async throws {
        try await Self.with { store, _ in
            let error = await refusal { _ = try await store.enqueue(Self.new("k", payload)) }
            #expect(error?.code == .invalidOperation)
        }
    }

    @Test func `an item may depend on items before it only`() async throws {
        try await Self.with { store, _ in
            for dependsOn in [[0], [1], [-1]] {
                let item = NewItem(.createBrand(id: "b", name: "n"), dependsOn: dependsOn)
                let error = await refusal { _ = try await store.enqueue(Self.new("k", items: [item])) }
                #expect(error?.code == .invalidOperation)
            }
        }
    }

    @Test func `an operation without items is done, one whose items come later is only accepted`() async throws {
        try await Self.with { store, pool in
            let empty = try await store.enqueue(Self.new("k", items: [])).id
            #expect(try await store.status(empty)?.outcome == .done)
            let later = try await store.enqueue(Self.new("l", items: nil)).id
            #expect(try await store.status(later)?.state == .accepted)
            try await pool.withTransaction {
                try await store.expand(later, into: [NewItem(.createBrand(id: "b", name: "n"))], on: $0)
            }
            #expect(try await store.status(later)?.state == .queued)
            await #expect(throws: SubmitterError.self) {
                try await pool.withTransaction { try await store.expand(later, into: [], on: $0) }
            }
        }
    }

    @Test func `what waits can be cancelled and tried again`() async throws {
        try await Self.with { store, _ in
            let items = [
                NewItem(.createBrand(id: "b", name: "n")), NewItem(.createBrand(id: "c", name: "n"), dependsOn: [0]),
            ]
            let id = try await store.enqueue(Self.new("k", items: items)).id
            let cancelled = try await store.cancel(id, because: "not wanted")
            #expect(cancelled.state == .finished && cancelled.outcome == .cancelled && cancelled.reason == "not wanted")
            #expect(cancelled.items.cancelled == 2)
            let again = await refusal { _ = try await store.cancel(id) }
            #expect(again?.code == .wrongState)
            let retried = try await store.retry(id)
            #expect(retried.state == .running && retried.items.finished == 0)
            #expect(try await store.items(of: id).map(\.state) == [.queued, .waiting])
            #expect(try await store.history(id).map(\.what) == ["enqueued", "cancelled", "retried"])
        }
    }

    @Test func `what is not there is said to be not there`() async throws {
        try await Self.with { store, _ in
            let id = OperationID()
            let (status, items) = (try await store.status(id), try await store.items(of: id))
            #expect(status == nil && items.isEmpty)
            for call in [{ _ = try await store.cancel(id) }, { _ = try await store.retry(id) }]
                as [() async throws -> Void]
            {
                let error = await refusal { try await call() }
                #expect(error?.code == .unknownOperation)
            }
        }
    }

    @Test func `a list comes newest first, in pages, of one tenant`() async throws {
        try await Self.with { store, _ in
            let ids = try await store.enqueue((0..<5).map { Self.new("k\($0)") }).map(\.id).sorted(by: >)
            try await store.enqueue(Self.new("other", tenant: "b"))
            let page = try await store.list(tenant: "nova", limit: 3)
            #expect(page.map(\.id) == Array(ids.prefix(3)))
            #expect(
                try await store.list(tenant: "nova", before: page.last?.id, limit: 3).map(\.id) == Array(ids.suffix(2)))
            #expect(try await store.list(tenant: nil).count == 6)
            #expect(try await store.list(tenant: "nova", state: .finished).isEmpty)
        }
    }

    @Test func `history can't be rewritten`() async throws {
        try await Self.with { store, pool in
            try await store.enqueue(Self.new("k"))
            await #expect(throws: PostgresError.self) {
                try await pool.execute("update operation_history set what = 'x'")
            }
        }
    }
}
