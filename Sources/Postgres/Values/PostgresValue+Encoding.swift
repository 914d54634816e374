import FoundationEssentials

extension PostgresValue {
    /// The type that goes with it as a parameter.
    var type: PostgresType {
        switch self {
        case .null, .text: .unspecified
        case .bool: .bool
        case .int2: .int2
        case .int4: .int4
        case .int8: .int8
        case .float8: .float8
        case .bytea: .bytea
        case .uuid: .uuid
        case .timestamptz: .timestamptz
        case .numeric, .decimal: .numeric
        case .jsonb: .jsonb
        default: elementType?.array ?? .unspecified
        }
    }

    /// The type of the elements, where it is an array.
    var elementType: PostgresType? {
        switch self {
        case .boolArray: .bool
        case .int4Array: .int4
        case .int8Array: .int8
        case .float8Array: .float8
        case .textArray, .textArrayNullable: .text
        case .byteaArray: .bytea
        case .uuidArray: .uuid
        case .timestamptzArray: .timestamptz
        case .numericArray: .numeric
        case .jsonbArray: .jsonb
        case .array(let type, _): type
        default: nil
        }
    }

    /// The binary form of what is not NULL.
    func encode(into writer: inout ByteWriter) throws(PostgresError) {
        switch self {
        case .null: break
        case .bool(let value): writer.append(UInt8(value ? 1 : 0))
        case .int2(let value): writer.append(value)
        case .int4(let value): writer.append(value)
        case .int8(let value): writer.append(value)
        case .float8(let value): writer.append(value.bitPattern)
        case .text(let value): try Self.append(text: value, to: &writer)
        case .bytea(let value): writer.append(contentsOf: value)
        case .uuid(let value): withUnsafeBytes(of: value.uuid) { writer.append(contentsOf: $0) }
        case .timestamptz(let value): writer.append(try Self.microseconds(value))
        case .numeric(let value): PostgresNumeric.encode(value, into: &writer)
        case .decimal(let value):
            guard PostgresNumeric.encode(decimal: value, into: &writer) else {
                throw PostgresError(.invalidValue, "a decimal that is not made of digits, one point and a sign")
            }
        case .jsonb(let value):
            writer.append(UInt8(1))
            try Self.append(text: value, to: &writer)
        case .boolArray(let all): try Self.array(.bool, all, &writer) { .bool($0) }
        case .int4Array(let all): try Self.array(.int4, all, &writer) { .int4($0) }
        case .int8Array(let all): try Self.array(.int8, all, &writer) { .int8($0) }
        case .float8Array(let all): try Self.array(.float8, all, &writer) { .float8($0) }
        case .textArray(let all): try Self.array(.text, all, &writer) { .text($0) }
        case .textArrayNullable(let all): try Self.array(.text, all, &writer) { .optional($0, PostgresValue.text) }
        case .byteaArray(let all): try Self.array(.bytea, all, &writer) { .bytea($0) }
        case .uuidArray(let all): try Self.array(.uuid, all, &writer) { .uuid($0) }
        case .timestamptzArray(let all): try Self.array(.timestamptz, all, &writer) { .timestamptz($0) }
        case .numericArray(let all): try Self.array(.numeric, all, &writer) { .numeric($0) }
        case .jsonbArray(let all): try Self.array(.jsonb, all, &writer) { .jsonb($0) }
        case .array(let type, let all):
            guard type.array != nil else {
                throw PostgresError(.invalidValue, "an array of a type without a known array type")
            }
            try Self.array(type, all, &writer) { $0 }
        }
    }

    private static func append(text: String, to writer: inout ByteWriter) throws(PostgresError) {
        let start = writer.bytes.count
        writer.append(contentsOf: text.utf8)
        guard !writer.bytes[start...].contains(0) else {
            throw PostgresError(.invalidValue, "text with a zero byte in it, which Postgres cannot hold")
        }
    }

    /// Since 2000-01-01, which is where Postgres counts from.
    static func microseconds(_ date: Date) throws(PostgresError) -> Int64 {
        let value = ((date.timeIntervalSince1970 - 946_684_800) * 1_000_000).rounded()
        // The last value below stands for infinity; timestamp.h, MIN_TIMESTAMP and END_TIMESTAMP.
        guard value > -211_813_488_000_000_000, value < 9_223_371_331_200_000_000 else {
            throw PostgresError(.invalidValue, "a date outside of what timestamptz holds")
        }
        return Int64(value)
    }

    /// array.c, array_send: dimensions, whether there are NULLs, the element type, each dimension's size and lower bound.
    private static func array<T>(
        _ type: PostgresType, _ all: [T], _ writer: inout ByteWriter, _ make: (T) -> PostgresValue
    ) throws(PostgresError) {
        guard !all.isEmpty else {
            writer.append(Int32(0))
            writer.append(Int32(0))
            writer.append(type.rawValue)
            return
        }
        writer.append(Int32(1))
        let flags = writer.bytes.count
        writer.append(Int32(0))
        writer.append(type.rawValue)
        writer.append(Int32(all.count))
        writer.append(Int32(1))
        for element in all {
            let value = make(element)
            if case .null = value {
                writer.bytes[flags + 3] = 1
                writer.append(Int32(-1))
                continue
            }
            let fits = value.type == type || (value.type == .unspecified && type == .text)
            guard fits else { throw PostgresError(.invalidValue, "an array element of another type than its array") }
            try writer.lengthPrefixed { (w) throws(PostgresError) in try value.encode(into: &w) }
        }
    }
}

/// Parameters in the form libpq takes: types, and one run of bytes with each value's place in it.
struct EncodedParameters: Sendable {
    var types: [UInt32] = []
    var formats: [Int32] = []
    var lengths: [Int32] = []
    /// Where each begins; -1 is NULL.
    var offsets: [Int] = []
    var bytes: [UInt8] = []

    init(_ values: [PostgresValue]) throws(PostgresError) {
        // The protocol counts parameters in 16 bits.
        guard values.count <= 65535 else {
            throw PostgresError(
                .invalidValue, "\(values.count) parameters in one statement, of 65535 at most",
                remedy: "pass arrays and unnest them")
        }
        var writer = ByteWriter()
        for (index, value) in values.enumerated() {
            types.append(value.type.rawValue)
            if case .null = value {
                formats.append(1)
                offsets.append(-1)
                lengths.append(0)
                continue
            }
            let start = writer.bytes.count
            do {
                try value.encode(into: &writer)
            } catch {
                var error = error
                error.message = "parameter $\(index + 1): \(error.message)"
                throw error
            }
            let length = writer.bytes.count - start
            guard length < 1 << 30 else {
                throw PostgresError(.invalidValue, "parameter $\(index + 1) is larger than 1 GiB")
            }
            if case .text = value {
                formats.append(0)
                writer.append(UInt8(0))  // libpq finds the end of text by its zero
            } else {
                formats.append(1)
            }
            offsets.append(start)
            lengths.append(Int32(length))
        }
        bytes = writer.bytes
    }
}
