import Cadence
import FlowClient
import TestSupport

@testable import Indexer

/// The platform's contracts as a model: it does what they do, keeps who has what by itself, and emits what they emit.
/// Its word is compared with the index's, which knows nothing but the events.
struct ChainModel {
    private(set) var owners: [TokenKey: Owner] = [:]
    private(set) var groups: [TokenKey: String] = [:]
    /// Open ones.
    private(set) var listings: [UInt64: TokenKey] = [:]
    /// In the storefront still, though bought.
    private(set) var bought: [UInt64: TokenKey] = [:]
    private(set) var claims: Set<UInt64> = []
    /// By wallet: what is in its vault.
    private(set) var balances: [Address: UInt64] = [:]
    /// Parents of children.
    private(set) var links: Set<[Address]> = []
    private var roaming: Set<TokenKey> = []
    private var lockers: [String: UInt64] = [:]
    private var nextID: UInt64 = 1 << 45
    private var serials: [String: UInt64] = [:]
    private var nextOperation = 0
    private var random: SplitMix

    init(seed: UInt64) { random = SplitMix(state: seed) }

    private mutating func id() -> UInt64 {
        nextID += 1
        return nextID
    }

    private mutating func operation() -> String {
        nextOperation += 1
        return "op-\(nextOperation)"
    }

    /// The events of one transaction, chosen at random.
    mutating func transaction() -> [TestEvent] {
        switch Int.random(in: 0..<16, using: &random) {
        case 0, 1: return mintAndList(Int.random(in: 1...4, using: &random))
        case 2, 3: return airdrop(Int.random(in: 1...3, using: &random))
        case 4, 5: return drop(Int.random(in: 1...3, using: &random))
        case 6, 7: return transfer()
        case 8: return burn()
        case 9: return purchase()
        case 10: return settleLocker()
        case 12: return momentMoves()
        case 13: return pay() + [.contractUpdated(Nova.platform, "NovaPass"), .contractUpdated(Nova.service, "Other")]
        case 14: return link()
        case 15: return kittyRoams()
        default: return removeListing() + claim()
        }
    }

    private mutating func recipient() -> (Address?, String?) {
        Bool.random(using: &random)
            ? (Nova.wallet(.random(in: 1...5, using: &random)), nil)
            : (nil, "usr_\(Int.random(in: 1...3, using: &random))")
    }

    private mutating func mint() -> (TokenKey, TestEvent, String) {
        let (token, operation) = (Nova.pass(id()), operation())
        let pass = "pass-\(Int.random(in: 1...2, using: &random))"
        serials[pass, default: 0] += 1
        groups[token] = pass
        return (
            token, .minted(token.id, pass: pass, release: "rel-\(pass)", serial: serials[pass]!, operation), operation
        )
    }

    private mutating func mintAndList(_ count: Int) -> [TestEvent] {
        (0..<count).flatMap { _ -> [TestEvent] in
            let (token, minted, _) = mint()
            let listing = id()
            owners[token] = .treasury(Nova.platform)
            listings[listing] = token
            return [
                minted, .deposited(token, to: Nova.platform, collection: Nova.treasuryCollection),
                .listed(listing, token, by: Nova.platform, customID: "rel-\(groups[token]!)"),
            ]
        }
    }

    private mutating func locker(_ holder: String, _ type: String) -> UInt64 {
        let key = type + holder
        if lockers[key] == nil { lockers[key] = id() }
        return lockers[key]!
    }

    private mutating func airdrop(_ count: Int) -> [TestEvent] {
        (0..<count).flatMap { index -> [TestEvent] in
            if index == 2 {
                return [TestEvent.rejected("NovaPass", item: "drop-x", reason: "no_collection", operation())]
            }
            let (token, minted, operation) = mint()
            let (to, holder) = recipient()
            if let to {
                owners[token] = .wallet(to)
                return [
                    minted, .delivered(token.id, pass: groups[token]!, to: to, operation),
                    .deposited(token, to: to, collection: Nova.collection(to, token.type)),
                ]
            }
            owners[token] = .locker(holder: holder!)
            return [
                minted, .held(token.id, pass: groups[token]!, holder: holder!, operation),
                .deposited(token, to: Nova.platform, collection: locker(holder!, token.type)),
            ]
        }
    }

