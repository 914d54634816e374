import FlowClient
import FoundationEssentials
import Postgres

extension PostgresValue {
    static func height(_ height: BlockHeight) -> PostgresValue { .int8(Int64(clamping: height.rawValue)) }
    /// A chain's UInt64 in a bigint, by its bits: see the function int64 of the schema.
    static func id64(_ id: UInt64) -> PostgresValue { .int8(Int64(bitPattern: id)) }
    static func id64Array(_ ids: [UInt64]) -> PostgresValue { .int8Array(ids.map { Int64(bitPattern: $0) }) }
    static func index(_ index: UInt32) -> PostgresValue { .int4(Int32(bitPattern: index)) }
    static func id(_ id: some TypedIdentifier) -> PostgresValue { .bytea(id.bytes) }
    static func time(_ time: Timestamp) -> PostgresValue {
        .timestamptz(Date(timeIntervalSince1970: Double(time.seconds) + Double(time.nanoseconds) / 1e9))
    }
}

extension PostgresRow {
    func blockID(_ column: String) throws -> BlockID {
        guard let id = BlockID(bytes: try decode([UInt8].self, column)) else {
            throw IndexerError(.badAnswer, "column \(column) is no block id")
        }
        return id
    }

    func height(_ column: String) throws -> BlockHeight { BlockHeight(UInt64(try decode(Int64.self, column))) }

    func optionalHeight(_ column: String) throws -> BlockHeight? {
        try decode(Int64?.self, column).map { BlockHeight(UInt64($0)) }
    }

    func owner() throws -> Owner {
        let (kind, text): (String, String) = (try decode("owner_kind"), try decode("owner"))
        guard let kind = Owner.Kind(rawValue: kind), let owner = Owner(kind: kind, text: text) else {
            throw IndexerError(.badAnswer, "\(kind) \(text) is no owner")
        }
        return owner
    }

    /// Of a table that has ids as `PostgresValue.id64` writes them.
    func token64() throws -> TokenKey {
        TokenKey(type: try decode("token_type"), id: UInt64(bitPattern: try decode(Int64.self, "token_id")))
    }

    func token() throws -> TokenKey { TokenKey(type: try decode("token_type"), id: try decode("token_id")) }
}

extension Duration {
    var wholeMilliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
