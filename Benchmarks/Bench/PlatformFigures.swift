import CMeasure
import Cadence
import Daemon
import Encoding
import FlowClient
import Foundation
import HTTP
import Indexer
import PlatformBridge
import Postgres
import Submitter

/// The platform's doors on a durable Postgres of their own: what is asked, and what is told.
enum PlatformFigures {
    static let all: [Figure] = [
        Figure(
            "platform.enqueue.single", "operations (a drop each) enqueued over HTTP one by one, by wrk with 16 connections",
            target: .rate(3_000), cores: .all
        ) { _ in
            try await PlatformBench.with { try await $0.wrk(connections: 16, each: 1, PlatformBench.single) }
        },
        Figure(
            "platform.enqueue.batch", "operations (a drop each) enqueued over HTTP in NDJSON, 500 a call, by wrk with 4 connections",
            target: .rate(20_000), cores: .all
        ) { _ in
            try await PlatformBench.with { try await $0.wrk(connections: 4, each: 500, PlatformBench.batch) }
        },
        Figure(
            "platform.enqueue.sql", "weir.enqueue by pgbench with 8 connections, beside an insert of the same row",
            target: .percent(50), cores: .all
        ) { _ in try await PlatformBench.with { try await $0.enqueuedInSQL() } },
        Figure(
            "platform.webhooks", "messages of 500 keys told to a receiver on loopback, in order", target: .rate(2_000),
            cores: .all
        ) { _ in try await PlatformBench.with { try await $0.webhooks(10_000, keys: 500) } },
        Figure(
            "platform.schedules", "what a look at what is due takes longer with a million schedules that are not",
            target: .within(seconds: 0.001), cores: .all
        ) { _ in try await PlatformBench.with { try await $0.schedules(1_000_000) } },
        Figure(
            "platform.event-streams", "what is resident more with 1,000 open event streams",
            target: .atMost(bytes: 100e6), cores: .all
        ) { _ in try await PlatformBench.with { try await $0.eventStreams(1_000) } },
        Figure(
            "platform.recipients", "peak over what was resident before, while 100,000 recipients of a campaign come in",
            target: .atMost(bytes: 64e6), cores: .all
        ) { _ in try await PlatformBench.with { try await $0.recipients(100_000) } },
    ]
}

/// A control port over HTTP.
struct PlatformBench: Sendable {
    let database: BenchDatabase
    let port: Int
    let operations: OperationStore

    struct Failed: Error, CustomStringConvertible { var description: String }

