import Cadence
import Devnet
import Encoding
import FlowClient
import HTTP
import PlatformBridge

/// What the database says beside what a script on the chain says, at one height.
extension Story {
    func compare(users: [User], holders names: [String]) async throws {
        printer.heading("The database's word beside the chain's")
        let sync = try await control.get("/v1/sync")
        guard let height = sync["height"]?.integer(UInt64.self) else {
            throw StoryError("nothing is indexed: \(sync.text)")
        }
        let holders = names.map { "\($0)-\(run)" }

        var wrong = 0
        let onChain = try await holdingsOnChain(of: users, at: BlockHeight(height))
        for user in users {
            let answer = try await control.get("/v1/ownership/wallets/\(user.address.hex)?height=\(height)")
            wrong += show(user.name, Held(answer), onChain[user.address] ?? Held())
        }
        let lockers = try await lockersOnChain(of: holders, at: BlockHeight(height))
        for (name, holder) in zip(names, holders) {
            let answer = try await control.get("/v1/ownership/lockers/\(holder)?height=\(height)")
            wrong += show("locker of \(name)", Held(answer), lockers[holder] ?? Held())
        }
        printer.line("at height \(height), \(users.count + names.count) owners compared, \(wrong) differ")
        if wrong > 0 { throw StoryError("\(wrong) owners differ from what the chain says") }
    }

    struct Held: Equatable {
        var passes: [UInt64] = []
        var collectibles: [UInt64] = []

        init(passes: [UInt64] = [], collectibles: [UInt64] = []) {
            self.passes = passes.sorted()
            self.collectibles = collectibles.sorted()
        }

        init(_ answer: JSON) {
            let tokens = answer["tokens"]?.array ?? []
            func ids(_ contract: String) -> [UInt64] {
                tokens.filter { $0["contract"]?.string?.contains(".\(contract).") == true }
                    .compactMap { $0["id"]?.integer(UInt64.self) }
            }
            self.init(passes: ids("NovaPass"), collectibles: ids("NovaCollectible"))
        }
    }

    private func show(_ name: String, _ database: Held, _ chain: Held) -> Int {
        let word = { (held: Held) in "\(held.passes.count) passes, \(held.collectibles.count) collectibles" }
        let agree = database == chain
        let padded = name + String(repeating: " ", count: max(0, 18 - name.count))
        printer.line("\(padded) database: \(word(database))   chain: \(word(chain))   \(agree ? "agree" : "DIFFER")")
        return agree ? 0 : 1
    }

    private func holdingsOnChain(of users: [User], at height: BlockHeight) async throws -> [Address: Held] {
        let asked = CadenceValue.array(CadenceArray(users.map { .address($0.address) }))
        let answer = try await bootstrap.client.script("holdings", [asked], at: .height(height))
        var all: [Address: Held] = [:]
        for entry in answer.asArray ?? [] {
            guard let holdings = entry.asComposite, let address = holdings["address"]?.asAddress else {
                throw StoryError("holdings.cdc answered with something else than holdings")
            }
            all[address] = Held(passes: Self.ids(holdings["passes"]), collectibles: Self.ids(holdings["collectibles"]))
        }
        return all
    }

    private func lockersOnChain(of holders: [String], at height: BlockHeight) async throws -> [String: Held] {
        let answer = try await bootstrap.client.script(
            "lockers", [.array(CadenceArray(holders.map { .string($0) }))], at: .height(height))
        guard case .dictionary(let dictionary) = answer else {
            throw StoryError("lockers.cdc answered with something else than a dictionary")
        }
        var all: [String: Held] = [:]
        for pair in dictionary.pairs {
            guard let holder = pair.key.asString, let both = pair.value.asArray, both.count == 2 else {
                throw StoryError("lockers.cdc answered with something else than pairs of ids")
            }
            all[holder] = Held(passes: Self.ids(both[0]), collectibles: Self.ids(both[1]))
        }
        return all
    }

    /// Of an array of UInt64, or of an optional one.
    private static func ids(_ value: CadenceValue?) -> [UInt64] {
        if case .optional(let inner)? = value { return ids(inner) }
        return (value?.asArray ?? []).compactMap(\.asUInt64)
    }
}
