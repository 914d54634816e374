import Cadence
package import Daemon
package import FlowClient
import FoundationEssentials
package import Postgres

/// Indexes a recording of a real chain with the real indexer, into a schema of its own that is dropped afterwards, and
/// says who owned what at some heights.
package struct Replay: Sendable {
    let database: PostgresConfiguration
    let migrations: [Migration]
    let logger: Logger

    /// `database` may be in use by others: nothing in it is touched but the new schema.
    package init(database: PostgresConfiguration, migrations: [Migration], logger: Logger = .silent) {
        self.database = database
        self.migrations = migrations
        self.logger = logger
    }

    /// The answers, in the order of the heights.
    ///
    /// A height that lies beyond the recording's last block is answered with what was so at that block: `indexed` says
    /// which one it was.
    /// - Throws: `recording` where the file is cut off or damaged; what contradicts the chain; what Postgres says.
    package func run(
        _ recording: [UInt8], contracts: TrackedContracts, at heights: [BlockHeight]
    ) async throws -> [ReplayAnswer] {
        let node = try RecordedNode(recording: recording)
        if let early = heights.first(where: { $0 < node.first }) {
            throw IndexerError(.beforeHistory, "the recording begins at \(node.first)", height: early)
        }
        return try await withSchema { pool in
            let indexer = ChainIndexer(
                api: node, pool: pool, contracts: contracts,
                options: ChainIndexer.Options(start: node.first, window: 250, leaseDuration: .seconds(60)),
                logger: logger)
            let cursor = try await indexer.ingestOnce()
            guard cursor?.height == node.last else {
                throw IndexerError(.gap, "indexed to \(cursor?.height.description ?? "nothing") of \(node.last)")
            }
            let reader = OwnershipReader(pool: pool)
            var answers: [ReplayAnswer] = []
            for height in heights.isEmpty ? [node.last] : heights {
                answers.append(
                    try await ReplayAnswer(asked: height, indexed: min(height, node.last), contracts, from: reader))
            }
            return answers
        }
    }

    private func withSchema<R>(_ body: (PostgresPool) async throws -> R) async throws -> R {
        var configuration = database
        let schema = "replay_" + UUID().uuidString.lowercased().prefix(13).replacing("-", with: "_")
        configuration.schema = schema
        let pool = PostgresPool(configuration, logger: logger)
        let dropped = { () async -> Void in
            pool.close()
            // A task of its own, awaited at once: the schema goes even where this task has been cancelled.
            await Task { [database, logger] in
                let admin = PostgresPool(database, logger: logger)
                do {
                    try await admin.query("drop schema if exists \(quotedIdentifier(schema)) cascade")
                } catch {
                    logger.warning("schema \(schema) of a replay could not be dropped: \(error)")
                }
                admin.close()
            }.value
        }
        do {
            try await Migrator(migrations: migrations, schema: schema).migrate(on: pool)
            let result = try await body(pool)
            await dropped()
            return result
        } catch {
            // Nothing was made where nobody was reached.
            if let error = error as? PostgresError, error.code == .connectionFailed {
                pool.close()
            } else {
                await dropped()
            }
            throw error
        }
    }
}

/// Who owned what after a block: the shape that tools/check-replay reads. Whoever holds nothing is left out.
package struct ReplayAnswer: Codable, Hashable, Sendable {
    package struct Held: Codable, Hashable, Sendable {
        package var passes: [UInt64] = []
        package var collectibles: [UInt64] = []
    }

    /// As asked.
    package var height: UInt64
    /// The block that the answer speaks of: the same height, or the recording's last.
    package var indexed: UInt64
    /// By address. The platform's own account is the treasury: what lies in lockers is not in it.
    package var accounts: [String: Held] = [:]
    /// By holder.
    package var lockers: [String: Held] = [:]
    /// Listing id to token id, of the platform's storefront.
    package var listings: [String: UInt64] = [:]

    init(
        asked: BlockHeight, indexed: BlockHeight, _ contracts: TrackedContracts, from reader: OwnershipReader
    ) async throws {
        height = asked.rawValue
        self.indexed = indexed.rawValue
        for held in try await reader.everything(at: .at(indexed)).value {
            let kind: WritableKeyPath<Held, [UInt64]>
            switch held.token.type {
            case contracts.passType: kind = \.passes
            case contracts.collectibleType: kind = \.collectibles
            default: continue
            }
            switch held.owner {
            case .wallet(let address), .treasury(let address):
                accounts[address.hex, default: Held()][keyPath: kind].append(held.token.id)
            case .locker(let holder): lockers[holder, default: Held()][keyPath: kind].append(held.token.id)
            case .limbo: break
            }
        }
        var page = PageRequest(limit: 10_000)
        repeat {
            let open = try await reader.openListings(storefront: contracts.pass, at: .at(indexed), page: page).value
            for listing in open.items { listings[String(listing.id)] = listing.token.id }
            page.cursor = open.next
        } while page.cursor != nil
    }

    /// One JSON array, keys sorted.
    package static func json(_ answers: [ReplayAnswer]) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return [UInt8](try encoder.encode(answers))
    }
}

extension TrackedContracts {
    /// From an accounts file beside a recording: `{"contracts": {name: address}}`.
    package init(accountsFile bytes: [UInt8]) throws {
        struct File: Decodable { var contracts: [String: String] }
        let file: File
        do {
            file = try JSONDecoder().decode(File.self, from: Data(bytes))
        } catch {
            throw IndexerError(.recording, "the accounts file says no contracts: \(error)")
        }
        var addresses: [String: Address] = [:]
        for (name, text) in file.contracts {
            guard let address = Address(text) else {
                throw IndexerError(.recording, "the accounts file: \(text) is no address of \(name)")
            }
            addresses[name] = address
        }
        try self.init(byName: addresses)
    }
}
