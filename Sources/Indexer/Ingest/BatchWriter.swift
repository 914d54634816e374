import FlowClient
package import Postgres

/// Commits blocks: their rows, what follows from them and the cursor, in one transaction that fails unless this writer's
/// epoch is the latest one and the cursor stands where this writer left it. A kill at any instant loses nothing and
/// repeats nothing.
package struct BatchWriter: Sendable {
    package static let cursorName = "chain"
    package static let channel = "weir_chain"
    /// Of heights. Partitions are made as heights come.
    static let partitionSize: Int64 = 1_000_000

    let pool: PostgresPool
    let lease: IngestLease
    let leaseDuration: Duration
    let projections: [any Projection]
    /// Where the cursor stands, as far as this writer knows.
    private(set) var cursor: BlockMark?
    private var partitions: Set<Int64> = []
    private let collections = CollectionCache()

    package init(
        pool: PostgresPool, lease: IngestLease, leaseDuration: Duration, projections: [any Projection] = allProjections
    ) {
        self.pool = pool
        self.lease = lease
        self.leaseDuration = leaseDuration
        self.projections = projections
        cursor = lease.cursor
    }

    /// The fence: takes the cursor's row lock, so that two writers' transactions never run side by side.
    private static let advance = """
        update ingest_cursors set height = $3, block_id = $4, block_produced_at = $5, committed_at = now(),
            lease_until_at = now() + $6 * interval '1 millisecond', error = null, error_at = null,
            -- What is committed is sealed: the head was looked at before.
            sealed_height = greatest(sealed_height, $3)
        where name = $1 and epoch = $2 and height is not distinct from $7
        """
    private static let notify = "select pg_notify('\(channel)', current_schema() || ' ' || $1::text)"

    /// Blocks in height order, the first one the cursor's next. An event from which the tables can't take what follows is set
    /// aside, with all others committed.
    /// - Throws: `fenced`, `cursorMoved`, or what Postgres said; nothing has been written then.
    package mutating func commit(_ blocks: [IngestedBlock]) async throws {
        do { try await write(blocks) } catch let error as PostgresError where error.isOfData {
            guard blocks.count == 1 else {
                // Its block is found by halves: what stands before it is committed.
                let middle = blocks.count / 2
                try await commit(Array(blocks[..<middle]))
                try await commit(Array(blocks[middle...]))
                return
            }
            var block = blocks[0]
            // One at a time; a block of nothing but poison ends, too.
            while let poison = try await findPoison(in: block) {
                block.read.remove(at: poison.place)
                block.poison.append(poison.event)
                do { return try await write([block]) } catch let error as PostgresError where error.isOfData {}
            }
            throw error
        }
    }

    private func findPoison(in block: IngestedBlock) async throws -> (place: Int, event: PoisonEvent)? {
        guard let found = try await PoisonSearch.first(in: block.read[...], failure: failure(of:)) else { return nil }
        let read = block.read[found.place]
        let type = block.events.first {
            $0.transactionIndex == read.position.transactionIndex && $0.eventIndex == read.position.eventIndex
        }?.type
        return (found.place, PoisonEvent(read.position, type: type ?? "", error: "\(found.error)"))
    }

    private struct Undone: Error {}

    /// What the projections say of some events, tried in a transaction that is undone.
    private func failure(of events: ArraySlice<ReadEvent>) async throws -> PostgresError? {
        let (projections, batch) = (projections, EventBatch(events: Array(events)))
        do {
            try await pool.withTransaction { connection in
                for projection in projections { try await projection.execute(batch, on: connection) }
                throw Undone()
            }
        } catch let error as PostgresError where error.isOfData {
            return error
        } catch is Undone {}
        return nil
    }

    private mutating func write(_ blocks: [IngestedBlock]) async throws {
        guard let last = blocks.last else { return }
        let (writer, expected) = (self, cursor)
        let batch = EventBatch(events: blocks.flatMap(\.read), collections: collections)
        try await preparePartitions(for: blocks)
        var isCommitted = false
        defer { if !isCommitted { collections.forget() } }
        try await pool.withTransaction { connection in
            try await writer.fence(last, after: expected, on: connection)
            try await Self.copy(blocks, on: connection)
            for projection in writer.projections { try await projection.execute(batch, on: connection) }
            try await PoisonEvent.write(blocks.flatMap(\.poison), on: connection)
            _ = try await connection.execute(
                ProjectionProgress.advance, [.height(last.link.height), .textArray(writer.projections.map(\.name))])
            _ = try await connection.query(Self.notify, [.text(String(last.link.height.rawValue))])
        }
        isCommitted = true
        cursor = BlockMark(height: last.link.height, id: last.link.id)
    }

    /// Before the commit, and some time before they are needed: making one keeps everybody from the events for a moment.
    private mutating func preparePartitions(for blocks: [IngestedBlock]) async throws {
        guard let first = blocks.first, let last = blocks.last else { return }
        let ahead = last.link.height.signed + Self.partitionSize / 100
        let wanted = Set([first.link.height.signed, last.link.height.signed, ahead].map { $0 / Self.partitionSize })
        for number in wanted.subtracting(partitions).sorted() {
            try await pool.withConnection { try await Self.makePartition(number, on: $0) }
            partitions.insert(number)
        }
    }

    private func fence(
        _ last: IngestedBlock, after expected: BlockMark?, on connection: PostgresConnection
    ) async throws {
        let touched = try await connection.execute(
            Self.advance,
            [
                .text(Self.cursorName), .int8(lease.epoch), .height(last.link.height), .id(last.link.id),
                .time(last.producedAt), .int8(leaseDuration.wholeMilliseconds),
                .optional(expected?.height, PostgresValue.height),
            ])
        guard touched == 1 else { throw try await Self.whyFenced(lease, expected, on: connection) }
    }

    private static func whyFenced(
        _ lease: IngestLease, _ expected: BlockMark?, on connection: PostgresConnection
    ) async throws -> IndexerError {
        let rows = try await connection.query(
            "select epoch, height from ingest_cursors where name = $1", [.text(cursorName)])
        guard let row = rows.first else { return IndexerError(.cursorMoved, "the cursor is gone") }
        let epoch: Int64 = try row.decode("epoch")
        if epoch != lease.epoch {
            return IndexerError(.fenced, "the writer of epoch \(epoch) has taken over from epoch \(lease.epoch)")
        }
        let height = try row.optionalHeight("height")
        return IndexerError(
            .cursorMoved,
            "the cursor stands at \(height?.description ?? "no height") and was left at \(expected?.height.description ?? "none")"
        )
    }

    /// Made as the heights come, so that no script has to foresee them.
    static func makePartition(_ number: Int64, on connection: PostgresConnection) async throws {
        _ = try await connection.execute(
            """
            create table if not exists events_\(number) partition of events
            for values from (\(number * partitionSize)) to (\((number + 1) * partitionSize))
            """, [])
    }

    private static func copy(_ blocks: [IngestedBlock], on connection: PostgresConnection) async throws {
        try await connection.write(
            "blocks", columns: ["height", "id", "parent_id", "produced_at"],
            rows: blocks.map {
                [.height($0.link.height), .id($0.link.id), .id($0.link.parentID), .time($0.producedAt)]
            })

        var outcomes: [[PostgresValue]] = []
        for block in blocks {
            let height = PostgresValue.height(block.link.height)
            // System transactions run in every block; one is worth a row only where it said something that is tracked.
            let speaking = Set(block.events.map(\.transactionIndex))
            for outcome in block.transactions where !outcome.isSystem || speaking.contains(outcome.index) {
                outcomes.append([
                    height, .index(outcome.index), .id(outcome.id), .int4(Int32(bitPattern: outcome.statusCode)),
                    .optional(outcome.errorMessage, PostgresValue.text), .bool(outcome.isSystem),
                    .int4(Int32(clamping: outcome.eventCount)),
                ])
            }
        }
        if !outcomes.isEmpty {
            try await connection.write(
                "transactions",
                columns: [
                    "height", "transaction_index", "id", "status_code", "error_message", "is_system", "event_count",
                ],
                rows: outcomes)
        }
        let events = blocks.flatMap { block in block.events.map { (block.link.height, $0) } }
        try await EventRows.write(events, to: "events", on: connection)
    }
}

extension PostgresError {
    /// The tables refuse a value: too long for an index, of the wrong form, there already. Asked again they refuse it again.
    var isOfData: Bool {
        guard let state = sqlState else { return false }
        return ["22", "23", "54"].contains(state.classCode)
    }
}