    static func with<R: Sendable>(_ body: (PlatformBench) async throws -> R) async throws -> R {
        try await BenchDatabase.with { database in
            let pool = database.pool
            let operations = OperationStore(pool: pool, logger: .silent)
            let messages = NotificationHub(channel: WebhookStore.channel, pool: pool, logger: .silent)
            let control = ControlPort(
                pool: pool, operations: operations,
                outcomes: NotificationHub(channel: OperationStore.outcomeChannel, pool: pool, logger: .silent),
                messages: messages, planner: OperationPlanner(chain: .emulator),
                contracts: TrackedContracts(nonFungibleToken: Address("f8d6e0586b0a20c7")), metrics: Metrics(),
                allowsPrivateWebhooks: true, logger: .silent)
            var limits = HTTPServer.Limits()
            limits.bodyBytes = 16 << 20
            let server = HTTPServer(
                address: .tcp(host: "127.0.0.1", port: 0), limits: limits, logger: .silent, spools: Admission.spools,
                admission: Admission(token: nil).refusal, handler: control.handler())
            try await server.start()
            return try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await server.run() }
                group.addTask { try await messages.run() }
                defer { group.cancelAll() }
                return try await body(PlatformBench(database: database, port: server.port, operations: operations))
            }
        }
    }

    private static let brand = #"{"brand_id":"vytxeTZskVKR7C7WgdSP3d","name":"Nova"}"#

    /// Up to the drop's own id.
    private static let airdrop = #"{"release_id":"LzM5bHuZ2Y8vZrXn4qBZsH","recipients":[{"drop_id":""#

    static let single = """
        local n, id = 0, math.random(1, 1000000000)
        function request()
            n = n + 1
            return wrk.format("POST", "/v1/operations",
                {["Content-Type"] = "application/json", ["Idempotency-Key"] = id .. "-" .. n},
                '{"type":"airdrop_pass","payload":\(airdrop)' .. n .. '","holder":"guest"}]}}')
        end
        """
    /// Made before the clock runs: enough for 40,000 operations a second.
    static let batch = """
        local requests, at, id = {}, 0, math.random(1, 1000000000)
        function init()
            for call = 1, 240 do
                local lines = {}
                for i = 1, 500 do
                    local key = id .. "-" .. call .. "-" .. i
                    lines[i] = '{"type":"airdrop_pass","payload":\(airdrop)' .. key .. '","holder":"guest"}]},"idempotency_key":"' .. key .. '"}'
                end
                requests[call] = wrk.format("POST", "/v1/operations/batch", {["Content-Type"] = "application/x-ndjson"},
                    table.concat(lines, "\\n"))
            end
        end
        function request()
            at = at + 1
            return requests[at] or error("all requests are sent")
        end
        """

    /// Operations a second, after a second that does not count.
    func wrk(connections: Int, each: Int, _ script: String) async throws -> Outcome {
        let seeds = "math.randomseed(os.time() + tonumber(tostring({}):sub(8), 16) % 1000000)\n"
        let output = await Shell.answer(
            """
            f=$(mktemp); cat > $f <<'X'
            \(seeds)\(script)
            X
            command -v wrk > /dev/null && wrk -t 2 -c \(connections) -d 1s -s $f http://127.0.0.1:\(port) > /dev/null \
                && wrk -t 2 -c \(connections) -d 5s -s $f http://127.0.0.1:\(port); rm -f $f
            """)
        guard let rate = Shell.number(after: "Requests/sec:", in: output) else {
            return .noPeer(ours: nil, why: "wrk is not on this machine")
        }
        guard !output.contains("Non-2xx"), !output.contains("Socket errors") else { throw Failed(description: output) }
        let kept = try await database.pool.query("select count(*) as n from operations").one().decode(Int64.self, "n")
        guard kept > 0 else { throw Failed(description: "nothing was enqueued") }
        return .rate(rate * Double(each))
    }

    func enqueuedInSQL() async throws -> Outcome {
        let pool = database.pool
        try await Intake(pool: pool, operations: operations, planner: OperationPlanner(chain: .emulator), logger: .silent).publishSchemas()
        let user = try await pool.query("select session_user::text as name").one().decode(String.self, "name")
        guard try await TenantRoles(pool: pool).grant(user, tenant: "default") else {
            throw Failed(description: "there is no role \(user)")
        }
        try await pool.execute("create table weir.bare (like weir.inbox including all)")
        var best = (ours: 0.0, peer: 0.0)
        let row = "'create_brand', '\(Self.brand)'"
        for _ in 0..<3 {
            guard let ours = database.pgbench("select weir.enqueue(\(row), 'k');"),
                let peer = database.pgbench(
                    "insert into weir.bare (tenant, type, payload, key) values ('default', \(row), 'k') returning id;")
            else { return .noPeer(ours: nil, why: "pgbench is not on this machine") }
            best = (max(best.ours, ours), max(best.peer, peer))
        }
        return .rates(ours: best.ours, peer: best.peer, of: "insert")
    }

    func webhooks(_ count: Int, keys: Int) async throws -> Outcome {
        let pool = database.pool
        let counter = Deliveries()
        let receiver = HTTPServer(host: "127.0.0.1", port: 0, logger: .silent) { request in
            try counter.took(request.body)
            return .noContent
        }
        try await receiver.start()
        try await pool.execute(
            """
            insert into webhook_endpoints (id, tenant, url, secrets)
            values ('bench', 'default', 'http://127.0.0.1:\(receiver.port)/', array['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'])
            """)
        try await pool.execute(
            """
            insert into outbox (tenant, topic, key, body)
            select 'default', 'operation.done', 'k' || n % \(keys), jsonb_build_object('key', n % \(keys), 'n', n)
            from generate_series(1, \(count)) n
            """)
        let sender = WebhookSender(pool: pool, allowsPrivate: true, metrics: Metrics(), logger: .silent)
        let start = ContinuousClock.now
        let seconds = try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await receiver.run() }
            group.addTask { try await sender.run() }
            defer { group.cancelAll() }
            while counter.count < count { try await Task.sleep(for: .milliseconds(2)) }
            return (ContinuousClock.now - start) / .seconds(1)
        }
        guard counter.isOrdered else { throw Failed(description: "messages of one key came out of order") }
        return .rate(Double(count) / seconds)
    }

    func schedules(_ count: Int) async throws -> Outcome {
        let pool = database.pool
        let scheduler = Scheduler(
            pool: pool, operations: operations, planner: OperationPlanner(chain: .emulator), logger: .silent)
        func look() async throws -> Double {
            var best = Double.infinity
            for _ in 0..<50 {
                let start = ContinuousClock.now
                try await scheduler.runDue(at: Date())
                best = min(best, (ContinuousClock.now - start) / .seconds(1))
            }
            return best
        }
        let before = try await look()
        try await pool.execute(
            """
            insert into schedules (tenant, name, type, cron, next_run_at)
            select 'default', 's' || n, 'signup_reminder', '0 12 * * *', now() + interval '1 day' + n * interval '1 second'
            from generate_series(1, \(count)) n
            """)
        return .seconds(max(0, try await look() - before))
    }

    func eventStreams(_ count: Int) async throws -> Outcome {
        var files = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files)
        files.rlim_cur = files.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files)
        weir_malloc_trim()
        let before = Memory.resident
        let port = port
        let sockets = try await onThread {
            try (0..<count).map { _ in
                try Stream(port: port, "GET /v1/feed/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n")
            }
        }
        let more = Memory.resident - before
        for socket in sockets { socket.close() }
        return .bytes(Double(max(0, more)), beside: "\(more / count) B each")
    }

    func recipients(_ count: Int) async throws -> Outcome {
        let folder = try FileManager.default.url(
            for: .itemReplacementDirectory, in: .userDomainMask, appropriateFor: URL(fileURLWithPath: "/tmp/x"), create: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let base = "http://127.0.0.1:\(port)/v1/campaigns/bench"
        let made = await Shell.answer(
            """
            cd '\(folder.path)' && seq 1 \(count) | sed 's/.*/{"drop_id":"row-&","holder":"guest-&"}/' > rows
            curl -s -o made -w '%{http_code}' -X PUT -H 'Content-Type: application/json' \
                -d '{"kind":"pass","subject_id":"LzM5bHuZ2Y8vZrXn4qBZsH","fallback":"locker"}' \(base)
            """)
        guard made == "201" else { throw Failed(description: "the campaign was not made: \(made)") }
        var taken = ""
        let peak = try await Memory.peak {
            taken = await Shell.answer(
                "cd '\(folder.path)' && curl -s -w '%{http_code}' -H 'Content-Type: application/x-ndjson' -H Expect: --data-binary @rows \(base)/recipients")
        }
        guard taken.hasSuffix("200") else { throw Failed(description: taken) }
        return .bytes(Double(peak), beside: "\(count) rows")
    }
}
