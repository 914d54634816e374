import Cadence
import FlowClient
import Postgres

/// How far each projection has got. With the blocks they are committed together; one that is new, or of another version,
/// is built again from the events that are kept, without a node, before ingest goes on.
struct ProjectionProgress {
    /// Those that the writer knows and has written: another one, of a later program, is built when that comes.
    static let advance = "update projections set height = $1 where name = any($2)"
    static let rewind = "update projections set height = $1 where height > $1"

    private static let ensure = """
        insert into projections (name, version, height) values ($1, $2, null) on conflict do nothing
        """
    private static let start = "update projections set version = $2, height = null where name = $1"
    private static let step = "update projections set height = $2 where name = $1"
    private static let events = """
        select height, transaction_index, event_index, transaction_id, type, payload from events
        where height > $1 and height <= $2 order by height, transaction_index, event_index
        """
    private static let nextHeight = """
        select min(height) from events where height > $1 and height <= $2
        """

    let pool: PostgresPool
    let reader: EventReader
    /// Heights a transaction.
    var window: Int64 = 5_000

    /// Brings every projection to the cursor.
    func prepare(_ projections: [any Projection], lease: IngestLease) async throws {
        for projection in projections {
            _ = try await pool.query(Self.ensure, [.text(projection.name), .int4(projection.version)])
            let row = try await pool.query(
                "select version, height from projections where name = $1", [.text(projection.name)]
            ).one()
            var height = try row.optionalHeight("height")
            if try row.decode(Int32.self, "version") != projection.version {
                try await fenced(lease) { connection in
                    try await projection.clear(on: connection)
                    _ = try await connection.execute(Self.start, [.text(projection.name), .int4(projection.version)])
                }
                height = nil
            }
            if let cursor = lease.cursor, (height.map { $0 < cursor.height } ?? true) {
                try await build(projection, from: height, to: cursor.height, lease)
            }
        }
    }

    private func build(
        _ projection: any Projection, from height: BlockHeight?, to end: BlockHeight, _ lease: IngestLease
    ) async throws {
        var done = height.map { Int64($0.rawValue) } ?? -1
        let end = Int64(end.rawValue)
        while done < end {
            let from = done
            // Most heights have no event: go to the next one that has.
            let first: Int64? = try await pool.query(Self.nextHeight, [.int8(from), .int8(end)]).one()
            let to = first.map { min(end, $0 + window - 1) } ?? end
            try await fenced(lease) { connection in
                let rows = try await connection.query(Self.events, [.int8(from), .int8(to)])
                try await projection.execute(EventBatch(events: read(rows)), on: connection)
                _ = try await connection.execute(Self.step, [.text(projection.name), .int8(to)])
            }
            done = to
        }
    }

    private func fenced(
        _ lease: IngestLease, _ body: (PostgresConnection) async throws -> Void
    ) async throws {
        try await pool.withTransaction { connection in
            try await lease.check(BatchWriter.cursorName, on: connection)
            try await body(connection)
        }
    }

    private func read(_ rows: PostgresRows) throws -> [ReadEvent] {
        try rows.compactMap { row in
            var event = Event()
            event.transactionIndex = UInt32(bitPattern: try row.decode(Int32.self, at: 1))
            event.eventIndex = UInt32(bitPattern: try row.decode(Int32.self, at: 2))
            event.transactionID = TransactionID(bytes: try row.decode([UInt8].self, at: 3)) ?? .zero
            event.type = try row.decode(at: 4)
            event.payload = try row.decode(at: 5)
            do {
                return try reader.read(event, at: BlockHeight(UInt64(try row.decode(Int64.self, at: 0))))
            } catch let error as IndexerError where error.code == .undecodable {
                return nil  // set aside when it came
            }
        }
    }
}
