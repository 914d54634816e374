import Daemon
import FlowClient
import Postgres

@testable import Indexer

/// The whole of every table that ingest writes, as text, for comparisons.
enum Tables {
    static let names = [
        "blocks", "transactions", "events", "tokens", "lockers", "collection_places", "token_owners",
        "ownership_history", "listings",
        "operation_events",
        "claims", "vault_spans", "account_links", "contract_changes", "projections",
    ]

    static func dump(_ pool: PostgresPool) async throws -> [String: [String]] {
        var all: [String: [String]] = [:]
        for name in names {
            all[name] = try await pool.query("select t::text as line from \(name) t order by t::text").map {
                try $0.decode("line")
            }
        }
        all["cursor"] = try await pool.query(
            "select concat_ws(' ', height::text, encode(block_id, 'hex')) as line from ingest_cursors"
        ).map { try $0.decode("line") }
        return all
    }
}

extension ChainIndexer {
    convenience init(_ node: any AccessAPI, _ pool: PostgresPool, window: Int = 16, logger: Logger = .silent) {
        self.init(
            api: node, pool: pool, contracts: Nova.contracts,
            options: Options(window: window, concurrency: 4, pollInterval: .milliseconds(10)), logger: logger)
    }
}

extension OwnershipReader {
    func owners(at height: HeightQuestion) async throws -> [TokenKey: Owner] {
        Dictionary(uniqueKeysWithValues: try await everything(at: height).value.map { ($0.token, $0.owner) })
    }

    func listings(at height: HeightQuestion) async throws -> [UInt64: UInt64] {
        let page = try await openListings(at: height, page: PageRequest(limit: 10_000)).value
        return Dictionary(uniqueKeysWithValues: page.items.map { ($0.id, $0.token.id) })
    }
}
