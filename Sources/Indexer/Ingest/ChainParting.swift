package import FlowClient
package import Postgres

/// Up to where the index and the chain are one.
package enum ChainParting: Hashable, Sendable {
    case nothingIndexed
    /// The chain has what is indexed.
    case none
    /// Not even the first block: it is another chain.
    case noneInCommon
    /// The last block that both have, and how many of the index are above it.
    case at(BlockHeight, above: UInt64)

    /// By halves over the indexed heights: below a common block everything is common, since each block names its parent.
    /// Throws what the node or the database says; a node that can't be asked proves nothing.
    package static func find(on pool: PostgresPool, api: any AccessAPI) async throws -> ChainParting {
        let status = try await SyncStatus.read(from: pool)
        guard let start = status.start, let top = status.height else { return .nothingIndexed }
        func isCommon(_ height: UInt64) async throws -> Bool {
            let rows = try await pool.query("select id from blocks where height = $1", [.int8(Int64(height))])
            guard let row = rows.first else { return false }
            do {
                return try await api.blockHeader(.height(BlockHeight(height))).value.id == row.blockID("id")
            } catch let error as AccessError where error.code == .notFound || error.code == .outOfRange {
                return false
            }
        }
        if try await isCommon(top.rawValue) { return .none }
        guard try await isCommon(start.rawValue) else { return .noneInCommon }
        var (common, other) = (start.rawValue, top.rawValue)
        while other - common > 1 {
            let middle = common + (other - common) / 2
            if try await isCommon(middle) { common = middle } else { other = middle }
        }
        return .at(BlockHeight(common), above: top.rawValue - common)
    }
}
