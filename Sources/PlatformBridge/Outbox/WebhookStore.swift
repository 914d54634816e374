import Daemon
package import Encoding
package import FoundationEssentials
package import Postgres

/// Endpoints that are told of what happens, and what became of each message on its way there.
package struct WebhookStore: Sendable {
    package let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// The channel that says that there is something to tell.
    package static let channel = "weir_outbox"

    package struct Endpoint: Sendable {
        package var id: String
        package var url: String
        package var topics: [String]
        package var isOn: Bool
        package var offBecause: String?
        package var secretCount: Int
        package var pending: Int
        package var dead: Int
        package var createdAt: Date
    }

    package func create(
        tenant: String, url: String, topics: [String], secret: WebhookSecret
    ) async throws -> String {
        var random = SystemRandomNumberGenerator()
        let id = "ep_" + Hex.encode((0..<12).map { _ in UInt8.random(in: 0...255, using: &random) })
        try await pool.execute(
            "insert into webhook_endpoints (id, tenant, url, secrets, topics) values ($1, $2, $3, array[$4], $5)",
            [.text(id), .text(tenant), .text(url), .text(secret.text), .textArray(topics)])
        return id
    }

    package func list(tenant: String) async throws -> [Endpoint] {
        try await pool.query(Self.select + " where tenant = $1 order by created_at, id", [.text(tenant)])
            .map(Self.endpoint)
    }

    package func endpoint(_ id: String, tenant: String) async throws -> Endpoint? {
        try await pool.query(Self.select + " where tenant = $1 and id = $2", [.text(tenant), .text(id)]).first
            .map(Self.endpoint)
    }

    /// On again, it gets what comes from now on, and what was still pending.
    package func turn(_ id: String, tenant: String, on isOn: Bool) async throws {
        try await pool.execute(
            """
            update webhook_endpoints set is_on = $3, off_because = case when $3 then null else 'by hand' end,
                updated_at = now() where tenant = $1 and id = $2
            """, [.text(tenant), .text(id), .bool(isOn)])
        _ = try await pool.query("select pg_notify($1, '')", [.text(Self.channel)])
    }

    /// The new secret signs beside the one before, until `endRotation`.
    package func rotate(_ id: String, tenant: String, to secret: WebhookSecret) async throws {
        try await pool.execute(
            """
            update webhook_endpoints set secrets = array[$3, secrets[1]], updated_at = now()
            where tenant = $1 and id = $2
            """, [.text(tenant), .text(id), .text(secret.text)])
    }

    package func endRotation(_ id: String, tenant: String) async throws {
        try await pool.execute(
            "update webhook_endpoints set secrets = secrets[1:1], updated_at = now() where tenant = $1 and id = $2",
            [.text(tenant), .text(id)])
    }

    package func remove(_ id: String, tenant: String) async throws {
        try await pool.execute(
            "delete from webhook_endpoints where tenant = $1 and id = $2", [.text(tenant), .text(id)])
    }

    /// Messages that were delivered or given up go out again, those of ids `from` to `through`. How many.
    package func replay(_ id: String, tenant: String, from: Int64, through: Int64) async throws -> Int {
        let count = try await pool.query(Self.replay, [.text(tenant), .text(id), .int8(from), .int8(through)]).count
        _ = try await pool.query("select pg_notify($1, '')", [.text(Self.channel)])
        return count
    }

    /// Newest first, in pages that go back.
    package func deliveries(_ id: String, state: String?, before: Int64, limit: Int) async throws -> [JSON] {
        try await pool.query(
            Self.selectDeliveries,
            [.text(id), .optional(state, PostgresValue.text), .int8(before), .int8(Int64(limit))]
        ).map { try $0.json("row") }
    }

    // MARK: For the sender

    package struct Message: Sendable {
        var id: Int64
        var key: String
        var topic: String
        var body: String
        var createdAt: Date
        var attempts: Int
        var traceparent: String?
    }

    /// Endpoints with something that is due.
    func due() async throws -> [String] {
        try await pool.query(
            """
            select e.id from webhook_endpoints e where e.is_on and exists (
                select from webhook_deliveries d
                where d.endpoint_id = e.id and d.state = 'pending' and d.next_try_at <= now())
            """
        ).map { try $0.decode(String.self, "id") }
    }

    /// Takes at most `limit` messages that are due, of each key the oldest alone: what is not told to the end by then is
    /// taken again after `lease`. Nil where the endpoint is gone or off.
    func claim(_ endpoint: String, limit: Int, lease: Duration) async throws -> (
        url: String, secrets: [WebhookSecret], messages: [Message]
    )? {
        let (endpointID, isOn) = ([PostgresValue.text(endpoint)], "from webhook_endpoints where id = $1 and is_on")
        guard try await !pool.query("select \(isOn)", endpointID).isEmpty else { return nil }
        let messages = try await pool.query(
            Self.claim, [.text(endpoint), .int8(Int64(limit)), .float8(lease.seconds)]
        ).map { row in
            Message(
                id: try row.decode(Int64.self, "id"), key: try row.decode(String.self, "key"),
                topic: try row.decode(String.self, "topic"), body: try row.decode(String.self, "body"),
                createdAt: try row.decode(Date.self, "created_at"), attempts: try row.decode(Int.self, "attempts"),
                traceparent: try row.decode(String?.self, "traceparent"))
        }
        // Behind the claim: what was told after a rotation ended is not signed by what it ended.
        guard let row = try await pool.query("select url, secrets \(isOn)", endpointID).first else { return nil }
        return (
            try row.decode(String.self, "url"), try row.decode([String].self, "secrets").compactMap(WebhookSecret.init),
            messages
        )
    }

    struct Result: Sendable {
        var message: Int64
        var status: Int?
        var verdict: WebhookVerdict
    }

    func record(_ results: [Result], of endpoint: String) async throws {
        // One look-up each, in one round trip: a join of them all would be planned by what statistics say of a queue.
        try await pool.withConnection { connection in
            _ = try await connection.pipeline(
                results.map { result in
                    (
                        Self.record,
                        [
                            .text(endpoint), .int8(result.message), .text(result.state), .float8(result.pause),
                            .optional(result.status) { .int4(Int32($0)) },
                            .optional(result.because, PostgresValue.text),
                        ]
                    )
                })
        }
        if results.contains(where: { $0.verdict == .gone }) {
            try await pool.execute(
                """
                update webhook_endpoints set is_on = false, updated_at = now(),
                    off_because = 'the receiver answered 410: it wants no more'
                where id = $1
                """, [.text(endpoint)])
        }
    }

    /// Told long ago, and to everybody. How many.
    func forget(olderThan age: Duration, limit: Int) async throws -> Int {
        try await pool.query(
            """
            delete from outbox where id in (
                select id from outbox m where created_at < now() - make_interval(secs => $1)
                    and not exists (select from webhook_deliveries d where d.message_id = m.id and d.state = 'pending')
                order by created_at limit $2)
            returning id
            """, [.float8(age.seconds), .int8(Int64(limit))]
        ).count
    }

    private static func endpoint(_ row: PostgresRow) throws -> Endpoint {
        Endpoint(
            id: try row.decode(String.self, "id"), url: try row.decode(String.self, "url"),
            topics: try row.decode([String].self, "topics"), isOn: try row.decode(Bool.self, "is_on"),
            offBecause: try row.decode(String?.self, "off_because"),
            secretCount: try row.decode(Int.self, "secret_count"), pending: try row.decode(Int.self, "pending"),
            dead: try row.decode(Int.self, "dead"), createdAt: try row.decode(Date.self, "created_at"))
    }

    private static let select = """
        select id, url, topics, is_on, off_because, cardinality(secrets) as secret_count, created_at,
            (select count(*) from webhook_deliveries d where d.endpoint_id = e.id and d.state = 'pending') as pending,
            (select count(*) from webhook_deliveries d where d.endpoint_id = e.id and d.state = 'dead') as dead
        from webhook_endpoints e
        """

    private static let replay = """
        insert into webhook_deliveries (endpoint_id, message_id, key)
        select e.id, m.id, m.key from webhook_endpoints e
        join outbox m on m.tenant = e.tenant and m.id between $3 and $4
            and (e.topics = '{}' or m.topic = any (e.topics))
        where e.tenant = $1 and e.id = $2
        on conflict (endpoint_id, message_id) do update set state = 'pending', attempts = 0, next_try_at = now(),
            last_error = null where webhook_deliveries.state <> 'pending'
        returning message_id
        """

    private static let selectDeliveries = """
        select jsonb_build_object('id', d.message_id, 'topic', m.topic, 'key', d.key, 'state', d.state,
            'attempts', d.attempts, 'next_try_at', case d.state when 'pending' then d.next_try_at end,
            'last_status', d.last_status, 'last_error', d.last_error, 'delivered_at', d.delivered_at)::text as row
        from webhook_deliveries d join outbox m on m.id = d.message_id
        where d.endpoint_id = $1 and ($2::text is null or d.state = $2) and d.message_id < $3
        order by d.message_id desc limit $4
        """

    private static let claim = """
        with due as (
            select d.endpoint_id, d.message_id from webhook_deliveries d
            where d.endpoint_id = $1 and d.state = 'pending' and d.next_try_at <= now()
                and d.message_id = (
                    select f.message_id from webhook_deliveries f
                    where f.endpoint_id = d.endpoint_id and f.key = d.key and f.state = 'pending'
                    order by f.endpoint_id, f.key, f.message_id limit 1)
            order by d.next_try_at, d.message_id limit $2 for update skip locked
        ), claimed as (
            update webhook_deliveries d set attempts = attempts + 1, next_try_at = now() + make_interval(secs => $3)
            from due where d.endpoint_id = due.endpoint_id and d.message_id = due.message_id
            returning d.message_id, d.key, d.attempts
        )
        select m.id, c.key, m.topic, m.body::text as body, m.created_at, c.attempts, m.traceparent
        from claimed c join outbox m on m.id = c.message_id
        """

    private static let record = """
        update webhook_deliveries set state = $3, next_try_at = now() + make_interval(secs => $4), last_status = $5,
            last_error = $6, delivered_at = case $3 when 'delivered' then now() end
        where endpoint_id = $1 and message_id = $2
        """
}

extension WebhookStore.Result {
    fileprivate var state: String {
        switch verdict {
        case .delivered: "delivered"
        case .again: "pending"
        case .dead, .gone: "dead"
        }
    }
    fileprivate var pause: Double { if case .again(let pause, _) = verdict { pause } else { 0 } }
    fileprivate var because: String? {
        switch verdict {
        case .delivered: nil
        case .again(_, let because), .dead(let because): because
        case .gone: "410: the receiver wants no more"
        }
    }
}
