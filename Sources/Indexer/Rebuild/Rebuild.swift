import Cadence
import Daemon
import FlowClient
import Postgres

/// Builds projections anew from the events that are kept, beside the running tables, and lets them take their place when they
/// are whole: no reader ever sees half of one. A kill leaves the running tables as they were.
struct Rebuild: Sendable {
    let pool: PostgresPool
    let reader: EventReader
    let lease: IngestLease
    let logger: Logger
    /// Events read at once.
    var batch = 20_000
    /// So close behind the cursor the writer is held up for the rest.
    var near: UInt64 = 50
    /// Told of heights as they are read.
    var progress: @Sendable (_ step: String, _ height: BlockHeight?) async throws -> Void = { _, _ in }

    /// - Parameter also: what is committed with it, in one transaction.
    /// - Throws: `fenced` where another process writes by then; what Postgres said. The running tables are as they were.
    func run(
        _ asked: [any Projection],
        also: @Sendable (PostgresConnection) async throws -> Void = { _ in }
    ) async throws {
        // Which tokens there are is told by who had them, where no mint does: the two are built together.
        let names = Set(asked.map(\.name))
        let projections =
            names.contains(TokenProjection.name)
            ? allProjections.filter { names.contains($0.name) || $0.name == OwnershipProjection.name } : asked
        let cursor = try await pool.withConnection { try await Self.cursor(on: $0) }
        guard let cursor else { return }
        let words = projections.map(\.name).joined(separator: ", ")
        logger.info("building anew", ["projections": words, "to": "\(cursor)"])
        let started = ContinuousClock.now
        let tables = try await pool.withConnection {
            let tables = try await RebuildTables(projections.flatMap(\.tables), on: $0)
            try await tables.make(on: $0)
            return tables
        }
        var state = State(tables: tables, projections: projections)
        do {
            try await load(&state, to: cursor)
            try await index(&state)
            try await catchUp(&state)
            try await swap(&state, also)
        } catch {
            try? await pool.withConnection { try await tables.drop(on: $0) }
            throw error
        }
        logger.info(
            "built anew",
            [
                "projections": words, "events": "\(state.events)",
                "seconds": "\((ContinuousClock.now - started).seconds)",
            ])
    }

    private struct State {
        let tables: RebuildTables
        let projections: [any Projection]
        /// The last height that is in the tables.
        var height: BlockHeight?
        var events = 0
        var load = OwnershipLoad()
        /// Events from which nothing follows, as they are found.
        var poison: [PoisonEvent] = []

        var buildsOwnership: Bool { projections.contains { $0.name == OwnershipProjection.name } }
        var others: [any Projection] { projections.filter { $0.name != OwnershipProjection.name } }
    }

    /// Filled by sorting, and looked into by nobody until then.
    private static let sorted = ["token_owners", "ownership_history"]

    private static func cursor(on connection: PostgresConnection) async throws -> BlockHeight? {
        let rows = try await connection.query(
            "select height from ingest_cursors where name = $1", [.text(BatchWriter.cursorName)])
        return try rows.first?.optionalHeight("height")
    }

    /// All there is up to a height: spans of ownership by sorting, everything else as it comes.
    private func load(_ state: inout State, to end: BlockHeight) async throws {
        let tables = state.tables
        let buildsOwnership = state.buildsOwnership
        try await pool.withTransaction { connection in
            try await connection.script(tables.searchPath)
            // Lookups of single rows need their keys; spans are not looked up.
            for table in tables.tables where !Self.sorted.contains(table) {
                try await tables.constrain(table, on: connection)
            }
            if tables.tables.contains("tokens") { try await connection.script("create index on tokens (uuid)") }
            if buildsOwnership { try await connection.script(OwnershipLoad.make) }
        }
        try await readAll(&state, to: end, isLoad: true)
        guard buildsOwnership else { return }
        try await progress("sorting", end)
        let load = state.load
        try await pool.withTransaction { connection in
            try await connection.script(tables.searchPath)
            try await load.finish(buildsTokens: tables.tables.contains("tokens"), on: connection)
            for table in Self.sorted { try await tables.constrain(table, on: connection) }
        }
    }

    private func index(_ state: inout State) async throws {
        try await progress("indexing", state.height)
        let tables = state.tables
        for table in tables.tables {
            try await pool.withTransaction { connection in
                try await connection.script("set local statement_timeout = 0; set local maintenance_work_mem = '256MB'")
                if table == "tokens" {
                    try await connection.script(
                        "drop index if exists \(quotedIdentifier(tables.beside)).tokens_uuid_idx")
                }
                try await tables.index(table, on: connection)
            }
        }
    }

    /// What has been indexed since, until little is left.
    private func catchUp(_ state: inout State) async throws {
        while let cursor = try await pool.withConnection({ try await Self.cursor(on: $0) }),
            (state.height.map { cursor.rawValue - min($0, cursor).rawValue } ?? 0) > near
        {
            try await progress("catching up", state.height)
            try await readAll(&state, to: cursor, isLoad: false)
        }
    }

