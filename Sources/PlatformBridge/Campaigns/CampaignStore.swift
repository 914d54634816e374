import Cadence
import Encoding
import FlowClient
package import FoundationEssentials
package import Postgres
package import Submitter

/// Campaigns and their recipients in the tables. Every change of state goes through `CampaignState`, under the row's lock.
package struct CampaignStore: Sendable {
    let pool: PostgresPool
    let operations: OperationStore

    package static let channel = "weir_campaigns"

    package init(pool: PostgresPool, operations: OperationStore) {
        self.pool = pool
        self.operations = operations
    }

    /// What a caller says of a campaign.
    package struct Terms: Hashable, Sendable {
        package var kind: Sweep.DropKind
        package var subject: String
        package var fallback: Campaign.Fallback
        package var priority: Int16
        package var budget: Int64?

        package init(
            kind: Sweep.DropKind, subject: String, fallback: Campaign.Fallback = .skip, priority: Int16 = 0,
            budget: Int64? = nil
        ) {
            (self.kind, self.subject, self.fallback) = (kind, subject, fallback)
            (self.priority, self.budget) = (priority, budget)
        }

        /// Nil, and violations in the reader, where a field is not as it should be. `kind` is read by the caller.
        package init?(reading reader: inout PayloadReader, kind: Sweep.DropKind) {
            self.kind = kind
            subject = reader.shortUUID("subject_id")
            fallback = reader.choice("fallback", of: Campaign.Fallback.allCases) ?? .skip
            priority = Int16(reader.optionalWhole("priority", in: 0...100) ?? 0)
            if reader.has("budget") {
                budget = Int64(exactly: reader.ufix64("budget"))
                if reader.violations.isEmpty, budget ?? 0 == 0 {
                    reader.reject("budget", "must be more than 0 and at most 92233720368.54775807, in FLOW")
                }
            } else {
                reader.knows("budget")
            }
            reader.finish()
            guard reader.violations.isEmpty else { return nil }
        }
    }

    // MARK: Reading

    package func campaign(tenant: String, name: String) async throws -> Campaign? {
        try await pool.query(Self.select + " where tenant = $1 and name = $2", [.text(tenant), .text(name)]).first
            .map(Campaign.init)
    }

    package func list(tenant: String) async throws -> [Campaign] {
        try await pool.query(Self.select + " where tenant = $1 order by id desc", [.text(tenant)]).map(Campaign.init)
    }

    /// Those under way, and those that ended within a day.
    package func current(tenant: String) async throws -> [Campaign] {
        try await pool.query(
            Self.select
                + " where tenant = $1 and (state in ('scheduled', 'running', 'paused') or ended_at > now() - interval '24 hours') order by id desc limit 20",
            [.text(tenant)]
        ).map(Campaign.init)
    }

    package func counts(of campaign: Campaign) async throws -> Campaign.Counts {
        let row = try await pool.query(Self.selectCounts, [.text(campaign.tenant), .text(campaign.name)])[0]
        func count(_ name: String) throws -> Int { try row.decode(Int.self, name) }
        return Campaign.Counts(
            total: try count("total"), pending: try count("pending"), sending: try count("sending"),
            delivered: try count("delivered"), failed: try count("failed"), unproven: try count("unproven"),
            skipped: try count("skipped"), cancelled: try count("cancelled"), notAsked: try count("not_asked"),
            ready: try count("ready"), toLockers: try count("to_lockers"))
    }

    /// In FLOW, scaled by 1e8: what its waves' transactions have cost, by its part of them.
    package func paid(by campaign: Campaign) async throws -> Int64 {
        let waves = try await pool.query(
            "select operation_id from campaign_waves where campaign_id = $1", [.int8(campaign.id)]
        ).compactMap { OperationID(rawValue: try $0.decode(String.self, "operation_id")) }
        return try await operations.feesPaid(by: waves)
    }

    /// What would be left to do: transactions, time, fees.
    package func forecast(of campaign: Campaign, _ counts: Campaign.Counts) async throws -> OperationForecast? {
        guard !campaign.state.isOver, counts.left > 0 else { return nil }
        return try await operations.forecast(counts: [campaign.recipe: counts.left])
    }

    /// By drop id, behind `after`.
    package func recipients(
        of campaign: Campaign, state: String?, after: String, limit: Int
    ) async throws -> [Campaign.Recipient] {
        try await pool.query(
            Self.selectRecipients,
            [
                .text(campaign.tenant), .text(campaign.name), .text(after), .optional(state, PostgresValue.text),
                .int8(Int64(limit)),
            ]
        ).map { row in
            Campaign.Recipient(
                dropID: try row.decode(String.self, "drop_id"), address: try row.decode(String?.self, "address"),
                holder: try row.decode(String?.self, "holder"), readiness: try row.decode(String?.self, "readiness"),
                state: try row.decode(String.self, "state"), reason: try row.decode(String?.self, "reason"),
                operation: try row.decode(String?.self, "operation_id"),
                tokenID: try row.decode(String?.self, "token_id"),
                transactionID: try row.decode(String?.self, "transaction_id"),
                height: try row.decode(Int64?.self, "height"))
        }
    }

    // MARK: Terms and recipients

    /// Makes it, or changes its terms; whoever was asked about is asked again. Throws `wrongState` where it has begun.
    package func put(_ terms: Terms, tenant: String, name: String) async throws -> Campaign {
        try await pool.withTransaction { connection in
            if let campaign = try await lock(tenant: tenant, name: name, on: connection) {
                _ = try next(of: campaign, .changed)
            }
            let parameters: [PostgresValue] = [
                .text(tenant), .text(name), .text(terms.kind.rawValue), .text(terms.subject),
            ]
            let row = try await connection.query(
                Self.put,
                parameters + [
                    .text(terms.fallback.rawValue), .int4(Int32(terms.priority)),
                    .optional(terms.budget, PostgresValue.int8),
                ])
            // Of recipients, what and whether they are ready follows the terms.
            _ = try await connection.execute(Self.followTerms, parameters)
            return try Campaign(row[0])
        }
    }

    /// Takes recipients in, all or none: those that are told again are changed. Throws `RecipientReader.Invalid`, `wrongState`
    /// where the campaign has begun, `invalidOperation` where a drop id is another drop's.
    package func add(
        _ reader: RecipientReader, to name: String, tenant: String
    ) async throws -> (campaign: Campaign, count: Int) {
        let count = try reader.check()
        return try await pool.withTransaction { connection in
            var reader = reader
            guard var campaign = try await lock(tenant: tenant, name: name, on: connection) else {
                throw SubmitterError(.unknownOperation, "there is no campaign \(name)")
            }
            let state = try next(of: campaign, .changed)
            while let rows = try reader.next() {
                let taken = try await connection.query(
                    Self.addRows,
                    [
                        .text(tenant), .text(name), .text(campaign.kind.rawValue), .text(campaign.subject),
                        .textArray(rows.map(\.dropID)), .textArrayNullable(rows.map { $0.address?.hex }),
                        .textArrayNullable(rows.map(\.holder)),
                    ]
                ).map { try $0.decode(String.self, "drop_id") }
                if taken.count < rows.count, let other = Set(rows.map(\.dropID)).subtracting(taken).min() {
                    throw SubmitterError(
                        .invalidOperation, "drop_id \(other) is a row of another campaign or of a drop table")
                }
            }
            campaign = try await set(campaign, state, on: connection)
            return (campaign, count)
        }
    }

    /// Throws `wrongState` where something was sent: what has happened is not forgotten.
    package func remove(_ campaign: Campaign) async throws {
        let removed = try await pool.query(
            """
            delete from campaigns c where tenant = $1 and name = $2 and state in ('draft', 'planned', 'aborted')
                and not exists (select from campaign_waves w where w.campaign_id = c.id)
            returning name
            """, [.text(campaign.tenant), .text(campaign.name)])
        guard !removed.isEmpty else {
            throw SubmitterError(
                .wrongState, "campaign \(campaign.name) has begun: abort ends it, and its record stays")
        }
    }

    // MARK: States

    /// What is decided together with a change of state.
    package struct Change: Sendable {
        package var reason: String?
        package var startsAt: Date?
        package var isBySchedule: Bool?
        package init(reason: String? = nil, startsAt: Date? = nil, isBySchedule: Bool? = nil) {
            (self.reason, self.startsAt, self.isBySchedule) = (reason, startsAt, isBySchedule)
        }
    }

    /// Throws `unknownOperation`, and `wrongState` where the event does not fit.
    package func apply(
        _ event: CampaignState.Event, to name: String, tenant: String, _ change: Change = Change()
    ) async throws -> Campaign {
        try await pool.withTransaction { connection in
            guard let campaign = try await lock(tenant: tenant, name: name, on: connection) else {
                throw SubmitterError(.unknownOperation, "there is no campaign \(name)")
            }
            return try await apply(event, to: campaign, change, on: connection)
        }
    }

    /// The same under a lock that the caller has.
    func apply(
        _ event: CampaignState.Event, to campaign: Campaign, _ change: Change = Change(),
        on connection: PostgresConnection
    ) async throws -> Campaign {
        let state = try next(of: campaign, event)
        let key: [PostgresValue] = [.text(campaign.tenant), .text(campaign.name)]
        switch event {
        case .plan: _ = try await connection.execute(Self.forgetReadiness, key)
        case .retry: _ = try await connection.execute(Self.releaseFailed, key)
        default: break
        }
        return try await set(campaign, state, change, on: connection)
    }

    func lock(tenant: String, name: String, on connection: PostgresConnection) async throws -> Campaign? {
        try await connection.query(
            Self.select + " where tenant = $1 and name = $2 for update", [.text(tenant), .text(name)]
        ).first.map(Campaign.init)
    }

    private func next(of campaign: Campaign, _ event: CampaignState.Event) throws -> CampaignState {
        if let state = campaign.state.after(event) { return state }
        let what =
            switch event {
            case .changed: "changed"
            case .plan, .asked: "planned"
            case .start:
                campaign.state == .draft
                    ? "started before it is planned (plan it, or say unchecked)" : "started"
            case .due, .resume: "resumed"
            case .pause: "paused"
            case .abort: "aborted"
            case .exhausted: "finished"
            case .retry: "tried again"
            }
        throw SubmitterError(
            .wrongState, "campaign \(campaign.name) is \(campaign.state.rawValue): it can't be \(what)")
    }

    private func set(
        _ campaign: Campaign, _ state: CampaignState, _ change: Change = Change(), on connection: PostgresConnection
    ) async throws -> Campaign {
        let row = try await connection.query(
            Self.set,
            [
                .int8(campaign.id), .text(state.rawValue), .optional(change.reason, PostgresValue.text),
                .optional(change.startsAt, PostgresValue.timestamptz),
                .optional(change.isBySchedule, PostgresValue.bool),
            ])
        _ = try await connection.execute("select pg_notify('\(Self.channel)', '')")
        let changed = try Campaign(row[0])
        if state != campaign.state, state != .draft, state != .planning {
            _ = try await connection.execute(
                "insert into outbox (tenant, topic, key, body) values ($1, $2, $3, $4::jsonb)",
                [
                    .text(campaign.tenant), .text("campaign.\(state.rawValue)"), .text("campaign/\(campaign.name)"),
                    .text(JSON.object(changed.members).text),
                ])
        }
        return changed
    }

    static let columns = """
        id, tenant, name, kind, subject_id, fallback, priority, budget, state, reason, starts_at, by_schedule, asked_height,
        started_at, ended_at, updated_at
        """
    static let select = "select \(columns) from campaigns"

    private static let put = """
        insert into campaigns (tenant, name, kind, subject_id, fallback, priority, budget) values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (tenant, name) do update set kind = excluded.kind, subject_id = excluded.subject_id,
            fallback = excluded.fallback, priority = excluded.priority, budget = excluded.budget, state = 'draft',
            reason = null, updated_at = clock_timestamp()
        returning \(columns)
        """

    private static let followTerms = """
        update drop_rows set kind = $3, subject_id = $4, readiness = null, readiness_reason = null
        where tenant = $1 and campaign = $2
        """

    private static let addRows = """
        insert into drop_rows (tenant, campaign, kind, subject_id, drop_id, address, holder)
        select $1, $2, $3, $4, drop_id, address, holder
        from unnest($5::text[], $6::text[], $7::text[]) as new (drop_id, address, holder) order by drop_id
        on conflict (tenant, drop_id) do update set kind = excluded.kind, subject_id = excluded.subject_id,
            address = excluded.address, holder = excluded.holder, readiness = null, readiness_reason = null
        where drop_rows.campaign = excluded.campaign and drop_rows.operation_id is null
        returning drop_id
        """

    private static let set = """
        update campaigns set state = $2, reason = $3, starts_at = coalesce($4, starts_at),
            by_schedule = coalesce($5, by_schedule),
            started_at = case when $2 = 'running' then coalesce(started_at, now()) else started_at end,
            ended_at = case when $2 in ('finished', 'aborted') then now() end, asking_until = null,
            updated_at = clock_timestamp()
        where id = $1 returning \(columns)
        """

    /// Who was not sent to is asked about again.
    private static let forgetReadiness = """
        update drop_rows set readiness = null, readiness_reason = null
        where tenant = $1 and campaign = $2 and operation_id is null
        """

    private static let releaseFailed = """
        update drop_rows r set operation_id = null, ordinal = null from operation_items i
        where r.tenant = $1 and r.campaign = $2 and i.operation_id = r.operation_id and i.ordinal = r.ordinal
            and i.state in ('rejected', 'failed', 'cancelled')
        """

    private static let selectCounts = """
        select count(*) as total, count(*) filter (where state = 'pending') as pending,
            count(*) filter (where state = 'sending') as sending, count(*) filter (where state = 'delivered') as delivered,
            count(*) filter (where state = 'failed') as failed, count(*) filter (where state = 'unproven') as unproven,
            count(*) filter (where state = 'skipped') as skipped, count(*) filter (where state = 'cancelled') as cancelled,
            count(*) filter (where readiness is null) as not_asked, count(*) filter (where readiness = 'ready') as ready,
            count(*) filter (where readiness = 'locker') as to_lockers
        from campaign_recipients where tenant = $1 and campaign = $2
        """

    private static let selectRecipients = """
        select drop_id, address, holder, readiness, state, reason, operation_id, token_id::text as token_id, transaction_id, height
        from campaign_recipients
        where tenant = $1 and campaign = $2 and drop_id > $3 and ($4::text is null or state = $4)
        order by drop_id limit $5
        """
}
