import Synchronization

extension PostgresConnection {
    /// Copies rows into a table by binary COPY: all of them, or none where anything fails.
    /// - Parameter table: may name its schema, `schema.table`.
    /// - Returns: how many rows were copied.
    @discardableResult
    public func copyIn(_ table: String, columns: [String], rows: some Sequence<[PostgresValue]>) async throws -> Int {
        try await copyIn(table, columns: columns) { writer in
            for row in rows { try await writer.write(row) }
        }
    }

    /// Copies what `body` writes; nothing is kept where it throws. `body` must not use this connection otherwise.
    @discardableResult
    public func copyIn(
        _ table: String, columns: [String], _ body: (PostgresCopyWriter) async throws -> Void
    ) async throws -> Int {
        let types = try await columnTypes(table, columns)
        let names = columns.map(quotedIdentifier).joined(separator: ", ")
        let sql = "COPY \(Self.quotedTable(table)) (\(names)) FROM STDIN (FORMAT binary)"
        let ticket = Ticket()
        let end = CopyEnd()
        let commits = transaction == .idle
        resetCopyProgress()
        return try await withTaskCancellationHandler {
            submit(
                Exchange(ticket: ticket, request: .copyIn(sql), commits: commits) { [weak self] result in
                    end.set(result)
                    self?.copyAdvanced()
                })
            await awaitCopyProgress()
            if end.isSet { return try await end.value().rows.last?.affected ?? 0 }
            do {
                let writer = PostgresCopyWriter(self, types)
                try await body(writer)
                try await writer.finish()
            } catch {
                // Where the server ended it first, its reason is the cause.
                finishCopy(abort: "given up by the client")
                do {
                    _ = try await end.value()
                } catch let said as PostgresError where said.sqlState != .queryCanceled {
                    if (error as? PostgresError)?.code == .closed { throw said }
                } catch {}
                throw error
            }
            finishCopy(abort: nil)
            do {
                return try await end.value().rows.last?.affected ?? 0
            } catch var error as PostgresError {
                error.doing = error.doing ?? "copying into \(table)"
                throw error
            }
        } onCancel: {
            cancel(ticket, .task)
        }
    }

    /// Copies a query's rows out, whole, in COPY's binary format: one array a message, the header with the first.
    public func copyOut(_ sql: String) async throws -> [[UInt8]] {
        try await perform(.copyOut("COPY (\(sql)) TO STDOUT (FORMAT binary)"), doing: Self.summary(sql)).copied
    }

    /// Runs a query in a cursor and hands its rows over in batches: memory stays at one batch however many there are.
    /// Opens a read-only transaction where none is open.
    public func forEachBatch(
        _ sql: String, _ parameters: [PostgresValue] = [], size: Int = 1000, _ body: (PostgresRows) async throws -> Void
    ) async throws {
        guard transaction == .active else {
            return try await withTransaction(isolation: .repeatableRead, readOnly: true) { connection in
                try await connection.forEachBatch(sql, parameters, size: size, body)
            }
        }
        try await query("declare weir_batches no scroll cursor for \(sql)", parameters)
        while true {
            let rows = try await query("fetch \(size) from weir_batches")
            if !rows.isEmpty { try await body(rows) }
            if rows.count < size { break }
        }
        try await query("close weir_batches")
    }

    private static let selectColumnTypes = """
        select a.attname as name, coalesce(nullif(t.typbasetype, 0), t.oid) as type
        from pg_attribute a join pg_type t on t.oid = a.atttypid
        where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped
        """

    private func columnTypes(_ table: String, _ columns: [String]) async throws -> [PostgresCopyWriter.CopyColumn] {
        var known: [String: PostgresType] = [:]
        for row in try await query(Self.selectColumnTypes, [.text(Self.quotedTable(table))]) {
            known[try row.decode(at: 0)] = PostgresType(rawValue: try row.decode(at: 1))
        }
        return try columns.map { column in
            guard let type = known[column] else {
                throw PostgresError(
                    .invalidValue, "table \(table) has no column \(column)", doing: "copying into \(table)")
            }
            return PostgresCopyWriter.CopyColumn(name: column, type: type)
        }
    }

    private static func quotedTable(_ table: String) -> String {
        table.split(separator: ".", maxSplits: 1).map { quotedIdentifier(String($0)) }.joined(separator: ".")
    }
}

/// How a copy ended, once it has.
private final class CopyEnd: Sendable {
    private struct State {
        var result: Result<Answer, any Error>?
        var waiter: CheckedContinuation<Answer, any Error>?
    }
    private let state = Mutex(State())

    var isSet: Bool { state.withLock { $0.result != nil } }

    func set(_ result: Result<Answer, any Error>) {
        let waiter = state.withLock { state in
            state.result = result
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(with: result)
    }

    func value() async throws -> Answer {
        try await withCheckedThrowingContinuation { continuation in
            let result = state.withLock { state in
                if state.result == nil { state.waiter = continuation }
                return state.result
            }
            if let result { continuation.resume(with: result) }
        }
    }
}
