import Cadence
package import FlowClient
package import Postgres

/// Asks the chain, at one pinned height, about tokens that the index says somebody has at that height, in bounded batches:
/// known ids of large collections, and small ones whole, so that what the index does not know is seen too. What the chain
/// says otherwise, twice, is a drift; what could not be looked at is nothing.
package struct Reconciler: Sendable {
    let api: any AccessAPI
    let pool: PostgresPool
    let contracts: TrackedContracts
    let scripts: ReconciliationScripts
    package var limits: Limits

    /// A script's computation is bounded as a transaction's is: where it is too much, half as much is asked.
    package struct Limits: Sendable {
        package var accountsAtOnce = 20
        package var holdersAtOnce = 50
        package var idsAtOnce = 300
        /// An account of more tokens is asked by ids alone.
        package var smallCollection = 200
        package init() {}
    }

    package init(
        api: any AccessAPI, pool: PostgresPool, contracts: TrackedContracts, scripts: ReconciliationScripts,
        limits: Limits = Limits()
    ) {
        self.api = api
        self.pool = pool
        self.contracts = contracts
        self.scripts = scripts
        self.limits = limits
    }

    /// What a round came to.
    package struct Round: Sendable {
        package var height: BlockHeight?
        package var asked = 0
        package var proven = 0
        /// In no account, or too much for a script: nobody could look.
        package var notAsked = 0
        package var scripts = 0
        package var drifts: [Drift] = []
    }

    /// The next tokens in the queue: those that were moved since they were asked about, then those that were proven longest ago.
    /// - Throws: what the node says where it has no state for the index's height: nothing is written then.
    package func round(limit: Int) async throws -> Round {
        guard let pick = try await ProofQueue.next(limit, types: types, from: pool) else { return Round() }
        var round = try await compare(pick.tokens, at: pick.height)
        try await record(&round, pick)
        return round
    }

    /// Everything that somebody has, once, at one height.
    /// - Parameter progress: how many were asked about, of how many.
    package func all(progress: @Sendable (_ done: Int, _ of: Int) -> Void = { _, _ in }) async throws -> Round {
        var total = Round()
        guard let whole = try await ProofQueue.everything(types: types, from: pool) else { return total }
        total.height = whole.height
        let size = 2_000
        for start in stride(from: 0, to: whole.tokens.count, by: size) {
            var pick = whole
            pick.tokens = Array(whole.tokens[start..<min(start + size, whole.tokens.count)])
            pick.touchedTo = nil
            var round = try await compare(pick.tokens, at: pick.height)
            try await record(&round, pick)
            total.asked += round.asked
            total.proven += round.proven
            total.notAsked += round.notAsked
            total.scripts += round.scripts
            total.drifts += round.drifts
            progress(min(start + size, whole.tokens.count), whole.tokens.count)
        }
        return total
    }

    private var types: [String] { [contracts.passType, contracts.collectibleType].compactMap { $0 } }

    private func compare(_ tokens: [HeldToken], at height: BlockHeight) async throws -> Round {
        var round = Round()
        round.height = height
        round.asked = tokens.count
        var asking = ChainQuestions(
            word: ChainWord(api: api, scripts: scripts, contracts: contracts, height: height), limits: limits)
        try await asking.ask(tokens)
        let indexed = Dictionary(tokens.map { ($0.token, $0.owner) }) { $1 }
        round.notAsked = asking.notAsked.count
        var suspects: [TokenKey: Owner?] = [:]
        for token in tokens where !asking.notAsked.contains(token.token) {
            if asking.owners[token.token] == token.owner {
                round.proven += 1
            } else {
                suspects[token.token] = token.owner
            }
        }
        // What lies in a collection that was seen whole, and is not known to be there.
        let strangers = asking.owners.keys.filter { indexed[$0] == nil }
        for held in try await ProofQueue.owners(of: strangers, at: height, from: pool)
        where held.owner != asking.owners[held.token] {
            suspects[held.token] = held.owner
        }
        if !suspects.isEmpty {
            round.drifts = try await confirm(suspects, at: height, known: asking.owners, &asking)
        }
        round.scripts = asking.scripts
        return round
    }

    /// Asked once more, and looked for wherever it has ever been: one odd answer is not a drift yet.
    private func confirm(
        _ suspects: [TokenKey: Owner?], at height: BlockHeight, known: [TokenKey: Owner], _ asking: inout ChainQuestions
    ) async throws -> [Drift] {
        var again = ChainQuestions(word: asking.word, limits: limits)
        let places = try await ProofQueue.places(of: Array(suspects.keys), from: pool)
        let treasuries = suspects.keys.map {
            HeldToken(token: $0, owner: .treasury($0.contractAccount ?? Address(rawValue: 0)))
        }
        let asIndexed = suspects.compactMap { token, owner in owner.map { HeldToken(token: token, owner: $0) } }
        let asFound = known.filter { suspects[$0.key] != nil }.map { HeldToken(token: $0.key, owner: $0.value) }
        try await again.ask(asIndexed + treasuries + places + asFound)
        asking.scripts += again.scripts
        return suspects.keys.sorted().compactMap { token in
            let (indexed, found) = (suspects[token] ?? nil, again.owners[token])
            // Where not all places could be looked at, nobody knows that it is in none of them.
            if found == nil, again.notAsked.contains(token) { return nil }
            return found == indexed ? nil : Drift(token: token, height: height, indexed: indexed, onChain: found)
        }
    }

    private func record(_ round: inout Round, _ pick: ProofQueue.Pick) async throws {
        let drifting = Set(round.drifts.map(\.token))
        for place in round.drifts.indices { round.drifts[place].cause = try await cause(of: round.drifts[place]) }
        let (drifts, proven) = (round.drifts, pick.tokens.filter { !drifting.contains($0.token) && $0.owner != .limbo })
        try await pool.withTransaction { connection in
            try await ProofQueue.prove(proven.map(\.token), at: pick.height, touchedTo: pick.touchedTo, on: connection)
            for drift in drifts { try await DriftStore.add(drift, on: connection) }
        }
    }

    /// Why the index may be wrong, as far as the tables show.
    private func cause(of drift: Drift) async throws -> String {
        let contract = TypeID.contract(of: drift.token.type)
        let poison = try await pool.query(
            "select height, transaction_index, event_index, type from poison_events where type like $1 || '.%' or type like '%NonFungibleToken.%' or type = '' order by height desc limit 1",
            [.text(contract)])
        if let row = poison.first {
            return
                "an event was set aside at \(try row.height("height"))/\(try row.decode(Int32.self, "transaction_index"))/\(try row.decode(Int32.self, "event_index")): weir poison list"
        }
        let coverage = try await Coverage.read(from: pool).first { $0.track == drift.token.type }
        if let coverage, !coverage.isWhole {
            return "what came before height \(coverage.from) is not indexed: weir backfill"
        }
        return drift.indexed == nil
            ? "no event of it is indexed: one is missing, or the rows were changed"
            : "no event says so: one is missing, or the rows were changed"
    }
}

/// A token and who has it.
struct HeldToken: Hashable, Sendable {
    var token: TokenKey
    var owner: Owner
}
