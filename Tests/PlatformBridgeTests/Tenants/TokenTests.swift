import Daemon
import Encoding
import FoundationEssentials
import HTTP
import PlatformBridge
import Postgres
import TestSupport
import Testing

@Suite struct TokenTests {
    /// The port with its tokens, and who may come in.
    struct Guarded: Sendable {
        let door: Door
        let directory: TokenDirectory
        let admission: Admission

        func send(_ method: String, _ target: String, _ token: String?, _ body: JSON? = nil) async throws -> Door.Answer
        {
            var headers: HTTPFields = ["Host": "127.0.0.1", "Content-Type": "application/json"]
            if let token { headers["Authorization"] = "Bearer \(token)" }
            if body != nil { headers["Content-Length"] = "2" }
            let head = HTTPRequestHead(method: method, target: target, headers: headers)
            if let problem = admission.refusal(head) {
                return Door.Answer(status: problem.status, json: problem.json, headers: problem.headers)
            }
            return try await door.send(method, target, body, headers)
        }

        func token(_ tenant: String, _ scopes: Set<Scope>, lifetime: Duration? = nil, rate: Int? = nil) async throws
            -> (id: String, text: String)
        {
            let (id, token) = try await TokenStore(pool: door.pool).create(
                tenant: tenant, name: "test", scopes: scopes, lifetime: lifetime, requestsPerSecond: rate)
            try await directory.read()
            return (id, token.text)
        }
    }

    static func with(ownerToken: String? = "owner", _ body: (Guarded) async throws -> Void) async throws {
        try await TestPostgres.withDatabase { pool in
            let directory = TokenDirectory(pool: pool, ownerToken: ownerToken.map { OwnerToken($0) }, logger: .silent)
            try await directory.read()
            let door = Door(pool: pool, tokens: directory)
            try await body(
                Guarded(
                    door: door, directory: directory,
                    admission: Admission(token: ownerToken.map { OwnerToken($0) }, hosts: [], tokens: directory)))
        }
    }

    static let reminder: JSON = ["type": "signup_reminder", "payload": [:], "idempotency_key": "k"]

