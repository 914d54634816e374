import Daemon
import Encoding
import FoundationEssentials
import HTTP
import PlatformBridge
import Postgres
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct FeedTests {
    static func numbers(_ answer: Door.Answer) -> [Int] {
        answer.json["messages"]?.array?.compactMap { $0["data"]?["n"]?.integer(Int.self) } ?? []
    }

    static func tell(_ connection: PostgresConnection, _ n: Int) async throws {
        try await connection.execute(
            "insert into outbox (tenant, topic, key, body) values ('default', 't', 'k', jsonb_build_object('n', $1::int))",
            [.int4(Int32(n))])
    }

    @Test func `a message of a transaction that ends late is not run past`() async throws {
        try await Door.with { door in
            let (seen, late) = (AsyncStream.makeStream(of: Never.self), AsyncStream.makeStream(of: Never.self))
            async let slow: Void = door.pool.withTransaction { connection in
                try await Self.tell(connection, 1)
                seen.continuation.finish()
                for await _ in late.stream {}
            }
            for await _ in seen.stream {}
            try await door.pool.withTransaction { try await Self.tell($0, 2) }
            // 2 is committed, and has the higher id: it is told now, and 1 after it.
            let early = try await door.send("GET", "/v1/feed")
            #expect(Self.numbers(early) == [2])
            late.continuation.finish()
            try await slow
            let next = try #require(early.json["next"]?.string)
            let page = try await door.send("GET", "/v1/feed?after=\(next)")
            #expect(Self.numbers(page) == [1])
            let rest = try await door.send("GET", "/v1/feed?after=\(page.json["next"]?.string ?? "")")
            #expect(Self.numbers(rest) == [] && rest.json["next"] == page.json["next"])
        }
    }

    @Test func `a reader that waits hears at once, and one that streams goes on where it was`() async throws {
        try await Door.with { door in
            let hub = Task { try await door.messages.run() }
            async let waiting = door.send("GET", "/v1/feed?wait=30")
            try await door.pool.withTransaction { try await Self.tell($0, 1) }
            let first = try await waiting
            #expect(Self.numbers(first) == [1])

            let request = try HTTPServerRequest(
                method: "GET", target: "/v1/feed/events",
                headers: ["Last-Event-ID": try #require(first.json["next"]?.string)])
            guard case .stream(let stream) = try await door.handler(request).body else {
                Issue.record("no stream")
                return
            }
            try await door.pool.withTransaction { connection in
                try await Self.tell(connection, 2)
                try await Self.tell(connection, 3)
            }
            let chunks = await stream.first(2)
            #expect(chunks.map { $0.contains("\"n\":2") || $0.contains("\"n\":3") } == [true, true])
            #expect(chunks.allSatisfy { $0.hasPrefix("event: t\nid: ") })
            hub.cancel()
            _ = try? await hub.value
        }
    }

    @Test func `an operation's end is a message`() async throws {
        try await Door.with { door in
            _ = try await door.send(
                "POST", "/v1/operations", ["type": "signup_reminder", "payload": [:], "idempotency_key": "a"])
            let id = try await door.pool.query("select id from operations").one().decode(String.self, "id")
            _ = try await door.send("POST", "/v1/operations/\(id)/cancel")
            let page = try await door.send("GET", "/v1/feed")
            let message = try #require(page.json["messages"]?.array?.first)
            #expect(message["topic"] == "operation.cancelled" && message["key"] == JSON(id))
            #expect(message["data"]?["idempotency_key"] == "a" && message["data"]?["outcome"] == "cancelled")
        }
    }

    @Test(arguments: ["x", "-1", "1-2", "+1", "99999999999999999999", "%00"])
    func `a cursor that is none is refused`(cursor: String) async throws {
        try await Door.with { door in
            guard let answer = try? await door.send("GET", "/v1/feed?after=\(cursor)") else { return }
            #expect(answer.status == 422)
        }
    }
}

extension HTTPServerResponse.BodyStream {
    private struct Enough: Error {}

    /// Its first chunks as text.
    fileprivate func first(_ count: Int) async -> [String] {
        var chunks: [String] = []
        try? await forEachChunk { chunk in
            chunks.append(String(decoding: chunk, as: UTF8.self))
            if chunks.count == count { throw Enough() }
        }
        return chunks
    }
}
