import Cadence
package import FlowClient
package import Postgres

/// Asks the chain, at one pinned height, about what the index says at that height, in bounded batches, and tells where
/// they differ: what the platform asked for, what the events say, what the chain's scripts answer.
package struct Reconciler: Sendable {
    let api: any AccessAPI
    let reader: OwnershipReader
    let contracts: TrackedContracts
    let scripts: ReconciliationScripts
    /// Accounts or holders a script. A script's computation is bounded as a transaction's is.
    let batch: Int

    package init(
        api: any AccessAPI, pool: PostgresPool, contracts: TrackedContracts, scripts: ReconciliationScripts,
        batch: Int = 50
    ) {
        self.api = api
        reader = OwnershipReader(pool: pool)
        self.contracts = contracts
        self.scripts = scripts
        self.batch = max(1, batch)
    }

    /// Compares everyone the index knows, and `also`: a linked wallet that the index has never seen must be empty on the
    /// chain, too.
    /// - Parameter asked: who the platform wants to have a token, where it wants something of it.
    /// - Throws: `notIndexedYet`, `beforeHistory`; what the node says where it has no state for that height.
    package func compare(
        at height: HeightQuestion = .latest, also: [Owner] = [], asked: [TokenKey: Owner] = [:]
    ) async throws -> ReconciliationReport {
        let everything = try await reader.everything(at: height)
        var indexed: [TokenKey: Owner] = [:]
        for held in everything.value where [contracts.passType, contracts.collectibleType].contains(held.token.type) {
            indexed[held.token] = held.owner
        }
        let word = ChainWord(api: api, scripts: scripts, contracts: contracts, height: everything.height)
        let owners = Set(indexed.values).union(also).union(asked.values)
        let onChain = try await self.owners(owners, word)

        var report = ReconciliationReport(everything)
        let tokens = Set(indexed.keys).union(onChain.keys).union(asked.keys)
        report.ownersCompared = owners.count
        report.tokensCompared = tokens.count
        for token in tokens.sorted() {
            let drift = OwnerDrift(token: token, asked: asked[token], indexed: indexed[token], onChain: onChain[token])
            if drift.isDrift { report.owners.append(drift) }
        }
        try await compareListings(word, &report)
        return report
    }

    private func owners(_ owners: Set<Owner>, _ word: ChainWord) async throws -> [TokenKey: Owner] {
        var onChain: [TokenKey: Owner] = [:]
        let treasuries = [contracts.pass, contracts.collectible].compactMap { $0 }
        for addresses in batches(owners.compactMap(\.address) + treasuries) {
            onChain.merge(try await word.holdings(addresses)) { $1 }
        }
        for holders in batches(owners.compactMap(\.holder)) {
            onChain.merge(try await word.lockers(holders)) { $1 }
        }
        return onChain
    }

    private func compareListings(_ word: ChainWord, _ report: inout ReconciliationReport) async throws {
        guard contracts.storefront != nil, let seller = contracts.pass else { return }
        let onChain = try await word.listings(seller)
        var indexed: [UInt64: UInt64] = [:]
        var page = PageRequest(limit: 10_000)
        repeat {
            let open = try await reader.openListings(storefront: seller, at: .at(report.height), page: page).value
            for listing in open.items { indexed[listing.id] = listing.token.id }
            page.cursor = open.next
        } while page.cursor != nil
        let all = Set(indexed.keys).union(onChain.keys)
        report.listingsCompared = all.count
        for id in all.sorted() where indexed[id] != onChain[id] {
            report.listings.append(ListingDrift(id: id, indexed: indexed[id], onChain: onChain[id]))
        }
    }

    private func batches<T: Hashable & Comparable>(_ all: [T]) -> [[T]] {
        let distinct = Set(all).sorted()
        return stride(from: 0, to: distinct.count, by: batch).map {
            Array(distinct[$0..<min($0 + batch, distinct.count)])
        }
    }
}
