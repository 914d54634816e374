import CLibPQ
import Dispatch

/// What a statement answered: its rows, and how many it touched. Rows are read where libpq put them, without a copy.
public struct PostgresRows: RandomAccessCollection, Sendable {
    let result: ResultMemory

    public var columns: [String] { result.columns }
    /// Rows inserted, updated, deleted or selected, as the server counted them.
    public var affected: Int { result.affected }

    public var startIndex: Int { 0 }
    public var endIndex: Int { result.rows }
    public subscript(position: Int) -> PostgresRow {
        precondition(position >= 0 && position < result.rows, "row \(position) of \(result.rows)")
        return PostgresRow(result: result, row: position)
    }

    /// The one row there must be.
    /// - Throws: `mismatch` where there is none, or more than one.
    public func one() throws(PostgresError) -> PostgresRow {
        guard count == 1 else { throw PostgresError(.mismatch, "\(count) rows where one was expected") }
        return self[0]
    }

    /// The first column of the one row there must be.
    public func one<T: PostgresDecodable>(_ type: T.Type = T.self) throws(PostgresError) -> T {
        try one().decode(type, at: 0)
    }
}

/// One row. Keeps the whole result alive.
public struct PostgresRow: Sendable {
    let result: ResultMemory
    let row: Int

    public var columns: [String] { result.columns }

    /// The value of a column, by name. `T` may be optional; NULL for a `T` that is not is an error.
    /// - Throws: `mismatch` that names the column, its type and what was asked for.
    public func decode<T: PostgresDecodable>(_ type: T.Type = T.self, _ column: String) throws(PostgresError) -> T {
        guard let index = result.columns.firstIndex(of: column) else {
            throw PostgresError(.mismatch, "no column \(column) among \(result.columns.joined(separator: ", "))")
        }
        return try decode(type, at: index)
    }

    public func decode<T: PostgresDecodable>(_ column: String) throws(PostgresError) -> T { try decode(T.self, column) }

    /// The value of a column, by position from 0: for loops over many rows.
    public func decode<T: PostgresDecodable>(_ type: T.Type = T.self, at column: Int) throws(PostgresError) -> T {
        guard column >= 0 && column < result.columns.count else {
            throw PostgresError(.mismatch, "column \(column) of \(result.columns.count)")
        }
        return try result.withField(row: row, column: column) { (field) throws(PostgresError) in try T.decode(field) }
    }

    public func isNull(_ column: String) throws(PostgresError) -> Bool {
        guard let index = result.columns.firstIndex(of: column) else {
            throw PostgresError(.mismatch, "no column \(column) among \(result.columns.joined(separator: ", "))")
        }
        return result.withField(row: row, column: index) { $0.bytes == nil }
    }
}

/// A value as the server sent it, valid only while it is being decoded.
public struct PostgresField {
    public let type: PostgresType
    /// Nil for NULL.
    public let bytes: UnsafeRawBufferPointer?
    let column: @Sendable () -> String

    /// The error for a value that does not fit `T`.
    public func mismatch<T>(_ wanted: T.Type) -> PostgresError {
        let what = bytes == nil ? "is NULL" : "has the type with oid \(type.rawValue), or a value out of range,"
        return PostgresError(.mismatch, "column \(column()) \(what) where \(wanted) was expected")
    }
}

/// Owns a PGresult.
///
/// @unchecked Sendable: after init nothing writes to the result, and libpq's manual (34.20, Behavior in Threaded Programs)
/// says that a PGresult is read-only after creation and can be passed around freely between threads.
final class ResultMemory: @unchecked Sendable {
    private let pointer: OpaquePointer
    let columns: [String]
    let types: [PostgresType]
    let rows: Int
    let affected: Int

    init(adopting pointer: OpaquePointer) {
        self.pointer = pointer
        let count = PQnfields(pointer)
        columns = (0..<count).map { String(cString: PQfname(pointer, $0)) }
        types = (0..<count).map { PostgresType(rawValue: PQftype(pointer, $0)) }
        rows = Int(PQntuples(pointer))
        affected = Int(String(cString: PQcmdTuples(pointer))) ?? 0
    }

    deinit { PQclear(pointer) }

    /// "INSERT 0 1", "COMMIT", "ROLLBACK".
    var commandTag: String { String(cString: PQcmdStatus(pointer)) }

    func withField<R, E: Error>(row: Int, column: Int, _ body: (PostgresField) throws(E) -> R) throws(E) -> R {
        let (r, c) = (Int32(row), Int32(column))
        var bytes: UnsafeRawBufferPointer?
        if PQgetisnull(pointer, r, c) == 0 {
            bytes = UnsafeRawBufferPointer(start: PQgetvalue(pointer, r, c), count: Int(PQgetlength(pointer, r, c)))
        }
        return try withExtendedLifetime(self) { () throws(E) -> R in
            try body(PostgresField(type: types[column], bytes: bytes, column: { [self] in columns[column] }))
        }
    }
}
