package import Cadence
package import FlowClient
package import FoundationEssentials
import Postgres

/// What ops see of the submitters of one database: every number is counted in the tables when it is asked for.
package struct SubmitterStatus: Hashable, Sendable {
    package struct Lane: Hashable, Sendable {
        package enum State: String, Sendable { case free, busy, unread, resting, quarantined, revoked }
        package var address: Address
        package var keyIndex: KeyIndex
        package var weight: Int
        package var nextSequenceNumber: SequenceNumber
        package var state: State
        /// Why it is quarantined.
        package var reason: String?
        package var transactionID: TransactionID?
    }

    package struct Queue: Hashable, Sendable {
        package var recipe: String
        package var queued: Int
        /// For other items, or for their time.
        package var waiting: Int
        package var underWay: Int
        package var oldestAt: Date?
    }

    package struct Worker: Hashable, Sendable {
        package var id: String
        package var epoch: Int64
        package var isAlive: Bool
    }

    /// An attempt that can't go on by itself, the others notwithstanding.
    package struct Trouble: Hashable, Sendable {
        package var transactionID: TransactionID
        package var reason: String
        package var since: Date
        package var tries: Int
    }

    package var holds: [Hold]
    package var troubles: [Trouble]
    /// Items that the chain may have done, and that a person must decide about.
    package var itemsUnproven: Int
    package var lanes: [Lane]
    package var queues: [Queue]
    package var workers: [Worker]
    package var attemptsUnderWay: Int
    package var attemptsInDoubt: Int
    /// Until the queue is empty at the present number of lanes, from how long transactions took lately. Nil where nothing
    /// has been executed yet, there is no lane, or everything is held.
    package var estimatedSeconds: Double?
    /// How long the latest transactions took from their signature to their execution. Nil where there were none.
    package var secondsPerTransaction: Double?

    /// Transactions still to make, over lanes, times the time of one.
    package static func estimate(transactions: Int, lanes: Int, secondsPerTransaction: Double?) -> Double? {
        guard transactions > 0 else { return 0 }
        guard lanes > 0, let secondsPerTransaction else { return nil }
        return Double((transactions + lanes - 1) / lanes) * secondsPerTransaction
    }
}

extension OperationStore {
    /// Lanes, queues, workers, what is in doubt, and when the queue will be empty.
    package func submitterStatus() async throws -> SubmitterStatus {
        try await pool.withConnection { connection in
            let holds = try await Hold.all(on: connection)
            let troubles = try await connection.query(Self.selectTroubles).map { row in
                SubmitterStatus.Trouble(
                    transactionID: TransactionID(bytes: try row.decode([UInt8].self, "transaction_id")) ?? .zero,
                    reason: try row.decode(String.self, "trouble"),
                    since: try row.decode(Date.self, "trouble_since_at"),
                    tries: try row.decode(Int.self, "trouble_count"))
            }
            let unproven = try await connection.query(
                "select count(*) as n from operation_items where state = 'unproven'"
            ).one(Int.self)
            let lanes = try await connection.query(Self.selectLanes).map(Self.lane)
            let queues = try await connection.query(Self.selectQueues).map(Self.queue)
            let workers = try await connection.query(Self.selectWorkers).map { row in
                SubmitterStatus.Worker(
                    id: try row.decode(String.self, "worker_id"), epoch: try row.decode(Int64.self, "epoch"),
                    isAlive: try row.decode(Bool.self, "alive"))
            }
            let attempts = try await connection.query(Self.selectAttempts).one()
            let limits = try await connection.query("select recipe, items from recipe_limits").reduce(
                into: [String: Int]()
            ) {
                $0[try $1.decode(String.self, "recipe")] = try $1.decode(Int.self, "items")
            }
            let transactions = queues.reduce(0) { sum, queue in
                let limit = limits[queue.recipe] ?? Recipe(rawValue: queue.recipe)?.startingLimit ?? 1
                return sum + (queue.queued + limit - 1) / limit
            }
            let seconds: Double? = try attempts.decode("seconds")
            return SubmitterStatus(
                holds: holds, troubles: troubles, itemsUnproven: unproven, lanes: lanes, queues: queues,
                workers: workers,
                attemptsUnderWay: try attempts.decode(Int.self, "under_way"),
                attemptsInDoubt: try attempts.decode(Int.self, "in_doubt"),
                estimatedSeconds: holds.contains(where: \.holdsEverything)
                    ? nil
                    : SubmitterStatus.estimate(
                        transactions: transactions, lanes: lanes.count { $0.state == .free || $0.state == .busy },
                        secondsPerTransaction: seconds), secondsPerTransaction: seconds)
        }
    }

