import Cadence
import FlowClient

/// Questions to the chain about who has tokens, in batches that scripts can bear.
struct ChainQuestions {
    let word: ChainWord
    let limits: Reconciler.Limits
    /// As the chain said; a token that was asked about and is not here is in none of the places asked.
    private(set) var owners: [TokenKey: Owner] = [:]
    /// Tokens about which nobody could be asked.
    private(set) var notAsked: Set<TokenKey> = []
    var scripts = 0

    init(word: ChainWord, limits: Reconciler.Limits) {
        (self.word, self.limits) = (word, limits)
    }

    /// Whether each has what it is said to have.
    mutating func ask(_ tokens: [HeldToken]) async throws {
        var byAccount: [Address: Set<TokenKey>] = [:]
        var holders: [String: Set<TokenKey>] = [:]
        for held in tokens {
            switch held.owner {
            case .wallet(let address), .treasury(let address): byAccount[address, default: []].insert(held.token)
            case .locker(let holder): holders[holder, default: []].insert(held.token)
            case .limbo: notAsked.insert(held.token)
            }
        }
        let treasuries = Set([word.contracts.pass, word.contracts.collectible].compactMap { $0 })
        var small: [Address] = []
        for (address, tokens) in byAccount.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            let passes = tokens.filter { $0.type == word.contracts.passType }
            // The treasury may have a hundred thousand: it is never listed. Collectibles can't be asked by their ids.
            if treasuries.contains(address) || tokens.count > limits.smallCollection {
                try await askByIDs(passes.map(\.id).sorted(), of: address)
                if passes.count < tokens.count { small.append(address) }
            } else {
                small.append(address)
            }
        }
        for batch in small.batches(of: limits.accountsAtOnce) { try await askAccounts(batch, byAccount) }
        for batch in holders.keys.sorted().batches(of: limits.holdersAtOnce) { try await askLockers(batch, holders) }
    }

    private mutating func askByIDs(_ ids: [UInt64], of address: Address) async throws {
        guard let type = word.contracts.passType else { return }
        for batch in ids.batches(of: limits.idsAtOnce) {
            let held = try await split(batch) { [word] in try await word.passes($0, of: address) }
            for (part, answer) in held {
                for id in part where answer?.contains(id) == true {
                    owners[TokenKey(type: type, id: id)] =
                        address == word.contracts.pass ? .treasury(address) : .wallet(address)
                }
                if answer == nil { notAsked.formUnion(part.map { TokenKey(type: type, id: $0) }) }
            }
        }
    }

    private mutating func askAccounts(_ addresses: [Address], _ tokens: [Address: Set<TokenKey>]) async throws {
        for (part, answer) in try await split(addresses, { [word] in try await word.holdings($0) }) {
            if let answer {
                owners.merge(answer) { $1 }
            } else {
                for address in part { notAsked.formUnion(tokens[address] ?? []) }
            }
        }
    }

    private mutating func askLockers(_ holders: [String], _ tokens: [String: Set<TokenKey>]) async throws {
        for (part, answer) in try await split(holders, { [word] in try await word.lockers($0) }) {
            if let answer {
                owners.merge(answer) { $1 }
            } else {
                for holder in part { notAsked.formUnion(tokens[holder] ?? []) }
            }
        }
    }

    /// In halves where it is too much for one script; nil where even one alone is.
    private mutating func split<Question: Sendable, Answer: Sendable>(
        _ questions: [Question], _ ask: @Sendable ([Question]) async throws -> Answer
    ) async throws -> [([Question], Answer?)] {
        let answers = try await askInHalves(questions, ask)
        // Each answer was one question more than the halvings that led to it.
        scripts += max(0, answers.count * 2 - 1)
        return answers
    }
}
