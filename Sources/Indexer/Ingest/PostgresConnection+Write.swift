import Postgres

extension PostgresConnection {
    /// Rows into a table by COPY, but for a few: those go as statements, all sent before the first is answered.
    func write(_ table: String, columns: [String], rows: [[PostgresValue]]) async throws {
        guard rows.count <= Self.few else {
            _ = try await copyIn(table, columns: columns, rows: rows)
            return
        }
        let places = (1...columns.count).map { "$\($0)" }.joined(separator: ", ")
        let insert = "insert into \(table) (\(columns.joined(separator: ", "))) values (\(places))"
        _ = try await pipeline(rows.map { (insert, $0) })
    }

    /// A COPY takes more round trips than one pipeline.
    static let few = 16
}