    /// The lanes alone.
    package func lanes() async throws -> [SubmitterStatus.Lane] {
        try await pool.query(Self.selectLanes).map(Self.lane)
    }

    func hasOpenItems(of recipe: Recipe) async throws -> Bool {
        try await pool.query(
            """
            select exists (select from operations o join operation_items i on i.operation_id = o.id
                where o.state <> 'finished' and o.type = $1 and i.recipe = $1)
            """, [.text(recipe.rawValue)]
        ).one(Bool.self)
    }

    /// Ops: the lane has been looked at and may be used again, from the number that the chain has. Returns it as it was.
    /// Throws `wrongState` where no lane of this key is quarantined.
    @discardableResult
    package func clearQuarantine(of index: KeyIndex) async throws -> SubmitterStatus.Lane {
        let lane = try await lanes().first { $0.keyIndex == index && $0.state == .quarantined }
        guard let lane,
            try await pool.execute(Self.clear, [.text(lane.address.hex), .int8(Int64(index.rawValue))]) == 1
        else { throw SubmitterError(.wrongState, "key \(index) is not quarantined: see weir lanes show") }
        try await pool.withConnection { try await Self.tellOfWork(on: $0) }
        return lane
    }

    private static func lane(_ row: PostgresRow) throws -> SubmitterStatus.Lane {
        SubmitterStatus.Lane(
            address: Address(try row.decode(String.self, "address"))!,
            keyIndex: KeyIndex(UInt32(try row.decode(Int64.self, "key_index"))),
            weight: try row.decode(Int.self, "weight"),
            nextSequenceNumber: SequenceNumber(try row.decode(UInt64.self, "next_sequence_number")),
            state: SubmitterStatus.Lane.State(rawValue: try row.decode(String.self, "state"))!,
            reason: try row.decode(String?.self, "quarantined_because"),
            transactionID: try row.decode([UInt8]?.self, "transaction_id").flatMap { TransactionID(bytes: $0) })
    }

    private static func queue(_ row: PostgresRow) throws -> SubmitterStatus.Queue {
        SubmitterStatus.Queue(
            recipe: try row.decode(String.self, "recipe"), queued: try row.decode(Int.self, "queued"),
            waiting: try row.decode(Int.self, "waiting"), underWay: try row.decode(Int.self, "under_way"),
            oldestAt: try row.decode(Date?.self, "oldest_at"))
    }

    private static let selectLanes = """
        select k.address, k.key_index, k.weight, k.next_sequence_number, k.quarantined_because, a.transaction_id,
            case when k.revoked then 'revoked' when k.quarantined_because is not null then 'quarantined'
                when k.rests_until_at > now() then 'resting'
                when s.id is not null or exists (select from leases l where l.epoch = k.lease_epoch) then 'busy'
                when k.unread then 'unread' else 'free' end as state
        from proposal_keys k
        left join slots s on s.address = k.address and s.key_index = k.key_index and s.state = 'held'
        left join attempts a on a.slot_id = s.id and a.state in ('signed', 'sent', 'in_doubt', 'executed', 'sealed')
        order by k.address, k.key_index
        """

    private static let selectQueues = """
        select i.recipe, count(*) filter (where i.state = 'queued') as queued,
            count(*) filter (where i.state in ('waiting', 'scheduled')) as waiting,
            count(*) filter (where i.state in ('batched', 'in_doubt')) as under_way, min(o.created_at) as oldest_at
        from operations o join operation_items i on i.operation_id = o.id
        where o.state <> 'finished' and i.state in ('waiting', 'scheduled', 'queued', 'batched', 'in_doubt')
        group by i.recipe order by i.recipe
        """

    private static let selectTroubles = """
        select transaction_id, trouble, trouble_since_at, trouble_count from attempts
        where finished_at is null and trouble is not null order by trouble_since_at limit 100
        """

    private static let selectWorkers = """
        select worker_id, epoch, expires_at > now() as alive from leases order by worker_id
        """

    private static let selectAttempts = """
        select count(*) filter (where finished_at is null) as under_way,
            count(*) filter (where finished_at is null and state = 'in_doubt') as in_doubt,
            (select avg(extract(epoch from executed_at - created_at))::float8 from (
                select executed_at, created_at from attempts where executed_at is not null order by id desc limit 50) as late)
                as seconds
        from attempts where finished_at is null
        """

    private static let clear = """
        update proposal_keys set quarantined_because = null, quarantined_at = null, unread = true
        where address = $1 and key_index = $2 and quarantined_because is not null
        """
}
