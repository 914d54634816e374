import Postgres

extension PostgresConnection {
    /// Rows into a table, all sent before the first is answered.
    func write(_ table: String, columns: [String], rows: [[PostgresValue]]) async throws {
        let places = (1...columns.count).map { "$\($0)" }.joined(separator: ", ")
        let insert = "insert into \(table) (\(columns.joined(separator: ", "))) values (\(places))"
        _ = try await pipeline(rows.map { (insert, $0) })
    }
}