    private func swap(
        _ state: inout State, _ also: @Sendable (PostgresConnection) async throws -> Void
    ) async throws {
        try await progress("swapping", state.height)
        let current = state
        try await pool.withTransaction { connection in
            try await lease.check(BatchWriter.cursorName, on: connection)
            guard let cursor = try await Self.cursor(on: connection) else { return }
            try await connection.script(current.tables.searchPath)
            let rows = try await connection.query(
                Self.events, [.int8(current.height?.signed ?? -1), .int8(cursor.signed), .int8(Int64.max)])
            var (events, poison) = try read(rows)
            events = try await Corrections.merge(into: events, after: current.height, to: cursor, on: connection)
            for projection in current.projections {
                try await projection.execute(EventBatch(events: events), on: connection)
            }
            try await current.tables.swap(on: connection)
            _ = try await connection.execute(
                ProjectionProgress.done,
                [
                    .textArray(current.projections.map(\.name)), .int4Array(current.projections.map(\.version)),
                    .height(cursor),
                ])
            if current.projections.count == allProjections.count {
                // What can be read now is no longer set aside.
                _ = try await connection.execute("delete from poison_events where height <= $1", [.height(cursor)])
            }
            try await PoisonEvent.write(current.poison + poison, on: connection)
            try await also(connection)
        }
    }
}

extension Rebuild {
    static let events = """
        select height, transaction_index, event_index, transaction_id, type, payload from events
        where height > $1 and height <= $2 order by height, transaction_index, event_index limit $3
        """
    /// Whole heights of about so many events: the height of the event that would be the next one's first.
    private static let pageEnd = """
        select height from events where height > $1 and height <= $2
        order by height, transaction_index, event_index offset $3 limit 1
        """

    /// The events of some whole heights.
    private struct Page: Sendable {
        var events: [ReadEvent]
        var poison: [PoisonEvent]
        var end: BlockHeight
    }

    private func page(after height: BlockHeight?, to end: BlockHeight) async throws -> Page? {
        let from = height?.signed ?? -1
        guard from < end.signed else { return nil }
        let next = try await pool.query(Self.pageEnd, [.int8(from), .int8(end.signed), .int8(Int64(batch))])
        // A block of more events than that is read whole all the same.
        let to = try next.first.map { max(try $0.decode(Int64.self, at: 0) - 1, from + 1) } ?? end.signed
        let (events, poison) = try read(
            try await pool.query(Self.events, [.int8(from), .int8(to), .int8(Int64.max)]))
        let last = BlockHeight(UInt64(to))
        let merged = try await pool.withConnection {
            try await Corrections.merge(into: events, after: height, to: last, on: $0)
        }
        return Page(events: merged, poison: poison, end: last)
    }

    /// One page is read while the one before it is written.
    private func readAll(_ state: inout State, to end: BlockHeight, isLoad: Bool) async throws {
        var next = try await page(after: state.height, to: end)
        while let current = next {
            async let following = page(after: current.end, to: end)
            state.poison += current.poison
            try await write(current.events, &state, isLoad: isLoad)
            state.height = current.end
            state.events += current.events.count
            try await progress("reading", state.height)
            next = try await following
        }
    }

    private func read(_ rows: PostgresRows) throws -> ([ReadEvent], [PoisonEvent]) {
        var events: [ReadEvent] = []
        var poison: [PoisonEvent] = []
        events.reserveCapacity(rows.count)
        for row in rows {
            var event = Event()
            let height = BlockHeight(UInt64(try row.decode(Int64.self, at: 0)))
            event.transactionIndex = UInt32(bitPattern: try row.decode(Int32.self, at: 1))
            event.eventIndex = UInt32(bitPattern: try row.decode(Int32.self, at: 2))
            event.transactionID = TransactionID(bytes: try row.decode([UInt8].self, at: 3)) ?? .zero
            event.type = try row.decode(at: 4)
            event.payload = try row.decode(at: 5)
            do {
                if let read = try reader.read(event, at: height) { events.append(read) }
            } catch let error as IndexerError where error.code == .undecodable {
                poison.append(PoisonEvent(event, at: height, error: "\(error)"))
            }
        }
        return (events, poison)
    }

    /// What the tables do not take is set aside, one event at a time, and all others are written.
    private func write(_ events: [ReadEvent], _ state: inout State, isLoad: Bool) async throws {
        var events = events
        while true {
            do {
                state.load = try await attempt(events[...], state, isLoad: isLoad)
                return
            } catch let error as PostgresError where error.isOfData {
                let current = state
                let found = try await PoisonSearch.first(in: events[...]) { some in
                    do {
                        _ = try await attempt(some, current, isLoad: isLoad, keeps: false)
                        return nil
                    } catch let error as PostgresError where error.isOfData { return error }
                }
                guard let found else { throw error }
                let poison = events.remove(at: found.place)
                state.poison.append(PoisonEvent(poison.position, type: "", error: "\(found.error)"))
            }
        }
    }

    private struct Undone: Error {}

    private func attempt(
        _ events: ArraySlice<ReadEvent>, _ state: State, isLoad: Bool, keeps: Bool = true
    ) async throws -> OwnershipLoad {
        var load = state.load
        let batch = EventBatch(events: Array(events))
        do {
            try await pool.withTransaction { connection in
                try await connection.script(state.tables.searchPath)
                for projection in isLoad ? state.others : state.projections {
                    if let tokens = projection as? TokenProjection, isLoad, state.buildsOwnership {
                        try await tokens.execute(batch, appearing: false, on: connection)
                    } else {
                        try await projection.execute(batch, on: connection)
                    }
                }
                if isLoad && state.buildsOwnership { try await load.add(batch.events, on: connection) }
                if !keeps { throw Undone() }
            }
        } catch is Undone {}
        return load
    }
}

extension BlockHeight {
    /// As the tables have it.
    var signed: Int64 { Int64(clamping: rawValue) }
}
