import Daemon
import FlowClient
import Postgres
import Synchronization

extension LaneSubmitter {
    /// What transactions have cost whose end the index told first: it has their events that name an operation, and not the one
    /// that tells the fee. A few blocks at a time, each once.
    func readCosts() async throws {
        let tried = shared.withLock { $0.costsTried }
        let heights = try await store.heightsWithoutCost(try epoch, besides: tried, limit: 4)
        for height in heights {
            do {
                try await readCosts(at: height)
            } catch let error as AccessError where error.code == .notFound || error.code == .outOfRange {
                logger.info("what transactions cost can't be looked up any more", ["weir.height": "\(height)"])
            }
            shared.withLock { shared in
                // What was long ago is not asked for any more.
                shared.costsTried = shared.costsTried.filter { $0.rawValue + 10_000 > height.rawValue }
                shared.costsTried.insert(height)
            }
        }
    }

    private func readCosts(at height: BlockHeight) async throws {
        let header = try await api.blockHeader(.height(height)).value
        let results = try await api.transactionResults(inBlock: header.id, encoding: .ccf).value
        let seen = try Dictionary(
            Self.executions(results).map {
                ($0.transactionID, try self.seen($0, in: header.id, height: height))
            }, uniquingKeysWith: { $1 })
        try await store.owned(try epoch) { connection in
            try await store.save(costs: seen, at: height, on: connection)
        }
    }
}

extension SubmissionStore {
    fileprivate func heightsWithoutCost(
        _ epoch: Int64, besides tried: Set<BlockHeight>, limit: Int
    ) async throws -> [BlockHeight] {
        try await pool.query(
            """
            select distinct executed_height from attempts
            where event_bytes is null and executed_height is not null and executed_at > now() - interval '1 hour'
                and lease_epoch = $1 and executed_height <> all ($2::bigint[])
                -- What is under way is written by others, who need not wait for this.
                and executed_height <> all (array(
                    select u.executed_height from attempts u where u.finished_at is null and u.executed_height is not null))
            order by executed_height limit $3
            """, [.int8(epoch), .int8Array(tried.map { Int64($0.rawValue) }), .int8(Int64(limit))]
        ).map { BlockHeight(UInt64(try $0.decode(Int64.self, "executed_height"))) }
    }

    fileprivate func save(
        costs: [TransactionID: SeenExecution], at height: BlockHeight, on connection: PostgresConnection
    ) async throws {
        let rows = try await connection.query(
            "select id, transaction_id from attempts where executed_height = $1 and event_bytes is null",
            [.int8(Int64(height.rawValue))])
        var known: [Int64: SeenExecution] = [:]
        for row in rows {
            guard let id = TransactionID(bytes: try row.decode([UInt8].self, "transaction_id")), let seen = costs[id]
            else { continue }
            known[try row.decode(Int64.self, "id")] = seen
        }
        try await saveSeen(known, on: connection)
    }
}
