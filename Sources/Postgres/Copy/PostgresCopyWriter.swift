/// Takes rows for one COPY and sends them on as they fill a buffer. A value is converted to its column's type where that
/// loses nothing: integers of any width, UInt64 and digits to numeric, text to json, jsonb and enums.
public final class PostgresCopyWriter {
    /// Enough for one write to fill a socket; more only costs memory.
    private static let flushSize = 128 * 1024

    private let connection: PostgresConnection
    private let columns: [CopyColumn]
    private var buffer = ByteWriter()

    struct CopyColumn: Sendable {
        var name: String
        var type: PostgresType
    }

    /// One row under construction: a value for each column, in order.
    public struct Row {
        fileprivate let columns: [CopyColumn]
        fileprivate var writer: ByteWriter
        fileprivate var count = 0

        public mutating func append(_ value: PostgresValue) throws(PostgresError) {
            guard count < columns.count else {
                throw PostgresError(.invalidValue, "a row of more than the \(columns.count) columns of the copy")
            }
            let column = columns[count]
            count += 1
            if case .null = value { return writer.append(Int32(-1)) }
            do throws(PostgresError) {
                try writer.lengthPrefixed { (w) throws(PostgresError) in try value.encode(as: column.type, into: &w) }
            } catch {
                var error = error
                error.message = "column \(column.name): \(error.message)"
                error.column = column.name
                throw error
            }
        }
    }

    init(_ connection: PostgresConnection, _ columns: [CopyColumn]) {
        self.connection = connection
        self.columns = columns
        // COPY's manual page, Binary Format: signature, flags, header extension.
        buffer.append(contentsOf: Array("PGCOPY\n".utf8) + [0xff, 0x0d, 0x0a, 0x00])
        buffer.append(Int32(0))
        buffer.append(Int32(0))
    }

    /// Adds one row; waits where the server is slower than we are.
    public func write(_ values: [PostgresValue]) async throws {
        try await row { (row) throws(PostgresError) in
            for value in values { try row.append(value) }
        }
    }

    /// Adds one row without an array of its values.
    public func row(_ body: (inout Row) throws(PostgresError) -> Void) async throws {
        var row = Row(columns: columns, writer: ByteWriter())
        swap(&row.writer, &buffer)
        let start = row.writer.bytes.count
        row.writer.append(Int16(columns.count))
        do throws(PostgresError) {
            try body(&row)
            guard row.count == columns.count else {
                throw PostgresError(.invalidValue, "a row of \(row.count) values for \(columns.count) columns")
            }
            swap(&row.writer, &buffer)
        } catch {
            swap(&row.writer, &buffer)
            buffer.bytes.removeSubrange(start...)
            throw error
        }
        if buffer.bytes.count >= Self.flushSize { try await flush() }
    }

    func finish() async throws {
        buffer.append(Int16(-1))
        try await flush()
    }

    private func flush() async throws {
        try Task.checkCancellation()
        try connection.writeCopy(buffer.bytes)
        buffer.bytes.removeAll(keepingCapacity: true)
        await connection.awaitCopyProgress()
    }
}

extension PostgresValue {
    /// The binary form that a column of this type takes.
    /// - Throws: `invalidValue` where the value does not fit.
    func encode(as type: PostgresType, into writer: inout ByteWriter) throws(PostgresError) {
        switch (type, self) {
        case (.int2, _), (.int4, _), (.int8, _): try encodeInteger(as: type, into: &writer)
        case (.numeric, .int2), (.numeric, .int4), (.numeric, .int8):
            _ = PostgresNumeric.encode(decimal: String(wholeNumber ?? 0), into: &writer)
        case (.jsonb, .text(let text)): try PostgresValue.jsonb(text).encode(into: &writer)
        case (.json, .jsonb(let text)): try PostgresValue.text(text).encode(into: &writer)
        case (.float8, .int2), (.float8, .int4): writer.append(Double(wholeNumber ?? 0).bitPattern)
        case (.timestamp, .timestamptz): try encode(into: &writer)
        case (_, .text):
            guard type.isText else { throw mismatch(type) }
            try encode(into: &writer)
        case (_, _):
            guard self.type == type else { throw mismatch(type) }
            try encode(into: &writer)
        }
    }

    private func encodeInteger(as type: PostgresType, into writer: inout ByteWriter) throws(PostgresError) {
        guard let value = wholeNumber else { throw mismatch(type) }
        switch type {
        case .int2:
            guard let narrow = Int16(exactly: value) else { throw mismatch(type) }
            writer.append(narrow)
        case .int4:
            guard let narrow = Int32(exactly: value) else { throw mismatch(type) }
            writer.append(narrow)
        default: writer.append(value)
        }
    }

    private var wholeNumber: Int64? {
        switch self {
        case .int2(let value): Int64(value)
        case .int4(let value): Int64(value)
        case .int8(let value): value
        case .numeric(let value): Int64(exactly: value)
        default: nil
        }
    }

    private func mismatch(_ type: PostgresType) -> PostgresError {
        PostgresError(.invalidValue, "a value that its type (oid \(type.rawValue)) cannot hold")
    }
}

extension PostgresType {
    /// Types whose binary form is the text itself. Of those made by users, enums are; others refuse what does not fit.
    var isText: Bool {
        switch self {
        case .text, .varchar, .bpchar, .name, .json, .unknown: true
        default: isUserDefined
        }
    }
}