    private mutating func drop(_ count: Int) -> [TestEvent] {
        (0..<count).flatMap { _ -> [TestEvent] in
            let (token, operation) = (Nova.collectible(id()), operation())
            let (to, holder) = recipient()
            serials["c", default: 0] += 1
            groups[token] = "coll-1"
            owners[token] = to.map { .wallet($0) } ?? .locker(holder: holder!)
            return [
                .dropped(
                    token.id, collectible: "coll-1", serial: serials["c"]!, drop: "drop-\(token.id)", to: to,
                    holder: holder,
                    operation),
                .deposited(
                    token, to: to ?? Nova.platform,
                    collection: to.map { Nova.collection($0, token.type) } ?? locker(holder!, token.type)),
            ]
        }
    }

    private mutating func token(where wanted: (TokenKey, Owner) -> Bool) -> (TokenKey, Owner)? {
        owners.filter { wanted($0.key, $0.value) }.sorted { $0.key < $1.key }.randomElement(using: &random)
            .map { ($0.key, $0.value) }
    }

    /// Of a contract with events of its own: minted, moved or burned.
    private mutating func momentMoves() -> [TestEvent] {
        let to = Nova.wallet(.random(in: 1...5, using: &random))
        guard Int.random(in: 0..<3, using: &random) > 0,
            case (let token, .wallet(let from))? = token(where: { token, _ in token.type == Nova.moment })
        else {
            let token = TokenKey(type: Nova.moment, id: id())
            owners[token] = .wallet(to)
            return [.ownDeposit(token.id, to: to)]
        }
        if Bool.random(using: &random) {
            owners[token] = nil
            return [.ownWithdraw(token.id, from: from), .ownBurn(token.id)]
        }
        owners[token] = .wallet(to)
        return [.ownWithdraw(token.id, from: from), .ownDeposit(token.id, to: to)]
    }

    /// A kitty is put into a collection that may be elsewhere by now: all that lies in it has moved along.
    private mutating func kittyRoams() -> [TestEvent] {
        let to = Nova.wallet(.random(in: 1...5, using: &random))
        let kitty = TokenKey(type: Nova.kitty, id: id())
        roaming.insert(kitty)
        for token in roaming { owners[token] = .wallet(to) }
        return [.deposited(kitty, to: to, collection: Nova.roamingCollection)]
    }

    private mutating func pay() -> [TestEvent] {
        let (a, b) = (UInt64.random(in: 1...5, using: &random), UInt64.random(in: 1...5, using: &random))
        let (from, to) = (Nova.wallet(a), Nova.wallet(b))
        let amount = UInt64.random(in: 0...(balances[from] ?? 0), using: &random)
        var events: [TestEvent] = []
        if let balance = balances[from], a != b {
            balances[from] = balance - amount
            events.append(.vaultWithdrawn(a, from: from, amount: amount, after: balance - amount))
        }
        let gained = events.isEmpty ? UInt64.random(in: 1...1_000, using: &random) : amount
        balances[to, default: 0] += gained
        return events + [.vaultDeposited(b, to: to, amount: gained, after: balances[to]!)]
    }

    private mutating func link() -> [TestEvent] {
        let child = Nova.wallet(.random(in: 6...8, using: &random))
        let parent = Nova.wallet(.random(in: 1...5, using: &random))
        if links.remove([child, parent]) != nil { return [.linked(child, to: parent, active: false)] }
        links.insert([child, parent])
        return [.linked(child, to: parent, active: true)]
    }

    private func withdrawn(_ token: TokenKey, from address: Address) -> TestEvent {
        .withdrawn(
            token, from: address,
            collection: address == Nova.platform ? Nova.treasuryCollection : Nova.collection(address, token.type))
    }

