public import FoundationEssentials

/// What a column can be read as.
public protocol PostgresDecodable {
    /// - Throws: `PostgresField.mismatch` where the field is NULL, of another type, or out of range.
    static func decode(_ field: PostgresField) throws(PostgresError) -> Self
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    public static func decode(_ field: PostgresField) throws(PostgresError) -> Wrapped? {
        field.bytes == nil ? nil : try Wrapped.decode(field)
    }
}

extension Bool: PostgresDecodable {
    public static func decode(_ field: PostgresField) throws(PostgresError) -> Bool {
        guard let bytes = field.bytes, field.type == .bool, bytes.count == 1 else { throw field.mismatch(Self.self) }
        return bytes[0] != 0
    }
}

extension PostgresField {
    /// Any integer, or a numeric without a fraction.
    fileprivate func signed() -> Int64? {
        guard let bytes else { return nil }
        switch (type, bytes.count) {
        case (.int8, 8): return bytes.integer(Int64.self)
        case (.int4, 4): return Int64(bytes.integer(Int32.self))
        case (.int2, 2): return Int64(bytes.integer(Int16.self))
        case (.oid, 4): return Int64(bytes.integer(UInt32.self))
        case (.numeric, _): return PostgresNumeric.decodeInt64(bytes)
        default: return nil
        }
    }

    fileprivate func integer<T: FixedWidthInteger>(_ wanted: T.Type) throws(PostgresError) -> T {
        guard let value = signed().flatMap(T.init(exactly:)) else { throw mismatch(wanted) }
        return value
    }
}

extension Int: PostgresDecodable {
    public static func decode(_ field: PostgresField) throws(PostgresError) -> Int { try field.integer(Int.self) }
}
extension Int64: PostgresDecodable {
    public static func decode(_ field: PostgresField) throws(PostgresError) -> Int64 { try field.integer(Int64.self) }
}
extension Int32: PostgresDecodable {
    public static func decode(_ field: PostgresField) throws(PostgresError) -> Int32 { try field.integer(Int32.self) }
}
extension Int16: PostgresDecodable {
    public static func decode(_ field: PostgresField) throws(PostgresError) -> Int16 { try field.integer(Int16.self) }
}
extension UInt32: PostgresDecodable {
    public static func decode(_ field: PostgresField) throws(PostgresError) -> UInt32 { try field.integer(UInt32.self) }
}

extension UInt64: PostgresDecodable {
    public static func decode(_ field: PostgresField) throws(PostgresError) -> UInt64 {
        guard let bytes = field.bytes, field.type == .numeric else { return try field.integer(UInt64.self) }
        guard let value = PostgresNumeric.decodeUInt64(bytes) else { throw field.mismatch(Self.self) }
        return value
    }
}

extension Double: PostgresDecodable {
    public static func decode(_ field: PostgresField) throws(PostgresError) -> Double {
        guard let bytes = field.bytes else { throw field.mismatch(Self.self) }
        switch (field.type, bytes.count) {
        case (.float8, 8): return Double(bitPattern: bytes.integer(UInt64.self))
        case (.float4, 4): return Double(Float(bitPattern: bytes.integer(UInt32.self)))
        case (.numeric, _):
            guard let value = PostgresNumeric.decodeText(bytes).flatMap(Double.init) else {
                throw field.mismatch(Self.self)
            }
            return value
        default: return Double(try field.integer(Int64.self))
        }
    }
}

