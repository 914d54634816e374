import Cadence
package import Daemon
import Encoding
import FlowClient
import FoundationEssentials
package import Postgres
package import Submitter

/// Carries campaigns on: asks the chain who is ready, begins what is due, sends wave after wave within the budget, and takes
/// back what has not gone out where one is paused or aborted. Any number of processes may run one.
package struct CampaignRunner: Sendable {
    let store: CampaignStore
    let operations: OperationStore
    let pool: PostgresPool
    /// Nil where this process can't ask the chain: others do.
    let readiness: RecipientReadiness?
    let logger: Logger
    var sizes = Sizes()

    package struct Sizes: Sendable {
        /// Recipients an operation.
        package var wave = 10_000
        /// Operations under way at once: the next one is ready when one ends.
        package var waves = 3
        /// Recipients who are asked about between two commits.
        package var asked = 500
        package init() {}
    }

    package init(
        pool: PostgresPool, operations: OperationStore, readiness: RecipientReadiness?, sizes: Sizes = Sizes(),
        logger: Logger
    ) {
        store = CampaignStore(pool: pool, operations: operations)
        self.operations = operations
        self.pool = pool
        self.readiness = readiness
        self.sizes = sizes
        self.logger = logger
    }

    package func service() -> RecurringWork {
        RecurringWork(
            name: "campaigns", pool: pool, channels: [CampaignStore.channel, OperationStore.outcomeChannel],
            part: .campaigns, logger: logger
        ) { try await self.carryOn() }
    }

    /// One step of each campaign that is under way. Returns how long nothing can be expected to happen.
    package func carryOn() async throws -> Duration {
        var isBusy = false
        for campaign in try await underWay() {
            do {
                switch campaign.state {
                case .planning: if try await askSome(campaign) { isBusy = true }
                case .scheduled: if try await begin(campaign) { isBusy = true }
                case .running: if try await sendSome(campaign) { isBusy = true }
                case .paused, .aborted: try await takeBack(campaign)
                case .draft, .planned, .finished: break
                }
            } catch let error as SubmitterError where error.code == .wrongState {
                // Somebody has changed it meanwhile: the next look sees what it is.
                logger.debug("a campaign has moved on", ["campaign": campaign.name, "error": "\(error)"])
            } catch let error as SubmitterError where campaign.state == .running {
                // One campaign's trouble holds up no other.
                logger.error("a campaign can't go on", ["campaign": campaign.name, "error": "\(error)"])
                _ = try await store.apply(
                    .pause, to: campaign.name, tenant: campaign.tenant, .init(reason: error.message))
            }
        }
        return isBusy ? .zero : .seconds(2)
    }

    private func underWay() async throws -> [Campaign] {
        try await pool.query(Self.selectUnderWay).map(Campaign.init)
    }

    // MARK: Who is ready

    /// False where there is nothing to do for this process.
    private func askSome(_ campaign: Campaign) async throws -> Bool {
        guard let readiness, try await !pool.query(Self.takeAsking, [.int8(campaign.id)]).isEmpty else { return false }
        let key: [PostgresValue] = [.text(campaign.tenant), .text(campaign.name)]
        do {
            let rows = try await pool.query(Self.selectToAsk, key + [.int8(Int64(sizes.asked))])
            guard !rows.isEmpty else {
                _ = try await store.apply(.asked, to: campaign.name, tenant: campaign.tenant)
                return true
            }
            let height = try await readiness.sealedHeight()
            let recipients = try rows.map { row in
                (
                    drop: try row.decode(String.self, "drop_id"),
                    address: try row.decode(String?.self, "address").flatMap { Address($0) },
                    hasHolder: try row.decode(Bool.self, "has_holder")
                )
            }
            let ready = try await readiness.ready(
                Array(Set(recipients.compactMap(\.address))), for: campaign.kind, at: height)
            let found = recipients.map { recipient -> (String, String?) in
                guard let address = recipient.address, !ready.contains(address) else { return ("ready", nil) }
                let why = "\(address) has no collection for it"
                switch (campaign.fallback, recipient.hasHolder) {
                case (.locker, true): return ("locker", "\(why): the locker keeps it")
                case (.locker, false): return ("skip", "\(why), and no holder is named whose locker could keep it")
                case (.skip, _): return ("skip", why)
                }
            }
            _ = try await pool.execute(
                Self.saveReadiness,
                key + [
                    .textArray(recipients.map(\.drop)), .textArray(found.map(\.0)), .textArrayNullable(found.map(\.1)),
                    .int8(Int64(clamping: height.rawValue)),
                ])
            return true
        } catch let error as AccessError {
            _ = try await pool.execute(
                Self.sayTrouble, [.int8(campaign.id), .text("the chain can't be asked just now: \(error.message)")])
            logger.warning(
                "a campaign can't be planned, will try again", ["campaign": campaign.name, "error": "\(error)"])
            return false
        }
    }

    // MARK: Waves

    private func begin(_ campaign: Campaign) async throws -> Bool {
        guard let start = campaign.startsAt, start <= Date() else { return false }
        _ = try await store.apply(.due, to: campaign.name, tenant: campaign.tenant)
        logger.info("a campaign begins", ["campaign": campaign.name, "weir.tenant": campaign.tenant])
        return true
    }

    /// Makes the next wave, or finishes the campaign. True where more can be done at once.
    private func sendSome(_ campaign: Campaign) async throws -> Bool {
        let open = try await openWaves(of: campaign)
        let unsent = try await pool.query(
            Self.selectUnsent, [.text(campaign.tenant), .text(campaign.name), .int8(Int64(sizes.wave))]
        ).one(Int.self)
        guard unsent > 0 else {
            if open.isEmpty { try await finish(campaign) }
            return false
        }
        guard !campaign.isBySchedule, open.count < sizes.waves else { return false }
        let size = try await affordable(unsent, campaign, open)
        guard size > 0 else {
            // What is under way may turn out cheaper than foretold.
            if open.isEmpty {
                let budget = RecipeFees.flow(campaign.budget ?? 0)
                _ = try await store.apply(
                    .pause, to: campaign.name, tenant: campaign.tenant,
                    .init(
                        reason:
                            "the budget of \(budget) FLOW does not pay for another transaction: raise it, then resume"))
            }
            return false
        }
        return try await makeWave(campaign, size)
    }

    private func makeWave(_ seen: Campaign, _ size: Int) async throws -> Bool {
        try await pool.withTransaction { connection in
            guard let campaign = try await store.lock(tenant: seen.tenant, name: seen.name, on: connection),
                campaign.state == .running
            else { return false }
            let number = try await connection.query(
                "select count(*) + 1 as number from campaign_waves where campaign_id = $1",
                [.int8(campaign.id)]
            ).one(Int.self)
            // Another process has made it since we looked.
            let open = try await connection.query(Self.selectOpenWaves, [.int8(campaign.id)]).count
            guard open < sizes.waves else { return false }
            let payload = JSON.object([.init("campaign", JSON(campaign.name)), .init("limit", JSON(size))])
            let result = try await operations.enqueue(
                [
                    NewOperation(
                        type: campaign.operationType.rawValue, tenant: campaign.tenant, payload: payload.canonical.text,
                        idempotencyKey: "weir:campaign:\(campaign.id):\(number)", priority: campaign.priority,
                        notBefore: nil, items: nil)
                ], on: connection)
            _ = try await connection.execute(
                "insert into campaign_waves (campaign_id, operation_id) values ($1, $2)",
                [.int8(campaign.id), .text(result[0].id.rawValue)])
            return true
        }
    }

    private func finish(_ campaign: Campaign) async throws {
        let ended = try await store.apply(.exhausted, to: campaign.name, tenant: campaign.tenant)
        logger.info("a campaign is finished", ["campaign": ended.name, "weir.tenant": ended.tenant])
    }

    /// How many of them the budget still pays for, what is under way counted as foretold.
    private func affordable(_ count: Int, _ campaign: Campaign, _ open: [OperationID]) async throws -> Int {
        guard let budget = campaign.budget else { return count }
        let paid = try await store.paid(by: campaign)
        let underWay = try await pool.query(Self.selectUnderWayItems, [.textArray(open.map(\.rawValue))]).one(Int.self)
        let prices = try await operations.prices()
        func cost(_ items: Int) -> Int64 { prices.part(campaign.recipe, items: items).fee }
        let left = budget - paid - cost(underWay)
        guard left > 0 else { return 0 }
        var (fits, tooMany) = (0, count + 1)
        while tooMany - fits > 1 {
            let middle = (fits + tooMany) / 2
            if cost(middle) <= left { fits = middle } else { tooMany = middle }
        }
        return fits
    }

    private func openWaves(of campaign: Campaign) async throws -> [OperationID] {
        try await pool.query(Self.selectOpenWaves, [.int8(campaign.id)]).compactMap {
            OperationID(rawValue: try $0.decode(String.self, "id"))
        }
    }

    // MARK: Pause and abort

    /// What has not been signed comes back; what has goes on, and is counted. Done again where it did not get to the end.
    package func takeBack(_ campaign: Campaign) async throws {
        for wave in try await openWaves(of: campaign) {
            do {
                try await pool.withTransaction { connection in
                    _ = try await operations.cancel(
                        wave, because: "campaign \(campaign.name) is \(campaign.state.rawValue)", on: connection)
                    _ = try await connection.execute(Self.release, [.text(wave.rawValue)])
                }
            } catch let error as SubmitterError where error.code == .wrongState {
                // It has ended in the meantime.
            }
        }
    }

    private static let selectUnderWay = """
        select \(CampaignStore.columns) from campaigns c
        where state in ('planning', 'scheduled', 'running')
            or state in ('paused', 'aborted') and exists (
                select from campaign_waves w join operations o on o.id = w.operation_id
                where w.campaign_id = c.id and o.state <> 'finished' and o.cancel_requested_at is null)
        order by id
        """

    private static let takeAsking = """
        update campaigns set asking_until = now() + interval '1 minute'
        where id = $1 and state = 'planning'
            and id in (select id from campaigns where id = $1 and coalesce(asking_until <= now(), true) for update skip locked)
        returning id
        """

    private static let selectToAsk = """
        select drop_id, address, holder is not null as has_holder from drop_rows
        where tenant = $1 and campaign = $2 and readiness is null and operation_id is null order by drop_id limit $3
        """

    private static let saveReadiness = """
        with saved as (
            update drop_rows r set readiness = new.readiness, readiness_reason = new.reason
            from unnest($3::text[], $4::text[], $5::text[]) as new (drop_id, readiness, reason)
            where r.tenant = $1 and r.campaign = $2 and r.drop_id = new.drop_id and r.operation_id is null
        )
        update campaigns set asked_height = $6, asking_until = null, reason = null
        where tenant = $1 and name = $2 and state = 'planning'
        """

    private static let sayTrouble = """
        update campaigns set reason = $2, asking_until = now() + interval '2 seconds' where id = $1 and state = 'planning'
        """

    private static let selectOpenWaves = """
        select o.id from campaign_waves w join operations o on o.id = w.operation_id
        where w.campaign_id = $1 and o.state <> 'finished' order by o.id
        """

    private static let selectUnsent = """
        select count(*) as unsent from (
            select from drop_rows where tenant = $1 and campaign = $2 and operation_id is null
                and (readiness is null or readiness <> 'skip') limit $3) as unsent_rows
        """

    private static let selectUnderWayItems = """
        select coalesce(sum(case state when 'accepted' then (payload ->> 'limit')::bigint
            else items_total - items_done - items_rejected - items_failed - items_cancelled end), 0)::bigint as items
        from operations where id = any ($1::text[])
        """

    private static let release = """
        update drop_rows r set operation_id = null, ordinal = null from operation_items i
        where i.operation_id = $1 and i.state = 'cancelled' and r.operation_id = $1 and r.ordinal = i.ordinal
        """
}