    /// Among wallets, and back to the treasury.
    private mutating func transfer() -> [TestEvent] {
        guard case (let token, .wallet(let from))? = token(where: { $1.kind == .wallet && $0.isNova }) else {
            return []
        }
        let back = token.type == Nova.pass && Int.random(in: 0..<4, using: &random) == 0
        let to = back ? Nova.platform : Nova.wallet(.random(in: 1...5, using: &random))
        owners[token] = back ? .treasury(to) : .wallet(to)
        let collection = back ? Nova.treasuryCollection : Nova.collection(to, token.type)
        return [withdrawn(token, from: from), .deposited(token, to: to, collection: collection)]
    }

    private mutating func burn() -> [TestEvent] {
        guard case (let token, .wallet(let from))? = token(where: { $1.kind == .wallet && $0.isNova }) else {
            return []
        }
        owners[token] = nil
        return [withdrawn(token, from: from), .destroyedUnderInterface(token), .destroyed(token)]
    }

    private mutating func purchase() -> [TestEvent] {
        let open = listings.filter { owners[$0.value]?.kind == .treasury }.sorted { $0.key < $1.key }
        guard let (listing, token) = open.randomElement(using: &random) else { return [] }
        let buyer = Nova.wallet(.random(in: 1...5, using: &random))
        owners[token] = .wallet(buyer)
        listings[listing] = nil
        bought[listing] = token
        return [
            withdrawn(token, from: Nova.platform), .listingCompleted(listing, token, purchased: true),
            .deposited(token, to: buyer, collection: Nova.collection(buyer, token.type)),
        ]
    }

    private mutating func removeListing() -> [TestEvent] {
        let all = listings.merging(bought) { $1 }.sorted { $0.key < $1.key }
        guard let (listing, token) = all.randomElement(using: &random) else { return [] }
        let purchased = bought[listing] != nil
        listings[listing] = nil
        bought[listing] = nil
        return [.listingDestroyed(listing, token, purchased: purchased)]
    }

    private mutating func settleLocker() -> [TestEvent] {
        guard case (_, .locker(let holder))? = token(where: { $1.kind == .locker }) else { return [] }
        let to = Nova.wallet(.random(in: 1...5, using: &random))
        let operation = operation()
        let held = owners.filter { $0.value == .locker(holder: holder) }.keys.sorted()
        return held.flatMap { token -> [TestEvent] in
            owners[token] = .wallet(to)
            return [
                .withdrawn(token, from: Nova.platform, collection: locker(holder, token.type)),
                .released(token, group: groups[token]!, holder: holder, to: to, operation),
                .deposited(token, to: to, collection: Nova.collection(to, token.type)),
            ]
        }
    }

    private mutating func claim() -> [TestEvent] {
        let all = owners.keys.filter { $0.type == Nova.pass && !claims.contains($0.id) }.sorted()
        guard let token = all.randomElement(using: &random) else { return [] }
        claims.insert(token.id)
        return [.claimed(token.id, pass: groups[token]!, operation())]
    }
}

extension TokenKey {
    fileprivate var isNova: Bool { type == Nova.pass || type == Nova.collectible }
}

/// A chain at random, and the model's word after each block.
struct RandomChain {
    let node: TestNode
    var owners: [BlockHeight: [TokenKey: Owner]] = [:]
    var listings: [BlockHeight: [UInt64: UInt64]] = [:]
    var balances: [BlockHeight: [Address: UInt64]] = [:]
    var links: [BlockHeight: Set<[Address]>] = [:]
    private var model: ChainModel

    init(seed: UInt64, blocks: Int, root: BlockHeight = 0) {
        node = TestNode(root: root)
        model = ChainModel(seed: seed)
        owners[root] = [:]
        listings[root] = [:]
        grow(by: blocks)
    }

    mutating func grow(by blocks: Int) {
        for number in 0..<blocks {
            let height = node.addBlock(
                (0..<(number % 4)).map { _ in model.transaction() },
                failing: number % 5 == 0 ? ["[Error Code: 1101] cadence runtime error: it failed"] : [])
            owners[height] = model.owners
            listings[height] = model.listings.mapValues(\.id)
            balances[height] = model.balances
            links[height] = model.links
        }
    }
}
