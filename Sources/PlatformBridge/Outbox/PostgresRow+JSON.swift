import Encoding
import Postgres

extension PostgresRow {
    /// A column of JSON as text.
    func json(_ column: String) throws -> JSON { try JSON(parsing: Array(try decode(String.self, column).utf8)) }
}
