public import FoundationEssentials

/// A parameter: never part of the SQL text.
///
/// Text goes without a type, so that it fits text, enums, json and anything else that reads from text; where the server
/// cannot tell (`jsonb_build_object('a', $1)`), write `$1::text`. All else carries its type, and goes in binary.
public enum PostgresValue: Sendable, Hashable {
    case null
    case bool(Bool)
    case int2(Int16)
    case int4(Int32)
    case int8(Int64)
    case float8(Double)
    case text(String)
    case bytea([UInt8])
    case uuid(UUID)
    /// Rounded to the microsecond, which is what Postgres keeps.
    case timestamptz(Date)
    /// A chain's UInt64 in a numeric(20,0). Compare it with numeric columns: beside a bigint column it hides the index.
    case numeric(UInt64)
    /// Any numeric, as digits: "-12.50".
    case decimal(String)
    case jsonb(String)
    case boolArray([Bool])
    case int4Array([Int32])
    case int8Array([Int64])
    case float8Array([Double])
    case textArray([String])
    case textArrayNullable([String?])
    case byteaArray([[UInt8]])
    case uuidArray([UUID])
    case timestamptzArray([Date])
    case numericArray([UInt64])
    case jsonbArray([String])
    /// Any array with elements of one type, NULLs among them.
    case array(of: PostgresType, [PostgresValue])

    /// NULL for nil: `.optional(name, PostgresValue.text)`.
    public static func optional<T>(_ value: T?, _ make: (T) -> PostgresValue) -> PostgresValue {
        value.map(make) ?? .null
    }
}

extension PostgresValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByNilLiteral
{
    public init(stringLiteral value: String) { self = .text(value) }
    public init(integerLiteral value: Int64) { self = .int8(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(nilLiteral: ()) { self = .null }
}