extension String: PostgresDecodable {
    /// Text, names, enums, json and jsonb as they are; numbers, booleans and uuids as SQL prints them.
    public static func decode(_ field: PostgresField) throws(PostgresError) -> String {
        guard let bytes = field.bytes else { throw field.mismatch(Self.self) }
        switch field.type {
        case .text, .varchar, .bpchar, .name, .unknown, .json, .char: return String(decoding: bytes, as: UTF8.self)
        case .jsonb:
            guard bytes.first == 1 else { throw field.mismatch(Self.self) }
            return String(decoding: bytes.dropFirst(), as: UTF8.self)
        case .numeric:
            guard let text = PostgresNumeric.decodeText(bytes) else { throw field.mismatch(Self.self) }
            return text
        case .int2, .int4, .int8, .oid: return String(try field.integer(Int64.self))
        case .float4, .float8: return String(try Double.decode(field))
        case .bool: return try Bool.decode(field) ? "true" : "false"
        case .uuid: return try UUID.decode(field).uuidString.lowercased()
        case .void: return ""
        case let type where type.isUserDefined: return String(decoding: bytes, as: UTF8.self)
        default: throw field.mismatch(Self.self)
        }
    }
}

extension UUID: PostgresDecodable {
    public static func decode(_ field: PostgresField) throws(PostgresError) -> UUID {
        guard let bytes = field.bytes, field.type == .uuid, bytes.count == 16 else { throw field.mismatch(Self.self) }
        return UUID(uuid: bytes.loadUnaligned(as: uuid_t.self))
    }
}

extension Date: PostgresDecodable {
    /// timestamptz, timestamp read as UTC, or a date at its midnight UTC.
    public static func decode(_ field: PostgresField) throws(PostgresError) -> Date {
        guard let bytes = field.bytes else { throw field.mismatch(Self.self) }
        switch (field.type, bytes.count) {
        case (.timestamptz, 8), (.timestamp, 8):
            let value = bytes.integer(Int64.self)
            guard value != .max, value != .min else { throw field.mismatch(Self.self) }  // infinity, -infinity
            let (seconds, micros) = value.quotientAndRemainder(dividingBy: 1_000_000)
            return Date(timeIntervalSince1970: Double(seconds + 946_684_800) + Double(micros) / 1_000_000)
        case (.date, 4):
            let days = bytes.integer(Int32.self)
            guard days != .max, days != .min else { throw field.mismatch(Self.self) }
            return Date(timeIntervalSince1970: Double(days) * 86400 + 946_684_800)
        default: throw field.mismatch(Self.self)
        }
    }
}

extension Array: PostgresDecodable where Element: PostgresDecodable {
    /// One-dimensional arrays; `[UInt8]` is bytea. Elements may be optional.
    public static func decode(_ field: PostgresField) throws(PostgresError) -> [Element] {
        guard let bytes = field.bytes else { throw field.mismatch(Self.self) }
        if let bytesType = Element.self as? UInt8.Type, field.type == .bytea {
            _ = bytesType
            return Array<UInt8>(bytes) as! [Element]
        }
        guard bytes.count >= 12 else { throw field.mismatch(Self.self) }
        let dimensions = bytes.integer(Int32.self)
        if dimensions == 0 { return [] }
        guard dimensions == 1, bytes.count >= 20 else { throw field.mismatch(Self.self) }
        let type = PostgresType(rawValue: bytes.integer(UInt32.self, at: 8))
        let count = Int(bytes.integer(Int32.self, at: 12))
        // Each element brings at least its length.
        guard count >= 0, count <= (bytes.count - 20) / 4 else { throw field.mismatch(Self.self) }
        var all: [Element] = []
        all.reserveCapacity(count)
        var offset = 20
        for _ in 0..<count {
            guard bytes.count - offset >= 4 else { throw field.mismatch(Self.self) }
            let length = Int(bytes.integer(Int32.self, at: offset))
            offset += 4
            var element: UnsafeRawBufferPointer?
            if length >= 0 {
                guard bytes.count - offset >= length else { throw field.mismatch(Self.self) }
                element = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length])
                offset += length
            }
            all.append(try Element.decode(PostgresField(type: type, bytes: element, column: field.column)))
        }
        return all
    }
}

/// Only inside of `[UInt8]`: Postgres has no one-byte integer.
extension UInt8: PostgresDecodable {
    public static func decode(_ field: PostgresField) throws(PostgresError) -> UInt8 { try field.integer(UInt8.self) }
}
