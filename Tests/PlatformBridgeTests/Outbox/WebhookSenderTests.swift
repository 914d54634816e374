import Daemon
import Encoding
import FoundationEssentials
import HTTP
import PlatformBridge
import Postgres
import TestSupport
import Testing

/// Real sockets, a real Postgres; pauses are passed by setting what is due.
@Suite(.timeLimit(.minutes(1))) struct WebhookSenderTests {
    static func with(
        allowsPrivate: Bool = true, _ body: (Door, Metrics) async throws -> Void
    ) async throws {
        try await TestPostgres.withDatabase { pool in
            let (door, metrics) = (Door(pool: pool, allowsPrivateWebhooks: true), Metrics())
            let sender = WebhookSender(pool: pool, allowsPrivate: allowsPrivate, metrics: metrics, logger: .silent)
            let task = Task { try await sender.run() }
            try await body(door, metrics)
            task.cancel()
            try await task.value
        }
    }

    static func endpoint(_ door: Door, _ url: String, topics: JSON? = nil) async throws -> (id: String, secret: String)
    {
        var body: [JSON.Member] = [.init("url", JSON(url))]
        if let topics { body.append(.init("topics", topics)) }
        let made = try await door.send("POST", "/v1/webhooks", .object(body))
        #expect(made.status == 201, "\(made.detail)")
        return (try #require(made.json["id"]?.string), try #require(made.json["secret"]?.string))
    }

    static func tell(_ door: Door, _ topic: String, key: String, count: Int = 1, tenant: String = "default")
        async throws
    {
        try await door.pool.execute(
            """
            insert into outbox (tenant, topic, key, body)
            select $1, $2, $3, jsonb_build_object('n', n) from generate_series(1, $4::int) n
            """, [.text(tenant), .text(topic), .text(key), .int4(Int32(count))])
    }

    /// What was to be tried later is tried now.
    static func hurry(_ door: Door) async throws {
        try await door.pool.execute("update webhook_deliveries set next_try_at = now() where state = 'pending'")
        try await door.pool.execute("select pg_notify('weir_outbox', '')")
    }

    static func states(_ door: Door, _ id: String, until: (Set<String>) -> Bool) async throws -> [JSON] {
        while true {
            let list = try await door.send("GET", "/v1/webhooks/\(id)/deliveries").json["deliveries"]?.array ?? []
            if until(Set(list.compactMap { $0["state"]?.string })) { return list }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    @Test func `messages of a key come in order, signed, and only those that were asked for`() async throws {
        try await Self.with { door, _ in
            let receiver = try await Receiver()
            let (_, secret) = try await Self.endpoint(door, receiver.url, topics: ["purchase.settled"])
            try await Self.tell(door, "operation.done", key: "x")
            try await Self.tell(door, "purchase.settled", key: "a", count: 30)
            try await Self.tell(door, "purchase.settled", key: "b", tenant: "somebody-else")
            let calls = await receiver.calls(30)
            #expect(calls.map { $0.json["data"]?["n"]?.integer(Int.self) } == (1...30).map { $0 })
            for call in calls {
                let id = try #require(call.headers["webhook-id"])
                let timestamp = try #require(call.headers["webhook-timestamp"].flatMap { Int64($0) })
                let key = try #require(WebhookSecret(secret))
                #expect(
                    call.headers["webhook-signature"]
                        == WebhookSecret.signatures([key], id: id, timestamp: timestamp, body: call.body))
                #expect(call.topic == "purchase.settled")
            }
            await receiver.stop()
        }
    }

    @Test func `a failure holds back its key alone, and what follows it comes after it`() async throws {
        try await Self.with { door, _ in
            let receiver = try await Receiver { place, call in
                place == 1 ? .text("no", status: 500) : .noContent
            }
            let (id, _) = try await Self.endpoint(door, receiver.url)
            try await Self.tell(door, "t", key: "a", count: 1)
            _ = await receiver.calls(1)
            try await Self.tell(door, "t", key: "a", count: 2)
            try await Self.tell(door, "t", key: "b", count: 1)
            let early = await receiver.calls(2)
            #expect(early.map(\.topic) == ["t", "t"])
            _ = try await Self.states(door, id) { $0.contains("delivered") }
            #expect(receiver.all.count == 2, "the second and third of key a wait for the first")
            try await Self.hurry(door)
            let all = await receiver.calls(5)
            let ofA = all.filter { $0.headers["webhook-id"] != early[1].headers["webhook-id"] }
            #expect(ofA.map { $0.headers["webhook-id"] } == ["msg_1", "msg_1", "msg_2", "msg_3"])
            _ = try await Self.states(door, id) { $0 == ["delivered"] }
            await receiver.stop()
        }
    }

    @Test func `410 switches an endpoint off, and a replay tells again`() async throws {
        try await Self.with { door, _ in
            let receiver = try await Receiver { place, _ in
                place == 1 ? HTTPServerResponse(status: 410) : .noContent
            }
            let (id, _) = try await Self.endpoint(door, receiver.url)
            try await Self.tell(door, "t", key: "a")
            let list = try await Self.states(door, id) { $0 == ["dead"] }
            #expect(list.first?["last_status"] == 410)
            while try await door.send("GET", "/v1/webhooks/\(id)").json["on"] == .bool(true) {
                try await Task.sleep(for: .milliseconds(10))
            }
            try await Self.tell(door, "t", key: "a")
            #expect(try await door.send("POST", "/v1/webhooks/\(id)/on").json["on"] == .bool(true))
            let replayed = try await door.send("POST", "/v1/webhooks/\(id)/replay", ["from": 0, "through": 100])
            #expect(replayed.json["replayed"] == 2, "what came while it was off is told by a replay")
            _ = try await Self.states(door, id) { $0 == ["delivered"] }
            #expect(receiver.all.map { $0.headers["webhook-id"] } == ["msg_1", "msg_1", "msg_2"])
            await receiver.stop()
        }
    }

    @Test func `a receiver that redirects or hangs delays nobody else`() async throws {
        try await Self.with { door, _ in
            let gate = AsyncStream.makeStream(of: Never.self)
            let inner = try await Receiver()
            let hanging = try await Receiver { _, _ in
                for await _ in gate.stream {}
                return .noContent
            }
            let target = inner.url
            let redirecting = try await Receiver { _, _ in
                var response = HTTPServerResponse(status: 302)
                response.headers["Location"] = target
                return response
            }
            let good = try await Receiver()
            for receiver in [hanging, redirecting, good] { _ = try await Self.endpoint(door, receiver.url) }
            try await Self.tell(door, "t", key: "a", count: 5)
            #expect(await good.calls(5).count == 5)
            _ = await redirecting.calls(1)
            #expect(inner.all.isEmpty)
            gate.continuation.finish()
            for receiver in [inner, hanging, redirecting, good] { await receiver.stop() }
        }
    }

    @Test func `no webhook goes within a private network, whatever its name`() async throws {
        let receiver = try await Receiver()
        try await Self.with(allowsPrivate: false) { door, _ in
            let port = receiver.url.split(separator: ":")[2]
            let (id, _) = try await Self.endpoint(door, "http://localhost:\(port)")
            let (other, _) = try await Self.endpoint(door, "http://127.0.0.1:\(port)")
            try await Self.tell(door, "t", key: "a")
            for id in [id, other] {
                var error = ""
                while error.isEmpty {
                    error =
                        try await door.send("GET", "/v1/webhooks/\(id)/deliveries")
                        .json["deliveries"]?.array?.first?["last_error"]?.string ?? ""
                    if error.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
                }
                #expect(error.hasPrefix("private address"), "\(error)")
            }
        }
        #expect(receiver.all.isEmpty)
        await receiver.stop()
    }

    @Test func `a secret is shown once, and a rotation signs with both`() async throws {
        try await Self.with { door, _ in
            let receiver = try await Receiver()
            let (id, first) = try await Self.endpoint(door, receiver.url)
            #expect(try await door.send("GET", "/v1/webhooks/\(id)").json["secret"] == nil)
            let second = try #require(
                try await door.send("POST", "/v1/webhooks/\(id)/rotate").json["secret"]?.string)
            #expect(first != second)
            try await Self.tell(door, "t", key: "a")
            let call = try #require(await receiver.calls(1).first)
            #expect(call.headers["webhook-signature"]?.split(separator: " ").count == 2)
            _ = try await door.send("POST", "/v1/webhooks/\(id)/end-rotation")
            try await Self.tell(door, "t", key: "a")
            // A busy machine may be told the first message twice.
            var (count, last) = (2, call)
            while last.headers["webhook-id"] == call.headers["webhook-id"] {
                last = try #require(await receiver.calls(count).last)
                count += 1
            }
            #expect(last.headers["webhook-signature"]?.split(separator: " ").count == 1)
            await receiver.stop()
        }
    }

    @Test(arguments: [
        ("ftp://a.example/", "url must be"), ("https://u:p@a.example/", "url must hold no user"),
        ("a.example", "url must be"),
        ("https://a.example/#x", "url must hold no fragment"), ("https://", "url must be"), ("", "url must have 1"),
        ("https://a.example/\n", "url must be"),
    ])
    func `an address that is none is refused`(url: String, detail: String) async throws {
        try await Door.with { door in
            let answer = try await door.send("POST", "/v1/webhooks", ["url": JSON(url)])
            #expect(answer.status == 422 && answer.detail.hasPrefix(detail), "\(answer.detail)")
            let plain = try await door.send("POST", "/v1/webhooks", ["url": "http://a.example/"])
            #expect(plain.status == 422, "plain http only where private addresses are allowed")
        }
    }

    @Test func `addresses that are nobody's or somebody's own are not public`() {
        for text in [
            "127.0.0.1", "10.1.2.3", "172.31.255.255", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
            "224.0.0.1", "255.255.255.255", "198.18.0.1",
        ] {
            #expect(!PublicAddress.isPublic(v4: text.split(separator: ".").map { UInt8($0)! }), "\(text)")
        }
        for text in ["8.8.8.8", "172.32.0.1", "100.128.0.1", "192.0.3.1"] {
            #expect(PublicAddress.isPublic(v4: text.split(separator: ".").map { UInt8($0)! }), "\(text)")
        }
        func v6(_ head: [UInt8], _ tail: [UInt8] = []) -> Bool {
            PublicAddress.isPublic(
                v6: head + Array(repeating: 0, count: 16 - head.count - tail.count) + tail)
        }
        #expect(v6([0x26, 0x06, 0x47, 0x00]))
        #expect(!v6([], [1]) && !v6([0xfe, 0x80]) && !v6([0xfc]) && !v6([0x20, 0x02, 0x7f, 0, 0, 1]))
        #expect(!v6(Array(repeating: 0, count: 10) + [0xff, 0xff], [127, 0, 0, 1]), "an IPv4 address in disguise")
        #expect(!v6([0x00, 0x64, 0xff, 0x9b], [10, 0, 0, 1]) && !v6([0x20, 0x01, 0x0d, 0xb8]))
    }
}