    @Test func `a token may do what its scopes say, for its tenant`() async throws {
        try await Self.with { port in
            let reader = try await port.token("nova", [.read]).text
            let platform = try await port.token("nova", [.enqueue, .read]).text
            let ops = try await port.token("nova", [.ops]).text
            let admin = try await port.token("nova", [.admin]).text
            #expect(try await port.send("GET", "/v1/operations", reader).status == 200)
            #expect(try await port.send("POST", "/v1/operations", reader, Self.reminder).status == 403)
            let taken = try await port.send("POST", "/v1/operations", platform, Self.reminder)
            #expect(taken.status == 202 && taken.json["tenant"] == "nova")
            let id = taken.json["id"]?.string ?? ""
            #expect(try await port.send("POST", "/v1/operations/\(id)/cancel", platform).status == 403)
            #expect(try await port.send("POST", "/v1/operations/\(id)/cancel", ops).status == 200)
            #expect(try await port.send("GET", "/v1/operations", ops).status == 403, "ops is not read")
            #expect(try await port.send("GET", "/v1/tokens", ops).status == 403)
            #expect(try await port.send("GET", "/v1/tokens", admin).status == 200)
            #expect(try await port.send("GET", "/v1/operations/\(id)", admin).status == 200)
            #expect(
                try await port.send(
                    "PUT", "/v1/schedules/x", platform, ["type": "signup_reminder", "cron": "* * * * *"]
                ).status == 403)
            for wrong in [nil, "", "weir_", reader + "x", String(reader.dropLast())] as [String?] {
                let refused = try await port.send("GET", "/v1/operations", wrong)
                #expect(refused.status == 401 && refused.headers["WWW-Authenticate"] != nil)
            }
            #expect(try await port.send("GET", "/v1/operations", "owner").status == 200)
            #expect(try await port.send("GET", "/healthz", nil).status == 200)
        }
    }

    @Test func `another tenant's things are not there`() async throws {
        try await Self.with { port in
            let (nova, other) = (
                try await port.token("nova", [.admin]).text, try await port.token("other", [.admin]).text
            )
            let id = try await port.send("POST", "/v1/operations", nova, Self.reminder).json["id"]?.string ?? ""
            // The same key of another tenant is another operation.
            #expect(try await port.send("POST", "/v1/operations", other, Self.reminder).status == 202)
            let endpoint =
                try await port.send("POST", "/v1/webhooks", nova, ["url": "https://a.example/"]).json["id"]?.string
                ?? ""
            _ = try await port.send("PUT", "/v1/purchases/p", nova, ["token_id": 1, "price": "1.0", "holder": "u"])
            _ = try await port.send(
                "PUT", "/v1/schedules/mine", nova, ["type": "signup_reminder", "cron": "* * * * *"])
            let token =
                try await port.send("POST", "/v1/tokens", nova, ["name": "n", "scopes": ["read"]]).json["id"]?.string
                ?? ""
            for (method, target) in [
                ("GET", "/v1/operations/\(id)"), ("GET", "/v1/operations/\(id)/items"),
                ("GET", "/v1/operations/\(id)/history"),
                ("POST", "/v1/operations/\(id)/cancel"), ("POST", "/v1/operations/\(id)/retry"),
                ("POST", "/v1/operations/\(id)/resolve"), ("GET", "/v1/webhooks/\(endpoint)"),
                ("DELETE", "/v1/webhooks/\(endpoint)"), ("POST", "/v1/webhooks/\(endpoint)/rotate"),
                ("POST", "/v1/webhooks/\(endpoint)/replay"), ("GET", "/v1/webhooks/\(endpoint)/deliveries"),
                ("GET", "/v1/purchases/p"),
                ("GET", "/v1/schedules/mine"), ("DELETE", "/v1/schedules/mine"), ("POST", "/v1/schedules/mine/off"),
                ("DELETE", "/v1/tokens/\(token)"),
            ] {
                let body: JSON? = method == "POST" ? ["as": "done", "from": 0] : nil
                let status = try await port.send(method, target, other, body).status
                #expect(status == 404, "\(method) \(target): \(status)")
            }
            let list = try await port.send("GET", "/v1/operations", other).json["operations"]?.array ?? []
            #expect(list.count == 1 && list.first?["id"] != JSON(id))
            let feed = try await port.send("GET", "/v1/feed", other).json["messages"]?.array
            #expect(feed == [])
            // A new tenant has the platform's crons, too.
            #expect(try await port.send("GET", "/v1/schedules", other).json["schedules"]?.array?.count == 5)
        }
    }

    @Test func `what is revoked or has expired lets nobody in`() async throws {
        try await Self.with { port in
            let (id, text) = try await port.token("nova", [.read])
            #expect(try await port.send("GET", "/v1/operations", text).status == 200)
            #expect(
                try await port.send("DELETE", "/v1/tokens/\(id)", "owner").status == 404,
                "the default tenant has no such token")
            #expect(try await TokenStore(pool: port.door.pool).revoke(id, tenant: "nova"))
            #expect(try await !TokenStore(pool: port.door.pool).revoke(id, tenant: "nova"))
            try await port.directory.read()
            #expect(try await port.send("GET", "/v1/operations", text).status == 401)
            let short = try await port.token("nova", [.read], lifetime: .seconds(-1)).text
            #expect(try await port.send("GET", "/v1/operations", short).status == 401)
        }
    }

    @Test func `a rate is kept, and says when to come again`() async throws {
        try await Self.with { port in
            let text = try await port.token("nova", [.read], rate: 1).text
            var statuses: [Int] = []
            for _ in 0..<4 { statuses.append(try await port.send("GET", "/v1/sync", text).status) }
            #expect(statuses.prefix(2) == [200, 200])
            #expect(statuses.last == 429)
            let refused = try await port.send("GET", "/v1/sync", text)
            #expect(refused.headers["Retry-After"] == "1")
        }
    }

    @Test func `nobody needs a token as long as there is none`() async throws {
        try await Self.with(ownerToken: nil) { port in
            #expect(try await port.send("GET", "/v1/operations", nil).status == 200)
            let made = try await port.send("POST", "/v1/tokens", nil, ["name": "first", "scopes": ["admin"]])
            let text = try #require(made.json["token"]?.string)
            try await port.directory.read()
            #expect(try await port.send("GET", "/v1/operations", nil).status == 401)
            #expect(try await port.send("GET", "/v1/operations", text).status == 200)
            #expect(try await port.send("GET", "/v1/tokens", text).json.text.contains(text) == false)
            // The last one ends: that opens nothing.
            let id = made.json["id"]?.string ?? ""
            #expect(try await port.send("DELETE", "/v1/tokens/\(id)", text).status == 204)
            try await port.directory.read()
            #expect(try await port.send("GET", "/v1/operations", nil).status == 401)
        }
    }

    @Test func `a change is heard of without being asked for, and tokens that were never read are no refusal`()
        async throws
    {
        try await TestPostgres.withDatabase { pool in
            let directory = TokenDirectory(pool: pool, ownerToken: OwnerToken("owner"), logger: .silent)
            let admission = Admission(token: OwnerToken("owner"), tokens: directory)
            func status(_ token: String) -> Int? {
                admission.refusal(
                    HTTPRequestHead(
                        method: "GET", target: "/v1/sync",
                        headers: ["Host": "127.0.0.1", "Authorization": "Token \(token)"]))?
                    .status
            }
            #expect(status("weir_x") == 503)
            #expect(status("owner") == nil, "the configuration's own token needs no database")
            let task = Task { try await directory.run() }
            while status("weir_x") == 503 { try await Task.sleep(for: .milliseconds(5)) }
            #expect(status("weir_x") == 401)
            let (id, token) = try await TokenStore(pool: pool).create(
                tenant: "nova", name: "", scopes: [.read], lifetime: nil, requestsPerSecond: nil)
            let clock = ContinuousClock.now
            while status(token.text) != nil { try await Task.sleep(for: .milliseconds(5)) }
            _ = try await TokenStore(pool: pool).revoke(id, tenant: nil)
            while status(token.text) == nil { try await Task.sleep(for: .milliseconds(5)) }
            #expect(
                ContinuousClock.now - clock < .seconds(9), "by the word of Postgres, not by looking every ten seconds")
            task.cancel()
            try await task.value
        }
    }
}
